/* You learn: by default a waiter runs inside the call that completes what it waits for. That is the fastest way, and it
 * means re-entrancy: the waiter runs in the middle of its completer, which has not returned yet. Where waiters complete
 * others in turn, the calls nest, at most ASYNCX_INLINE_DEPTH deep; 07_queued.c is the same program without either. */
#define ASYNCX_INLINE_DEPTH 3   /* 16 by default */
#include "asyncx.h"
#include <stdio.h>

enum { STEPS = 5 };

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
    for (int i = 0; i < STEPS; i++) {
        asyncx_completion_source_init(&step[i], ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        asyncx_start(ASYNC_CALL(relay, &relays[i], .i = i));
    }
    complete(0);   /* relay 3 would be one level too deep: it runs as soon as this first set_result gets control back */
    return 0;
}

/* Output:
 * complete(0) {
 *     relay 0 runs, 1 deep
 *     complete(1) {
 *         relay 1 runs, 2 deep
 *         complete(2) {
 *             relay 2 runs, 3 deep
 *             complete(3) {
 *             }
 *         }
 *     }
 *     relay 3 runs, 1 deep
 *     complete(4) {
 *         relay 4 runs, 2 deep
 *     }
 * }
 */
