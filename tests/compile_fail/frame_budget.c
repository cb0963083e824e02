/* gcc: frame_of_big_exceeds_its_budget */
/* g++: frame_of_big_exceeds_its_budget */
/* clang: frame_of_big_exceeds_its_budget */
/* clang++: frame_of_big_exceeds_its_budget */
/* A frame that outgrows its budget is found when it is compiled. */
#include "asyncx.h"

typedef struct {
    ASYNC_FRAME(void);
    char buffer[100];
} big;

#ifdef FIXED
ASYNCX_FRAME_BUDGET(big, 200);
#else
ASYNCX_FRAME_BUDGET(big, 100);
#endif

int main(void) { return 0; }
