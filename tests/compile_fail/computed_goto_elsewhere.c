/* tcc: error: .*ASYNCX_COMPUTED_GOTO=1 needs labels as values */
/* An option that this compiler cannot serve is refused. */
#define ASYNCX_SINGLE_THREADED 1
#ifndef FIXED
#define ASYNCX_COMPUTED_GOTO 1
#endif
#include "asyncx.h"

int main(void) { return 0; }
