/* What everything weighs, and the budgets that it keeps. Compiles without a C library: nothing runs, the sizes of the
 * arrays below are read from the object file, so that the table also covers machines that are not at hand. */
#define ASYNCX_PANIC(code, object) ((void)(code), (void)(object))
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
} frame_without_result;

typedef struct {
    ASYNC_FRAME(int);
} frame_with_int;

typedef struct {
    ASYNC_FRAME_FINALLY(void);
} frame_with_finally;

typedef ASYNCX_COMPLETION_SOURCE(int) completion_source_with_int;
typedef ASYNCX_VALUE_SOURCE(int) value_source_with_int;

#define SIZES(X)                                           \
    X(asyncx_continuation)                                 \
    X(asyncx_task)                                         \
    X(frame_without_result)                                \
    X(frame_with_int)                                      \
    X(frame_with_finally)                                  \
    X(asyncx_completion_source)                            \
    X(completion_source_with_int)                          \
    X(asyncx_value_source)                                 \
    X(value_source_with_int)                               \
    X(asyncx_value_task)                                   \
    X(asyncx_awaiter)                                      \
    X(asyncx_awaiter_ops)                                  \
    X(asyncx_executor)                                     \
    X(asyncx_run_queue)                                    \
    X(asyncx_thread_state)

#define SIZE_SYMBOL(type)                             \
    extern const char size_of_##type[sizeof(type)];   \
    const char size_of_##type[sizeof(type)] = {0};
SIZES(SIZE_SYMBOL)

#if UINTPTR_MAX > 0xFFFFFFFF
#define BUDGET(on_64_bits, on_32_bits, on_16_bits) (on_64_bits)
#elif UINTPTR_MAX > 0xFFFF
#define BUDGET(on_64_bits, on_32_bits, on_16_bits) (on_32_bits)
#else
#define BUDGET(on_64_bits, on_32_bits, on_16_bits) (on_16_bits)
#endif

/* The budgets hold for the defaults: diagnostics and a flowing context are paid for by those who ask. */
#if !ASYNCX_DIAGNOSTICS && !ASYNCX_EXECUTION_CONTEXT
_Static_assert(sizeof(asyncx_task) <= BUDGET(48, 24, 14), "the base of an async function keeps its budget");
_Static_assert(sizeof(frame_without_result) == sizeof(asyncx_task), "a frame without result adds nothing to it");
_Static_assert(sizeof(asyncx_completion_source) <= BUDGET(24, 12, 8), "a completion source keeps its budget");
_Static_assert(sizeof(asyncx_completion_source) == 2 * sizeof(void *), "a completion source has two words");
_Static_assert(sizeof(asyncx_continuation) == 3 * sizeof(void *), "a continuation has three words");
#endif
_Static_assert(sizeof(asyncx_awaiter) <= 2 * sizeof(void *), "an awaiter is passed in two registers");
_Static_assert(sizeof(asyncx_value_task) == sizeof(asyncx_awaiter), "a value task is an awaiter");
_Static_assert(sizeof(asyncx_awaiter_ops) == 4 * sizeof(void (*)(void)), "the protocol has four functions");
_Static_assert(sizeof(asyncx_executor) == 2 * sizeof(void *), "an executor has two functions");
