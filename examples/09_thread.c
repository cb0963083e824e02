/* You learn: another thread completes an operation, and the awaiting function goes on in its own event loop. The run
 * queue may be posted to from any thread; its wake hook tells a sleeping loop that there is something to run. */
#define _POSIX_C_SOURCE 200809L
#include "asyncx.h"
#include <pthread.h>
#include <stdio.h>

/* An event loop: a run queue, and a way to sleep until the queue calls wake. */
static struct {
    asyncx_run_queue queue;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool is_awake;
} loop = {.mutex = PTHREAD_MUTEX_INITIALIZER, .condition = PTHREAD_COND_INITIALIZER};

/* Runs on the posting thread, and only when the loop has nothing to run. */
static void loop_wake(asyncx_run_queue *queue)
{
    (void)queue;
    pthread_mutex_lock(&loop.mutex);
    loop.is_awake = true;
    pthread_cond_signal(&loop.condition);
    pthread_mutex_unlock(&loop.mutex);
}

static void loop_sleep(void)
{
    pthread_mutex_lock(&loop.mutex);
    while (!loop.is_awake)
        pthread_cond_wait(&loop.condition, &loop.mutex);
    loop.is_awake = false;   /* whatever was posted before this is run before the next sleep */
    pthread_mutex_unlock(&loop.mutex);
}

typedef ASYNCX_COMPLETION_SOURCE(long) sum;

static void *sum_up(void *done)
{
    long total = 0;
    for (long i = 1; i <= 1000000; i++)
        total += i;
    asyncx_set_result((sum *)done, total);   /* posts the waiter to the loop; never runs it on this thread */
    return NULL;
}

typedef struct {
    ASYNC_FRAME(void);
    pthread_t home, worker;
    sum done;
} work;

static ASYNC(work)
{
    ASYNC_BEGIN();
    self->home = pthread_self();
    asyncx_completion_source_init(&self->done, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &loop.queue.executor);
    if (pthread_create(&self->worker, NULL, sum_up, &self->done) != 0)
        ASYNC_FAIL(1);
    printf("a thread is at work, the loop is free\n");
    AWAIT(&self->done);
    printf("sum: %ld\n", self->done.result);
    printf("on the loop's thread: %s\n", pthread_equal(self->home, pthread_self()) ? "yes" : "no");
    pthread_join(self->worker, NULL);   /* it is on its way out of set_result, if not gone */
    ASYNC_END();
}

int main(void)
{
    static work frame;
    asyncx_run_queue_init(&loop.queue, loop_wake);
    asyncx_start_on(ASYNC_CALL(work, &frame), &loop.queue.executor);
    while (asyncx_run_queue_run_until_idle(&loop.queue), !asyncx_is_completed(&frame))
        loop_sleep();
    return asyncx_status_of(&frame) == ASYNCX_SUCCEEDED ? 0 : 1;
}
/* Output:
 * a thread is at work, the loop is free
 * sum: 500000500000
 * on the loop's thread: yes
 */
