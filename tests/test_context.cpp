/* The execution context that flows with async functions: semantics EC-1 to EC-4 and BU-1. The whole program needs
 * ASYNCX_EXECUTION_CONTEXT=1. */
#include "testing.h"

#if ASYNCX_EXECUTION_CONTEXT

#include "test_05_c.h"

#include <vector>

#if !ASYNCX_SINGLE_THREADED
#include <atomic>
#include <thread>
#endif

namespace {

typedef asyncx_completion_source event;

void event_init(event *self) { asyncx_completion_source_init(self, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }
struct ready_event : event {
    ready_event() { event_init(this); }
};

char contexts[8];
void *const none = nullptr;
void *const a = &contexts[0], *const b = &contexts[1], *const c = &contexts[2], *const d = &contexts[3];

/* Sets the context for the length of a test, and checks that nobody left another one behind. */
struct in_context {
    void *mine;
    explicit in_context(void *context) : mine(context) { asyncx_set_execution_context(context); }
    ~in_context()
    {
        CHECK(asyncx_execution_context() == mine);
        asyncx_set_execution_context(nullptr);
    }
};

struct probe {
    asyncx_continuation continuation;
    std::vector<void *> seen;
    void *sets;

    explicit probe(asyncx_executor *executor = nullptr) : sets(nullptr)
    {
        asyncx_continuation_init(&continuation, run, executor);
    }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        probe *self = reinterpret_cast<probe *>(continuation);
        self->seen.push_back(asyncx_execution_context());
        if (self->sets)
            asyncx_set_execution_context(self->sets);
        return nullptr;
    }
};

typedef std::vector<void *> seen_list;

/* Notes the context at each step; sets its own ones in between if it has any. */
struct steps {
    ASYNC_FRAME(void);
    asyncx_awaiter first, second;
    void *before, *between;
    seen_list *seen;
};
static ASYNC(steps)
{
    ASYNC_BEGIN();
    self->seen->push_back(asyncx_execution_context());
    if (self->before)
        asyncx_set_execution_context(self->before);
    AWAIT(self->first);
    self->seen->push_back(asyncx_execution_context());
    if (self->between)
        asyncx_set_execution_context(self->between);
    AWAIT(self->second);
    self->seen->push_back(asyncx_execution_context());
    ASYNC_END();
}

struct caller {
    ASYNC_FRAME(void);
    asyncx_awaiter first, second;
    seen_list *seen, *child_seen;
    steps child;
};
static ASYNC(caller)
{
    ASYNC_BEGIN();
    asyncx_set_execution_context(b);
    AWAIT(ASYNC_CALL(steps, &self->child, .first = self->first, .second = self->second, .before = c, .between = d,
                     .seen = self->child_seen));
    self->seen->push_back(asyncx_execution_context());
    AWAIT(ASYNC_CALL(steps, &self->child, .first = asyncx_awaiter(), .second = asyncx_awaiter()));
    self->seen->push_back(asyncx_execution_context());
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("the context is NULL at first, and what was set last (EC-1)", "[context]")
{
    REQUIRE(asyncx_execution_context() == none);
    asyncx_set_execution_context(a);
    REQUIRE(asyncx_execution_context() == a);
    asyncx_set_execution_context(nullptr);
    REQUIRE(asyncx_execution_context() == none);
}

TEST_CASE("a function starts in its caller's context; what it sets does not reach the caller (EC-4, BU-1)", "[context]")
{
    in_context outside(a);
    seen_list seen;
    steps frame = steps();
    SECTION("when it completes at once")
    {
        asyncx_start(ASYNC_CALL(steps, &frame, .before = b, .between = c, .seen = &seen));
        REQUIRE(asyncx_execution_context() == a);
        REQUIRE(seen == (seen_list{a, b, c}));
    }
    SECTION("when it suspends")
    {
        ready_event first, second;
        asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&first),
                                .second = asyncx_get_awaiter(&second), .before = b, .between = c, .seen = &seen));
        REQUIRE(asyncx_execution_context() == a);
        asyncx_set_result(&first);
        REQUIRE(asyncx_execution_context() == a);
        asyncx_set_result(&second);
        REQUIRE(seen == (seen_list{a, b, c}));
    }
}

