/* The guided tour: five stops, each a small program that prints what happens and why, and a measurement at the end.
 * Read it beside its output. Needs POSIX threads for the stops A, C and D, and nothing else. */
#define _POSIX_C_SOURCE 200809L

/* The tour goes on after a misuse; by default the library prints the same and aborts. */
static void report_misuse(const char *name, const char *message);
#define ASYNCX_PANIC(code, object) report_misuse(asyncx_misuse_name(code), asyncx_misuse_message(code))
#include "asyncx.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void heading(char letter, const char *title)
{
    printf("\n%c. %s\n", letter, title);
}

static const char *status_name(asyncx_status status)
{
    static const char *const names[] = {"pending", "succeeded", "faulted", "canceled"};
    return names[status];
}

/* Prints the message on lines of at most 66 characters. */
static void report_misuse(const char *name, const char *message)
{
    printf("   | TRIPPED %s:\n", name);
    while (*message) {
        size_t length = strlen(message), line = length;
        if (length > 66)
            for (line = 66; line > 1 && message[line] != ' '; line--) {
            }
        printf("   |     %.*s\n", (int)line, message);
        message += line + (line < length);
    }
}

/* Ends the tour where going on would print nonsense. */
static void require(bool condition, const char *what)
{
    if (!condition) {
        printf("FAILED: %s\n", what);
        exit(1);
    }
}

/* == Event loops ============================================================================= */
/* A run queue that sleeps while it has nothing to do: one for this thread, one for a second one. */

struct loop {
    asyncx_run_queue queue;   /* first: loop_wake finds the loop by it */
    const char *name;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool is_awake, is_stopping;
};

static struct loop main_loop, second_loop;

static void loop_wake(asyncx_run_queue *queue)
{
    struct loop *loop = (struct loop *)(void *)queue;
    pthread_mutex_lock(&loop->mutex);
    loop->is_awake = true;
    pthread_cond_signal(&loop->condition);
    pthread_mutex_unlock(&loop->mutex);
}

static void loop_init(struct loop *loop, const char *name)
{
    asyncx_run_queue_init(&loop->queue, loop_wake);
    loop->name = name;
    pthread_mutex_init(&loop->mutex, NULL);
    pthread_cond_init(&loop->condition, NULL);
    loop->is_awake = loop->is_stopping = false;
}

/* Runs what is posted, then sleeps until something is. Returns false when the loop is to stop. */
static bool loop_turn(struct loop *loop)
{
    bool go_on;
    asyncx_run_queue_run_until_idle(&loop->queue);
    pthread_mutex_lock(&loop->mutex);
    while (!loop->is_awake && !loop->is_stopping)
        pthread_cond_wait(&loop->condition, &loop->mutex);
    loop->is_awake = false;
    go_on = !loop->is_stopping;
    pthread_mutex_unlock(&loop->mutex);
    return go_on;
}

static void *loop_thread(void *loop)
{
    while (loop_turn((struct loop *)loop)) {
    }
    return NULL;
}

static void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    loop->is_stopping = true;
    pthread_cond_signal(&loop->condition);
    pthread_mutex_unlock(&loop->mutex);
    pthread_join(loop->thread, NULL);
}

static const char *current_loop(void)
{
    if (main_loop.queue.executor.is_current(&main_loop.queue.executor))
        return main_loop.name;
    if (second_loop.queue.executor.is_current(&second_loop.queue.executor))
        return second_loop.name;
    return "no loop";
}

/* Runs this thread's loop until *is_done; only a continuation in this loop sets it. */
static void run_main_loop(const bool *is_done)
{
    while (asyncx_run_queue_run_until_idle(&main_loop.queue), !*is_done)
        (void)loop_turn(&main_loop);
}

/* == A. A completion source ==================================================================== */

typedef ASYNCX_COMPLETION_SOURCE(int) reply;

typedef struct {
    ASYNC_FRAME(void);
    reply *reply;
    asyncx_outcome outcome;
} await_reply;

