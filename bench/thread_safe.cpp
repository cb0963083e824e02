/* Every operation in the default configuration: any thread, signal handler or interrupt may complete an operation. */
#undef ASYNCX_SINGLE_THREADED
#define ASYNCX_SINGLE_THREADED 0
/* Two configurations in one program: each keeps its thread state under a name of its own. */
#define asyncx_thread_ asyncx_thread_of_thread_safe_
#define OPERATIONS thread_safe_operations
#define OPERATIONS_COUNT thread_safe_operations_count
#define WORKLOADS_MAIN thread_safe_workloads_main
#include "operations.c"