TEST_CASE("a function resumes in the context in which it suspended, whoever completes (EC-3)", "[context]")
{
    in_context outside(a);
    seen_list seen;
    ready_event first, second;
    steps frame = steps();
    asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&first), .second = asyncx_get_awaiter(&second),
                            .seen = &seen));
    asyncx_set_execution_context(d);   /* after the call: no concern of the callee (EC-4) */
    asyncx_set_result(&first);
    REQUIRE(asyncx_execution_context() == d);
    asyncx_set_execution_context(nullptr);
    asyncx_set_error(&second, 1);
    REQUIRE(asyncx_execution_context() == none);
    REQUIRE(seen == (seen_list{a, a}));
    asyncx_set_execution_context(a);
}

TEST_CASE("what a callee sets never reaches the function that awaits it (EC-4)", "[context]")
{
    in_context outside(a);
    for (bool ready : {true, false}) {
        seen_list seen, child_seen;
        ready_event first, second;
        caller frame = caller();
        frame.child.seen = &child_seen;
        if (ready) {
            asyncx_set_result(&first);
            asyncx_set_result(&second);
        }
        asyncx_start(ASYNC_CALL(caller, &frame, .first = asyncx_get_awaiter(&first),
                                .second = asyncx_get_awaiter(&second), .seen = &seen, .child_seen = &child_seen));
        REQUIRE(asyncx_execution_context() == a);
        if (!ready) {
            asyncx_set_result(&first);
            REQUIRE(asyncx_execution_context() == a);
            asyncx_set_result(&second);
        }
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(seen == (seen_list{b, b}));
        REQUIRE(child_seen == (seen_list{b, c, d, b, c, d}));
    }
}

namespace {

/* An awaiter that passes everything on to another one. */
struct adapter {
    asyncx_awaitable awaitable;
    asyncx_awaiter inner;
};
asyncx_awaiter inner_of(asyncx_awaitable *self) { return reinterpret_cast<adapter *>(self)->inner; }
const asyncx_awaiter_ops adapter_ops = {
    [](asyncx_awaitable *self, asyncx_token) { return asyncx_awaiter_get_status(inner_of(self)); },
    [](asyncx_awaitable *self, asyncx_token, asyncx_continuation *continuation, unsigned int flags) {
        return asyncx_awaiter_on_completed(inner_of(self), continuation, flags);
    },
    [](asyncx_awaitable *self, asyncx_token) { return asyncx_awaiter_get_result(inner_of(self)); },
    [](asyncx_awaitable *self, asyncx_token, asyncx_continuation *continuation) {
        return asyncx_awaiter_withdraw(inner_of(self), continuation);
    }};

/* An awaiter that keeps one waiter. */
struct pin {
    asyncx_awaitable awaitable;
    asyncx_continuation *waiter;
    bool set;
};
const asyncx_awaiter_ops pin_ops = {
    [](asyncx_awaitable *self, asyncx_token) {
        return reinterpret_cast<pin *>(self)->set ? ASYNCX_SUCCEEDED : ASYNCX_PENDING;
    },
    [](asyncx_awaitable *self, asyncx_token, asyncx_continuation *continuation, unsigned int) {
        reinterpret_cast<pin *>(self)->waiter = continuation;
        return true;
    },
    [](asyncx_awaitable *, asyncx_token) { return ASYNCX_OUTCOME_SUCCEEDED; },
    [](asyncx_awaitable *, asyncx_token, asyncx_continuation *) { return false; }};

}   /* namespace */