static ASYNC(await_reply)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->reply);
    if (asyncx_outcome_status(self->outcome) == ASYNCX_SUCCEEDED)
        printf("   |     waiter resumes: reply %d\n", self->reply->result);
    else
        printf("   |     waiter resumes: %s\n",
               asyncx_outcome_error(self->outcome) == ETIMEDOUT ? "timed out" : "failed");
    ASYNC_END();
}

static void show_race(bool success_is_first)
{
    reply one;
    await_reply waiter;
    bool won;

    memset(&waiter, 0, sizeof waiter);
    asyncx_completion_source_init(&one, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(await_reply, &waiter, .reply = &one));
    printf("   | status %s, a waiter is registered\n", status_name(asyncx_status_of(&one)));
    for (int turn = 0; turn < 2; turn++) {
        bool is_success = (turn == 0) == success_is_first;
        printf("   | %s comes\n", is_success ? "the success" : "the timeout");
        won = is_success ? asyncx_try_set_result(&one, 42) : asyncx_try_set_error(&one, ETIMEDOUT);
        printf("   |     try_set says %s; status %s\n", won ? "true" : "false, nothing changed",
               status_name(asyncx_status_of(&one)));
    }
}

enum { RACES = 100000 };   /* not a multiple of 7919 */
static asyncx_completion_source races[RACES];

static asyncx_completion_source at_the_start[2];

struct runner {
    int number;   /* 0 sets the success, 1 the timeout */
    long wins;
    pthread_t thread;
};

static void *run_races(void *context)
{
    struct runner *runner = (struct runner *)context;
    asyncx_set_result(&at_the_start[runner->number]);
    while (!asyncx_is_completed(&at_the_start[1 - runner->number]))
        sched_yield();
    for (int i = 0; i < RACES; i++) {
        if (runner->number == 1)   /* in another order: else the one who is ahead wins them all */
            runner->wins += asyncx_try_set_error(&races[i * 7919L % RACES], ETIMEDOUT);
        else
            runner->wins += asyncx_try_set_result(&races[i]);
        if (i % 1000 == 0)
            sched_yield();   /* a single core is to run both in turns */
    }
    return NULL;
}

static void stop_a(void)
{
    struct runner runners[2] = {{0, 0, 0}, {1, 0, 0}};
    long succeeded = 0, timed_out = 0;

    heading('A', "A completion source: one operation, completed once");
    printf("   It goes from pending to complete a single time. A success and a timeout may\n"
           "   both try: try_set returns true to one of them, whoever comes first.\n");
    show_race(true);
    show_race(false);
    for (int i = 0; i < RACES; i++)
        asyncx_completion_source_init(&races[i], ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    for (int i = 0; i < 2; i++)
        require(pthread_create(&runners[i].thread, NULL, run_races, &runners[i]) == 0, "starting a thread");
    for (int i = 0; i < 2; i++)
        pthread_join(runners[i].thread, NULL);
    for (int i = 0; i < RACES; i++) {
        succeeded += asyncx_status_of(&races[i]) == ASYNCX_SUCCEEDED;
        timed_out += asyncx_status_of(&races[i]) == ASYNCX_FAULTED;
    }
    require(runners[0].wins == succeeded && runners[1].wins == timed_out && succeeded + timed_out == RACES,
            "each race has exactly one winner");
    printf("   Now two threads race for %d sources, one success, one timeout on each:\n", (int)RACES);
    printf("   | %ld + %ld = %d wins: no source has two winners, none has no winner\n",
           runners[0].wins, runners[1].wins, (int)RACES);
}

/* == B. A reusable versioned source ============================================================= */

static ASYNCX_VALUE_SOURCE(int) sensor;

static asyncx_value_task sample(void)
{
    asyncx_value_source_reset(&sensor);
    return asyncx_value_source_task(&sensor);
}

typedef struct {
    ASYNC_FRAME(void);
    int i;
} take_samples;

static ASYNC(take_samples)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < 3; self->i++) {
        AWAIT(sample());
        printf("   | sample %d, version %u of the same %d bytes\n", sensor.result,
               (unsigned int)asyncx_value_source_version(&sensor), (int)sizeof sensor);
    }
    ASYNC_END();
}

