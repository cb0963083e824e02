/* gcc: error: .*ASYNCX_DIAGNOSTICS must be 0 or 1 */
/* g++: error: .*ASYNCX_DIAGNOSTICS must be 0 or 1 */
/* clang: error: .*ASYNCX_DIAGNOSTICS must be 0 or 1 */
/* clang++: error: .*ASYNCX_DIAGNOSTICS must be 0 or 1 */
/* A wrong value of an option names the legal ones. */
#ifdef FIXED
#define ASYNCX_DIAGNOSTICS 1
#else
#define ASYNCX_DIAGNOSTICS -1
#endif
#include "asyncx.h"

int main(void) { return 0; }
