/* Section 5: async functions: results, failures, clean-up, where and when they start, and how frames are kept. */
#include "testing.h"

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#if !ASYNCX_SINGLE_THREADED
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TESTING_DEEP 100000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TESTING_DEEP 100000
#endif
#endif
#ifndef TESTING_DEEP
#define TESTING_DEEP 1000000
#endif

namespace {

typedef asyncx_completion_source event;
typedef ASYNCX_COMPLETION_SOURCE(int) int_event;

void event_init(event *self) { asyncx_completion_source_init(self, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }
void event_init(int_event *self) { asyncx_completion_source_init(self, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }

struct ready_event : event {
    ready_event() { event_init(this); }
};

struct probe {
    asyncx_continuation continuation;
    int runs;

    explicit probe(asyncx_executor *executor = nullptr) : runs(0)
    {
        asyncx_continuation_init(&continuation, run, executor);
    }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        reinterpret_cast<probe *>(continuation)->runs++;
        return nullptr;
    }
};

}   /* namespace */

/* -- the base of a frame -- */

namespace {

struct no_result {
    ASYNC_FRAME(void);
};
static ASYNC(no_result)
{
    ASYNC_BEGIN();
    ASYNC_END();
}

}   /* namespace */

#if UINTPTR_MAX > 0xFFFFFFFF && !ASYNCX_DIAGNOSTICS && !ASYNCX_EXECUTION_CONTEXT
static_assert(sizeof(asyncx_task) <= 48, "the base of an async function fits in 48 bytes");
static_assert(sizeof(no_result) == sizeof(asyncx_task), "a function without result and locals is its base alone");
#endif
static_assert(sizeof(no_result) >= sizeof(asyncx_task), "a frame holds the task");
ASYNCX_FRAME_BUDGET(no_result, 96);

/* -- results -- */

namespace {

struct point {
    int x, y;
};

struct returns_int {
    ASYNC_FRAME(int);
    int value;
};
static ASYNC(returns_int)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->value + 1);
    ASYNC_END();
}

struct returns_pointer {
    ASYNC_FRAME(void *);
    void *value;
};
static ASYNC(returns_pointer)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->value);
    ASYNC_END();
}

struct returns_text {
    ASYNC_FRAME(const char *);
};
static ASYNC(returns_text)
{
    ASYNC_BEGIN();
    ASYNC_RETURN("text");
    ASYNC_END();
}

struct returns_point {
    ASYNC_FRAME(struct point);
    int x;
};
static ASYNC(returns_point)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(point{self->x, self->x + 1});
    ASYNC_END();
}

struct returns_bool {
    ASYNC_FRAME(bool);
    bool value;
};
static ASYNC(returns_bool)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(!self->value);
    ASYNC_END();
}

struct returns_double {
    ASYNC_FRAME(double);
};
static ASYNC(returns_double)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(0.5);
    ASYNC_END();
}

struct returns_early {
    ASYNC_FRAME(void);
    int steps;
};
static ASYNC(returns_early)
{
    ASYNC_BEGIN();
    self->steps++;
    if (self->steps)
        ASYNC_RETURN();
    else
        ASYNC_FAIL(1);
    self->steps = 100;
    ASYNC_END();
}

struct fills_result {
    ASYNC_FRAME(int);
};
static ASYNC(fills_result)
{
    ASYNC_BEGIN();
    self->result = 17;   /* falling off the end is success, with what the result holds by then */
    ASYNC_END();
}

struct awaits_results {
    ASYNC_FRAME(int);
    returns_int number;
    returns_pointer pointer;
    returns_text text;
    returns_point point_;
    returns_bool truth;
    returns_double real;
    returns_early early;
    fills_result filled;
    no_result nothing;
};
static ASYNC(awaits_results)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(returns_int, &self->number, .value = 41));
    REQUIRE(self->number.result == 42);
    AWAIT(ASYNC_CALL(returns_pointer, &self->pointer, .value = self));
    REQUIRE(self->pointer.result == self);
    AWAIT(ASYNC_CALL(returns_text, &self->text));
    REQUIRE(std::strcmp(self->text.result, "text") == 0);
    AWAIT(ASYNC_CALL(returns_point, &self->point_, .x = 3));
    REQUIRE(self->point_.result.x == 3);
    REQUIRE(self->point_.result.y == 4);
    AWAIT(ASYNC_CALL(returns_bool, &self->truth, .value = false));
    REQUIRE(self->truth.result);
    AWAIT(ASYNC_CALL(returns_double, &self->real));
    REQUIRE(self->real.result == 0.5);
    AWAIT(ASYNC_CALL(returns_early, &self->early));
    REQUIRE(self->early.steps == 1);
    AWAIT(ASYNC_CALL(fills_result, &self->filled));
    REQUIRE(self->filled.result == 17);
    AWAIT(ASYNC_CALL(no_result, &self->nothing));
    ASYNC_RETURN(self->number.result);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("an async function returns a value of any type, or none", "[05]")
{
    awaits_results frame = awaits_results();
    asyncx_start(ASYNC_CALL(awaits_results, &frame));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 42);
}

/* -- failure and cancellation -- */

namespace {

enum ending { ends_well, ends_failed, ends_canceled, ends_by_outcome };

/* Awaits `wait` if there is one, then ends as it is told. */
struct ends {
    ASYNC_FRAME(int);
    event *wait;
    ending how;
    int error;
    asyncx_outcome outcome;
};
static ASYNC(ends)
{
    ASYNC_BEGIN();
    if (self->wait)
        AWAIT(self->wait);
    switch (self->how) {
    case ends_failed: ASYNC_FAIL(self->error);
    case ends_canceled: ASYNC_CANCEL();
    case ends_by_outcome: ASYNCX_RETURN_OUTCOME(self->outcome);
    case ends_well: break;
    }
    ASYNC_RETURN(7);
    ASYNC_END();
}

struct middle {
    ASYNC_FRAME(int);
    event *wait;
    ending how;
    int error, passed;
    ends child;
};
static ASYNC(middle)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(ends, &self->child, .wait = self->wait, .how = self->how, .error = self->error));
    self->passed++;
    ASYNC_RETURN(self->child.result);
    ASYNC_END();
}

struct outer {
    ASYNC_FRAME(int);
    event *wait;
    ending how;
    int error, passed;
    middle child;
};
static ASYNC(outer)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(middle, &self->child, .wait = self->wait, .how = self->how, .error = self->error));
    self->passed++;
    ASYNC_RETURN(self->child.result);
    ASYNC_END();
}

struct catches {
    ASYNC_FRAME(int);
    event *wait;
    ending how;
    int error;
    asyncx_outcome outcome;
    outer child;
};
static ASYNC(catches)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome,
                 ASYNC_CALL(outer, &self->child, .wait = self->wait, .how = self->how, .error = self->error));
    if (asyncx_outcome_status(self->outcome) == ASYNCX_FAULTED)
        ASYNC_RETURN(asyncx_outcome_error(self->outcome));
    if (asyncx_outcome_status(self->outcome) == ASYNCX_CANCELED)
        ASYNC_RETURN(-1);
    ASYNC_RETURN(0);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a failure or a cancellation ends every awaiting function up to the outermost (AW-7, BU-9)", "[05]")
{
    for (bool waits : {false, true})
        for (ending how : {ends_well, ends_failed, ends_canceled}) {
            ready_event wait;
            outer frame = outer();
            asyncx_start(ASYNC_CALL(outer, &frame, .wait = waits ? &wait : nullptr, .how = how, .error = 99));
            REQUIRE(asyncx_is_completed(&frame) == !waits);
            asyncx_set_result(&wait);
            REQUIRE(frame.passed == (how == ends_well));
            REQUIRE(frame.child.passed == (how == ends_well));
            if (how == ends_well) {
                REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
                REQUIRE(frame.result == 7);
            } else if (how == ends_failed) {
                REQUIRE(asyncx_status_of(&frame) == ASYNCX_FAULTED);
                REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&frame)) == 99);
                REQUIRE(asyncx_outcome_of(&frame.child.child) == asyncx_outcome_of(&frame));
            } else {
                REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
                REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&frame)) == 0);
            }
        }
}