static void stop_b(void)
{
    take_samples frame;
    asyncx_value_task stale;

    heading('B', "A versioned source: one object, one operation after the other");
    printf("   reset makes the object ready for the next operation and counts its version;\n"
           "   a value task remembers the version that it belongs to. No allocation, ever.\n");
    memset(&frame, 0, sizeof frame);
    asyncx_value_source_init(&sensor, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(take_samples, &frame));
    for (int value = 20; value < 23; value++)
        asyncx_set_result(&sensor, value);
    printf("   Somebody keeps a value task until the object serves another operation:\n");
    stale = sample();
    (void)sample();
    asyncx_set_result(&sensor, 99);
    printf("   | the new operation is complete, with 99; what does the old value task say?\n");
    printf("   | its status is %s, and the 99 is not mistaken for its result\n", status_name(asyncx_status_of(stale)));
}

/* == C. AWAIT is a pattern ====================================================================== */
/* The smallest awaiter: it is complete when the function runs in the target's loop, and gets it there. */

typedef struct {
    asyncx_awaitable awaitable;
    asyncx_executor *target;
} hop;

static asyncx_status hop_get_status(asyncx_awaitable *self, asyncx_token token)
{
    asyncx_executor *target = ((hop *)self)->target;
    (void)token;
    return target->is_current(target) ? ASYNCX_SUCCEEDED : ASYNCX_PENDING;
}

static bool hop_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                             unsigned int flags)
{
    (void)token;
    (void)flags;
    asyncx_post(((hop *)self)->target, continuation);
    return true;
}

static asyncx_outcome hop_get_result(asyncx_awaitable *self, asyncx_token token)
{
    (void)self;
    (void)token;
    return ASYNCX_OUTCOME_SUCCEEDED;
}

static bool hop_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    (void)self;
    (void)token;
    (void)continuation;
    return false;   /* it was handed on at once */
}

static const asyncx_awaiter_ops hop_ops = {hop_get_status, hop_on_completed, hop_get_result, hop_withdraw};

static hop *switch_to(hop *storage, struct loop *loop)
{
    storage->awaitable.ops = &hop_ops;
    storage->target = &loop->queue.executor;
    return storage;
}

typedef struct {
    ASYNC_FRAME(void);
    hop hop;
    pthread_t first_thread;
    bool *is_done;
} travel;

static ASYNC(travel)
{
    ASYNC_BEGIN();
    self->first_thread = pthread_self();
    printf("   | starts in the %s\n", current_loop());
    AWAIT(switch_to(&self->hop, &second_loop));
    printf("   | AWAIT(switch_to(second loop)): now in the %s, %s thread\n", current_loop(),
           pthread_equal(self->first_thread, pthread_self()) ? "the same" : "another");
    AWAIT(switch_to(&self->hop, &second_loop));
    printf("   | AWAIT(switch_to(second loop)): there already, does not suspend\n");
    AWAIT(switch_to(&self->hop, &main_loop));
    printf("   | AWAIT(switch_to(main loop)):   back in the %s, %s thread\n", current_loop(),
           pthread_equal(self->first_thread, pthread_self()) ? "the same" : "another");
    *self->is_done = true;
    ASYNC_END();
}

static void stop_c(void)
{
    static travel frame;
    bool is_done = false;

    heading('C', "AWAIT is a pattern: an awaiter decides where it resumes");
    printf("   Four functions in a table make a struct awaitable. This one posts whoever\n"
           "   awaits it to another event loop, so one function runs on two threads in turn.\n");
    require(pthread_create(&second_loop.thread, NULL, loop_thread, &second_loop) == 0, "starting a thread");
    asyncx_start_on(ASYNC_CALL(travel, &frame, .is_done = &is_done), &main_loop.queue.executor);
    run_main_loop(&is_done);
    loop_stop(&second_loop);
}

/* == D. An awaitable over a thread ============================================================== */
/* Awaiting it starts a thread; the thread hands the continuation on when its work is done. */

typedef struct {
    asyncx_awaitable awaitable;
    long (*work)(long argument);
    long argument, result;
    asyncx_executor *executor;   /* for waiters that have none of their own */
    pthread_t thread;
    pthread_mutex_t mutex;       /* guards what follows */
    asyncx_continuation *continuation;
    asyncx_outcome outcome;      /* 0 until the work is done */
    bool is_started;
} thread_call;

