/* gcc: error: .*has no member named 'awaitable' */
/* g++: error: .*(has no member named 'awaitable'|no such member|no member) */
/* clang: error: no member named 'awaitable' */
/* clang++: error: no member named 'awaitable' */
/* An async function needs a frame. */
#include "asyncx.h"

typedef struct {
#ifdef FIXED
    ASYNC_FRAME(void);
#endif
    int number;
} unframed;

static ASYNC(unframed)
{
    ASYNC_BEGIN();
    ASYNC_END();
}

int main(void)
{
    static unframed u;
    asyncx_start(ASYNC_CALL(unframed, &u, .number = 1));
    return 0;
}
