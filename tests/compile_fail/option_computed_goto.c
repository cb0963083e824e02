/* gcc: error: .*ASYNCX_COMPUTED_GOTO must be 0 */
/* g++: error: .*ASYNCX_COMPUTED_GOTO must be 0 */
/* clang: error: .*ASYNCX_COMPUTED_GOTO must be 0 */
/* clang++: error: .*ASYNCX_COMPUTED_GOTO must be 0 */
/* A wrong value of an option names the legal ones. */
#ifdef FIXED
#define ASYNCX_COMPUTED_GOTO 0
#else
#define ASYNCX_COMPUTED_GOTO 2
#endif
#include "asyncx.h"

int main(void) { return 0; }