static void *thread_call_run(void *context)
{
    thread_call *call = (thread_call *)context;
    asyncx_continuation *continuation;
    asyncx_executor *executor = call->executor;

    call->result = call->work(call->argument);
    pthread_mutex_lock(&call->mutex);
    call->outcome = ASYNCX_OUTCOME_SUCCEEDED;   /* publishes the result */
    continuation = call->continuation;
    call->continuation = NULL;
    pthread_mutex_unlock(&call->mutex);
    if (continuation)
        asyncx_release(continuation, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, executor);   /* never runs it here */
    return NULL;
}

static asyncx_status thread_call_get_status(asyncx_awaitable *self, asyncx_token token)
{
    thread_call *call = (thread_call *)self;
    asyncx_status status;
    (void)token;
    pthread_mutex_lock(&call->mutex);
    status = asyncx_outcome_status(call->outcome);
    pthread_mutex_unlock(&call->mutex);
    return status;
}

static bool thread_call_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                                     unsigned int flags)
{
    thread_call *call = (thread_call *)self;
    bool is_kept;
    (void)token;
    (void)flags;
    pthread_mutex_lock(&call->mutex);
    if (!call->is_started) {
        int error = pthread_create(&call->thread, NULL, thread_call_run, call);
        call->is_started = error == 0;
        if (error)
            call->outcome = asyncx_outcome_faulted(error);
    }
    is_kept = !call->outcome;   /* false: complete meanwhile, so the caller goes on without suspending */
    if (is_kept)
        call->continuation = continuation;
    pthread_mutex_unlock(&call->mutex);
    return is_kept;
}

static asyncx_outcome thread_call_get_result(asyncx_awaitable *self, asyncx_token token)
{
    thread_call *call = (thread_call *)self;
    (void)token;
    if (call->is_started) {
        pthread_join(call->thread, NULL);   /* its work is done: it is gone, or about to be */
        call->is_started = false;
    }
    return call->outcome;
}

static bool thread_call_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    thread_call *call = (thread_call *)self;
    bool is_taken_back;
    (void)token;
    pthread_mutex_lock(&call->mutex);
    is_taken_back = call->continuation == continuation;
    if (is_taken_back)
        call->continuation = NULL;   /* the thread will find nobody to resume */
    pthread_mutex_unlock(&call->mutex);
    return is_taken_back;
}

static const asyncx_awaiter_ops thread_call_ops = {thread_call_get_status, thread_call_on_completed,
                                                   thread_call_get_result, thread_call_withdraw};

static thread_call *on_a_thread(thread_call *call, long (*work)(long), long argument, struct loop *loop)
{
    call->awaitable.ops = &thread_call_ops;
    call->work = work;
    call->argument = argument;
    call->executor = &loop->queue.executor;
    call->continuation = NULL;
    call->outcome = 0;
    call->is_started = false;
    pthread_mutex_init(&call->mutex, NULL);
    return call;
}

static long count_primes(long limit)
{
    long count = 0;
    for (long n = 2; n < limit; n++) {
        long divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor++;
        count += divisor * divisor > n;
    }
    return count;
}

typedef struct {
    ASYNC_FRAME(void);
    thread_call call;
    bool *is_done;
} ask_for_primes;

static ASYNC(ask_for_primes)
{
    ASYNC_BEGIN();
    printf("   | AWAIT(on_a_thread(count_primes, 200000)); a thread counts\n");
    AWAIT(on_a_thread(&self->call, count_primes, 200000, &main_loop));
    printf("   | %ld primes; resumed in the %s\n", self->call.result, current_loop());
    require(self->call.result == 17984, "there are 17984 primes below 200000");
    *self->is_done = true;
    ASYNC_END();
}

/* Runs in the main loop meanwhile, to show that it is free. */
typedef struct {
    ASYNC_FRAME(long);
    const bool *is_done;
} count_turns;

