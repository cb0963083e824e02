/* tcc: error: .*no atomics here: define ASYNCX_SINGLE_THREADED=1, or ASYNCX_CRITICAL_ENTER */
/* A compiler without atomics says what the choices are. */
#ifdef FIXED
#define ASYNCX_SINGLE_THREADED 1
#endif
#include "asyncx.h"

int main(void) { return 0; }
