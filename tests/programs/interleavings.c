/* Every place where another thread or an interrupt can cut in, one after the other: the critical-section hooks of the
 * atomics are the places, and at the chosen one this program completes, registers or posts. What chance would have to
 * bring about in a race happens here for certain. Returns 0, or says what fails and returns 1. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool cuts_in_as_interrupt;   /* else as another thread, whose continuations may run at once */
static bool is_inside;
static int places_left;             /* until the cut; 0: it has happened, or there is none */
static int cuts_made;
static int places_between;          /* from the first cut to the second; 0: there is none */
static void (*cut)(void), (*second_cut)(void);

static void place(void)
{
    if (is_inside || places_left == 0 || --places_left > 0)
        return;
    is_inside = true;
    cuts_made++;
    cut();
    is_inside = false;
    cut = second_cut;
    places_left = places_between;
    places_between = 0;
}

#define ASYNCX_CRITICAL_STATE int
#define ASYNCX_CRITICAL_ENTER() 0
#define ASYNCX_CRITICAL_EXIT(saved) ((void)(saved), place())
#define ASYNCX_IN_INTERRUPT() (is_inside && cuts_in_as_interrupt)
static int misuses;
#define ASYNCX_PANIC(code, object) (misuses++)
#include "asyncx.h"

#if !ASYNCX_SINGLE_THREADED
typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;

static int failures;
static char doing[128];

static void check(bool holds, const char *claim)
{
    if (holds)
        return;
    if (++failures <= 20)
        fprintf(stderr, "%s: %s does not hold\n", doing, claim);
}
#define CHECK(condition) check(condition, #condition)

/* -- one completion source, callbacks and a task -- */

enum { WAITERS = 5 };

struct waiter {
    asyncx_continuation continuation;
    int registrations, withdrawals, runs;
    int registered_as, ran_as;   /* the how-manieth */
};

typedef struct {
    ASYNC_FRAME(int);
    int_source *source;
} wait_int;

static ASYNC(wait_int)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_get_awaiter(self->source));
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

static asyncx_run_queue queue;
static int_source source;
static struct waiter waiters[WAITERS];
static wait_int frame;
static bool is_awaited;
static int wins, winning_value, registered_so_far, ran_so_far;

static asyncx_continuation *note_run(asyncx_continuation *self)
{
    struct waiter *me = (struct waiter *)(void *)self;
    me->runs++;
    me->ran_as = ++ran_so_far;
    CHECK(!(is_inside && cuts_in_as_interrupt));
    return NULL;
}

static void do_register(int number)
{
    struct waiter *waiter = &waiters[number];
    int order = ++registered_so_far;
    if (asyncx_on_completed(&source, &waiter->continuation, ASYNCX_USE_EXECUTOR)) {
        waiter->registrations++;
        waiter->registered_as = order;
    } else {
        CHECK(asyncx_is_completed(&source));
    }
}

static void do_withdraw(int number)
{
    if (asyncx_withdraw(&source, &waiters[number].continuation))
        waiters[number].withdrawals++;
}

static void do_set(int value)
{
    if (asyncx_try_set_result(&source, value)) {
        wins++;
        winning_value = value;
        CHECK(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    }
}

static void do_await(void)
{
    if (is_awaited)
        return;
    is_awaited = true;
    asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &source));
}

static void nothing(void) {}
static void withdraw_0(void) { do_withdraw(0); }
static void withdraw_1(void) { do_withdraw(1); }
static void withdraw_2(void) { do_withdraw(2); }
static void withdraw_all(void)
{
    do_withdraw(1);
    do_withdraw(0);
    do_withdraw(2);
}
static void register_3(void) { do_register(3); }
static void register_4(void) { do_register(4); }
static void set_1(void) { do_set(1); }
static void set_2(void) { do_set(2); }
static void await(void) { do_await(); }
static void register_4_and_set(void)
{
    do_register(4);
    do_set(2);
}
static void register_4_and_await(void)
{
    do_register(4);
    do_await();
}

struct action {
    const char *name;
    void (*act)(void);
    bool completes;
};

static const struct action second = {"await", await, false};

static const struct action mains[] = {
    {"withdraw 0", withdraw_0, false},     {"withdraw 1", withdraw_1, false}, {"withdraw 2", withdraw_2, false},
    {"withdraw all", withdraw_all, false}, {"register 3", register_3, false}, {"set 1", set_1, true},
    {"await", await, false},
};
static const struct action cuts[] = {
    {"nothing", nothing, false}, {"set 2", set_2, true},
    {"register 4", register_4, false}, {"register 4, set 2", register_4_and_set, true},
    {"await", await, false}, {"register 4, await", register_4_and_await, false},
};