static ASYNC(count_turns)
{
    ASYNC_BEGIN();
    for (self->result = 0; !*self->is_done; self->result++)
        AWAIT(asyncx_yield());
    ASYNC_END();
}

static void stop_d(void)
{
    static ask_for_primes frame;
    static count_turns turns;
    bool is_done = false;

    heading('D', "An awaitable of one's own, over a thread");
    printf("   Awaiting it starts a thread. When its work is done, the thread posts the\n"
           "   continuation: the waiter goes on in its own loop, which was free all along.\n");
    asyncx_start_on(ASYNC_CALL(ask_for_primes, &frame, .is_done = &is_done), &main_loop.queue.executor);
    asyncx_start_on(ASYNC_CALL(count_turns, &turns, .is_done = &is_done), &main_loop.queue.executor);
    run_main_loop(&is_done);
    require(asyncx_is_completed(&turns), "the loop is empty");
    printf("   | meanwhile the loop resumed another function %ld times\n", turns.result);
}

/* == E. Inline against queued ==================================================================== */

static uintptr_t stack_base;

/* Returns how many bytes of stack lie between main's part of the stop and here. */
static long stack_used(void)
{
    volatile char here = 0;
    uintptr_t address = (uintptr_t)&here;
    return (long)(stack_base > address ? stack_base - address : address - stack_base);
}

static int completing;   /* completing calls that have not returned */

/* Shows who runs inside whom. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source *source;
} show_waiter;

static ASYNC(show_waiter)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    printf("   |%s waiter runs; its completer %s; %ld bytes of stack\n", completing ? "    " : "",
           completing ? "has not returned yet" : "has returned", stack_used());
    ASYNC_END();
}

static void show_reentrancy(unsigned int flags, asyncx_run_queue *queue)
{
    asyncx_completion_source source;
    show_waiter waiter;

    memset(&waiter, 0, sizeof waiter);
    asyncx_completion_source_init(&source, flags, &queue->executor);
    asyncx_start(ASYNC_CALL(show_waiter, &waiter, .source = &source));
    printf("   | set_result {\n");
    completing++;
    asyncx_set_result(&source);
    completing--;
    printf("   | }\n");
    asyncx_run_queue_run_until_idle(queue);
}

/* Each relay completes the source that the next one waits for. */
enum { RELAYS = 100000 };
static asyncx_completion_source batons[RELAYS];
static long deepest_bytes;
static int deepest_nesting, relays_run;

typedef struct {
    ASYNC_FRAME(void);
    int i;
} relay;
static relay relays[RELAYS];

static ASYNC(relay)
{
    long used;
    ASYNC_BEGIN();
    AWAIT(&batons[self->i]);
    relays_run++;
    used = stack_used();
    if (used > deepest_bytes)
        deepest_bytes = used;
    if (completing > deepest_nesting)
        deepest_nesting = completing;
    if (self->i < 3 || (completing == 0 ? self->i == RELAYS - 1 : (self->i >= 15 && self->i <= 17)))
        printf("   | relay %6d: nested %2d deep, %5ld bytes of stack\n", self->i + 1, completing, used);
    if (self->i + 1 < RELAYS) {
        completing++;
        asyncx_set_result(&batons[self->i + 1]);
        completing--;
    }
    ASYNC_END();
}

static void show_depth(unsigned int flags, asyncx_run_queue *queue)
{
    deepest_bytes = deepest_nesting = relays_run = 0;
    for (int i = 0; i < RELAYS; i++) {
        asyncx_completion_source_init(&batons[i], flags, &queue->executor);
        asyncx_start(ASYNC_CALL(relay, &relays[i], .i = i));
    }
    completing++;
    asyncx_set_result(&batons[0]);
    completing--;
    asyncx_run_queue_run_until_idle(queue);
    require(relays_run == RELAYS, "every relay ran");
    printf("   | all %d: at most %d deep, at most %ld bytes of stack\n", (int)RELAYS, deepest_nesting, deepest_bytes);
}

