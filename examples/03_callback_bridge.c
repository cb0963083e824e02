/* You learn: a completion source turns any callback API into something to await. Where two callbacks race, both call
 * try_set: exactly one wins, and the other changes nothing. */
#include "asyncx.h"
#include <errno.h>
#include <stdio.h>

enum { LAST_TICK = 9 };
/* A callback API as C libraries have them: calls back when the clock reaches `due`. */
static struct { void (*callback)(void *context); void *context; } timers[LAST_TICK + 1];

static void call_back_at(int due, void (*callback)(void *context), void *context)
{
    timers[due].callback = callback, timers[due].context = context;
}

static void run_clock(void)
{
    for (int now = 0; now <= LAST_TICK; now++)
        if (timers[now].callback)
            timers[now].callback(timers[now].context);
}

/* The bridge: two callbacks and the source that both complete. */
typedef ASYNCX_COMPLETION_SOURCE(int) reply;

static void on_answer(void *context)
{
    bool won = asyncx_try_set_result((reply *)context, 42);   /* the waiter runs inside this call */
    printf("  answer: %s\n", won ? "won" : "too late, nothing changed");
}

static void on_timeout(void *context)
{
    bool won = asyncx_try_set_error((reply *)context, ETIMEDOUT);
    printf("  timeout: %s\n", won ? "won" : "too late, nothing changed");
}

typedef struct {
    ASYNC_FRAME(void);
    int answer_due, timeout_due;
    reply done;   /* lives until both callbacks came: here as long as the frame */
    asyncx_outcome outcome;
} request;

static ASYNC(request)
{
    ASYNC_BEGIN();
    asyncx_completion_source_init(&self->done, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    call_back_at(self->answer_due, on_answer, &self->done);
    call_back_at(self->timeout_due, on_timeout, &self->done);
    AWAIT_STATUS(self->outcome, &self->done);   /* AWAIT would end this function when the reply is an error */
    if (asyncx_outcome_error(self->outcome) == ETIMEDOUT)
        printf("  request: timed out\n");
    else
        printf("  request: got %d\n", self->done.result);
    ASYNC_END();
}

int main(void)
{
    static request quick, slow;
    printf("answer at tick 3, timeout at tick 5\n");
    asyncx_start(ASYNC_CALL(request, &quick, .answer_due = 3, .timeout_due = 5));
    run_clock();
    timers[3].callback = timers[5].callback = NULL;
    printf("answer at tick 8, timeout at tick 5\n");
    asyncx_start(ASYNC_CALL(request, &slow, .answer_due = 8, .timeout_due = 5));
    run_clock();
    return 0;
}
/* Output:
 * answer at tick 3, timeout at tick 5
 *   request: got 42
 *   answer: won
 *   timeout: too late, nothing changed
 * answer at tick 8, timeout at tick 5
 *   request: timed out
 *   timeout: won
 *   answer: too late, nothing changed
 */
