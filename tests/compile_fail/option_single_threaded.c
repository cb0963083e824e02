/* gcc: error: .*ASYNCX_SINGLE_THREADED must be 0 .* or 1 */
/* g++: error: .*ASYNCX_SINGLE_THREADED must be 0 .* or 1 */
/* clang: error: .*ASYNCX_SINGLE_THREADED must be 0 .* or 1 */
/* clang++: error: .*ASYNCX_SINGLE_THREADED must be 0 .* or 1 */
/* A wrong value of an option names the legal ones. */
#ifdef FIXED
#define ASYNCX_SINGLE_THREADED 1
#else
#define ASYNCX_SINGLE_THREADED 2
#endif
#include "asyncx.h"

int main(void) { return 0; }
