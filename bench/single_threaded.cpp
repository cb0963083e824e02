/* Every operation as a program has it that completes nothing from other threads, signal handlers or interrupts. */
#undef ASYNCX_SINGLE_THREADED
#define ASYNCX_SINGLE_THREADED 1
/* Two configurations in one program: each keeps its thread state under a name of its own. */
#define asyncx_thread_ asyncx_thread_of_single_threaded_
#define OPERATIONS single_threaded_operations
#define OPERATIONS_COUNT single_threaded_operations_count
#define WORKLOADS_MAIN single_threaded_workloads_main
#include "operations.c"