enum { LARGEST_GAP = 4 };

/* Does one action, cut at one place, and again `gap` places later. Returns whether the first place was reached. */
static bool one_source(const struct action *main_action, const struct action *cut_action, int waiting, int at, int gap,
                       unsigned int flags, bool has_executor)
{
    int number, other;
    bool was_reached;
    asyncx_run_queue_init(&queue, NULL);
    asyncx_completion_source_init(&source, flags, &queue.executor);
    source.result = 0;
    memset((void *)&frame, 0, sizeof(frame));
    wins = winning_value = registered_so_far = ran_so_far = misuses = 0;
    is_awaited = false;
    for (number = 0; number < WAITERS; number++) {
        memset((void *)&waiters[number], 0, sizeof(waiters[number]));
        asyncx_continuation_init(&waiters[number].continuation, note_run, has_executor ? &queue.executor : NULL);
    }
    for (number = 0; number < waiting; number++)
        do_register(number);

    cut = cut_action->act;
    second_cut = second.act;
    cuts_made = 0;
    places_left = at;
    places_between = gap;
    main_action->act();
    was_reached = cuts_made > 0;
    places_left = places_between = 0;

    do_await();
    do_set(9);
    asyncx_run_queue_run_until_idle(&queue);

    CHECK(wins == 1);
    CHECK(source.result == winning_value);
    CHECK(misuses == 0);
    CHECK(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    CHECK(frame.result == winning_value);
    for (number = 0; number < WAITERS; number++) {
        struct waiter *waiter = &waiters[number];
        CHECK(waiter->runs + waiter->withdrawals == waiter->registrations);
        CHECK(waiter->registrations <= 1);
        if (main_action->completes || cut_action->completes)
            continue;
        /* Only the last set completes: all run in the order of registration, but 3 and 4 register at the same time. */
        for (other = 0; other < WAITERS; other++)
            if (waiter->runs && waiters[other].runs && number != other && (number < 3 || other < 3))
                CHECK((waiter->registered_as < waiters[other].registered_as) ==
                      (waiter->ran_as < waiters[other].ran_as));
    }
    return was_reached;
}

static long every_source(void)
{
    long runs = 0;
    size_t main_number, cut_number;
    int waiting, at, gap, asynchronous, has_executor, as_interrupt;
    for (main_number = 0; main_number < sizeof(mains) / sizeof(mains[0]); main_number++)
        for (cut_number = 0; cut_number < sizeof(cuts) / sizeof(cuts[0]); cut_number++)
            for (waiting = 0; waiting <= 3; waiting++)
                for (asynchronous = 0; asynchronous < 2; asynchronous++)
                    for (has_executor = 0; has_executor < 2; has_executor++)
                        for (as_interrupt = 0; as_interrupt < 2; as_interrupt++)
                            for (gap = 0; gap <= LARGEST_GAP; gap++)
                                for (at = 1;; at++) {
                                    bool was_reached;
                                    cuts_in_as_interrupt = as_interrupt;
                                    snprintf(doing, sizeof(doing), "%s, cut at %d+%d by %s as %s, %d waiting, %d%d",
                                            mains[main_number].name, at, gap, cuts[cut_number].name,
                                            as_interrupt ? "interrupt" : "thread", waiting, asynchronous, has_executor);
                                    was_reached = one_source(&mains[main_number], &cuts[cut_number], waiting, at, gap,
                                                             asynchronous ? ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY
                                                                          : ASYNCX_RUN_CONTINUATIONS_INLINE,
                                                             has_executor);
                                    runs++;
                                    if (!was_reached)
                                        break;
                                }
    return runs;
}

/* -- one versioned source, used again and again by a task, with an interrupt that completes it at any time -- */

enum { VERSIONS = 4 };

typedef struct {
    ASYNC_FRAME(void);
    int round, sum;
} use_versions;

static int_value_source values;
static use_versions user;
static int attempts, sum_set;

static void set_next(void)
{
    int value = ++attempts;
    if (asyncx_try_set_result(&values, value)) {
        wins++;
        sum_set += value;
    }
}

static ASYNC(use_versions)
{
    ASYNC_BEGIN();
    for (self->round = 0; self->round < VERSIONS; self->round++) {
        asyncx_value_source_reset(&values);
        AWAIT(asyncx_get_awaiter(asyncx_value_source_task(&values)));
        self->sum += values.result;
    }
    ASYNC_END();
}

static bool one_versioned(int at, unsigned int flags, bool has_executor)
{
    int before_first, rounds;
    bool was_reached;
    asyncx_run_queue_init(&queue, NULL);
    asyncx_value_source_init(&values, flags, &queue.executor);
    asyncx_set_result(&values, 0);   /* closed until the first reset */
    memset((void *)&user, 0, sizeof(user));
    wins = attempts = sum_set = misuses = 0;

    cut = set_next;
    places_left = at;
    asyncx_start_on(ASYNC_CALL(use_versions, &user), has_executor ? &queue.executor : NULL);
    for (rounds = 0; rounds < 3 * VERSIONS && asyncx_status_of(&user) == ASYNCX_PENDING; rounds++) {
        asyncx_run_queue_run_until_idle(&queue);
        before_first = asyncx_value_source_version(&values) == 0;
        if (!before_first && asyncx_status_of(&user) == ASYNCX_PENDING)
            set_next();
    }
    was_reached = places_left == 0;
    places_left = 0;

    CHECK(asyncx_status_of(&user) == ASYNCX_SUCCEEDED);
    CHECK(wins == VERSIONS);
    CHECK(user.sum == sum_set);
    CHECK(misuses == 0);
    return was_reached;
}

static long every_versioned(void)
{
    long runs = 0;
    int at, asynchronous, has_executor;
    cuts_in_as_interrupt = true;
    for (asynchronous = 0; asynchronous < 2; asynchronous++)
        for (has_executor = 0; has_executor < 2; has_executor++)
            for (at = 1;; at++) {
                bool was_reached;
                snprintf(doing, sizeof(doing), "versions, cut at %d, flags %d%d", at, asynchronous, has_executor);
                was_reached = one_versioned(at,
                                            asynchronous ? ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY
                                                         : ASYNCX_RUN_CONTINUATIONS_INLINE,
                                            has_executor);
                runs++;
                if (!was_reached)
                    break;
            }
    return runs;
}

/* -- one run queue, with an interrupt that posts at any time -- */

struct job {
    asyncx_continuation continuation;
    int runs, ran_as;
    struct job *posts;
};

static struct job jobs[4];
static int wakes;

static void count_wake(asyncx_run_queue *self)
{
    (void)self;
    wakes++;
}

static asyncx_continuation *run_job(asyncx_continuation *self)
{
    struct job *me = (struct job *)(void *)self;
    me->runs++;
    me->ran_as = ++ran_so_far;
    if (me->posts)
        asyncx_post(&queue.executor, &me->posts->continuation);
    return NULL;
}

static void post_3(void) { asyncx_post(&queue.executor, &jobs[3].continuation); }

static bool one_queue(int at, bool one_by_one)
{
    int number;
    bool was_reached;
    wakes = misuses = ran_so_far = 0;
    asyncx_run_queue_init(&queue, count_wake);
    for (number = 0; number < 4; number++) {
        memset((void *)&jobs[number], 0, sizeof(jobs[number]));
        asyncx_continuation_init(&jobs[number].continuation, run_job, NULL);
    }
    jobs[1].posts = &jobs[2];
    cut = post_3;
    places_left = at;
    asyncx_post(&queue.executor, &jobs[0].continuation);
    asyncx_post(&queue.executor, &jobs[1].continuation);
    wakes = 0;
    if (one_by_one)
        while (asyncx_run_queue_run_one(&queue)) {
        }
    else
        asyncx_run_queue_run_until_idle(&queue);
    was_reached = places_left == 0;
    places_left = 0;
    /* The owner would sleep now: whoever posts and has not been run has called wake. */
    CHECK(!was_reached || jobs[3].runs == 1 || wakes > 0);
    asyncx_run_queue_run_until_idle(&queue);
    for (number = 0; number < 4; number++)
        CHECK(jobs[number].runs == (number < 3 || was_reached ? 1 : 0));
    CHECK(jobs[0].ran_as < jobs[1].ran_as);
    CHECK(jobs[1].ran_as < jobs[2].ran_as);
    CHECK(misuses == 0);
    return was_reached;
}

static long every_queue(void)
{
    long runs = 0;
    int at, one_by_one;
    cuts_in_as_interrupt = true;
    for (one_by_one = 0; one_by_one < 2; one_by_one++)
        for (at = 1;; at++) {
            bool was_reached;
            snprintf(doing, sizeof(doing), "queue, cut at %d, one by one %d", at, one_by_one);
            was_reached = one_queue(at, one_by_one);
            runs++;
            if (!was_reached)
                break;
        }
    return runs;
}

int main(void)
{
    long sources = every_source(), versions = every_versioned(), queues = every_queue();
    if (sources < 10000 || versions < 20 || queues < 10) {
        fprintf(stderr, "only %ld, %ld and %ld interleavings\n", sources, versions, queues);
        failures++;
    }
    return failures ? 1 : 0;
}
#else
int main(void)
{
    place();   /* one thread and no interrupts: nothing cuts in */
    return 0;
}
#endif