TEST_CASE("AWAIT_STATUS hands the outcome over, and the function goes on", "[05]")
{
    for (bool waits : {false, true})
        for (ending how : {ends_well, ends_failed, ends_canceled}) {
            ready_event wait;
            catches frame = catches();
            asyncx_start(ASYNC_CALL(catches, &frame, .wait = waits ? &wait : nullptr, .how = how, .error = INT_MIN));
            asyncx_set_result(&wait);
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
            REQUIRE(frame.result == (how == ends_failed ? INT_MIN : how == ends_canceled ? -1 : 0));
        }
}

TEST_CASE("a source that fails or is canceled fails or cancels the function that awaits it", "[05]")
{
    for (bool late : {false, true})
        for (ending how : {ends_failed, ends_canceled}) {
            ready_event wait;
            ends frame = ends();
            if (!late)
                asyncx_start(ASYNC_CALL(ends, &frame, .wait = &wait));
            if (how == ends_failed)
                asyncx_set_error(&wait, 5);
            else
                asyncx_set_canceled(&wait);
            if (late)
                asyncx_start(ASYNC_CALL(ends, &frame, .wait = &wait));
            REQUIRE(asyncx_outcome_of(&frame) ==
                    (how == ends_failed ? asyncx_outcome_faulted(5) : ASYNCX_OUTCOME_CANCELED));
        }
}

TEST_CASE("ASYNCX_RETURN_OUTCOME ends the function as the outcome says", "[05]")
{
    for (asyncx_outcome outcome :
         {ASYNCX_OUTCOME_SUCCEEDED, ASYNCX_OUTCOME_CANCELED, asyncx_outcome_faulted(1), asyncx_outcome_faulted(-1)}) {
        ends frame = ends();
        asyncx_start(ASYNC_CALL(ends, &frame, .how = ends_by_outcome, .outcome = outcome));
        REQUIRE(asyncx_outcome_of(&frame) == outcome);
    }
}

#if ASYNCX_CHECKS
TEST_CASE("failing with 0 trips BAD_ERROR and fails all the same", "[05]")
{
    ends frame = ends();
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, asyncx_start(ASYNC_CALL(ends, &frame, .how = ends_failed, .error = 0)));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_FAULTED);
}
#endif

/* -- AWAIT among the other statements -- */

