/* gcc: error: .*has no member named 'speed' */
/* g++: error: .*has no member named 'speed' */
/* clang: error: no member named 'speed' */
/* clang++: error: no member named 'speed' */
/* The parameters of a call are members of its frame. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
    int number;
} task;

static ASYNC(task)
{
    ASYNC_BEGIN();
    ASYNC_END();
}

int main(void)
{
    static task t;
#ifdef FIXED
    asyncx_start(ASYNC_CALL(task, &t, .number = 1));
#else
    asyncx_start(ASYNC_CALL(task, &t, .speed = 1));
#endif
    return 0;
}
