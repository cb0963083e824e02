/* What the C and the C++ half of one program share: layouts to compare, and async functions to await across. */
#ifndef LINK_H
#define LINK_H

#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(int);
    asyncx_completion_source *wait;
    int value;
} from_c;
ASYNC_DECLARE(from_c);

typedef struct {
    ASYNC_FRAME_FINALLY(int);
    asyncx_completion_source *wait;
    from_c child;
    int value;
} from_cpp;
ASYNC_DECLARE(from_cpp);

typedef ASYNCX_COMPLETION_SOURCE(char) char_source;
typedef ASYNCX_VALUE_SOURCE(double) double_source;
typedef ASYNCX_VALUE_TASK(char) char_task;

/* Each fact about the layout, in both languages from the same text. */
#define LINK_LAYOUT(X)                                                                                     \
    X(sizeof(asyncx_continuation))                                                                         \
    X(sizeof(asyncx_executor))                                                                             \
    X(sizeof(asyncx_task))                                                                                 \
    X(sizeof(asyncx_run_queue))                                                                            \
    X(offsetof(asyncx_run_queue, wake))                                                                    \
    X(sizeof(asyncx_awaiter))                                                                              \
    X(sizeof(asyncx_awaiter_ops))                                                                          \
    X(sizeof(asyncx_call))                                                                                 \
    X(sizeof(asyncx_configured_awaiter))                                                                   \
    X(sizeof(asyncx_completion_source))                                                                    \
    X(sizeof(asyncx_value_source))                                                                         \
    X(sizeof(asyncx_value_task))                                                                           \
    X(sizeof(char_source))                                                                                 \
    X(offsetof(char_source, result))                                                                       \
    X(sizeof(double_source))                                                                               \
    X(offsetof(double_source, result))                                                                     \
    X(sizeof(char_task))                                                                                   \
    X(offsetof(char_task, result))                                                                         \
    X(sizeof(from_c))                                                                                      \
    X(offsetof(from_c, result))                                                                            \
    X(offsetof(from_c, wait))                                                                              \
    X(sizeof(from_cpp))                                                                                    \
    X(offsetof(from_cpp, result))                                                                          \
    X(offsetof(from_cpp, child))                                                                           \
    X(sizeof(asyncx_thread_state))

#define LINK_FACT(expression) (unsigned int)(expression),
#define LINK_TEXT(expression) #expression,
enum {
#define LINK_COUNT(expression) +1
    LINK_FACTS = 0 LINK_LAYOUT(LINK_COUNT)
#undef LINK_COUNT
};

#ifdef __cplusplus
extern "C" {
#endif
extern const unsigned int link_c_layout[LINK_FACTS];
/* Where the C half finds the state of the calling thread: both halves must use the same. */
asyncx_thread_state *link_c_thread_state(void);
#ifdef __cplusplus
}
#endif

#endif
