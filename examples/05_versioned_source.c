/* You learn: a versioned source serves one operation after the other without allocation. A reset gives it the next
 * version, a value task carries the version it belongs to, and every stale use trips. By default a tripwire prints and
 * aborts; here ASYNCX_PANIC notes which one it was and goes on: misuse changes nothing, a stale await is canceled. */
static const char *caught;
#define ASYNCX_PANIC(code, object) (caught = asyncx_misuse_name(code))
#include "asyncx.h"
#include <stdio.h>

static ASYNCX_VALUE_SOURCE(char) line;   /* one per device, for ever */

static asyncx_value_task read_char(void)
{
    asyncx_value_source_reset(&line);         /* new version: value tasks from before are stale now */
    return asyncx_value_source_task(&line);   /* the source and its version, two words by value */
}

typedef struct {
    ASYNC_FRAME(void);
    int i;
} echo;

static ASYNC(echo)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(read_char());
        printf("read %c, version %u\n", line.result, (unsigned int)asyncx_value_source_version(&line));
    }
    ASYNC_END();
}

/* Awaits whatever value task it is given. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_task task;
    asyncx_outcome outcome;
} wait_for;

static ASYNC(wait_for)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->task);
    printf("await: %s\n", asyncx_outcome_status(self->outcome) == ASYNCX_CANCELED ? "canceled" : "succeeded");
    ASYNC_END();
}

int main(void)
{
    static echo frame;
    static wait_for wait;
    asyncx_value_task old, now;

    asyncx_value_source_init(&line, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(echo, &frame));
    for (const char *c = "abc"; *c; c++)
        asyncx_set_result(&line, *c);

    old = read_char();
    now = read_char();
    asyncx_start(ASYNC_CALL(wait_for, &wait, .task = old));
    printf("await an old value task: %s\n", caught);
    asyncx_start(ASYNC_CALL(wait_for, &wait, .task = now));
    asyncx_value_source_reset(&line);
    printf("reset while somebody waits: %s\n", caught);
    asyncx_set_result(&line, 'd');   /* the waiter was not lost */
    asyncx_set_result(&line, 'e');
    printf("complete twice: %s, result still %c\n", caught, line.result);
    return 0;
}
/* Output:
 * read a, version 1
 * read b, version 2
 * read c, version 3
 * await: canceled
 * await an old value task: STALE_TOKEN
 * reset while somebody waits: RESET_WHILE_AWAITED
 * await: succeeded
 * complete twice: ALREADY_COMPLETED, result still d
 */
