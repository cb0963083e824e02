/* gcc: error: .*negative */
/* g++: error: .*(negative|narrowing|overflow) */
/* clang: error: .*negative */
/* clang++: error: .*negative */
/* A typed source completes with a value, when somebody may be first too. */
#include "asyncx.h"

int main(void)
{
    ASYNCX_COMPLETION_SOURCE(int) source;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
#ifdef FIXED
    (void)asyncx_try_set_result(&source, 1);
#else
    (void)asyncx_try_set_result(&source);
#endif
    return 0;
}
