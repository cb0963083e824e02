/* gcc: error: (invalid type argument of '->' .have 'int'.|.*awaitable) */
/* g++: error: (no matching function for call to 'asyncx_begin_|.*awaitable) */
/* clang: error: (member reference type 'int' is not a pointer|.*awaitable) */
/* clang++: error: (no matching function for call to 'asyncx_begin_'|.*awaitable) */
/* An int cannot be awaited. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
    int number;
} waiter;

static ASYNC(waiter)
{
    ASYNC_BEGIN();
#ifdef FIXED
    AWAIT(asyncx_yield());
#else
    AWAIT(self->number);
#endif
    ASYNC_END();
}

int main(void)
{
    static waiter w;
    asyncx_start(ASYNC_CALL(waiter, &w));
    return 0;
}
