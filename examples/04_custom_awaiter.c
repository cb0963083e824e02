/* You learn: AWAIT is a pattern. Any struct with a table of four functions can be awaited, and it decides where the
 * awaiting function goes on: AWAIT(switch_to(...)) moves it to another executor. */
#include "asyncx.h"
#include <stdio.h>

static asyncx_run_queue screen, worker;

static const char *here(void) { return screen.executor.is_current(&screen.executor) ? "screen" : "worker"; }

/* The awaiter: complete when we are there already; otherwise it hands the continuation to the target. */
typedef struct {
    asyncx_awaitable awaitable;   /* first, and of this name: then AWAIT takes a pointer to the struct */
    asyncx_executor *target;
} hop;

static asyncx_status hop_get_status(asyncx_awaitable *self, asyncx_token token)
{
    asyncx_executor *target = ((hop *)self)->target;
    (void)token;   /* for awaiters that are used again and again; see 05_versioned_source.c */
    return target->is_current(target) ? ASYNCX_SUCCEEDED : ASYNCX_PENDING;
}

static bool hop_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                             unsigned int flags)
{
    (void)token, (void)flags;   /* the default flag asks for the captured executor; to go elsewhere is the point */
    asyncx_post(((hop *)self)->target, continuation);
    return true;   /* kept; from here on the function may run already */
}

static asyncx_outcome hop_get_result(asyncx_awaitable *self, asyncx_token token)
{
    (void)self, (void)token;
    return ASYNCX_OUTCOME_SUCCEEDED;
}

static bool hop_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    (void)self, (void)token, (void)continuation;
    return false;   /* it was handed on at once, so it can never be taken back */
}
static const asyncx_awaiter_ops hop_ops = {hop_get_status, hop_on_completed, hop_get_result, hop_withdraw};

static hop *switch_to(hop *storage, asyncx_run_queue *queue)
{
    storage->awaitable.ops = &hop_ops, storage->target = &queue->executor;
    return storage;
}

typedef struct {
    ASYNC_FRAME(void);
    hop hop;
} press_button;

static ASYNC(press_button)
{
    ASYNC_BEGIN();
    printf("button pressed on: %s\n", here());
    AWAIT(switch_to(&self->hop, &worker));
    printf("long work on: %s\n", here());
    AWAIT(switch_to(&self->hop, &screen));
    printf("show result on: %s\n", here());
    ASYNC_END();
}

int main(void)
{
    static press_button frame;
    asyncx_run_queue_init(&screen, NULL);
    asyncx_run_queue_init(&worker, NULL);
    asyncx_start_on(ASYNC_CALL(press_button, &frame), &screen.executor);
    while (asyncx_run_queue_run_one(&screen) || asyncx_run_queue_run_one(&worker)) {   /* a thread each, in real life */
    }
    return 0;
}
/* Output:
 * button pressed on: screen
 * long work on: worker
 * show result on: screen
 */
