/* gcc: ASYNC_FRAME_must_be_the_first_member_of_late */
/* g++: ASYNC_FRAME_must_be_the_first_member_of_late */
/* clang: ASYNC_FRAME_must_be_the_first_member_of_late */
/* clang++: ASYNC_FRAME_must_be_the_first_member_of_late */
/* The frame is what a pointer to the task points to. */
#include "asyncx.h"

typedef struct {
#ifdef FIXED
    ASYNC_FRAME(void);
    int number;
#else
    int number;
    ASYNC_FRAME(void);
#endif
} late;

static ASYNC(late)
{
    ASYNC_BEGIN();
    ASYNC_END();
}

int main(void)
{
    static late l;
    asyncx_start(ASYNC_CALL(late, &l, .number = 1));
    return 0;
}
