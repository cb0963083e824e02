/* gcc: error: .*ASYNCX_CRITICAL_ENTER\(\) and ASYNCX_CRITICAL_EXIT\(saved\) come as a pair */
/* g++: error: .*ASYNCX_CRITICAL_ENTER\(\) and ASYNCX_CRITICAL_EXIT\(saved\) come as a pair */
/* clang: error: .*ASYNCX_CRITICAL_ENTER\(\) and ASYNCX_CRITICAL_EXIT\(saved\) come as a pair */
/* clang++: error: .*ASYNCX_CRITICAL_ENTER\(\) and ASYNCX_CRITICAL_EXIT\(saved\) come as a pair */
/* tcc: error: .*ASYNCX_CRITICAL_ENTER\(\) and ASYNCX_CRITICAL_EXIT\(saved\) come as a pair */
/* Half a critical section protects nothing. */
#define ASYNCX_CRITICAL_ENTER() 0ul
#ifdef FIXED
#define ASYNCX_CRITICAL_EXIT(saved) ((void)(saved))
#define ASYNCX_THREAD_LOCAL
#endif
#include "asyncx.h"

int main(void) { return 0; }
