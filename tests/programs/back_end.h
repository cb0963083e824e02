/* What every atomics back end must do, with threads in each other's way: included by one program for each of them, after
 * it has chosen its back end. main returns 0, or says what fails and returns 1. */
#ifndef BACK_END_H
#define BACK_END_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "asyncx.h"

#if !ASYNCX_SINGLE_THREADED
enum { THREADS = 3, ROUNDS = 3000 };

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;

struct waiter {
    asyncx_continuation continuation;
    int runs;
};

static asyncx_continuation *count_run(asyncx_continuation *self)
{
    ((struct waiter *)(void *)self)->runs++;
    return NULL;
}

typedef struct {
    ASYNC_FRAME(long);
    int_value_source *source;
    int round;
} sum_values;

static ASYNC(sum_values)
{
    ASYNC_BEGIN();
    self->result = 0;
    for (self->round = 1; self->round <= ROUNDS; self->round++) {
        AWAIT(self->source);
        self->result += self->source->result;
        asyncx_value_source_reset(self->source);
    }
    ASYNC_RETURN(self->result);
    ASYNC_END();
}

static pthread_barrier_t start, end;
static int_source source;
static struct waiter waiters[THREADS];
static int won[THREADS], registered[THREADS], withdrawn[THREADS];

static asyncx_run_queue queue;
static int_value_source values;
static sum_values frame;
static int failures;

/* Each round all threads register, one completes and the others withdraw, all at once. */
static void *race(void *argument)
{
    int me = *(const int *)argument, round;
    for (round = 0; round < ROUNDS; round++) {
        (void)pthread_barrier_wait(&start);
        registered[me] = asyncx_on_completed(&source, &waiters[me].continuation, 0);
        won[me] = asyncx_try_set_result(&source, me + 1);
        withdrawn[me] = asyncx_withdraw(&source, &waiters[me].continuation);
        (void)pthread_barrier_wait(&end);
    }
    return NULL;
}

static void *produce(void *argument)
{
    int value = 1;
    (void)argument;
    while (value <= ROUNDS) {
        if (asyncx_try_set_result(&values, value))
            value++;
        else
            (void)sched_yield();
    }
    return NULL;
}

static void check_races(void)
{
    static int names[THREADS];
    pthread_t threads[THREADS];
    int round, each;
    (void)pthread_barrier_init(&start, NULL, THREADS + 1);
    (void)pthread_barrier_init(&end, NULL, THREADS + 1);
    for (each = 0; each < THREADS; each++) {
        names[each] = each;
        asyncx_continuation_init(&waiters[each].continuation, count_run, NULL);
        if (pthread_create(&threads[each], NULL, race, &names[each])) {
            fprintf(stderr, "no thread\n");
            failures++;
            return;
        }
    }
    for (round = 0; round < ROUNDS; round++) {
        int wins = 0, winner = -1;
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        for (each = 0; each < THREADS; each++)
            waiters[each].runs = 0;
        (void)pthread_barrier_wait(&start);
        (void)pthread_barrier_wait(&end);
        for (each = 0; each < THREADS; each++) {
            wins += won[each];
            if (won[each])
                winner = each;
            if (waiters[each].runs + withdrawn[each] != registered[each]) {
                fprintf(stderr, "round %d: thread %d registered %d, ran %d, withdrew %d\n", round, each,
                        registered[each], waiters[each].runs, withdrawn[each]);
                failures++;
            }
        }
        if (wins != 1 || source.result != winner + 1) {
            fprintf(stderr, "round %d: %d winners, result %d\n", round, wins, source.result);
            failures++;
        }
    }
    for (each = 0; each < THREADS; each++)
        (void)pthread_join(threads[each], NULL);
}

static void check_posts(void)
{
    pthread_t producer;
    memset((void *)&frame, 0, sizeof(frame));
    asyncx_run_queue_init(&queue, NULL);
    asyncx_value_source_init(&values, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
    if (pthread_create(&producer, NULL, produce, NULL)) {
        fprintf(stderr, "no thread\n");
        failures++;
        return;
    }
    asyncx_start(ASYNC_CALL(sum_values, &frame, .source = &values));
    while (asyncx_status_of(&frame) == ASYNCX_PENDING) {
        asyncx_run_queue_run_until_idle(&queue);
        (void)sched_yield();
    }
    (void)pthread_join(producer, NULL);
    if (frame.result != (long)ROUNDS * (ROUNDS + 1) / 2) {
        fprintf(stderr, "sum %ld\n", frame.result);
        failures++;
    }
}

int main(void)
{
    check_races();
    check_posts();
    return failures ? 1 : 0;
}
#else
int main(void) { return 0; }
#endif

#endif