TEST_CASE("whichever awaiter it is, the function resumes in its context (EC-3)", "[context]")
{
    in_context outside(d);
    seen_list seen;
    steps frame = steps(), other = steps();
    ready_event source;
    SECTION("a versioned source")
    {
        asyncx_value_source version;
        asyncx_value_source_init(&version, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(asyncx_value_source_task(&version)),
                                .before = a, .seen = &seen));
        asyncx_set_result(&version);
    }
    SECTION("a frame")
    {
        seen_list unused;
        asyncx_start(ASYNC_CALL(steps, &other, .first = asyncx_get_awaiter(&source), .before = b, .between = c,
                                .seen = &unused));
        asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&other), .before = a, .seen = &seen));
        asyncx_set_result(&source);
        REQUIRE(unused == (seen_list{d, b, c}));
    }
    SECTION("an awaiter of the user's own")
    {
        pin custom = {{&pin_ops}, nullptr, false};
        asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&custom), .before = a, .seen = &seen));
        asyncx_resume(custom.waiter);
    }
    SECTION("an awaiter that passes the registration on")
    {
        adapter around = {{&adapter_ops}, asyncx_get_awaiter(&source)};
        asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&around), .before = a, .seen = &seen));
        asyncx_set_result(&source);
    }
    SECTION("a yield on a queue")
    {
        asyncx_run_queue queue;
        asyncx_run_queue_init(&queue, nullptr);
        asyncx_start_on(
            ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(asyncx_yield()), .before = a, .seen = &seen),
            &queue.executor);
        asyncx_set_execution_context(c);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(asyncx_execution_context() == c);
        asyncx_set_execution_context(d);
    }
    SECTION("resumed by hand")
    {
        asyncx_start(
            ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(asyncx_suspend()), .before = a, .seen = &seen));
        asyncx_run_task(&frame);
    }
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(seen == (seen_list{d, a, a}));
}

TEST_CASE("a function posted to an executor runs in the context of the call", "[context]")
{
    in_context outside(a);
    seen_list seen;
    asyncx_run_queue queue;
    ready_event source;
    steps frame = steps();
    asyncx_run_queue_init(&queue, nullptr);
    asyncx_start_on(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&source), .seen = &seen), &queue.executor);
    asyncx_set_execution_context(b);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(asyncx_execution_context() == b);
    asyncx_set_result(&source);
    asyncx_set_execution_context(nullptr);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(asyncx_execution_context() == none);
    REQUIRE(seen == (seen_list{a, a, a}));
    asyncx_set_execution_context(a);
}

TEST_CASE("a plain callback flows the context with ASYNCX_FLOW_CONTEXT, as OnCompleted does (EC-3, AW-3)", "[context]")
{
    in_context outside(a);
    for (unsigned int flags : {0u, 1u * ASYNCX_USE_EXECUTOR, 1u * ASYNCX_FLOW_CONTEXT,
                               1u * (ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT)}) {
        ready_event source;
        probe waiter;
        REQUIRE(asyncx_on_completed(&source, &waiter.continuation, flags));
        asyncx_set_execution_context(b);
        asyncx_set_result(&source);
        REQUIRE(asyncx_execution_context() == b);
        REQUIRE(waiter.seen == (seen_list{flags & ASYNCX_FLOW_CONTEXT ? a : b}));
        asyncx_set_execution_context(a);
    }
}

TEST_CASE("one registration with ASYNCX_FLOW_CONTEXT does not spoil the next one without", "[context]")
{
    in_context outside(a);
    ready_event first, second;
    probe waiter;
    REQUIRE(asyncx_on_completed(&first, &waiter.continuation, ASYNCX_FLOW_CONTEXT));
    asyncx_set_execution_context(b);
    asyncx_set_result(&first);
    REQUIRE(asyncx_on_completed(&second, &waiter.continuation, 0));
    asyncx_set_execution_context(c);
    asyncx_set_result(&second);
    REQUIRE(waiter.seen == (seen_list{a, c}));
    asyncx_set_execution_context(a);
}

TEST_CASE("what a callback sets does not reach the one that completes, nor the next waiter (EC-2)", "[context]")
{
    in_context outside(a);
    ready_event source;
    probe first, second, third;
    first.sets = b;
    second.sets = c;
    REQUIRE(asyncx_on_completed(&source, &first.continuation, 0));
    REQUIRE(asyncx_on_completed(&source, &second.continuation, ASYNCX_FLOW_CONTEXT));
    REQUIRE(asyncx_on_completed(&source, &third.continuation, 0));
    asyncx_set_result(&source);
    REQUIRE(asyncx_execution_context() == a);
    REQUIRE(first.seen == (seen_list{a}));
    REQUIRE(second.seen == (seen_list{a}));
    REQUIRE(third.seen == (seen_list{a}));
}

TEST_CASE("the completion callback of asyncx_start_then runs in the context of whoever completes", "[context]")
{
    in_context outside(a);
    ready_event source;
    seen_list seen;
    steps frame = steps();
    probe then;
    asyncx_start_then(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&source), .before = b, .between = c,
                                 .seen = &seen),
                      nullptr, &then.continuation);
    asyncx_set_execution_context(d);
    asyncx_set_result(&source);
    REQUIRE(then.seen == (seen_list{d}));
    asyncx_set_execution_context(a);
}

