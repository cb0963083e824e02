/* gcc: error: .*ASYNCX_TOKEN_BITS must be 16 or 32 */
/* g++: error: .*ASYNCX_TOKEN_BITS must be 16 or 32 */
/* clang: error: .*ASYNCX_TOKEN_BITS must be 16 or 32 */
/* clang++: error: .*ASYNCX_TOKEN_BITS must be 16 or 32 */
/* Tokens of 8 bits come round too soon. */
#ifdef FIXED
#define ASYNCX_TOKEN_BITS 16
#else
#define ASYNCX_TOKEN_BITS 8
#endif
#include "asyncx.h"

int main(void) { return 0; }
