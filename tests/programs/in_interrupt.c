/* Row 0 of the table "Where a continuation runs": inside an interrupt nothing runs inline. ASYNCX_IN_INTERRUPT holds for
 * a whole program, hence this one. Returns 0, or says what fails and returns 1. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool in_interrupt;
static int misuses, last_misuse;
static const void *last_object;

#define ASYNCX_IN_INTERRUPT() in_interrupt
#define ASYNCX_PANIC(code, object) (misuses++, last_misuse = (int)(code), last_object = (object))
#include "asyncx.h"

static int failures;
#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);  \
            failures++;                                                                    \
        }                                                                                  \
    } while (0)

/* Does `statement` as an interrupt handler would. */
#define INTERRUPT(statement)   \
    do {                       \
        in_interrupt = true;   \
        statement;             \
        in_interrupt = false;  \
    } while (0)

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;

struct callback {
    asyncx_continuation continuation;
    int runs;
    int runs_in_interrupt;
};

static asyncx_continuation *run_callback(asyncx_continuation *self)
{
    struct callback *callback = (struct callback *)(void *)self;
    callback->runs++;
    callback->runs_in_interrupt += in_interrupt;
    return NULL;
}

static void init_callback(struct callback *callback, asyncx_executor *executor)
{
    asyncx_continuation_init(&callback->continuation, run_callback, executor);
    callback->runs = callback->runs_in_interrupt = 0;
}

typedef struct {
    ASYNC_FRAME(int);
    int_source *source;
    int resumed_in_interrupt;
} wait_int;

static ASYNC(wait_int)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_get_awaiter(self->source));
    self->resumed_in_interrupt += in_interrupt;
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(int);
    wait_int child;
    int_source *source;
} wait_for_child;

static ASYNC(wait_for_child)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_get_awaiter(ASYNC_CALL(wait_int, &self->child, .source = self->source)));
    ASYNC_RETURN(self->child.result + 1);
    ASYNC_END();
}

/* A callback without an executor goes to the source's, even though the source is an inline one. */
static void to_the_sources_executor(void)
{
    asyncx_run_queue queue;
    int_source source;
    int_value_source versioned;
    struct callback callback;
    asyncx_run_queue_init(&queue, NULL);

    init_callback(&callback, NULL);
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, &queue.executor);
    CHECK(asyncx_on_completed(&source, &callback.continuation, ASYNCX_USE_EXECUTOR));
    INTERRUPT(asyncx_set_result(&source, 1));
    CHECK(callback.runs == 0);
    CHECK(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(callback.runs == 1);

    init_callback(&callback, NULL);
    asyncx_value_source_init(&versioned, ASYNCX_RUN_CONTINUATIONS_INLINE, &queue.executor);
    CHECK(asyncx_on_completed(&versioned, &callback.continuation, 0));
    INTERRUPT(asyncx_set_error(&versioned, 1));
    CHECK(callback.runs == 0);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(callback.runs == 1);
    CHECK(misuses == 0);
}

/* A captured executor comes first, and is posted to even when it is the one that the interrupt interrupted. */
static void to_the_captured_executor(void)
{
    asyncx_run_queue own, of_source;
    int_source source;
    struct callback callbacks[3];
    int number;
    asyncx_run_queue_init(&own, NULL);
    asyncx_run_queue_init(&of_source, NULL);
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, &of_source.executor);
    for (number = 0; number < 3; number++) {
        init_callback(&callbacks[number], number == 1 ? NULL : &own.executor);
        CHECK(asyncx_on_completed(&source, &callbacks[number].continuation, number == 2 ? 0 : ASYNCX_USE_EXECUTOR));
    }
    INTERRUPT(asyncx_set_canceled(&source));
    CHECK(callbacks[0].runs + callbacks[1].runs + callbacks[2].runs == 0);
    asyncx_run_queue_run_until_idle(&own);
    CHECK(callbacks[0].runs == 1 && callbacks[1].runs == 0 && callbacks[2].runs == 0);
    asyncx_run_queue_run_until_idle(&of_source);
    CHECK(callbacks[1].runs == 1 && callbacks[2].runs == 1);
    CHECK(misuses == 0);
}

struct interrupted {
    asyncx_continuation continuation;
    int_source source;
    struct callback waiter;
    int runs_after_set;
};

static asyncx_continuation *run_interrupted(asyncx_continuation *self)
{
    struct interrupted *me = (struct interrupted *)(void *)self;
    INTERRUPT(asyncx_set_result(&me->source, 1));
    me->runs_after_set = me->waiter.runs;
    return NULL;
}

