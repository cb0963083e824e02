/* flags: -O2 -DASYNCX_LINT=1 */
/* gcc: error: .*(overflow|changes value) */
/* g++: error: .*(overflow|changes value|narrowing) */
/* clang: error: overflow converting case value to switch condition type */
/* clang++: error: (overflow converting case value|case value evaluates to) */
/* A resume point inside the user's own switch would be a case of that one. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
    int what;
} chooser;

static ASYNC(chooser)
{
    ASYNC_BEGIN();
#ifdef FIXED
    if (self->what == 1)
        AWAIT(asyncx_suspend());
#else
    switch (self->what) {
    case 1: AWAIT(asyncx_suspend()); break;
    default: break;
    }
#endif
    ASYNC_END();
}

int main(void)
{
    static chooser c;
    asyncx_start(ASYNC_CALL(chooser, &c));
    return 0;
}
