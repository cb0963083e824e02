/* gcc: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* g++: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* clang: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* clang++: error: .*ASYNCX_INLINE_DEPTH must be 1 to 255 */
/* No depth at all could resume nothing inline. */
#ifdef FIXED
#define ASYNCX_INLINE_DEPTH 1
#else
#define ASYNCX_INLINE_DEPTH 0
#endif
#include "asyncx.h"

int main(void) { return 0; }
