/* tcc: error: .*no thread-local storage( here)?: define ASYNCX_THREAD_STATE\(\), or ASYNCX_THREAD_LOCAL as nothing */
/* A compiler without thread-local storage says what the choices are. */
#define ASYNCX_CRITICAL_ENTER() 0ul
#define ASYNCX_CRITICAL_EXIT(saved) ((void)(saved))
#ifdef FIXED
#define ASYNCX_THREAD_LOCAL
#endif
#include "asyncx.h"

int main(void) { return 0; }
