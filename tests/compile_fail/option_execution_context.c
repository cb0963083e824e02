/* gcc: error: .*ASYNCX_EXECUTION_CONTEXT must be 0 or 1 */
/* g++: error: .*ASYNCX_EXECUTION_CONTEXT must be 0 or 1 */
/* clang: error: .*ASYNCX_EXECUTION_CONTEXT must be 0 or 1 */
/* clang++: error: .*ASYNCX_EXECUTION_CONTEXT must be 0 or 1 */
/* A wrong value of an option names the legal ones. */
#ifdef FIXED
#define ASYNCX_EXECUTION_CONTEXT 1
#else
#define ASYNCX_EXECUTION_CONTEXT 7
#endif
#include "asyncx.h"

int main(void) { return 0; }