namespace {

struct awaits_everywhere {
    ASYNC_FRAME(int);
    event *events;
    int i, j, log;
    bool which;
    asyncx_outcome outcome;
};
static ASYNC(awaits_everywhere)
{
    int local;   /* not kept across an AWAIT, but usable in between */
    ASYNC_BEGIN();
    AWAIT(&self->events[0]); AWAIT(&self->events[1]); self->log++;
    if (self->which)
        AWAIT(&self->events[2]);
    else
        AWAIT(&self->events[3]);
    if (!self->which)
        AWAIT_STATUS(self->outcome, &self->events[2]);
    else
        AWAIT_STATUS(self->outcome, &self->events[3]);
    self->log++;
    for (self->i = 4; self->i < 6; self->i++)
        AWAIT(&self->events[self->i]);
    self->log++;
    while (self->i < 8)
        AWAIT(&self->events[self->i++]);
    self->log++;
    do
        AWAIT(&self->events[self->i]);
    while (++self->i < 10);
    self->log++;
    for (self->i = 0; self->i < 2; self->i++)
        for (self->j = 0; self->j < 2; self->j++) {
            local = 10 + 2 * self->i + self->j;
            AWAIT(&self->events[local]);
            self->log++;
        }
    {
        {
            AWAIT(&self->events[14]);
        }
    }
    local = 100 + self->log;
    ASYNC_RETURN(local);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("AWAIT is one statement: two on a line, in if and else without braces, in loops, in nested scopes", "[05]")
{
    for (bool which : {true, false})
        for (int order = 0; order < 2; order++) {
            event events[15];
            awaits_everywhere frame = awaits_everywhere();
            for (event &each : events)
                event_init(&each);
            if (order == 0)   /* all complete already: no suspension */
                for (event &each : events)
                    asyncx_set_result(&each);
            asyncx_start(ASYNC_CALL(awaits_everywhere, &frame, .events = events, .which = which));
            if (order == 1) {
                int indices[] = {0, 1, which ? 2 : 3, which ? 3 : 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
                for (int index : indices) {
                    REQUIRE_FALSE(asyncx_is_completed(&frame));
                    asyncx_set_result(&events[index]);
                }
            }
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
            REQUIRE(frame.result == 109);
        }
}

namespace {

struct forever {
    ASYNC_FRAME(void);
    int_event *source;
    int sum;
};
static ASYNC(forever)
{
    ASYNC_BEGIN();
    for (;;) {
        AWAIT(self->source);
        self->sum += self->source->result;
        event_init(self->source);
    }
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("an endless loop awaits again and again", "[05]")
{
    int_event source;
    forever frame = forever();
    event_init(&source);
    asyncx_start(ASYNC_CALL(forever, &frame, .source = &source));
    for (int i = 1; i <= 1000; i++)
        asyncx_set_result(&source, i);
    REQUIRE(frame.sum == 500500);
    asyncx_set_canceled(&source);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
}

namespace {

struct awaits_all {
    ASYNC_FRAME(int);
    event *plain;
    int_event *typed;
    asyncx_value_source *version;
    returns_int *frame;
    ASYNCX_VALUE_TASK(int) task;
    int steps;
};
static ASYNC(awaits_all)
{
    ASYNC_BEGIN();
    AWAIT(self->plain);
    self->steps++;
    AWAIT(self->typed);
    self->steps++;
    AWAIT(self->version);
    self->steps++;
    AWAIT(asyncx_value_source_task(self->version));
    self->steps++;
    AWAIT(self->frame);
    self->steps++;
    AWAIT(&self->task);
    self->steps++;
    AWAIT(asyncx_completed(ASYNCX_OUTCOME_SUCCEEDED));
    self->steps++;
    AWAIT(asyncx_value_task_from_outcome(ASYNCX_OUTCOME_SUCCEEDED));
    self->steps++;
    AWAIT(asyncx_awaiter());
    self->steps++;
    AWAIT(asyncx_value_task());
    self->steps++;
    AWAIT(asyncx_get_awaiter(self->plain));
    self->steps++;
    AWAIT(asyncx_get_awaiter(self->frame));
    ASYNC_RETURN(self->typed->result + self->frame->result + asyncx_value_task_result(&self->task));
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a source that is already complete is awaited without suspending, of any kind", "[05]")
{
    event plain;
    int_event typed;
    asyncx_value_source version;
    returns_int done = returns_int();
    awaits_all frame = awaits_all();
    event_init(&plain);
    event_init(&typed);
    asyncx_value_source_init(&version, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_set_result(&plain);
    asyncx_set_result(&typed, 100);
    asyncx_set_result(&version);
    asyncx_start(ASYNC_CALL(returns_int, &done, .value = 10));
    asyncx_value_task_from_result(&frame.task, 1000);
    asyncx_start(
        ASYNC_CALL(awaits_all, &frame, .plain = &plain, .typed = &typed, .version = &version, .frame = &done));
    REQUIRE(frame.steps == 11);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 1111);
}

/* -- AWAIT_UNTIL, asyncx_yield, asyncx_suspend -- */

namespace {

struct polls {
    ASYNC_FRAME(int);
    int *counter;
    int wanted, evaluations;
};
static ASYNC(polls)
{
    ASYNC_BEGIN();
    if (self->wanted)
        AWAIT_UNTIL((self->evaluations++, *self->counter >= self->wanted));
    else
        self->evaluations = -1;
    ASYNC_RETURN(*self->counter);
    ASYNC_END();
}

struct yields {
    ASYNC_FRAME(void);
    std::vector<int> *log;
    int id, count, i;
};
static ASYNC(yields)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < self->count; self->i++) {
        self->log->push_back(self->id);
        AWAIT(asyncx_yield());
    }
    ASYNC_END();
}

struct suspends {
    ASYNC_FRAME(int);
    int steps;
};
static ASYNC(suspends)
{
    ASYNC_BEGIN();
    self->steps++;
    AWAIT(asyncx_suspend());
    self->steps++;
    AWAIT(asyncx_suspend());
    ASYNC_RETURN(self->steps + 10);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("AWAIT_UNTIL does not suspend when the condition holds already", "[05]")
{
    int counter = 5;
    polls frame = polls();
    asyncx_start(ASYNC_CALL(polls, &frame, .counter = &counter, .wanted = 5));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.evaluations == 1);
    asyncx_start(ASYNC_CALL(polls, &frame, .wanted = 0));
    REQUIRE(frame.evaluations == -1);
}

TEST_CASE("AWAIT_UNTIL without an executor evaluates the condition once for each resumption by hand", "[05]")
{
    int counter = 0;
    polls frame = polls();
    asyncx_start(ASYNC_CALL(polls, &frame, .counter = &counter, .wanted = 3));
    REQUIRE(frame.evaluations == 1);
    for (counter = 1; counter < 3; counter++) {
        asyncx_run_task(&frame);
        REQUIRE(frame.evaluations == 1 + counter);
        REQUIRE_FALSE(asyncx_is_completed(&frame));
    }
    asyncx_run_task(&frame);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 3);
}

TEST_CASE("AWAIT_UNTIL polls on the task's executor, once in each pass", "[05]")
{
    int counter = 0;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    polls frame = polls();
    asyncx_start_on(ASYNC_CALL(polls, &frame, .counter = &counter, .wanted = 10), &queue.executor);
    REQUIRE(frame.evaluations == 0);
    while (asyncx_run_queue_run_pass(&queue))
        counter++;
    REQUIRE(counter == 10);
    REQUIRE(frame.evaluations == 11);
    REQUIRE(frame.result == 10);
}

TEST_CASE("asyncx_yield lets the others on the executor run (YA-2, YA-4)", "[05]")
{
    std::vector<int> log;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    yields first = yields(), second = yields();
    asyncx_start_on(ASYNC_CALL(yields, &first, .log = &log, .id = 1, .count = 3), &queue.executor);
    asyncx_start_on(ASYNC_CALL(yields, &second, .log = &log, .id = 2, .count = 2), &queue.executor);
    REQUIRE(log.empty());
    REQUIRE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(log == (std::vector<int>{1, 2}));
    REQUIRE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(log == (std::vector<int>{1, 2, 1, 2}));
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(log == (std::vector<int>{1, 2, 1, 2, 1}));
    REQUIRE(asyncx_is_completed(&first));
    REQUIRE(asyncx_is_completed(&second));
}

TEST_CASE("asyncx_yield without an executor suspends until asyncx_run_task", "[05]")
{
    std::vector<int> log;
    yields frame = yields();
    asyncx_start(ASYNC_CALL(yields, &frame, .log = &log, .id = 1, .count = 2));
    REQUIRE(log.size() == 1);
    asyncx_run_task(&frame);
    REQUIRE(log.size() == 2);
    REQUIRE_FALSE(asyncx_is_completed(&frame));
    asyncx_run_task(&frame);
    REQUIRE(log.size() == 2);
    REQUIRE(asyncx_is_completed(&frame));
}

TEST_CASE("asyncx_suspend waits for the hand that runs the task, with an executor too", "[05]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    for (asyncx_executor *executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor}) {
        suspends frame = suspends();
        asyncx_start_on(ASYNC_CALL(suspends, &frame), executor);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(frame.steps == 1);
        asyncx_run_task(&frame);
        REQUIRE(frame.steps == 2);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE_FALSE(asyncx_is_completed(&frame));
        asyncx_run_task(&frame);
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(frame.result == 12);
    }
}

namespace {

/* The same two through the general protocol. */
struct protocol_yields {
    ASYNC_FRAME(int);
    int steps;
};
static ASYNC(protocol_yields)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_get_awaiter(asyncx_yield()));
    self->steps++;
    AWAIT(asyncx_configure_await(asyncx_yield(), 0));
    self->steps++;
    AWAIT(asyncx_get_awaiter(asyncx_suspend()));
    self->steps++;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("asyncx_yield and asyncx_suspend do the same when they are awaited as awaiters", "[05]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    protocol_yields on_queue = protocol_yields(), by_hand = protocol_yields();
    asyncx_start_on(ASYNC_CALL(protocol_yields, &on_queue), &queue.executor);
    REQUIRE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(on_queue.steps == 0);
    REQUIRE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(on_queue.steps == 1);
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(on_queue.steps == 2);
    asyncx_run_task(&on_queue);
    REQUIRE(asyncx_status_of(&on_queue) == ASYNCX_SUCCEEDED);
    asyncx_start(ASYNC_CALL(protocol_yields, &by_hand));
    for (int i = 0; i < 3; i++) {
        REQUIRE(by_hand.steps == i);
        asyncx_run_task(&by_hand);
    }
    REQUIRE(asyncx_status_of(&by_hand) == ASYNCX_SUCCEEDED);
}

/* -- ASYNC_FINALLY -- */

namespace {

enum cleanup { cleans_up, cleanup_awaits, cleanup_fails, cleanup_cancels, cleanup_awaits_failure };

struct guarded {
    ASYNC_FRAME_FINALLY(int);
    event *wait, *cleanup_wait;
    ending how;
    bool returns_early;
    cleanup clean;
    int error, cleanups, after_wait, after_cleanup_wait;
    ends child;
};
static ASYNC(guarded)
{
    ASYNC_BEGIN();
    if (self->wait)
        AWAIT(self->wait);
    self->after_wait++;
    if (self->returns_early)
        ASYNC_RETURN(1);
    if (self->how == ends_failed)
        ASYNC_FAIL(self->error);
    if (self->how == ends_canceled)
        ASYNC_CANCEL();
    self->result = 2;
    ASYNC_FINALLY:
    self->cleanups++;
    if (self->clean == cleanup_awaits) {
        AWAIT(self->cleanup_wait);
        self->after_cleanup_wait++;
    } else if (self->clean == cleanup_fails) {
        ASYNC_FAIL(-self->error);
    } else if (self->clean == cleanup_cancels) {
        ASYNC_CANCEL();
    } else if (self->clean == cleanup_awaits_failure) {
        AWAIT(ASYNC_CALL(ends, &self->child, .how = ends_failed, .error = 1234));
    }
    ASYNC_END();
}

asyncx_outcome outcome_of_ending(ending how, int error)
{
    return how == ends_failed     ? asyncx_outcome_faulted(error)
           : how == ends_canceled ? ASYNCX_OUTCOME_CANCELED
                                  : ASYNCX_OUTCOME_SUCCEEDED;
}

}   /* namespace */

TEST_CASE("ASYNC_FINALLY runs once on every way out, and the function ends as it would have", "[05]")
{
    for (bool waits : {false, true})
        for (bool early : {false, true})
            for (ending how : {ends_well, ends_failed, ends_canceled}) {
                ready_event wait;
                guarded frame = guarded();
                asyncx_start(ASYNC_CALL(guarded, &frame, .wait = waits ? &wait : nullptr, .how = how,
                                        .returns_early = early, .clean = cleans_up, .error = 8));
                if (waits) {
                    REQUIRE(frame.cleanups == 0);
                    asyncx_set_result(&wait);
                }
                REQUIRE(frame.cleanups == 1);
                REQUIRE(asyncx_outcome_of(&frame) == (early ? ASYNCX_OUTCOME_SUCCEEDED : outcome_of_ending(how, 8)));
                if (early)
                    REQUIRE(frame.result == 1);
                else if (how == ends_well)
                    REQUIRE(frame.result == 2);
            }
}

TEST_CASE("ASYNC_FINALLY runs when what the function awaits fails or is canceled", "[05]")
{
    for (ending how : {ends_failed, ends_canceled}) {
        ready_event wait;
        guarded frame = guarded();
        asyncx_start(ASYNC_CALL(guarded, &frame, .wait = &wait));
        if (how == ends_failed)
            asyncx_set_error(&wait, 6);
        else
            asyncx_set_canceled(&wait);
        REQUIRE(frame.after_wait == 0);
        REQUIRE(frame.cleanups == 1);
        REQUIRE(asyncx_outcome_of(&frame) == outcome_of_ending(how, 6));
    }
}

TEST_CASE("ASYNC_FINALLY may await; the function ends after that, as it would have", "[05]")
{
    for (bool ready : {false, true})
        for (ending how : {ends_well, ends_failed, ends_canceled}) {
            ready_event cleanup_wait;
            guarded frame = guarded();
            probe waiter;
            if (ready)
                asyncx_set_result(&cleanup_wait);
            asyncx_start_then(ASYNC_CALL(guarded, &frame, .cleanup_wait = &cleanup_wait, .how = how,
                                         .clean = cleanup_awaits, .error = 8),
                              nullptr, &waiter.continuation);
            if (!ready) {
                REQUIRE(frame.cleanups == 1);
                REQUIRE_FALSE(asyncx_is_completed(&frame));
                REQUIRE(waiter.runs == 0);
                asyncx_set_result(&cleanup_wait);
            }
            REQUIRE(frame.cleanups == 1);
            REQUIRE(frame.after_cleanup_wait == 1);
            REQUIRE(waiter.runs == 1);
            REQUIRE(asyncx_outcome_of(&frame) == outcome_of_ending(how, 8));
        }
}

TEST_CASE("failing in ASYNC_FINALLY replaces how the function ends, and does not run it again", "[05]")
{
    for (ending how : {ends_well, ends_failed, ends_canceled})
        for (cleanup clean : {cleanup_fails, cleanup_cancels, cleanup_awaits_failure}) {
            guarded frame = guarded();
            asyncx_start(ASYNC_CALL(guarded, &frame, .how = how, .clean = clean, .error = 8));
            REQUIRE(frame.cleanups == 1);
            REQUIRE(asyncx_outcome_of(&frame) == (clean == cleanup_fails     ? asyncx_outcome_faulted(-8)
                                                  : clean == cleanup_cancels ? ASYNCX_OUTCOME_CANCELED
                                                                             : asyncx_outcome_faulted(1234)));
        }
}

TEST_CASE("what ASYNC_FINALLY awaits may fail while it is suspended", "[05]")
{
    for (ending how : {ends_well, ends_failed, ends_canceled}) {
        ready_event cleanup_wait;
        guarded frame = guarded();
        asyncx_start(ASYNC_CALL(guarded, &frame, .cleanup_wait = &cleanup_wait, .how = how, .clean = cleanup_awaits,
                                .error = 8));
        asyncx_set_error(&cleanup_wait, 55);
        REQUIRE(frame.cleanups == 1);
        REQUIRE(frame.after_cleanup_wait == 0);
        REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_faulted(55));
    }
}

TEST_CASE("a frame with a finally can be called again: the clean-up runs once for each call", "[05]")
{
    guarded frame = guarded();
    for (int round = 1; round <= 5; round++) {
        ending how = round % 2 ? ends_failed : ends_well;
        asyncx_start(ASYNC_CALL(guarded, &frame, .how = how, .error = round));
        REQUIRE(frame.cleanups == round);
        REQUIRE(asyncx_outcome_of(&frame) == outcome_of_ending(how, round));
    }
}

namespace {

struct nested_guards {
    ASYNC_FRAME_FINALLY(int);
    event *wait;
    int cleanups;
    guarded child;
};
static ASYNC(nested_guards)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(guarded, &self->child, .wait = self->wait));
    ASYNC_FINALLY:
    self->cleanups += 1 + 10 * self->child.cleanups;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a failure runs the clean-up of every function it passes, inner first", "[05]")
{
    ready_event wait;
    nested_guards frame = nested_guards();
    asyncx_start(ASYNC_CALL(nested_guards, &frame, .wait = &wait));
    asyncx_set_error(&wait, 3);
    REQUIRE(frame.cleanups == 11);
    REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_faulted(3));
}

/* -- when and where a function starts -- */

namespace {

struct notes_start {
    ASYNC_FRAME(int);
    event *wait;
    int starts, ends;
};
static ASYNC(notes_start)
{
    ASYNC_BEGIN();
    self->starts++;
    if (self->wait)
        AWAIT(self->wait);
    self->ends++;
    ASYNC_RETURN(self->starts);
    ASYNC_END();
}

struct awaits_call {
    ASYNC_FRAME(int);
    asyncx_call call;
    int before;
};
static ASYNC(awaits_call)
{
    ASYNC_BEGIN();
    self->before++;
    AWAIT(self->call);
    ASYNC_RETURN(self->before);
    ASYNC_END();
}

struct awaits_frame {
    ASYNC_FRAME(int);
    notes_start *frame;
    std::vector<int> *log;
    int id;
};
static ASYNC(awaits_frame)
{
    ASYNC_BEGIN();
    AWAIT(self->frame);
    if (self->log)
        self->log->push_back(self->id);
    ASYNC_RETURN(self->frame->result);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a call does nothing until it is awaited or started", "[05]")
{
    notes_start frame = notes_start();
    awaits_call parent = awaits_call();
    asyncx_call call = ASYNC_CALL(notes_start, &frame);
    REQUIRE(frame.starts == 0);
    REQUIRE(asyncx_status_of(call) == ASYNCX_PENDING);
    asyncx_call parent_call = ASYNC_CALL(awaits_call, &parent, .call = call);
    REQUIRE(parent.before == 0);
    asyncx_start(parent_call);
    REQUIRE(parent.before == 1);
    REQUIRE(frame.starts == 1);
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_SUCCEEDED);
}

TEST_CASE("awaiting the frame of a call that was not started starts it as well", "[05]")
{
    notes_start frame = notes_start();
    awaits_frame parent = awaits_frame();
    (void)ASYNC_CALL(notes_start, &frame);
    asyncx_start(ASYNC_CALL(awaits_frame, &parent, .frame = &frame));
    REQUIRE(frame.starts == 1);
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_SUCCEEDED);
    REQUIRE(parent.result == 1);
}

TEST_CASE("asyncx_start runs the function inside the call, up to its first suspension (BU-1)", "[05]")
{
    ready_event wait;
    notes_start frame = notes_start();
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    REQUIRE(frame.starts == 1);
    REQUIRE(frame.ends == 0);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 1);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
}

TEST_CASE("asyncx_start_on posts the start; the whole function then runs on that executor", "[05]")
{
    ready_event wait;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    notes_start frame = notes_start();
    asyncx_start_on(ASYNC_CALL(notes_start, &frame, .wait = &wait), &queue.executor);
    REQUIRE(frame.starts == 0);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(frame.starts == 1);
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 0);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(frame.ends == 1);
}

