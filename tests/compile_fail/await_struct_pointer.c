/* gcc: error: 'struct plain' has no member named 'awaitable' */
/* g++: error: 'struct plain' has no member named 'awaitable' */
/* clang: error: no member named 'awaitable' in 'struct plain' */
/* clang++: no member named 'awaitable' in 'plain' */
/* A pointer can be awaited when what it points to begins with a member called `awaitable`. */
#include "asyncx.h"

struct plain {
    int number;
};

typedef struct {
    ASYNC_FRAME(void);
    struct plain *operand;
} waiter;

static ASYNC(waiter)
{
    ASYNC_BEGIN();
#ifdef FIXED
    AWAIT(asyncx_yield());
#else
    AWAIT(self->operand);
#endif
    ASYNC_END();
}

int main(void)
{
    static waiter w;
    asyncx_start(ASYNC_CALL(waiter, &w));
    return 0;
}
