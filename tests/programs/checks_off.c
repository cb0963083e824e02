/* Without checks correct programs do the same. Returns 0, or says what fails and returns 1. */
#undef ASYNCX_CHECKS
#define ASYNCX_CHECKS 0
#include <stdio.h>
#include <string.h>

#include "asyncx.h"

static int failures;
#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);  \
            failures++;                                                                    \
        }                                                                                  \
    } while (0)

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;

typedef struct {
    ASYNC_FRAME(int);
    int_source *source;
} first_half;

static ASYNC(first_half)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(int);
    int_source *source;
    int_value_source *values;
    first_half child;
    int cleaned;
} whole;

static ASYNC(whole)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(first_half, &self->child, .source = self->source));
    AWAIT(asyncx_value_source_task(self->values));
    ASYNC_RETURN(self->child.result + self->values->result);
ASYNC_FINALLY:
    AWAIT(asyncx_yield());
    self->cleaned++;
    ASYNC_END();
}

static void completes(asyncx_executor *executor, asyncx_run_queue *queue)
{
    int_source source;
    int_value_source values;
    whole frame;
    int way;
    memset((void *)&frame, 0, sizeof(frame));
    asyncx_value_source_init(&values, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    for (way = 0; way < 3; way++) {
        frame.cleaned = 0;
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue->executor);
        asyncx_value_source_reset(&values);
        asyncx_start_on(ASYNC_CALL(whole, &frame, .source = &source, .values = &values), executor);
        asyncx_run_queue_run_until_idle(queue);
        if (way == 2)
            asyncx_set_canceled(&source);
        else
            asyncx_set_result(&source, 40);
        CHECK(!asyncx_try_set_error(&source, 1));
        asyncx_run_queue_run_until_idle(queue);
        if (way == 0)
            asyncx_set_result(&values, 2);
        else if (way == 1)
            asyncx_set_error(&values, -5);
        asyncx_run_queue_run_until_idle(queue);
        CHECK(asyncx_status_of(&frame) == (way == 0   ? ASYNCX_SUCCEEDED
                                           : way == 1 ? ASYNCX_FAULTED
                                                      : ASYNCX_CANCELED));
        CHECK(frame.cleaned == 1);
        CHECK(way != 0 || frame.result == 42);
        CHECK(way != 1 || asyncx_outcome_error(asyncx_outcome_of(&frame)) == -5);
    }
}

int main(void)
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, NULL);
    completes(&queue.executor, &queue);
    return failures ? 1 : 0;
}