TEST_CASE("a callback that another translation unit prepared runs in the context of whoever completes", "[context][c]")
{
    in_context outside(a);
    probe prepared_in_c;
    test_05_c_callback_init(&prepared_in_c.continuation, probe::run, nullptr);
    SECTION("by this one") { asyncx_resume(&prepared_in_c.continuation); }
    SECTION("by the one that prepared it") { test_05_c_resume(&prepared_in_c.continuation); }
    REQUIRE(prepared_in_c.seen == (seen_list{a}));
}

TEST_CASE("a callback prepared here runs in the context of whoever completes it in C", "[context][c]")
{
    in_context outside(a);
    probe prepared_here;
    test_05_c_resume(&prepared_here.continuation);
    REQUIRE(prepared_here.seen == (seen_list{a}));
}

namespace {

struct cleans_up {
    ASYNC_FRAME_FINALLY(void);
    event *wait;
    seen_list *seen;
};
static ASYNC(cleans_up)
{
    ASYNC_BEGIN();
    asyncx_set_execution_context(b);
    AWAIT(self->wait);
    ASYNC_FINALLY:
    self->seen->push_back(asyncx_execution_context());
    AWAIT(asyncx_completed(ASYNCX_OUTCOME_SUCCEEDED));
    self->seen->push_back(asyncx_execution_context());
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("the clean-up of a function runs in the function's context", "[context]")
{
    in_context outside(a);
    for (bool ready : {true, false}) {
        ready_event source;
        seen_list seen;
        cleans_up frame = cleans_up();
        if (ready)
            asyncx_set_error(&source, 1);
        asyncx_start(ASYNC_CALL(cleans_up, &frame, .wait = &source, .seen = &seen));
        if (!ready)
            asyncx_set_canceled(&source);
        REQUIRE(seen == (seen_list{b, b}));
    }
}

TEST_CASE("continuations that the stack bound defers run in their own context, and leave none behind", "[context]")
{
    struct nested {
        asyncx_continuation continuation;
        nested *following;
        void *seen;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            nested *self = reinterpret_cast<nested *>(continuation);
            self->seen = asyncx_execution_context();
            asyncx_set_execution_context(d);
            if (self->following)
                asyncx_resume(&self->following->continuation);
            return nullptr;
        }
    };
    in_context outside(a);
    ready_event sources[4 * ASYNCX_INLINE_DEPTH];
    std::vector<nested> all(4 * ASYNCX_INLINE_DEPTH);
    for (size_t i = 0; i < all.size(); i++) {
        asyncx_continuation_init(&all[i].continuation, nested::run, nullptr);
        all[i].following = i + 1 < all.size() ? &all[i + 1] : nullptr;
        asyncx_set_execution_context(i % 2 ? b : c);
        REQUIRE(asyncx_on_completed(&sources[i], &all[i].continuation, ASYNCX_FLOW_CONTEXT));
        REQUIRE(asyncx_withdraw(&sources[i], &all[i].continuation));   /* keeps the context that it was given */
    }
    asyncx_set_execution_context(a);
    asyncx_resume(&all[0].continuation);
    for (size_t i = 0; i < all.size(); i++)
        REQUIRE(all[i].seen == (i % 2 ? b : c));
}

#if !ASYNCX_SINGLE_THREADED
TEST_CASE("each thread has a context of its own, and a function brings its own to the thread that resumes it",
          "[context][threads]")
{
    in_context outside(a);
    ready_event source;
    seen_list seen;
    steps frame = steps();
    std::atomic<bool> at_first_none(false), undisturbed(false);
    asyncx_start(ASYNC_CALL(steps, &frame, .first = asyncx_get_awaiter(&source), .before = b, .seen = &seen));
    std::thread([&] {
        at_first_none = asyncx_execution_context() == nullptr;
        asyncx_set_execution_context(c);
        asyncx_set_result(&source);
        undisturbed = asyncx_execution_context() == c;
    }).join();
    REQUIRE(at_first_none);
    REQUIRE(undisturbed);
    REQUIRE(asyncx_execution_context() == a);
    REQUIRE(seen == (seen_list{a, b, b}));
}
#endif

#endif
