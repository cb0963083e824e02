/* gcc: error: (initialization of '.*' from incompatible pointer type|'_Generic' selector of type 'second \*') */
/* g++: error: cannot convert */
/* clang: error: (incompatible pointer types|controlling expression type 'second \*' not compatible) */
/* clang++: error: cannot initialize a variable of type */
/* The frame of a call is the one of the function that is called. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
} first;

typedef struct {
    ASYNC_FRAME(void);
    int number;
} second;

static ASYNC(first)
{
    ASYNC_BEGIN();
    ASYNC_END();
}

static ASYNC(second)
{
    ASYNC_BEGIN();
    self->number++;
    ASYNC_END();
}

int main(void)
{
    static first f;
    static second s;
    asyncx_start(ASYNC_CALL(first, &f));
    asyncx_start(ASYNC_CALL(second, &s));
#ifndef FIXED
    asyncx_start(ASYNC_CALL(first, &s));
#endif
    return 0;
}