TEST_CASE("asyncx_start_on without an executor starts inline", "[05]")
{
    notes_start frame = notes_start();
    asyncx_start_on(ASYNC_CALL(notes_start, &frame), nullptr);
    REQUIRE(frame.ends == 1);
}

namespace {

struct spawns {
    ASYNC_FRAME(int);
    event *wait;
    notes_start child;
};
static ASYNC(spawns)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(notes_start, &self->child, .wait = self->wait));
    ASYNC_RETURN(self->child.result);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a function that another one awaits runs on the executor of that one", "[05]")
{
    ready_event wait;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    spawns frame = spawns();
    asyncx_start_on(ASYNC_CALL(spawns, &frame, .wait = &wait), &queue.executor);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(frame.child.starts == 1);
    asyncx_set_result(&wait);
    REQUIRE(frame.child.ends == 0);   /* not here: there */
    REQUIRE(asyncx_run_queue_run_one(&queue));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);   /* the parent needed no hop of its own */
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue));
}

TEST_CASE("asyncx_start_then runs the callback when the function has completed", "[05]")
{
    SECTION("at once, inside the start")
    {
        notes_start frame = notes_start();
        probe then;
        asyncx_start_then(ASYNC_CALL(notes_start, &frame), nullptr, &then.continuation);
        REQUIRE(then.runs == 1);
    }
    SECTION("later, inside the completing call")
    {
        ready_event wait;
        notes_start frame = notes_start();
        probe then;
        asyncx_start_then(ASYNC_CALL(notes_start, &frame, .wait = &wait), nullptr, &then.continuation);
        REQUIRE(then.runs == 0);
        asyncx_set_canceled(&wait);
        REQUIRE(then.runs == 1);
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
    }
    SECTION("on the executor of the callback")
    {
        asyncx_run_queue queue;
        asyncx_run_queue_init(&queue, nullptr);
        notes_start frame = notes_start();
        probe then(&queue.executor);
        asyncx_start_then(ASYNC_CALL(notes_start, &frame), nullptr, &then.continuation);
        REQUIRE(frame.ends == 1);
        REQUIRE(then.runs == 0);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(then.runs == 1);
    }
    SECTION("with the function on an executor")
    {
        asyncx_run_queue queue;
        asyncx_run_queue_init(&queue, nullptr);
        notes_start frame = notes_start();
        probe then(&queue.executor);
        asyncx_start_then(ASYNC_CALL(notes_start, &frame), &queue.executor, &then.continuation);
        REQUIRE(frame.ends == 0);
        REQUIRE(asyncx_run_queue_run_one(&queue));
        REQUIRE(then.runs == 1);   /* completed on that executor: inline */
    }
    SECTION("before those that register later, in order")
    {
        std::vector<int> log;
        ready_event wait;
        notes_start frame = notes_start();
        awaits_frame first = awaits_frame(), second = awaits_frame();
        probe then;
        asyncx_start_then(ASYNC_CALL(notes_start, &frame, .wait = &wait), nullptr, &then.continuation);
        asyncx_start(ASYNC_CALL(awaits_frame, &first, .frame = &frame, .log = &log, .id = 1));
        asyncx_start(ASYNC_CALL(awaits_frame, &second, .frame = &frame, .log = &log, .id = 2));
        asyncx_set_result(&wait);
        REQUIRE(then.runs == 1);
        REQUIRE(log == (std::vector<int>{1, 2}));
    }
}

