/* gcc: error: incompatible types when assigning to type 'int' */
/* g++: error: cannot convert */
/* clang: error: assigning to 'int' from incompatible type */
/* clang++: error: (assigning to 'int' from incompatible type|cannot convert) */
/* ASYNC_RETURN gives a value of the frame's result type. */
#include "asyncx.h"

struct pair {
    int a, b;
};

typedef struct {
    ASYNC_FRAME(int);
    struct pair pair;
} sum;

static ASYNC(sum)
{
    ASYNC_BEGIN();
#ifdef FIXED
    ASYNC_RETURN(self->pair.a + self->pair.b);
#else
    ASYNC_RETURN(self->pair);
#endif
    ASYNC_END();
}

int main(void)
{
    static sum s;
    asyncx_start(ASYNC_CALL(sum, &s));
    return 0;
}
