/* gcc: error: .*(negative|ASYNC_FINALLY_needs_ASYNC_FRAME_FINALLY) */
/* g++: error: .*(negative|narrowing|ASYNC_FINALLY_needs_ASYNC_FRAME_FINALLY) */
/* clang: error: .*(negative|ASYNC_FINALLY_needs_ASYNC_FRAME_FINALLY) */
/* clang++: error: .*(negative|ASYNC_FINALLY_needs_ASYNC_FRAME_FINALLY) */
/* ASYNC_FINALLY remembers how the function ended in a word that only ASYNC_FRAME_FINALLY has. */
#include "asyncx.h"

typedef struct {
#ifdef FIXED
    ASYNC_FRAME_FINALLY(void);
#else
    ASYNC_FRAME(void);
#endif
    int cleaned;
} cleaner;

static ASYNC(cleaner)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_suspend());
ASYNC_FINALLY:
    self->cleaned = 1;
    ASYNC_END();
}

int main(void)
{
    static cleaner c;
    asyncx_start(ASYNC_CALL(cleaner, &c));
    return 0;
}