/* -- one frame, several waiters -- */

TEST_CASE("several tasks await one started frame and go on in the order in which they came", "[05]")
{
    std::vector<int> log;
    ready_event wait;
    notes_start frame = notes_start();
    awaits_frame waiters[5] = {};
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    for (int i = 0; i < 5; i++)
        asyncx_start(ASYNC_CALL(awaits_frame, &waiters[i], .frame = &frame, .log = &log, .id = i));
    REQUIRE(log.empty());
    asyncx_set_result(&wait);
    REQUIRE(log == (std::vector<int>{0, 1, 2, 3, 4}));
    for (awaits_frame &each : waiters)
        REQUIRE(each.result == 1);
}

TEST_CASE("a completed frame may be awaited by any number, without suspending (TC-11)", "[05]")
{
    notes_start frame = notes_start();
    asyncx_start(ASYNC_CALL(notes_start, &frame));
    for (int i = 0; i < 3; i++) {
        awaits_frame waiter = awaits_frame();
        asyncx_start(ASYNC_CALL(awaits_frame, &waiter, .frame = &frame));
        REQUIRE(asyncx_status_of(&waiter) == ASYNCX_SUCCEEDED);
        REQUIRE(waiter.result == 1);
    }
}

TEST_CASE("waiters of one frame with executors of their own go on there", "[05]")
{
    std::vector<int> log;
    ready_event wait;
    asyncx_run_queue left, right;
    asyncx_run_queue_init(&left, nullptr);
    asyncx_run_queue_init(&right, nullptr);
    notes_start frame = notes_start();
    awaits_frame waiters[3] = {};
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    asyncx_start_on(ASYNC_CALL(awaits_frame, &waiters[0], .frame = &frame, .log = &log, .id = 0), &left.executor);
    asyncx_start_on(ASYNC_CALL(awaits_frame, &waiters[1], .frame = &frame, .log = &log, .id = 1), &right.executor);
    asyncx_start(ASYNC_CALL(awaits_frame, &waiters[2], .frame = &frame, .log = &log, .id = 2));
    asyncx_run_queue_run_until_idle(&left);
    asyncx_run_queue_run_until_idle(&right);
    asyncx_set_result(&wait);
    REQUIRE(log == (std::vector<int>{2}));
    asyncx_run_queue_run_until_idle(&right);
    REQUIRE(log == (std::vector<int>{2, 1}));
    asyncx_run_queue_run_until_idle(&left);
    REQUIRE(log == (std::vector<int>{2, 1, 0}));
}

namespace {

/* Runs on the queue of whoever starts it, lets one await leave it, and ends there. */
struct leaves_executor {
    ASYNC_FRAME(void);
    event *wait;
};
static ASYNC(leaves_executor)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(self->wait, 0));
    ASYNC_END();
}

struct awaits_leaver {
    ASYNC_FRAME(void);
    event *wait;
    int done;
    leaves_executor child;
};
static ASYNC(awaits_leaver)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(leaves_executor, &self->child, .wait = self->wait));
    self->done++;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a callee that leaves the executor does not take its caller along", "[05]")
{
    ready_event wait;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    awaits_leaver frame = awaits_leaver();
    asyncx_start_on(ASYNC_CALL(awaits_leaver, &frame, .wait = &wait), &queue.executor);
    asyncx_run_queue_run_until_idle(&queue);
    asyncx_set_result(&wait);
    REQUIRE(asyncx_status_of(&frame.child) == ASYNCX_SUCCEEDED);   /* here, inside the set */
    REQUIRE(frame.done == 0);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(frame.done == 1);
}

namespace {

/* Goes on wherever its callee, which leaves the executor, completes: or not, as the flags say. */
struct follows_leaver {
    ASYNC_FRAME(void);
    event *wait;
    unsigned int flags;
    int done;
    leaves_executor child;
};
static ASYNC(follows_leaver)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(ASYNC_CALL(leaves_executor, &self->child, .wait = self->wait), self->flags));
    self->done++;
    AWAIT(asyncx_yield());
    self->done++;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a configured await of a call follows the callee off the executor, or does not, and comes back", "[05]")
{
    for (unsigned int flags : {0u, 1u * ASYNCX_USE_EXECUTOR})
        for (bool started_before : {false, true}) {
            ready_event wait;
            asyncx_run_queue queue;
            asyncx_run_queue_init(&queue, nullptr);
            follows_leaver frame = follows_leaver();
            if (started_before)
                asyncx_set_result(&wait);
            asyncx_start_on(ASYNC_CALL(follows_leaver, &frame, .wait = &wait, .flags = flags), &queue.executor);
            asyncx_run_queue_run_pass(&queue);
            if (!started_before) {
                REQUIRE(frame.done == 0);
                asyncx_set_result(&wait);
                REQUIRE(frame.done == (flags ? 0 : 1));
            }
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(frame.done == 2);
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        }
}