static void posted_though_current(void)
{
    asyncx_run_queue queue;
    struct interrupted interrupted;
    asyncx_run_queue_init(&queue, NULL);
    init_callback(&interrupted.waiter, &queue.executor);
    asyncx_completion_source_init(&interrupted.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_on_completed(&interrupted.source, &interrupted.waiter.continuation, ASYNCX_USE_EXECUTOR));
    asyncx_continuation_init(&interrupted.continuation, run_interrupted, NULL);
    interrupted.runs_after_set = -1;
    asyncx_post(&queue.executor, &interrupted.continuation);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(interrupted.runs_after_set == 0);
    CHECK(interrupted.waiter.runs == 1);
    CHECK(interrupted.waiter.runs_in_interrupt == 0);
    CHECK(misuses == 0);
}

/* Tasks, with an executor of their own or by way of the source's; their parents come along. */
static void tasks(void)
{
    asyncx_run_queue queue;
    int_source source;
    wait_for_child frame;
    int has_own;
    memset(&frame, 0, sizeof(frame));
    asyncx_run_queue_init(&queue, NULL);
    for (has_own = 0; has_own < 2; has_own++) {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, has_own ? NULL : &queue.executor);
        if (has_own)
            asyncx_start_on(ASYNC_CALL(wait_for_child, &frame, .source = &source), &queue.executor);
        else
            asyncx_start(ASYNC_CALL(wait_for_child, &frame, .source = &source));
        asyncx_run_queue_run_until_idle(&queue);
        CHECK(asyncx_status_of(&frame) == ASYNCX_PENDING);
        INTERRUPT(asyncx_set_result(&source, 41));
        CHECK(asyncx_status_of(&frame) == ASYNCX_PENDING);
        asyncx_run_queue_run_until_idle(&queue);
        CHECK(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        CHECK(frame.result == 42);
        CHECK(frame.child.resumed_in_interrupt == 0);
    }
    CHECK(misuses == 0);
}

/* Without a waiter there is nothing to post, and without anywhere to post it is a misuse: nothing runs inline. */
static void nowhere_to_post(void)
{
    int_source source;
    asyncx_completion_source plain;
    struct callback callback;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    INTERRUPT(asyncx_set_result(&source, 1));
    INTERRUPT(CHECK(!asyncx_try_set_result(&source, 2)));
    CHECK(source.result == 1);
    CHECK(misuses == 0);

    init_callback(&callback, NULL);
    asyncx_completion_source_init(&plain, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_on_completed(&plain, &callback.continuation, ASYNCX_USE_EXECUTOR));
    INTERRUPT(asyncx_set_result(&plain));
    CHECK(misuses == 1);
    CHECK(last_misuse == ASYNCX_MISUSE_MISSING_EXECUTOR);
    CHECK(last_object == &callback.continuation);
    CHECK(callback.runs == 0);
    CHECK(asyncx_status_of(&plain) == ASYNCX_SUCCEEDED);

    misuses = 0;
    INTERRUPT(asyncx_release(&callback.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL));
    CHECK(misuses == 1 && last_misuse == ASYNCX_MISUSE_MISSING_EXECUTOR);
    CHECK(callback.runs == 0);
    misuses = 0;
}

/* What a user's own awaiter hands on follows the same row. */
static void released_by_hand(void)
{
    asyncx_run_queue own, fallback;
    struct callback with, without;
    asyncx_run_queue_init(&own, NULL);
    asyncx_run_queue_init(&fallback, NULL);
    init_callback(&with, &own.executor);
    init_callback(&without, NULL);
    INTERRUPT(asyncx_release(&with.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, &fallback.executor));
    INTERRUPT(asyncx_release(&without.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, &fallback.executor));
    CHECK(with.runs == 0 && without.runs == 0);
    asyncx_run_queue_run_until_idle(&own);
    CHECK(with.runs == 1 && without.runs == 0);
    asyncx_run_queue_run_until_idle(&fallback);
    CHECK(without.runs == 1);
    asyncx_release(&without.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(without.runs == 2);
    CHECK(misuses == 0);
}

/* A queue is woken by an interrupt even while its owner runs it: it may be about to sleep. */
static int wakes;
static void count_wake(asyncx_run_queue *queue)
{
    (void)queue;
    wakes++;
}

static void wakes_the_queue(void)
{
    asyncx_run_queue queue;
    int_source source;
    struct callback callback;
    asyncx_run_queue_init(&queue, count_wake);
    init_callback(&callback, &queue.executor);
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_on_completed(&source, &callback.continuation, ASYNCX_USE_EXECUTOR));
    wakes = 0;
    INTERRUPT(asyncx_set_result(&source, 1));
    CHECK(wakes == 1);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(callback.runs == 1);
}

int main(void)
{
    to_the_sources_executor();
    to_the_captured_executor();
    posted_though_current();
    tasks();
    nowhere_to_post();
    released_by_hand();
    wakes_the_queue();
    return failures ? 1 : 0;
}
