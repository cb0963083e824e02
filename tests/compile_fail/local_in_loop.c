/* gcc: error: switch jumps over variable initialization */
/* g++: error: jump to case label */
/* clang: error: variable 'step' (may be|is) (uninitialized|used uninitialized) */
/* clang++: error: cannot jump from switch statement to this case label */
/* The same in a nested block: the resume point lies behind the initialisation. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(int);
    int i;
} counter;

static ASYNC(counter)
{
    ASYNC_BEGIN();
    self->result = 0;
    for (self->i = 0; self->i < 3; self->i++) {
#ifdef FIXED
        AWAIT(asyncx_suspend());
        self->result += 2 * self->i;
#else
        int step = 2 * self->i;
        AWAIT(asyncx_suspend());
        self->result += step;
#endif
    }
    ASYNC_END();
}

int main(void)
{
    static counter c;
    asyncx_start(ASYNC_CALL(counter, &c));
    return 0;
}