/* -- where frames live -- */

namespace {

struct two_ways {
    ASYNC_FRAME(int);
    event *wait;
    bool which;
    union {   /* one or the other at a time: the larger one is what it costs */
        notes_start one;
        guarded other;
    } calls;
};
static ASYNC(two_ways)
{
    ASYNC_BEGIN();
    for (self->which = false;; self->which = true) {
        /* A frame is zeroed before its first use. */
        std::memset(static_cast<void *>(&self->calls), 0, sizeof self->calls);
        if (!self->which)
            AWAIT(ASYNC_CALL(notes_start, &self->calls.one, .wait = self->wait));
        else
            AWAIT(ASYNC_CALL(guarded, &self->calls.other, .wait = self->wait));
        if (self->which)
            break;
        event_init(self->wait);
    }
    ASYNC_RETURN(self->calls.other.cleanups + self->calls.other.result);
    ASYNC_END();
}

struct slots {
    ASYNC_FRAME(int);
    event *waits;
    int i;
    notes_start children[4];
};
static ASYNC(slots)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < 4; self->i++)
        asyncx_start(ASYNC_CALL(notes_start, &self->children[self->i], .wait = &self->waits[self->i]));
    self->result = 0;
    for (self->i = 0; self->i < 4; self->i++) {
        AWAIT(&self->children[self->i]);
        self->result += self->children[self->i].result;
    }
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("frames may share their bytes in a union, one after the other", "[05]")
{
    ready_event wait;
    two_ways frame = two_ways();
    asyncx_start(ASYNC_CALL(two_ways, &frame, .wait = &wait));
    asyncx_set_result(&wait);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    asyncx_set_result(&wait);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 3);
}

TEST_CASE("an array of frames runs its functions side by side", "[05]")
{
    event waits[4];
    slots frame = slots();
    for (event &each : waits)
        event_init(&each);
    asyncx_start(ASYNC_CALL(slots, &frame, .waits = waits));
    for (notes_start &each : frame.children)
        REQUIRE(each.starts == 1);
    for (int index : {2, 0, 3, 1}) {
        REQUIRE_FALSE(asyncx_is_completed(&frame));
        asyncx_set_result(&waits[index]);
    }
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 4);
}

namespace {

/* A pool: frames on a free list, given back by their completion callback. */
struct pool;
struct pooled {
    notes_start frame;
    asyncx_continuation then;
    pool *home;
    pooled *next_free;
};
struct pool {
    pooled all[3];
    pooled *free;
    int given_back;
};
asyncx_continuation *give_back(asyncx_continuation *then)
{
    pooled *self = reinterpret_cast<pooled *>(reinterpret_cast<char *>(then) - offsetof(pooled, then));
    self->next_free = self->home->free;
    self->home->free = self;
    self->home->given_back++;
    return nullptr;
}

}   /* namespace */

TEST_CASE("frames from a pool go back to it when their function completes, and are used again", "[05]")
{
    pool frames = pool();
    for (pooled &each : frames.all) {
        asyncx_continuation_init(&each.then, give_back, nullptr);
        each.home = &frames;
        each.next_free = frames.free;
        frames.free = &each;
    }
    for (int round = 0; round < 10; round++) {
        event waits[3];
        for (event &each : waits) {
            event_init(&each);
            pooled *taken = frames.free;
            REQUIRE(taken);
            frames.free = taken->next_free;
            asyncx_start_then(ASYNC_CALL(notes_start, &taken->frame, .wait = &each), nullptr, &taken->then);
        }
        REQUIRE_FALSE(frames.free);
        for (event &each : waits)
            asyncx_set_result(&each);
        REQUIRE(frames.given_back == 3 * (round + 1));
    }
    for (pooled &each : frames.all)
        REQUIRE(each.frame.starts == 10);
}

namespace {

template <typename frame_type> struct on_heap {
    frame_type frame;
    asyncx_continuation then;
    int *freed;

    static on_heap *make(int *freed, asyncx_executor *executor)
    {
        on_heap *self = static_cast<on_heap *>(std::calloc(1, sizeof(on_heap)));
        self->freed = freed;
        asyncx_continuation_init(&self->then, release, executor);
        return self;
    }
    static asyncx_continuation *release(asyncx_continuation *then)
    {
        on_heap *self = reinterpret_cast<on_heap *>(reinterpret_cast<char *>(then) - offsetof(on_heap, then));
        ++*self->freed;
        std::free(self);
        return nullptr;
    }
};

}   /* namespace */

TEST_CASE("the completion callback may free the frame: nothing touches it afterwards (MR-16, BU-4)", "[05]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    for (asyncx_executor *executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor})
        for (asyncx_executor *then_executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor})
            for (int how = 0; how < 4; how++) {
                int freed = 0;
                ready_event wait, cleanup_wait;
                on_heap<notes_start> *plain = on_heap<notes_start>::make(&freed, then_executor);
                on_heap<guarded> *with_finally = on_heap<guarded>::make(&freed, then_executor);
                if (how == 3)
                    asyncx_set_result(&wait);   /* completes inside the start */
                asyncx_start_then(ASYNC_CALL(notes_start, &plain->frame, .wait = &wait), executor, &plain->then);
                asyncx_start_then(ASYNC_CALL(guarded, &with_finally->frame, .wait = &wait,
                                             .cleanup_wait = &cleanup_wait, .clean = cleanup_awaits),
                                  executor, &with_finally->then);
                asyncx_run_queue_run_until_idle(&queue);
                if (how == 0)
                    asyncx_set_result(&wait);
                else if (how == 1)
                    asyncx_set_error(&wait, 1);
                else if (how == 2)
                    asyncx_set_canceled(&wait);
                asyncx_run_queue_run_until_idle(&queue);
                REQUIRE(freed == 1);
                asyncx_set_result(&cleanup_wait);
                asyncx_run_queue_run_until_idle(&queue);
                REQUIRE(freed == 2);
            }
}

TEST_CASE("the last of several waiters may free the frame and the source", "[05]")
{
    int freed = 0;
    event *wait = new event;
    event_init(wait);
    on_heap<notes_start> *owner = on_heap<notes_start>::make(&freed, nullptr);
    probe first, second;
    asyncx_start(ASYNC_CALL(notes_start, &owner->frame, .wait = wait));
    REQUIRE(asyncx_on_completed(&owner->frame, &first.continuation, 0));
    REQUIRE(asyncx_on_completed(&owner->frame, &second.continuation, 0));
    REQUIRE(asyncx_on_completed(&owner->frame, &owner->then, 0));
    asyncx_set_result(wait);
    delete wait;
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 1);
    REQUIRE(freed == 1);
}

