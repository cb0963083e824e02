/* You learn: one async function calls another, awaits it and reads its result. The child's frame is a member of the
 * parent's, so the size of the whole call tree is known at compile time, and nothing is allocated. */
#include "asyncx.h"
#include <stdio.h>

typedef ASYNCX_COMPLETION_SOURCE(int) sensor;

/* The child: waits for a sensor and returns what it says, in degrees Celsius. */
typedef struct {
    ASYNC_FRAME(int);
    sensor *fahrenheit;
} read_celsius;

static ASYNC(read_celsius)
{
    ASYNC_BEGIN();
    AWAIT(self->fahrenheit);
    ASYNC_RETURN((self->fahrenheit->result - 32) * 5 / 9);
    ASYNC_END();
}

/* The parent: one child frame serves one call after the other. */
typedef struct {
    ASYNC_FRAME(int);
    sensor *inside, *outside;   /* parameters */
    int warm;                   /* a local that lives across an AWAIT */
    read_celsius read;          /* the child */
} difference;

ASYNCX_FRAME_BUDGET(difference, 24 * sizeof(void *));   /* does not compile when the tree grows beyond it */

static ASYNC(difference)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(read_celsius, &self->read, .fahrenheit = self->inside));
    self->warm = self->read.result;
    printf("inside: %d C\n", self->warm);
    AWAIT(ASYNC_CALL(read_celsius, &self->read, .fahrenheit = self->outside));
    printf("outside: %d C\n", self->read.result);
    ASYNC_RETURN(self->warm - self->read.result);
    ASYNC_END();
}

int main(void)
{
    static sensor inside, outside;
    static difference root;

    asyncx_start(ASYNC_CALL(difference, &root, .inside = &inside, .outside = &outside));
    printf("outside is known first\n");
    asyncx_set_result(&outside, 41);   /* nobody waits for it yet: its AWAIT will go on without suspending */
    printf("complete: %s\n", asyncx_is_completed(&root) ? "yes" : "no");
    asyncx_set_result(&inside, 68);    /* resumes the child, which completes and resumes the parent */
    printf("complete: %s, difference: %d\n", asyncx_is_completed(&root) ? "yes" : "no", root.result);
    return 0;
}

/* Output:
 * outside is known first
 * complete: no
 * inside: 20 C
 * outside: 5 C
 * complete: yes, difference: 15
 */
