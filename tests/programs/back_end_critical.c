/* The library over a pair of critical-section hooks, here a lock: what a core without compare-and-swap uses, with
 * threads in the place of interrupts. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static inline int enter(void) { return pthread_mutex_lock(&lock); }
static inline void leave(int saved)
{
    (void)saved;
    (void)pthread_mutex_unlock(&lock);
}

#define ASYNCX_CRITICAL_STATE int
#define ASYNCX_CRITICAL_ENTER() enter()
#define ASYNCX_CRITICAL_EXIT(saved) leave(saved)
#include "back_end.h"