namespace {

struct factorial {
    ASYNC_FRAME(long);
    long n;
    factorial *frames;   /* as many as the recursion is deep */
    bool yields;
};
static ASYNC(factorial)
{
    ASYNC_BEGIN();
    if (self->yields)
        AWAIT(asyncx_yield());
    if (self->n <= 1)
        ASYNC_RETURN(1);
    AWAIT(ASYNC_CALL(factorial, self->frames, .n = self->n - 1, .frames = self->frames + 1, .yields = self->yields));
    ASYNC_RETURN(self->n * self->frames->result);
    ASYNC_END();
}

struct level {
    ASYNC_FRAME(int);
    level *below;
    event *wait;
};
static ASYNC(level)
{
    ASYNC_BEGIN();
    if (!self->below) {
        AWAIT(self->wait);
        ASYNC_RETURN(1);
    }
    AWAIT(ASYNC_CALL(level, self->below));
    ASYNC_RETURN(self->below->result + 1);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a function calls itself with frames that the caller supplies", "[05]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    for (bool with_yield : {false, true}) {
        factorial frames[10] = {};
        asyncx_start_on(ASYNC_CALL(factorial, &frames[0], .n = 10, .frames = &frames[1], .yields = with_yield),
                        &queue.executor);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(asyncx_status_of(&frames[0]) == ASYNCX_SUCCEEDED);
        REQUIRE(frames[0].result == 3628800);
    }
}

TEST_CASE("a very deep chain of awaiting functions starts, completes and fails in constant stack", "[05]")
{
    for (int how = 0; how < 3; how++) {
        ready_event wait;
        std::vector<level> levels(TESTING_DEEP, level());
        for (size_t i = 0; i < levels.size(); i++) {
            levels[i].below = i + 1 < levels.size() ? &levels[i + 1] : nullptr;
            levels[i].wait = &wait;
        }
        if (how == 2)
            asyncx_set_result(&wait);
        asyncx_start(ASYNC_CALL(level, &levels[0]));
        if (how == 0)
            asyncx_set_result(&wait);
        else if (how == 1)
            asyncx_set_error(&wait, 4);
        if (how == 1) {
            REQUIRE(asyncx_outcome_of(&levels[0]) == asyncx_outcome_faulted(4));
        } else {
            REQUIRE(asyncx_status_of(&levels[0]) == ASYNCX_SUCCEEDED);
            REQUIRE(levels[0].result == TESTING_DEEP);
        }
    }
}

namespace {

struct loops {
    ASYNC_FRAME(long);
    returns_int child;
    int i;
};
static ASYNC(loops)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < TESTING_DEEP; self->i++) {
        AWAIT(ASYNC_CALL(returns_int, &self->child, .value = 0));
        self->result += self->child.result;
    }
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("very many children that complete at once, in a loop, need constant stack", "[05]")
{
    loops frame = loops();
    asyncx_start(ASYNC_CALL(loops, &frame));
    REQUIRE(frame.result == TESTING_DEEP);
}

TEST_CASE("a frame can be called again after it completed, failed or was canceled", "[05]")
{
    ends frame = ends();
    for (int round = 0; round < 9; round++) {
        ready_event wait;
        ending how = round % 3 == 0 ? ends_well : round % 3 == 1 ? ends_failed : ends_canceled;
        asyncx_start(ASYNC_CALL(ends, &frame, .wait = round % 2 ? &wait : nullptr, .how = how, .error = 1 + round));
        if (round % 2) {
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
            asyncx_set_result(&wait);
        }
        REQUIRE(asyncx_outcome_of(&frame) == outcome_of_ending(how, 1 + round));
    }
}

TEST_CASE("a frame that was called on an executor may be called without one the next time", "[05]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    notes_start frame = notes_start();
    asyncx_start_on(ASYNC_CALL(notes_start, &frame), &queue.executor);
    asyncx_run_queue_run_until_idle(&queue);
    ready_event wait;
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 2);
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue));
}

#if ASYNCX_CHECKS
TEST_CASE("a frame that is running cannot be called again: FRAME_IN_USE, and it is left alone", "[05]")
{
    ready_event wait, other;
    notes_start frame = notes_start();
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    REQUIRE_MISUSE(ASYNCX_MISUSE_FRAME_IN_USE, asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &other)));
    REQUIRE(frame.wait == &wait);
    REQUIRE(frame.starts == 1);
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 1);
}

TEST_CASE("awaiting a call that tripped FRAME_IN_USE awaits what runs in the frame", "[05]")
{
    ready_event wait;
    notes_start frame = notes_start();
    awaits_call parent = awaits_call();
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    REQUIRE_MISUSE(ASYNCX_MISUSE_FRAME_IN_USE,
                   asyncx_start(ASYNC_CALL(awaits_call, &parent, .call = ASYNC_CALL(notes_start, &frame))));
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_PENDING);
    asyncx_set_result(&wait);
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.starts == 1);
}

TEST_CASE("starting one call twice trips FRAME_IN_USE, and it runs once", "[05]")
{
    ready_event wait;
    notes_start frame = notes_start();
    asyncx_call call = ASYNC_CALL(notes_start, &frame, .wait = &wait);
    asyncx_start(call);
    REQUIRE_MISUSE(ASYNCX_MISUSE_FRAME_IN_USE, asyncx_start(call));
    REQUIRE(frame.starts == 1);
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 1);
}

TEST_CASE("awaiting a call that was started already does not resume the function in it", "[05]")
{
    suspends frame = suspends();
    awaits_call parent = awaits_call();
    asyncx_call call = ASYNC_CALL(suspends, &frame);
    asyncx_start(call);
    asyncx_start(ASYNC_CALL(awaits_call, &parent, .call = call));   /* may trip; may not skip asyncx_suspend */
    testing_misuses = 0;
    REQUIRE(frame.steps == 1);
    asyncx_run_task(&frame);
    asyncx_run_task(&frame);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_SUCCEEDED);
}

TEST_CASE("resuming at the wrong time trips and changes nothing", "[05]")
{
    ready_event wait;
    notes_start frame = notes_start();
    catches catching = catches();
    asyncx_start(ASYNC_CALL(notes_start, &frame, .wait = &wait));
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, asyncx_run_task(&frame));
    REQUIRE(frame.ends == 0);
    asyncx_start(ASYNC_CALL(catches, &catching, .wait = &wait));
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, asyncx_run_task(&catching));
    REQUIRE(asyncx_status_of(&catching) == ASYNCX_PENDING);
    asyncx_set_result(&wait);
    REQUIRE(frame.ends == 1);
    REQUIRE(asyncx_status_of(&catching) == ASYNCX_SUCCEEDED);
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION, asyncx_run_task(&frame));
    REQUIRE(frame.ends == 1);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
}

namespace {

struct resumes_itself {
    ASYNC_FRAME(int);
};
static ASYNC(resumes_itself)
{
    ASYNC_BEGIN();
    asyncx_run_task(self);
    ASYNC_RETURN(3);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a function that resumes itself trips RESUMED_WHILE_RUNNING and goes on", "[05]")
{
    resumes_itself frame = resumes_itself();
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESUMED_WHILE_RUNNING, asyncx_start(ASYNC_CALL(resumes_itself, &frame)));
    REQUIRE(frame.result == 3);
}

TEST_CASE("asyncx_frame_destroy trips for a frame that waits, and for no other", "[05]")
{
    ready_event wait;
    notes_start frame = notes_start();
    testing_misuses = 0;
    asyncx_frame_destroy(&frame);
    asyncx_call call = ASYNC_CALL(notes_start, &frame, .wait = &wait);
    asyncx_frame_destroy(&frame);   /* called, not started: nobody knows it */
    asyncx_start(call);
    REQUIRE(testing_misuses == 0);
    REQUIRE_MISUSE(ASYNCX_MISUSE_DESTROYED_IN_USE, asyncx_frame_destroy(&frame));
    asyncx_set_result(&wait);
    asyncx_frame_destroy(&frame);
    REQUIRE(testing_misuses == 0);
}
#endif

/* -- ASYNC_CALL -- */

namespace {

struct fourteen {
    ASYNC_FRAME(int);
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n;
};
static ASYNC(fourteen)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->a + self->b + self->c + self->d + self->e + self->f + self->g + self->h + self->i + self->j +
                 self->k + self->l + self->m + self->n);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("ASYNC_CALL sets from none to fourteen members, and keeps the others", "[05]")
{
    fourteen z = fourteen();
    auto run = [&z](asyncx_call call) {
        asyncx_start(call);
        int result = z.result;
        z = fourteen();
        return result;
    };
    REQUIRE(run(ASYNC_CALL(fourteen, &z)) == 0);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1)) == 1);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2)) == 3);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4)) == 7);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8)) == 15);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16)) == 31);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32)) == 63);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64)) == 127);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128)) == 255);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128,
                           .i = 256)) == 511);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128, .i = 256,
                           .j = 512)) == 1023);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128, .i = 256,
                           .j = 512, .k = 1024)) == 2047);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128, .i = 256,
                           .j = 512, .k = 1024, .l = 2048)) == 4095);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128, .i = 256,
                           .j = 512, .k = 1024, .l = 2048, .m = 4096)) == 8191);
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .a = 1, .b = 2, .c = 4, .d = 8, .e = 16, .f = 32, .g = 64, .h = 128, .i = 256,
                           .j = 512, .k = 1024, .l = 2048, .m = 4096, .n = 8192)) == 16383);
    z.c = 100;
    REQUIRE(run(ASYNC_CALL(fourteen, &z, .n = 1, .a = 2)) == 103);   /* in any order; c was set before */
}

