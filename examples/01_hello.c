/* You learn: an async function is a frame and a body. AWAIT suspends it; what it waits for resumes it. */
#include "asyncx.h"
#include <stdio.h>

typedef ASYNCX_COMPLETION_SOURCE(const char *) answer;   /* completed once, from outside */

/* What the function keeps while it waits: its parameters and those locals that live across an AWAIT. */
typedef struct {
    ASYNC_FRAME(void);   /* the type of its result; always first */
    answer *name;
} greet;

static ASYNC(greet)
{
    ASYNC_BEGIN();
    printf("Who is there?\n");
    AWAIT(self->name);   /* returns to main; no thread waits here */
    printf("Hello, %s!\n", self->name->result);
    ASYNC_END();
}

int main(void)
{
    static answer name;   /* zeroed: nobody completed it yet */
    static greet frame;   /* zeroed before the first call; there is no heap */

    asyncx_start(ASYNC_CALL(greet, &frame, .name = &name));   /* runs up to the AWAIT */
    printf("(main goes on meanwhile)\n");
    asyncx_set_result(&name, "world");                        /* resumes greet, inside this call */
    return 0;
}

/* Output:
 * Who is there?
 * (main goes on meanwhile)
 * Hello, world!
 */
