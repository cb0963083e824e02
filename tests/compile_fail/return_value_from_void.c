/* gcc: error: .*has no member named 'result' */
/* g++: error: .*has no member named 'result' */
/* clang: error: no member named 'result' */
/* clang++: error: no member named 'result' */
/* A function of void returns without a value. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
} task;

static ASYNC(task)
{
    ASYNC_BEGIN();
#ifdef FIXED
    ASYNC_RETURN();
#else
    ASYNC_RETURN(1);
#endif
    ASYNC_END();
}

int main(void)
{
    static task t;
    asyncx_start(ASYNC_CALL(task, &t));
    return 0;
}