static void stop_e(void)
{
    asyncx_run_queue queue;
    volatile char base = 0;

    stack_base = (uintptr_t)&base;
    asyncx_run_queue_init(&queue, NULL);
    heading('E', "Inline against queued continuations");
    printf("   Inline, the default: the waiter runs inside the call that completes.\n");
    show_reentrancy(ASYNCX_RUN_CONTINUATIONS_INLINE, &queue);
    printf("   Queued: the call posts the waiter and returns; a loop runs it afterwards.\n");
    show_reentrancy(ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue);
    printf("   %d functions, each completing what the next awaits. Inline they nest, but\n"
           "   never deeper than ASYNCX_INLINE_DEPTH, which is %d: what would be too deep\n"
           "   runs when the outermost call gets control back.\n", (int)RELAYS, ASYNCX_INLINE_DEPTH);
    show_depth(ASYNCX_RUN_CONTINUATIONS_INLINE, &queue);
    printf("   Queued, they do not nest at all.\n");
    show_depth(ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue);
}

/* == The price ==================================================================================== */

enum { ROUNDS = 501, CYCLES = 3000 };   /* rounds shorter than a time slice: most are undisturbed */

typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_source *source;
    long resumed;
} consumer;

static ASYNC(consumer)
{
    ASYNC_BEGIN();
    for (self->resumed = 0; self->resumed < CYCLES; self->resumed++) {
        asyncx_value_source_reset(self->source);
        AWAIT(self->source);
    }
    ASYNC_END();
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* One measurement of both, one right after the other: a busy machine slows them down alike. */
struct round {
    double inline_ns, queued_ns, ratio;
};

static int compare_rounds(const void *a, const void *b)
{
    double left = ((const struct round *)a)->ratio, right = ((const struct round *)b)->ratio;
    return (left > right) - (left < right);
}

/* Returns what one await-complete-resume costs, in nanoseconds. */
static double measure_ns(unsigned int flags)
{
    static asyncx_value_source source;
    static consumer frame;
    asyncx_run_queue queue;
    double start, end;

    asyncx_run_queue_init(&queue, NULL);
    asyncx_value_source_init(&source, flags, &queue.executor);
    asyncx_start(ASYNC_CALL(consumer, &frame, .source = &source));
    start = now_ns();
    if (flags == ASYNCX_RUN_CONTINUATIONS_INLINE) {
        for (int i = 0; i < CYCLES; i++)
            asyncx_set_result(&source);
    } else {
        for (int i = 0; i < CYCLES; i++) {
            asyncx_set_result(&source);
            (void)asyncx_run_queue_run_one(&queue);
        }
    }
    end = now_ns();
    require(asyncx_is_completed(&frame) && frame.resumed == CYCLES, "the consumer was resumed each time");
    return (end - start) / CYCLES;
}

static void show_price(void)
{
    struct round rounds[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        rounds[i].inline_ns = measure_ns(ASYNCX_RUN_CONTINUATIONS_INLINE);
        rounds[i].queued_ns = measure_ns(ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY);
        rounds[i].ratio = rounds[i].queued_ns / rounds[i].inline_ns;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], compare_rounds);
    printf("\nThe price, measured now: reset, await, complete, resume a versioned source\n");
    printf("   (%d rounds of %d cycles each way; the round with the median ratio)\n", (int)ROUNDS, (int)CYCLES);
    printf("   | inline  %6.1f ns\n", rounds[ROUNDS / 2].inline_ns);
    printf("   | queued  %6.1f ns, %.2f times as long (half the rounds: %.2f to %.2f)\n",
           rounds[ROUNDS / 2].queued_ns, rounds[ROUNDS / 2].ratio, rounds[ROUNDS / 4].ratio,
           rounds[ROUNDS * 3 / 4].ratio);
    printf("   Inline where the waiter may run in the middle of the completer; queued where\n"
           "   the completer holds a lock, is an interrupt, or must not wait for others.\n");
}

int main(void)
{
    printf("asyncx %d.%d.%d: the guided tour\n", ASYNCX_VERSION_MAJOR, ASYNCX_VERSION_MINOR, ASYNCX_VERSION_PATCH);
    loop_init(&main_loop, "main loop");
    loop_init(&second_loop, "second loop");
    stop_a();
    stop_b();
    stop_c();
    stop_d();
    stop_e();
    show_price();
    return 0;
}
