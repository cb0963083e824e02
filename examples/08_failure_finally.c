/* You learn: ASYNC_FAIL ends an async function as a throw would. Every AWAIT on the way up passes the failure on, until
 * AWAIT_STATUS asks for it. ASYNC_FINALLY is on every way out, on success, failure and cancellation, and may await. */
#include "asyncx.h"
#include <stdio.h>

enum { OUT_OF_PAPER = 7 };   /* an error is any non-zero int: an errno value, say */

typedef struct {
    ASYNC_FRAME(void);
    int page;
} print_page;

static ASYNC(print_page)
{
    ASYNC_BEGIN();
    if (self->page == 2)
        ASYNC_FAIL(OUT_OF_PAPER);
    if (self->page == 3)
        ASYNC_CANCEL();
    printf("  page %d\n", self->page);
    ASYNC_END();
}

/* Handles no failure, and cleans up after each. */
typedef struct {
    ASYNC_FRAME_FINALLY(void);   /* one word more: how it ended, while the clean-up runs */
    int page;
    asyncx_completion_source motor_stopped;
    print_page print;
} run_printer;

static ASYNC(run_printer)
{
    ASYNC_BEGIN();
    asyncx_completion_source_init(&self->motor_stopped, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    AWAIT(ASYNC_CALL(print_page, &self->print, .page = self->page));
    printf("  printed\n");
ASYNC_FINALLY:
    AWAIT(&self->motor_stopped);
    printf("  motor off\n");
    ASYNC_END();
}

/* Asks how its child ended; so it ends with success itself. */
typedef struct {
    ASYNC_FRAME(void);
    int page;
    asyncx_outcome outcome;
    run_printer printer;
} job;

static ASYNC(job)
{
    static const char *const names[] = {"pending", "succeeded", "failed", "canceled"};
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, ASYNC_CALL(run_printer, &self->printer, .page = self->page));
    printf("job %d %s, error %d\n", self->page, names[asyncx_outcome_status(self->outcome)],
           asyncx_outcome_error(self->outcome));
    ASYNC_END();
}

int main(void)
{
    static job frame;   /* a frame that is complete may be called again */
    for (int page = 1; page <= 3; page++) {
        asyncx_start(ASYNC_CALL(job, &frame, .page = page));
        asyncx_set_result(&frame.printer.motor_stopped);   /* the clean-up waits for this */
    }
    return 0;
}
/* Output:
 *   page 1
 *   printed
 *   motor off
 * job 1 succeeded, error 0
 *   motor off
 * job 2 failed, error 7
 *   motor off
 * job 3 canceled, error 0
 */
