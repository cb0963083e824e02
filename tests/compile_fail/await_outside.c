/* gcc: asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ */
/* g++: asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ */
/* clang: asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ */
/* clang++: asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ */
/* AWAIT belongs between ASYNC_BEGIN and ASYNC_END; the name in the message says so. */
#include "asyncx.h"

int main(void)
{
#ifndef FIXED
    AWAIT(asyncx_yield());
#endif
    return 0;
}
