/* gcc: error: (incompatible types|invalid initializer) */
/* g++: error: cannot convert */
/* clang: error: initializing '.*' .aka 'int'. with an expression of incompatible type */
/* clang++: error: (cannot initialize a variable of type 'int'|no viable conversion from 'struct pair') */
/* The value has the source's result type. */
#include "asyncx.h"

struct pair {
    int a, b;
};

int main(void)
{
    ASYNCX_COMPLETION_SOURCE(int) source;
    struct pair value = {1, 2};
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
#ifdef FIXED
    asyncx_set_result(&source, value.a + value.b);
#else
    asyncx_set_result(&source, value);
#endif
    return 0;
}
