/* gcc: error: .*has no member named 'result' */
/* g++: error: .*has no member named 'result' */
/* clang: error: no member named 'result' */
/* clang++: error: no member named 'result' */
/* A source of void has no place for a value. */
#include "asyncx.h"

int main(void)
{
    asyncx_completion_source source;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
#ifdef FIXED
    asyncx_set_result(&source);
#else
    asyncx_set_result(&source, 1);
#endif
    return 0;
}