#if defined(__GNUC__)
namespace {

fourteen children[3];
int taken, values;
fourteen *take() { return &children[taken++]; }

struct takes {
    ASYNC_FRAME(void);
    int steps;
};
static ASYNC(takes)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(fourteen, take(), .a = ++values, .b = 10 * ++values));
    self->steps++;
    AWAIT(take());
    self->steps++;
    AWAIT(asyncx_configure_await(take(), 0));
    self->steps++;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("ASYNC_CALL and AWAIT evaluate their operands once", "[05]")
{
    takes frame = takes();
    asyncx_start(ASYNC_CALL(fourteen, &children[1]));
    asyncx_start(ASYNC_CALL(fourteen, &children[2]));
    asyncx_start(ASYNC_CALL(takes, &frame));
    REQUIRE(frame.steps == 3);
    REQUIRE(taken == 3);
    REQUIRE(values == 2);
    REQUIRE(children[0].result == 21);
}
#endif

namespace {

struct takes_point {
    ASYNC_FRAME(int);
    point where;
    const char *text;
    int (*function)(int);
};
static ASYNC(takes_point)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->function(self->where.x + self->where.y) + self->text[0]);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a parameter may be a structure, a text with commas, or a function", "[05]")
{
    takes_point frame = takes_point();
    asyncx_start(ASYNC_CALL(takes_point, &frame, .where = (point{1, 2}), .text = "a, b", .function = std::abs));
    REQUIRE(frame.result == 3 + 'a');
}

#if !ASYNCX_SINGLE_THREADED

/* -- threads -- */

namespace {

/* A thread that runs a queue until it is told to stop. */
class worker {
public:
    asyncx_run_queue queue;

    worker() : awake_(false), stop_(false)
    {
        asyncx_run_queue_init(&queue, wake);
        thread_ = std::thread([this] {
            for (;;) {
                if (asyncx_run_queue_run_pass(&queue))
                    continue;
                std::unique_lock<std::mutex> lock(mutex_);
                if (stop_)
                    return;
                condition_.wait(lock, [this] { return awake_ || stop_; });
                awake_ = false;
            }
        });
    }
    ~worker()
    {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            stop_ = true;
        }
        condition_.notify_one();
        thread_.join();
    }
    bool is_current() { return queue.executor.is_current(&queue.executor); }

private:
    static void wake(asyncx_run_queue *queue)
    {
        worker *self = reinterpret_cast<worker *>(queue);
        std::lock_guard<std::mutex> lock(self->mutex_);
        self->awake_ = true;
        self->condition_.notify_one();
    }
    std::mutex mutex_;
    std::condition_variable condition_;
    bool awake_, stop_;
    std::thread thread_;
};

/* Lets a thread that runs no queue wait for a task. */
struct completion {
    asyncx_continuation continuation;
    std::atomic<bool> done;

    completion() : done(false) { asyncx_continuation_init(&continuation, run, nullptr); }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        reinterpret_cast<completion *>(continuation)->done = true;
        return nullptr;
    }
    void wait() const
    {
        while (!done)
            std::this_thread::yield();
    }
};

struct accumulates {
    ASYNC_FRAME(long);
    worker *mine;
    int rounds, i, misplaced;
    returns_int child;
};
static ASYNC(accumulates)
{
    ASYNC_BEGIN();
    self->result = 0;
    for (self->i = 0; self->i < self->rounds; self->i++) {
        if (self->mine && !self->mine->is_current())
            self->misplaced++;
        AWAIT(ASYNC_CALL(returns_int, &self->child, .value = self->i));
        AWAIT(asyncx_yield());
        self->result += self->child.result;
    }
    ASYNC_END();
}

struct gathers {
    ASYNC_FRAME(long);
    worker *mine;
    accumulates *others[2];
    int i, misplaced;
};
static ASYNC(gathers)
{
    ASYNC_BEGIN();
    self->result = 0;
    for (self->i = 0; self->i < 2; self->i++) {
        AWAIT(self->others[self->i]);
        if (!self->mine->is_current())
            self->misplaced++;
        self->result += self->others[self->i]->result;
    }
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("a task started on a queue runs on the thread of that queue, to its end", "[05][threads]")
{
    worker thread;
    accumulates frame = accumulates();
    completion done;
    asyncx_start_then(ASYNC_CALL(accumulates, &frame, .mine = &thread, .rounds = 1000), &thread.queue.executor,
                      &done.continuation);
    done.wait();
    REQUIRE(frame.misplaced == 0);
    REQUIRE(frame.result == 500500);
}

TEST_CASE("tasks on two threads await one frame that runs on a third, and go on at home", "[05][threads]")
{
    worker left, right, middle_thread;
    int misplaced = 0, wrong = 0;
    for (int round = 0; round < 300; round++) {
        accumulates shared[2] = {};
        gathers frames[2] = {};
        completion done[2];
        for (accumulates &each : shared)
            asyncx_start_on(ASYNC_CALL(accumulates, &each, .mine = &middle_thread, .rounds = round % 10),
                            &middle_thread.queue.executor);
        for (int i = 0; i < 2; i++) {
            worker *home = i ? &left : &right;
            asyncx_start_then(ASYNC_CALL(gathers, &frames[i], .mine = home, .others[0] = &shared[0],
                                         .others[1] = &shared[1]),
                              &home->queue.executor, &done[i].continuation);
        }
        for (int i = 0; i < 2; i++) {
            done[i].wait();
            misplaced += frames[i].misplaced;
            wrong += frames[i].result != 2 * (round % 10) * (round % 10 + 1) / 2;
        }
        misplaced += shared[0].misplaced + shared[1].misplaced;
    }
    REQUIRE(misplaced == 0);
    REQUIRE(wrong == 0);
}

namespace {

struct awaits_int {
    ASYNC_FRAME(int);
    int_event *source;
};
static ASYNC(awaits_int)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("an operation completed on another thread at the moment of the AWAIT resumes the task once", "[05][threads]")
{
    static std::atomic<int_event *> pending;
    static std::atomic<bool> stop;
    pending = nullptr;
    stop = false;
    std::thread completer([] {
        int value = 0;
        while (!stop) {
            int_event *source = pending.exchange(nullptr);
            if (source)
                asyncx_set_result(source, ++value);
            else
                std::this_thread::yield();
        }
    });
    int wrong = 0;
    for (int round = 1; round <= 5000; round++) {
        int_event source;
        awaits_int frame = awaits_int();
        completion done;
        event_init(&source);
        pending = &source;
        asyncx_start_then(ASYNC_CALL(awaits_int, &frame, .source = &source), nullptr, &done.continuation);
        done.wait();
        wrong += frame.result != round;
    }
    stop = true;
    completer.join();
    REQUIRE(wrong == 0);
}

#endif
