/* gcc: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* g++: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* clang: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* clang++: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* A depth above the range is no bound that can be stated. */
#ifdef FIXED
#define ASYNCX_INLINE_DEPTH 255
#else
#define ASYNCX_INLINE_DEPTH 256
#endif
#include "asyncx.h"

int main(void) { return 0; }
