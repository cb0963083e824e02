/* Async functions, types and numbers that a C and a C++ translation unit share. */
#ifndef TEST_05_C_H
#define TEST_05_C_H

#include "testing.h"

#ifdef __cplusplus
extern "C" {
#endif

struct test_05_pair {
    int left, right;
};

/* Defined in C. */
typedef struct {
    ASYNC_FRAME(long);
    asyncx_completion_source *wait;
    long value;
} test_05_in_c;
ASYNC_DECLARE(test_05_in_c);

/* Defined in C, with every kind of operand; `child` is defined in C++. */
typedef struct {
    ASYNC_FRAME_FINALLY(struct test_05_pair);
    asyncx_completion_source *wait;
    ASYNCX_COMPLETION_SOURCE(int) *typed;
    asyncx_value_source *version;
    ASYNCX_VALUE_TASK(int) task;
    asyncx_awaitable *custom;
    int i, fails, steps, cleanups;
    asyncx_outcome outcome;
    struct test_05_in_cpp *child;
} test_05_everything;
ASYNC_DECLARE(test_05_everything);

/* Defined in C++. */
typedef struct test_05_in_cpp {
    ASYNC_FRAME(int);
    asyncx_completion_source *wait;
    test_05_in_c callee;
    int error;
} test_05_in_cpp;
ASYNC_DECLARE(test_05_in_cpp);

/* What C thinks of the layout: names, and sizes and offsets in bytes. */
typedef struct test_05_layout_entry {
    const char *what;
    size_t bytes;
} test_05_layout_entry;
extern const test_05_layout_entry test_05_layout_in_c[];
extern const size_t test_05_layout_in_c_count;

#define TEST_05_SIZES(X)         \
    X(asyncx_continuation)       \
    X(asyncx_executor)           \
    X(asyncx_thread_state)       \
    X(asyncx_run_queue)          \
    X(asyncx_status)             \
    X(asyncx_misuse)             \
    X(asyncx_outcome)            \
    X(asyncx_token)              \
    X(asyncx_awaiter_ops)        \
    X(asyncx_awaitable)          \
    X(asyncx_awaiter)            \
    X(asyncx_operation)          \
    X(asyncx_state)              \
    X(asyncx_task)               \
    X(asyncx_call)               \
    X(asyncx_configured_awaiter) \
    X(asyncx_yield_awaiter)      \
    X(asyncx_suspend_awaiter)    \
    X(asyncx_source)             \
    X(asyncx_completion_source)  \
    X(asyncx_value_source)       \
    X(asyncx_value_task)         \
    X(test_05_in_c)              \
    X(test_05_in_cpp)            \
    X(test_05_everything)

#define TEST_05_OFFSETS(X)                  \
    X(asyncx_continuation, resume)          \
    X(asyncx_continuation, next)            \
    X(asyncx_continuation, executor)        \
    X(asyncx_executor, post)                \
    X(asyncx_executor, is_current)          \
    X(asyncx_run_queue, executor)           \
    X(asyncx_awaiter_ops, get_status)       \
    X(asyncx_awaiter_ops, on_completed)     \
    X(asyncx_awaiter_ops, get_result)       \
    X(asyncx_awaiter_ops, withdraw)         \
    X(asyncx_awaitable, ops)                \
    X(test_05_in_c, result)                 \
    X(test_05_in_c, wait)                   \
    X(test_05_in_c, value)                  \
    X(test_05_in_cpp, result)               \
    X(test_05_in_cpp, wait)                 \
    X(test_05_in_cpp, callee)               \
    X(test_05_in_cpp, error)                \
    X(test_05_everything, result)           \
    X(test_05_everything, wait)             \
    X(test_05_everything, typed)            \
    X(test_05_everything, task)             \
    X(test_05_everything, custom)           \
    X(test_05_everything, i)                \
    X(test_05_everything, outcome)          \
    X(test_05_everything, child)

/* Plain functions of the C translation unit. */
void test_05_c_callback_init(asyncx_continuation *continuation,
                             asyncx_continuation *(*resume)(asyncx_continuation *self), asyncx_executor *executor);
void test_05_c_run(asyncx_run_queue *queue);
void test_05_c_resume(asyncx_continuation *continuation);
int test_05_c_is_current(asyncx_run_queue *queue);
void test_05_c_complete(asyncx_completion_source *source);
void test_05_c_start(test_05_in_c *frame, asyncx_completion_source *wait, long value);
const void *test_05_c_thread_state(void);

/* Awaits a task that yields, a loop of calls and a configured source, all inside C; returns how many checks failed. */
int test_05_c_self_test(void);

#ifdef __cplusplus
}
#endif

#endif
