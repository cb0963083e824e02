/* gcc: error: switch jumps over variable initialization */
/* g++: error: jump to case label */
/* clang: error: variable 'i' (may be|is) (uninitialized|used uninitialized) */
/* clang++: error: cannot jump from switch statement to this case label */
/* A local that is initialised before an AWAIT and used after it is lost: it belongs in the frame. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(int);
    int i;
} counter;

static ASYNC(counter)
{
    ASYNC_BEGIN();
#ifdef FIXED
    self->i = 3;
    AWAIT(asyncx_suspend());
    ASYNC_RETURN(self->i);
#else
    int i = 3;
    AWAIT(asyncx_suspend());
    ASYNC_RETURN(i);
#endif
    ASYNC_END();
}

int main(void)
{
    static counter c;
    asyncx_start(ASYNC_CALL(counter, &c));
    return 0;
}
