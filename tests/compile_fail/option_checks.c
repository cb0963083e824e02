/* gcc: error: .*ASYNCX_CHECKS must be 1 .* or 0 */
/* g++: error: .*ASYNCX_CHECKS must be 1 .* or 0 */
/* clang: error: .*ASYNCX_CHECKS must be 1 .* or 0 */
/* clang++: error: .*ASYNCX_CHECKS must be 1 .* or 0 */
/* A wrong value of an option names the legal ones. */
#ifdef FIXED
#define ASYNCX_CHECKS 0
#else
#define ASYNCX_CHECKS 3
#endif
#include "asyncx.h"

int main(void) { return 0; }
