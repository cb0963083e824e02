/* You learn: the program of 06_inline.c with a run queue. A source that runs its continuations asynchronously posts its
 * waiters: completing returns at once, nobody runs in the middle of anybody, and nothing nests. What it costs is one
 * pass through the queue, and a loop that runs it. Four lines differ, marked [queued]. */
#include "asyncx.h"
#include <stdio.h>

enum { STEPS = 5 };

static asyncx_run_queue queue;   /* [queued] */
static asyncx_completion_source step[STEPS];
static int depth;   /* calls of complete() on the stack now */

static void complete(int i)
{
    printf("%*scomplete(%d) {\n", 4 * depth, "", i);
    depth++;
    asyncx_set_result(&step[i]);
    depth--;
    printf("%*s}\n", 4 * depth, "");
}

/* Waits for its step, then completes the next one. */
typedef struct {
    ASYNC_FRAME(void);
    int i;
} relay;

static ASYNC(relay)
{
    ASYNC_BEGIN();
    AWAIT(&step[self->i]);
    printf("%*srelay %d runs, %d deep\n", 4 * depth, "", self->i, depth);
    if (self->i + 1 < STEPS)
        complete(self->i + 1);
    ASYNC_END();
}

int main(void)
{
    static relay relays[STEPS];
    asyncx_run_queue_init(&queue, NULL);   /* [queued] NULL: this loop never sleeps, nobody has to wake it */
    for (int i = 0; i < STEPS; i++) {
        asyncx_completion_source_init(&step[i], ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY,   /* [queued] */
                                      &queue.executor);
        asyncx_start(ASYNC_CALL(relay, &relays[i], .i = i));
    }
    complete(0);
    asyncx_run_queue_run_until_idle(&queue);   /* [queued] here the relays run, one after the other */
    return 0;
}

/* Output:
 * complete(0) {
 * }
 * relay 0 runs, 0 deep
 * complete(1) {
 * }
 * relay 1 runs, 0 deep
 * complete(2) {
 * }
 * relay 2 runs, 0 deep
 * complete(3) {
 * }
 * relay 3 runs, 0 deep
 * complete(4) {
 * }
 * relay 4 runs, 0 deep
 */
