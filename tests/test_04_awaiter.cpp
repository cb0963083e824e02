/* Section 4: the awaiter protocol, for every kind of awaiter, and asyncx_configure_await. */
#include "testing.h"

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#if !ASYNCX_SINGLE_THREADED
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#if defined(__unix__)
#include <pthread.h>
#endif
#endif

namespace {

const unsigned int use_executor = ASYNCX_USE_EXECUTOR;

/* A plain callback that counts its resumptions. */
struct probe {
    asyncx_continuation continuation;
    int runs;
    std::vector<int> *log;
    int id;

    explicit probe(asyncx_executor *executor = nullptr) : runs(0), log(nullptr), id(0)
    {
        asyncx_continuation_init(&continuation, run, executor);
    }
    probe(int number, std::vector<int> *list) : probe()
    {
        id = number;
        log = list;
    }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        probe *self = reinterpret_cast<probe *>(continuation);
        self->runs++;
        if (self->log)
            self->log->push_back(self->id);
        return nullptr;
    }
};

/* An awaiter of the user's own: one waiter, completed by pin_set. */
struct pin {
    asyncx_awaitable awaitable;
    asyncx_continuation *waiter;
    asyncx_outcome outcome;
    asyncx_token token;          /* what the library handed over last */
    unsigned int flags;
    int registrations, results;
};

asyncx_status pin_get_status(asyncx_awaitable *self, asyncx_token token)
{
    reinterpret_cast<pin *>(self)->token = token;
    return asyncx_outcome_status(reinterpret_cast<pin *>(self)->outcome);
}
bool pin_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation, unsigned int flags)
{
    pin *me = reinterpret_cast<pin *>(self);
    me->token = token;
    if (me->outcome)
        return false;
    me->waiter = continuation;
    me->flags = flags;
    me->registrations++;
    return true;
}
asyncx_outcome pin_get_result(asyncx_awaitable *self, asyncx_token token)
{
    reinterpret_cast<pin *>(self)->token = token;
    reinterpret_cast<pin *>(self)->results++;
    return reinterpret_cast<pin *>(self)->outcome;
}
bool pin_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    pin *me = reinterpret_cast<pin *>(self);
    me->token = token;
    if (me->waiter != continuation)
        return false;
    me->waiter = nullptr;
    return true;
}
const asyncx_awaiter_ops pin_ops = {pin_get_status, pin_on_completed, pin_get_result, pin_withdraw};

void pin_init(pin *self)
{
    *self = pin();
    self->awaitable.ops = &pin_ops;
}
/* Completes it, and hands the waiter on as the flags of its registration ask. */
void pin_set(pin *self, asyncx_outcome outcome)
{
    asyncx_continuation *waiter = self->waiter;
    self->outcome = outcome;
    self->waiter = nullptr;
    if (waiter)
        asyncx_release(waiter, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
}

/* Ends as a source says that it awaits. */
struct relay {
    ASYNC_FRAME(int);
    asyncx_completion_source *source;
    int starts;
};
static ASYNC(relay)
{
    ASYNC_BEGIN();
    self->starts++;
    AWAIT(self->source);
    ASYNC_RETURN(42);
    ASYNC_END();
}

struct relay_finally {
    ASYNC_FRAME_FINALLY(void);
    asyncx_completion_source *source;
    int cleanups;
};
static ASYNC(relay_finally)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    ASYNC_FINALLY:
    self->cleanups++;
    ASYNC_END();
}

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;
typedef ASYNCX_VALUE_TASK(int) int_value_task;

template <typename source> void end_source(source *what, asyncx_outcome outcome)
{
    if (asyncx_outcome_status(outcome) == ASYNCX_FAULTED)
        asyncx_set_error(what, asyncx_outcome_error(outcome));
    else if (asyncx_outcome_status(outcome) == ASYNCX_CANCELED)
        asyncx_set_canceled(what);
}
void complete(asyncx_completion_source *what, asyncx_outcome outcome)
{
    if (outcome == ASYNCX_OUTCOME_SUCCEEDED)
        asyncx_set_result(what);
    end_source(what, outcome);
}
void complete(int_source *what, asyncx_outcome outcome)
{
    if (outcome == ASYNCX_OUTCOME_SUCCEEDED)
        asyncx_set_result(what, 42);
    end_source(what, outcome);
}
void complete(int_value_source *what, asyncx_outcome outcome)
{
    if (outcome == ASYNCX_OUTCOME_SUCCEEDED)
        asyncx_set_result(what, 42);
    end_source(what, outcome);
}

/* One pending operation of any kind. */
struct operation {
    virtual ~operation() {}
    virtual asyncx_awaiter awaiter() = 0;
    virtual void end(asyncx_outcome outcome) = 0;
    virtual bool serves_many() const { return true; }
    virtual bool is_lazy() const { return false; }
};

struct completion_operation : operation {
    asyncx_completion_source source;
    completion_operation() { asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(&source); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
};
struct typed_completion_operation : operation {
    int_source source;
    typed_completion_operation() { asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(&source); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
};
struct value_operation : operation {
    int_value_source source;
    value_operation()
    {
        asyncx_value_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        asyncx_value_source_reset(&source);   /* so that the token is not 0 */
    }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(asyncx_value_source_task(&source)); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
    bool serves_many() const override { return false; }
};
struct typed_value_task_operation : value_operation {
    asyncx_awaiter awaiter() override
    {
        int_value_task task;
        asyncx_value_task_from_source(&task, &source);
        return asyncx_get_awaiter(&task);
    }
};
struct frame_operation : operation {
    asyncx_completion_source source;
    relay frame;
    frame_operation() : frame()
    {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        asyncx_start(ASYNC_CALL(relay, &frame, .source = &source));
    }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(&frame); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
};
struct finally_frame_operation : operation {
    asyncx_completion_source source;
    relay_finally frame;
    finally_frame_operation() : frame()
    {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        asyncx_start(ASYNC_CALL(relay_finally, &frame, .source = &source));
    }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(&frame); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
};
struct call_operation : operation {
    asyncx_completion_source source;
    relay frame;
    asyncx_call call;
    call_operation() : frame()
    {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        call = ASYNC_CALL(relay, &frame, .source = &source);
    }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(call); }
    void end(asyncx_outcome outcome) override { complete(&source, outcome); }
    bool is_lazy() const override { return true; }
};
struct custom_operation : operation {
    pin custom;
    custom_operation() { pin_init(&custom); }
    asyncx_awaiter awaiter() override { return asyncx_get_awaiter(&custom); }
    void end(asyncx_outcome outcome) override { pin_set(&custom, outcome); }
    bool serves_many() const override { return false; }
};

typedef std::unique_ptr<operation> (*maker)();
template <typename type> std::unique_ptr<operation> make() { return std::unique_ptr<operation>(new type); }

const struct kind_of_operation {
    const char *name;
    maker make_one;
} kinds[] = {
    {"completion source", make<completion_operation>},
    {"typed completion source", make<typed_completion_operation>},
    {"value task", make<value_operation>},
    {"typed value task", make<typed_value_task_operation>},
    {"started frame", make<frame_operation>},
    {"started frame with a finally", make<finally_frame_operation>},
    {"call that is not started", make<call_operation>},
    {"awaiter of the user's own", make<custom_operation>},
};

std::vector<asyncx_outcome> outcomes()
{
    return {ASYNCX_OUTCOME_SUCCEEDED, ASYNCX_OUTCOME_CANCELED, asyncx_outcome_faulted(7), asyncx_outcome_faulted(-7)};
}

}   /* namespace */

/* -- the size of an awaiter, and what outcomes carry -- */

static_assert(sizeof(asyncx_awaiter) == 2 * sizeof(void *), "an awaiter by value is two machine words");
static_assert(sizeof(asyncx_value_task) == 2 * sizeof(void *), "a value task by value is two machine words");
static_assert(std::is_trivially_copyable<asyncx_awaiter>::value, "awaiters are copied like numbers");

TEST_CASE("an outcome carries the status and the whole error code", "[04]")
{
    REQUIRE(asyncx_outcome_status(ASYNCX_OUTCOME_SUCCEEDED) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_error(ASYNCX_OUTCOME_SUCCEEDED) == 0);
    REQUIRE(asyncx_outcome_status(ASYNCX_OUTCOME_CANCELED) == ASYNCX_CANCELED);
    REQUIRE(asyncx_outcome_error(ASYNCX_OUTCOME_CANCELED) == 0);
    REQUIRE(asyncx_outcome_status(0) == ASYNCX_PENDING);
    for (int error : {1, -1, 2, 255, -256, 0x7FF, -0x800, static_cast<int>(ASYNCX_ERROR_MAX),
                      static_cast<int>(ASYNCX_ERROR_MIN)}) {
        asyncx_outcome outcome = asyncx_outcome_faulted(error);
        REQUIRE(asyncx_outcome_status(outcome) == ASYNCX_FAULTED);
        REQUIRE(asyncx_outcome_error(outcome) == error);
        REQUIRE(outcome != ASYNCX_OUTCOME_CANCELED);
        REQUIRE(outcome != ASYNCX_OUTCOME_SUCCEEDED);
    }
}

#if ASYNCX_CHECKS
TEST_CASE("0 is no error code: it trips BAD_ERROR and is a failure all the same", "[04]")
{
    asyncx_outcome outcome = 0;
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, outcome = asyncx_outcome_faulted(0));
    REQUIRE(asyncx_outcome_status(outcome) == ASYNCX_FAULTED);
    REQUIRE(asyncx_outcome_error(outcome) == ASYNCX_ERROR_MAX);
}
#endif

/* -- asyncx_get_awaiter -- */

TEST_CASE("asyncx_get_awaiter takes everything that AWAIT takes", "[04]")
{
    asyncx_completion_source source;
    int_source typed_source;
    asyncx_value_source value_source;
    int_value_source typed_value_source;
    int_value_task typed_task;
    relay frame = relay();
    relay_finally finally_frame = relay_finally();
    pin custom;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_completion_source_init(&typed_source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_value_source_init(&value_source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_value_source_init(&typed_value_source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_value_task_from_source(&typed_task, &typed_value_source);
    pin_init(&custom);
    asyncx_call call = ASYNC_CALL(relay, &frame, .source = &source);

    asyncx_awaiter pending[] = {
        asyncx_get_awaiter(&source),
        asyncx_get_awaiter(&typed_source),
        asyncx_get_awaiter(&value_source),
        asyncx_get_awaiter(&typed_value_source),
        asyncx_get_awaiter(asyncx_value_source_task(&value_source)),
        asyncx_get_awaiter(&typed_task),
        asyncx_get_awaiter(call),
        asyncx_get_awaiter(&frame),
        asyncx_get_awaiter(&finally_frame),
        asyncx_get_awaiter(&custom),
        asyncx_get_awaiter(asyncx_awaiter_of(&custom.awaitable, 0)),
        asyncx_get_awaiter(asyncx_configure_await(&source, 0)),
        asyncx_get_awaiter(asyncx_yield()),
        asyncx_get_awaiter(asyncx_suspend()),
    };
    for (const asyncx_awaiter &each : pending)
        REQUIRE(asyncx_awaiter_get_status(each) == ASYNCX_PENDING);
    REQUIRE(frame.starts == 0);   /* asking for an awaiter or a status starts nothing */
    REQUIRE_FALSE(asyncx_is_completed(&source));
    asyncx_set_result(&source);
    REQUIRE(asyncx_is_completed(&source));
    REQUIRE(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_of(&source) == ASYNCX_OUTCOME_SUCCEEDED);
}

TEST_CASE("the getters of ISO C99 give the same awaiters", "[04]")
{
    asyncx_completion_source source;
    asyncx_value_source value_source;
    relay frame = relay();
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_value_source_init(&value_source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_value_source_reset(&value_source);
    asyncx_call call = ASYNC_CALL(relay, &frame, .source = &source);
    auto same = [](asyncx_awaiter left, asyncx_awaiter right) {
        return left.object == right.object && left.token == right.token;
    };
    REQUIRE(same(asyncx_completion_source_awaiter(&source), asyncx_get_awaiter(&source)));
    REQUIRE(same(asyncx_value_source_awaiter(&value_source), asyncx_get_awaiter(&value_source)));
    asyncx_value_task task = asyncx_value_source_task(&value_source);
    REQUIRE(same(asyncx_value_task_awaiter(task), asyncx_get_awaiter(&value_source)));
    REQUIRE(same(asyncx_call_awaiter(call), asyncx_get_awaiter(call)));
    REQUIRE(same(asyncx_frame_awaiter(&frame), asyncx_get_awaiter(&frame)));
    REQUIRE(same(asyncx_call_awaiter(call), asyncx_frame_awaiter(&frame)));
}

TEST_CASE("a zeroed awaiter and a zeroed value task are complete, with success (VT-3)", "[04]")
{
    asyncx_awaiter awaiter = asyncx_awaiter();
    asyncx_value_task task = asyncx_value_task();
    probe waiter;
    REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_SUCCEEDED);
    REQUIRE_FALSE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
    REQUIRE(asyncx_awaiter_get_result(awaiter) == ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
    REQUIRE(asyncx_status_of(task) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_of(task) == ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE_FALSE(asyncx_on_completed(task, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE_FALSE(asyncx_withdraw(task, &waiter.continuation));
    REQUIRE(waiter.runs == 0);
}

TEST_CASE("asyncx_completed is complete with the outcome that it was given", "[04]")
{
    for (asyncx_outcome outcome : outcomes()) {
        probe waiter;
        asyncx_awaiter awaiter = asyncx_completed(outcome);
        REQUIRE(asyncx_awaiter_get_status(awaiter) == asyncx_outcome_status(outcome));
        REQUIRE_FALSE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, ASYNCX_USE_EXECUTOR));
        REQUIRE(asyncx_awaiter_get_result(awaiter) == outcome);
        REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
        REQUIRE(asyncx_outcome_of(asyncx_value_task_from_outcome(outcome)) == outcome);
        REQUIRE(waiter.runs == 0);
    }
}

/* -- the four functions, for every kind -- */

TEST_CASE("registered before completion: pending, then resumed once inside the completing call", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (asyncx_outcome outcome : outcomes()) {
            INFO(kind.name);
            std::unique_ptr<operation> one = kind.make_one();
            asyncx_awaiter awaiter = one->awaiter();
            probe waiter;
            REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
            REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, ASYNCX_USE_EXECUTOR));
            REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
            REQUIRE(waiter.runs == 0);
            one->end(outcome);
            REQUIRE(waiter.runs == 1);
            REQUIRE(asyncx_awaiter_get_status(awaiter) == asyncx_outcome_status(outcome));
            REQUIRE(asyncx_awaiter_get_result(awaiter) == outcome);
            REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
            REQUIRE(asyncx_awaiter_get_result(awaiter) == outcome);   /* not one-shot: MR-6, TC-11 */
            REQUIRE(waiter.runs == 1);
        }
}

TEST_CASE("registered after completion: on_completed says false and the continuation never runs (RC-3, MR-11)", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (asyncx_outcome outcome : outcomes()) {
            INFO(kind.name);
            std::unique_ptr<operation> one = kind.make_one();
            asyncx_awaiter awaiter = one->awaiter();
            asyncx_run_queue queue;
            asyncx_run_queue_init(&queue, nullptr);
            probe waiter(&queue.executor);
            one->end(outcome);
            if (!one->is_lazy())
                REQUIRE(asyncx_awaiter_get_status(awaiter) == asyncx_outcome_status(outcome));
            else
                REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
            if (!one->is_lazy())
                REQUIRE_FALSE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, ASYNCX_USE_EXECUTOR));
            else
                REQUIRE_FALSE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
            REQUIRE(asyncx_awaiter_get_result(awaiter) == outcome);
            REQUIRE_FALSE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
            REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
            REQUIRE(asyncx_awaiter_get_result(awaiter) == outcome);
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(waiter.runs == 0);
        }
}

TEST_CASE("withdrawn: true once, and the continuation is not resumed", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        INFO(kind.name);
        std::unique_ptr<operation> one = kind.make_one();
        asyncx_awaiter awaiter = one->awaiter();
        probe waiter, stranger;
        REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, ASYNCX_USE_EXECUTOR));
        REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &stranger.continuation));
        REQUIRE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
        REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
        REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(asyncx_awaiter_get_result(awaiter) == ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(waiter.runs == 0);
        REQUIRE(stranger.runs == 0);
    }
}

TEST_CASE("after a withdrawal the continuation may be registered again", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        INFO(kind.name);
        std::unique_ptr<operation> one = kind.make_one();
        asyncx_awaiter awaiter = one->awaiter();
        probe waiter;
        for (int i = 0; i < 3; i++) {
            REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
            REQUIRE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
        }
        REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
        one->end(asyncx_outcome_faulted(3));
        REQUIRE(waiter.runs == 1);
    }
}

TEST_CASE("ASYNCX_USE_EXECUTOR posts to the continuation's executor; without it the completing call runs it", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (bool captured : {true, false}) {
            INFO(kind.name << (captured ? ", captured" : ", not captured"));
            std::unique_ptr<operation> one = kind.make_one();
            if (one->is_lazy() || std::string(kind.name) == "awaiter of the user's own")
                continue;   /* see the next two tests */
            asyncx_run_queue queue;
            asyncx_run_queue_init(&queue, nullptr);
            probe waiter(&queue.executor);
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &waiter.continuation, captured ? use_executor : 0));
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(waiter.runs == (captured ? 0 : 1));
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(waiter.runs == 1);
        }
}

TEST_CASE("a registration without ASYNCX_USE_EXECUTOR does not spoil the next one with it", "[04]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    probe waiter(&queue.executor);
    completion_operation first, second;
    REQUIRE(asyncx_on_completed(&first.source, &waiter.continuation, 0));
    first.end(ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE(waiter.runs == 1);
    REQUIRE(asyncx_on_completed(&second.source, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    second.end(ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE(waiter.runs == 1);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(waiter.runs == 2);
}

TEST_CASE("a captured executor that is current resumes inline, not by another post (RC-9)", "[04]")
{
    static completion_operation *one;
    static probe *observed;
    static int runs_inside;
    completion_operation source;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    probe waiter(&queue.executor), completer;
    one = &source;
    observed = &waiter;
    runs_inside = -1;
    completer.continuation.resume = [](asyncx_continuation *) -> asyncx_continuation * {
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        runs_inside = observed->runs;
        return nullptr;
    };
    REQUIRE(asyncx_on_completed(&source.source, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    asyncx_post(&queue.executor, &completer.continuation);
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(runs_inside == 1);
}

TEST_CASE("an executor without is_current is always posted to", "[04]")
{
    struct keeping {
        asyncx_executor executor;
        asyncx_continuation *kept;
        static void post(asyncx_executor *executor, asyncx_continuation *continuation)
        {
            reinterpret_cast<keeping *>(executor)->kept = continuation;
        }
    };
    keeping mine = {{keeping::post, nullptr}, nullptr};
    completion_operation one;
    probe waiter(&mine.executor);
    REQUIRE(asyncx_on_completed(&one.source, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    one.end(ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE(waiter.runs == 0);
    REQUIRE(mine.kept == &waiter.continuation);
    asyncx_run(mine.kept);
    REQUIRE(waiter.runs == 1);
}

/* -- tasks that start when they are first awaited -- */

TEST_CASE("on_completed starts a call that was not started, inside the call, once", "[04]")
{
    call_operation one;
    probe first, second;
    REQUIRE(one.frame.starts == 0);
    REQUIRE(asyncx_on_completed(one.call, &first.continuation, 0));
    REQUIRE(one.frame.starts == 1);
    REQUIRE(asyncx_on_completed(one.call, &second.continuation, 0));
    REQUIRE(one.frame.starts == 1);
    one.end(ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 1);
    REQUIRE(one.frame.result == 42);
}

TEST_CASE("a call that completes as soon as on_completed starts it: false, with the result in place", "[04]")
{
    call_operation one;
    probe waiter;
    one.end(ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE(asyncx_status_of(one.call) == ASYNCX_PENDING);
    REQUIRE_FALSE(asyncx_on_completed(one.call, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE(one.frame.starts == 1);
    REQUIRE(asyncx_status_of(one.call) == ASYNCX_SUCCEEDED);
    REQUIRE(one.frame.result == 42);
    REQUIRE(waiter.runs == 0);
}

TEST_CASE("a call that on_completed starts runs on the executor of the continuation", "[04]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    call_operation one;
    probe waiter(&queue.executor);
    REQUIRE(asyncx_on_completed(one.call, &waiter.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE(one.frame.starts == 1);
    one.end(ASYNCX_OUTCOME_SUCCEEDED);          /* not on the queue: the task goes on there */
    REQUIRE(asyncx_status_of(&one.frame) == ASYNCX_PENDING);
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue));
    REQUIRE(asyncx_status_of(&one.frame) == ASYNCX_SUCCEEDED);
    REQUIRE(waiter.runs == 1);                  /* completed on the queue: inline there */
}

/* -- awaiters of the user's own -- */

TEST_CASE("the library hands an awaiter's token to all four functions as it is", "[04]")
{
    pin custom;
    probe waiter;
    pin_init(&custom);
    asyncx_awaiter awaiter = asyncx_awaiter_of(&custom.awaitable, 12345);
    REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
    REQUIRE(custom.token == 12345);
    custom.token = 0;
    REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
    REQUIRE(custom.token == 12345);
    custom.token = 0;
    REQUIRE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
    REQUIRE(custom.token == 12345);
    custom.token = 0;
    custom.outcome = ASYNCX_OUTCOME_CANCELED;
    REQUIRE(asyncx_awaiter_get_result(awaiter) == ASYNCX_OUTCOME_CANCELED);
    REQUIRE(custom.token == 12345);
}

namespace {

struct awaits_pin {
    ASYNC_FRAME(void);
    pin *custom;
    asyncx_token token;
    int way, passed;
};
static ASYNC(awaits_pin)
{
    ASYNC_BEGIN();
    if (self->way == 0)
        AWAIT(self->custom);
    else if (self->way == 1)
        AWAIT(asyncx_configure_await(self->custom, 0));
    else if (self->way == 2)
        AWAIT(asyncx_configure_await(self->custom, ASYNCX_USE_EXECUTOR));
    else if (self->way == 3)
        AWAIT(asyncx_configure_await(self->custom, ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT));
    else
        AWAIT(asyncx_awaiter_of(&self->custom->awaitable, self->token));
    self->passed = 1;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("AWAIT asks for the executor; asyncx_configure_await says what is asked (VT-7)", "[04]")
{
    const unsigned int expected[] = {use_executor, 0, use_executor, use_executor, use_executor};
    for (int way = 0; way < 5; way++) {
        pin custom;
        awaits_pin frame = awaits_pin();
        pin_init(&custom);
        asyncx_start(ASYNC_CALL(awaits_pin, &frame, .custom = &custom, .token = 99, .way = way));
        REQUIRE(custom.registrations == 1);
        REQUIRE((custom.flags & ASYNCX_USE_EXECUTOR) == expected[way]);
        REQUIRE(custom.token == (way == 4 ? 99u : 0u));
        REQUIRE(custom.results == 0);
        pin_set(&custom, ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(frame.passed == 1);
        REQUIRE(custom.results == 1);   /* asked once for each await */
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    }
}

TEST_CASE("AWAIT of a user's awaiter that is complete does not register", "[04]")
{
    for (int way = 0; way < 5; way++) {
        pin custom;
        awaits_pin frame = awaits_pin();
        pin_init(&custom);
        custom.outcome = asyncx_outcome_faulted(5);
        asyncx_start(ASYNC_CALL(awaits_pin, &frame, .custom = &custom, .token = 0, .way = way));
        REQUIRE(custom.registrations == 0);
        REQUIRE(custom.results == 1);
        REQUIRE(frame.passed == 0);
        REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_faulted(5));
    }
}

TEST_CASE("AWAIT goes on without suspending when a user's awaiter completes between status and registration", "[04]")
{
    /* get_status says pending, on_completed says false. */
    static const asyncx_awaiter_ops late_ops = {
        [](asyncx_awaitable *, asyncx_token) { return ASYNCX_PENDING; },
        [](asyncx_awaitable *, asyncx_token, asyncx_continuation *, unsigned int) { return false; }, pin_get_result,
        pin_withdraw};
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    for (int way = 0; way < 5; way++)
        for (asyncx_executor *executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor}) {
            pin custom;
            awaits_pin frame = awaits_pin();
            pin_init(&custom);
            custom.awaitable.ops = &late_ops;
            custom.outcome = ASYNCX_OUTCOME_SUCCEEDED;
            asyncx_start_on(ASYNC_CALL(awaits_pin, &frame, .custom = &custom, .token = 0, .way = way), executor);
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(frame.passed == 1);
            REQUIRE(custom.results == 1);
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        }
}

#if ASYNCX_CHECKS
TEST_CASE("an awaitable without its table trips UNINITIALISED and counts as canceled", "[04]")
{
    pin custom = pin();
    probe waiter;
    asyncx_awaiter awaiter = asyncx_get_awaiter(&custom);
    asyncx_status status = ASYNCX_PENDING;
    asyncx_outcome outcome = 0;
    bool kept = true;
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, status = asyncx_awaiter_get_status(awaiter));
    REQUIRE(status == ASYNCX_CANCELED);
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, kept = asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
    REQUIRE_FALSE(kept);
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, outcome = asyncx_awaiter_get_result(awaiter));
    REQUIRE(outcome == ASYNCX_OUTCOME_CANCELED);
    REQUIRE_FALSE(asyncx_awaiter_withdraw(awaiter, &waiter.continuation));
    awaits_pin frame = awaits_pin();
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED,
                   asyncx_start(ASYNC_CALL(awaits_pin, &frame, .custom = &custom, .token = 0, .way = 0)));
    REQUIRE(frame.passed == 0);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
    REQUIRE(waiter.runs == 0);
}

TEST_CASE("get_result before completion trips, and changes nothing (MR-5)", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        INFO(kind.name);
        if (std::string(kind.name) == "awaiter of the user's own")
            continue;   /* that one answers as it likes */
        std::unique_ptr<operation> one = kind.make_one();
        asyncx_awaiter awaiter = one->awaiter();
        asyncx_outcome outcome = 1;
        probe waiter;
        REQUIRE_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, outcome = asyncx_awaiter_get_result(awaiter));
        REQUIRE(asyncx_outcome_status(outcome) == ASYNCX_PENDING);
        REQUIRE(asyncx_awaiter_on_completed(awaiter, &waiter.continuation, 0));
        REQUIRE_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, outcome = asyncx_awaiter_get_result(awaiter));
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(waiter.runs == 1);
    }
}
#endif

TEST_CASE("unknown flags are ignored (MR-10)", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        INFO(kind.name);
        std::unique_ptr<operation> one = kind.make_one();
        probe first, second;
        testing_misuses = 0;
        REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &first.continuation, ~0u));
        if (one->serves_many())
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &second.continuation, ~0u));
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(first.runs == 1);
        REQUIRE(second.runs == (one->serves_many() ? 1 : 0));
        REQUIRE(testing_misuses == 0);
    }
}

/* -- several waiters: order, and withdrawing from the middle -- */

TEST_CASE("waiters run in the order of their registration", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        std::unique_ptr<operation> one = kind.make_one();
        if (!one->serves_many())
            continue;
        INFO(kind.name);
        std::vector<int> log, expected;
        std::vector<std::unique_ptr<probe>> waiters;
        for (int i = 0; i < 10; i++) {
            waiters.emplace_back(new probe(i, &log));
            expected.push_back(i);
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &waiters.back()->continuation, 0));
        }
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(log == expected);
    }
}

TEST_CASE("any waiter can be withdrawn from among others; the rest keep their order", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (size_t gone = 0; gone < 5; gone++) {
            std::unique_ptr<operation> one = kind.make_one();
            if (!one->serves_many())
                continue;
            INFO(kind.name << ", without waiter " << gone);
            std::vector<int> log, expected;
            std::vector<std::unique_ptr<probe>> waiters;
            for (int i = 0; i < 5; i++) {
                waiters.emplace_back(new probe(i, &log));
                REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &waiters.back()->continuation, 0));
                if (static_cast<size_t>(i) != gone)
                    expected.push_back(i);
            }
            REQUIRE(asyncx_awaiter_withdraw(one->awaiter(), &waiters[gone]->continuation));
            REQUIRE_FALSE(asyncx_awaiter_withdraw(one->awaiter(), &waiters[gone]->continuation));
            waiters.emplace_back(new probe(5, &log));
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &waiters.back()->continuation, 0));
            expected.push_back(5);
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(log == expected);
        }
}

TEST_CASE("withdrawing the only waiter, with or without an executor, leaves the operation usable", "[04]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    for (const kind_of_operation &kind : kinds)
        for (asyncx_executor *executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor}) {
            INFO(kind.name);
            std::unique_ptr<operation> one = kind.make_one();
            probe gone(executor), stays;
            if (one->is_lazy() && executor)
                continue;   /* it would run on that executor */
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &gone.continuation, ASYNCX_USE_EXECUTOR));
            REQUIRE(asyncx_awaiter_withdraw(one->awaiter(), &gone.continuation));
            REQUIRE(asyncx_awaiter_on_completed(one->awaiter(), &stays.continuation, ASYNCX_USE_EXECUTOR));
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(gone.runs == 0);
            REQUIRE(stays.runs == 1);
        }
}

/* -- asyncx_yield and asyncx_suspend as awaiters -- */

TEST_CASE("through the protocol, asyncx_yield is pending until it posted the continuation (YA-1, YA-4)", "[04]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    probe on_queue(&queue.executor), nowhere;
    REQUIRE(asyncx_status_of(asyncx_yield()) == ASYNCX_PENDING);
    REQUIRE(asyncx_on_completed(asyncx_yield(), &on_queue.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE(on_queue.runs == 0);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(on_queue.runs == 1);
    REQUIRE_FALSE(asyncx_withdraw(asyncx_yield(), &on_queue.continuation));
    REQUIRE(asyncx_on_completed(asyncx_yield(), &nowhere.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE(nowhere.runs == 0);   /* no executor: resumed by hand */
    REQUIRE(asyncx_outcome_of(asyncx_yield()) == ASYNCX_OUTCOME_SUCCEEDED);
}

TEST_CASE("through the protocol, asyncx_suspend keeps the continuation for the hand that resumes it", "[04]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    probe waiter(&queue.executor);
    REQUIRE(asyncx_status_of(asyncx_suspend()) == ASYNCX_PENDING);
    REQUIRE(asyncx_on_completed(asyncx_suspend(), &waiter.continuation, ASYNCX_USE_EXECUTOR));
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(waiter.runs == 0);
    REQUIRE(asyncx_withdraw(asyncx_suspend(), &waiter.continuation));
    REQUIRE(asyncx_outcome_of(asyncx_suspend()) == ASYNCX_OUTCOME_SUCCEEDED);
}

/* -- asyncx_release: what an awaiter of one's own calls -- */

TEST_CASE("asyncx_release runs inline or posts, as a library's source would", "[04]")
{
    asyncx_run_queue own, fallback;
    asyncx_run_queue_init(&own, nullptr);
    asyncx_run_queue_init(&fallback, nullptr);
    probe free_one, bound(&own.executor);

    asyncx_release(&free_one.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    REQUIRE(free_one.runs == 1);
    asyncx_release(&free_one.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, &fallback.executor);
    REQUIRE(free_one.runs == 2);   /* a place to fall back on alone posts nothing */
    asyncx_release(&free_one.continuation, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &fallback.executor);
    REQUIRE(free_one.runs == 2);
    asyncx_run_queue_run_until_idle(&fallback);
    REQUIRE(free_one.runs == 3);

    asyncx_release(&bound.continuation, ASYNCX_RUN_CONTINUATIONS_INLINE, &fallback.executor);
    asyncx_run_queue_run_until_idle(&fallback);
    REQUIRE(bound.runs == 0);
    asyncx_run_queue_run_until_idle(&own);
    REQUIRE(bound.runs == 1);
    asyncx_release(&bound.continuation, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &fallback.executor);
    asyncx_run_queue_run_until_idle(&fallback);
    REQUIRE(bound.runs == 1);      /* its own executor comes first (RC-16) */
    asyncx_run_queue_run_until_idle(&own);
    REQUIRE(bound.runs == 2);
}

#if ASYNCX_CHECKS
TEST_CASE("asyncx_release trips when it must post and there is nowhere to", "[04]")
{
    probe waiter;
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR,
                   asyncx_release(&waiter.continuation, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, nullptr));
    REQUIRE(waiter.runs == 0);
}
#endif

/* -- asyncx_configure_await: where the awaiting task goes on -- */

namespace {

/* Awaits whatever it is given, configured as it is told; then awaits `second` plainly. */
struct configured {
    ASYNC_FRAME(void);
    asyncx_awaiter what;
    unsigned int flags;
    asyncx_completion_source *second;
    int steps;
};
static ASYNC(configured)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(self->what, self->flags));
    self->steps = 1;
    AWAIT(self->second);
    self->steps = 2;
    ASYNC_END();
}

}   /* namespace */

TEST_CASE("with ASYNCX_USE_EXECUTOR a task goes on on its executor, without it where the operation completes", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (bool captured : {true, false}) {
            INFO(kind.name << (captured ? ", captured" : ", not captured"));
            std::unique_ptr<operation> one = kind.make_one();
            if (one->is_lazy())
                continue;   /* a task that the await starts runs where the awaiting one runs: next test */
            completion_operation second;
            asyncx_run_queue queue;
            asyncx_run_queue_init(&queue, nullptr);
            configured frame = configured();
            asyncx_start_on(ASYNC_CALL(configured, &frame, .what = one->awaiter(),
                                       .flags = captured ? use_executor : 0u, .second = &second.source),
                            &queue.executor);
            REQUIRE(frame.steps == 0);
            asyncx_run_queue_run_until_idle(&queue);
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(frame.steps == (captured ? 0 : 1));
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(frame.steps == 1);
            second.end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(frame.steps == 1);   /* the flag was for one await: this one captures again */
            asyncx_run_queue_run_until_idle(&queue);
            REQUIRE(frame.steps == 2);
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        }
}

TEST_CASE("a configured await of an operation that is complete goes on at once", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (unsigned int flags : {0u, use_executor}) {
            INFO(kind.name);
            std::unique_ptr<operation> one = kind.make_one();
            completion_operation second;
            asyncx_run_queue queue;
            asyncx_run_queue_init(&queue, nullptr);
            configured frame = configured();
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            second.end(ASYNCX_OUTCOME_SUCCEEDED);
            asyncx_start_on(ASYNC_CALL(configured, &frame, .what = one->awaiter(), .flags = flags,
                                       .second = &second.source),
                            &queue.executor);
            REQUIRE(asyncx_run_queue_run_one(&queue));
            REQUIRE(frame.steps == 2);
            REQUIRE_FALSE(asyncx_run_queue_run_one(&queue));
        }
}

TEST_CASE("a configured await starts a call as a plain one does", "[04]")
{
    for (unsigned int flags : {0u, use_executor}) {
        call_operation one;
        completion_operation second;
        configured frame = configured();
        second.end(ASYNCX_OUTCOME_SUCCEEDED);
        asyncx_start(ASYNC_CALL(configured, &frame, .what = asyncx_get_awaiter(one.call), .flags = flags,
                                .second = &second.source));
        REQUIRE(one.frame.starts == 1);
        REQUIRE(frame.steps == 0);
        one.end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(frame.steps == 2);
    }
}

TEST_CASE("without an executor the flags of a configured await change nothing", "[04]")
{
    for (const kind_of_operation &kind : kinds)
        for (unsigned int flags : {0u, use_executor}) {
            INFO(kind.name);
            std::unique_ptr<operation> one = kind.make_one();
            completion_operation second;
            configured frame = configured();
            asyncx_start(
                ASYNC_CALL(configured, &frame, .what = one->awaiter(), .flags = flags, .second = &second.source));
            REQUIRE(frame.steps == 0);
            one->end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(frame.steps == 1);
            second.end(ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(frame.steps == 2);
        }
}

TEST_CASE("unknown flags of asyncx_configure_await are ignored (MR-10)", "[04]")
{
    for (const kind_of_operation &kind : kinds) {
        INFO(kind.name);
        std::unique_ptr<operation> one = kind.make_one();
        completion_operation second;
        configured first_frame = configured(), second_frame = configured();
        testing_misuses = 0;
        asyncx_start(
            ASYNC_CALL(configured, &first_frame, .what = one->awaiter(), .flags = ~0u, .second = &second.source));
        if (one->serves_many())
            asyncx_start(
                ASYNC_CALL(configured, &second_frame, .what = one->awaiter(), .flags = ~0u, .second = &second.source));
        REQUIRE(testing_misuses == 0);
        one->end(ASYNCX_OUTCOME_SUCCEEDED);
        REQUIRE(first_frame.steps == 1);
        REQUIRE(second_frame.steps == (one->serves_many() ? 1 : 0));
        second.end(ASYNCX_OUTCOME_SUCCEEDED);
    }
}

#if !ASYNCX_SINGLE_THREADED

/* -- threads -- */

namespace {

/* Runs one function on each of several threads, all at once, round after round. */
class rounds {
public:
    explicit rounds(std::vector<std::function<void()>> functions)
        : functions_(functions), round_(0), done_(0), stop_(false)
    {
        for (std::function<void()> &each : functions_)
            threads_.emplace_back([this, &each] {
                for (int seen = 0;;) {
                    while (round_.load() == seen) {
                        if (stop_)
                            return;
                        std::this_thread::yield();
                    }
                    seen++;
                    each();
                    done_++;
                }
            });
    }
    ~rounds()
    {
        stop_ = true;
        for (std::thread &each : threads_)
            each.join();
    }
    void run()
    {
        done_ = 0;
        round_++;
        while (done_.load() != static_cast<int>(threads_.size()))
            std::this_thread::yield();
    }

private:
    std::vector<std::function<void()>> functions_;
    std::vector<std::thread> threads_;
    std::atomic<int> round_, done_;
    std::atomic<bool> stop_;
};

struct atomic_probe {
    asyncx_continuation continuation;
    std::atomic<int> runs;
    std::atomic<int> *order;
    int position;

    void reset(std::atomic<int> *shared_order)
    {
        asyncx_continuation_init(&continuation, run, nullptr);
        runs = 0;
        order = shared_order;
        position = -1;
    }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        atomic_probe *self = reinterpret_cast<atomic_probe *>(continuation);
        self->position = self->order->fetch_add(1);
        self->runs++;
        return nullptr;
    }
};

}   /* namespace */

TEST_CASE("registration races completion: resumed once, or on_completed says false", "[04][threads]")
{
    asyncx_completion_source source;
    atomic_probe waiters[2];
    bool kept[2];
    std::atomic<int> order;
    rounds race({[&] { kept[0] = asyncx_on_completed(&source, &waiters[0].continuation, 0); },
                 [&] { kept[1] = asyncx_on_completed(&source, &waiters[1].continuation, 0); },
                 [&] { asyncx_set_result(&source); }});
    int wrong = 0, late = 0;
    for (int i = 0; i < 3000; i++) {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        order = 0;
        waiters[0].reset(&order);
        waiters[1].reset(&order);
        race.run();
        for (int w = 0; w < 2; w++) {
            wrong += waiters[w].runs != (kept[w] ? 1 : 0);
            late += !kept[w];
        }
    }
    REQUIRE(wrong == 0);
    INFO("late registrations: " << late);
}

TEST_CASE("withdrawal races completion: exactly one of them has the continuation", "[04][threads]")
{
    asyncx_completion_source source;
    atomic_probe waiter;
    bool withdrawn = false;
    std::atomic<int> order;
    rounds race({[&] { withdrawn = asyncx_withdraw(&source, &waiter.continuation); },
                 [&] { asyncx_set_result(&source); }});
    int wrong = 0;
    for (int i = 0; i < 3000; i++) {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        order = 0;
        waiter.reset(&order);
        if (!asyncx_on_completed(&source, &waiter.continuation, 0))
            wrong++;
        race.run();
        wrong += waiter.runs != (withdrawn ? 0 : 1);
    }
    REQUIRE(wrong == 0);
}

TEST_CASE("withdrawals, registrations and completion race on one list: nobody is lost, run twice or overtaken",
          "[04][threads]")
{
    /* The list is long, so that to unlink an old waiter takes time enough for the others to come in between. */
    const size_t old_ones = 5000, new_ones = 300, each_withdraws = 20;
    asyncx_completion_source source;
    std::vector<atomic_probe> waiters(old_ones + new_ones);
    std::vector<int> kept(old_ones + new_ones), withdrawn(old_ones + new_ones);
    std::atomic<int> order, progress;
    int complete_at = 0;
    auto take_back = [&](size_t i) {
        withdrawn[i] = asyncx_withdraw(&source, &waiters[i].continuation);
        progress++;
    };
    rounds race({[&] {
                     for (size_t i = 0; i < each_withdraws; i++)
                         take_back(2 * i);
                 },
                 [&] {
                     for (size_t i = 0; i < each_withdraws; i++)
                         take_back(2 * i + 1);
                 },
                 [&] {
                     for (size_t i = old_ones; i < old_ones + new_ones; i++) {
                         kept[i] = asyncx_on_completed(&source, &waiters[i].continuation, 0);
                         if (i % 50 == 0 && kept[i])
                             take_back(i);
                     }
                     progress += static_cast<int>(2 * each_withdraws);
                 },
                 [&] {
                     while (progress.load() < complete_at)
                         std::this_thread::yield();
                     asyncx_set_result(&source);
                 }});
    int wrong = 0, overtaken = 0;
    for (int round = 0; round < 80; round++) {
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        order = progress = 0;
        complete_at = round % static_cast<int>(2 * each_withdraws);
        for (size_t i = 0; i < waiters.size(); i++) {
            waiters[i].reset(&order);
            kept[i] = withdrawn[i] = 0;
            if (i < old_ones)
                kept[i] = asyncx_on_completed(&source, &waiters[i].continuation, 0);
        }
        race.run();
        int last = -1;
        for (size_t i = 0; i < waiters.size(); i++) {
            wrong += waiters[i].runs != (kept[i] && !withdrawn[i] ? 1 : 0);
            if (waiters[i].runs == 0 || i >= old_ones)
                continue;
            overtaken += waiters[i].position < last;
            last = waiters[i].position;
        }
    }
    REQUIRE(wrong == 0);
    REQUIRE(overtaken == 0);
}

#if defined(__unix__)
namespace {

/* What the signal handler completes, once for each time it is set. */
std::atomic<asyncx_completion_source *> completed_by_signal(nullptr);
std::atomic<int> signals_seen(0);

extern "C" void complete_in_handler(int)
{
    asyncx_completion_source *source = completed_by_signal.exchange(nullptr);
    signals_seen++;
    if (source)
        asyncx_set_result(source);
}

}   /* namespace */

TEST_CASE("a signal handler that completes in the midst of a withdrawal neither waits for it nor loses anybody",
          "[04][signals]")
{
    const size_t count = 3000;
    std::vector<atomic_probe> waiters(count);
    asyncx_completion_source source;
    std::atomic<int> order;
    std::atomic<bool> stop(false);
    struct sigaction action = {}, before;
    action.sa_handler = complete_in_handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, &before);
    pthread_t target = pthread_self();
    std::thread sender([target, &stop] {
        while (!stop) {
            pthread_kill(target, SIGUSR1);
            std::this_thread::sleep_for(std::chrono::microseconds(20));
        }
    });
    int wrong = 0;
    for (int round = 0; round < 60; round++) {
        std::vector<int> withdrawn(count);
        asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        order = 0;
        for (atomic_probe &each : waiters) {
            each.reset(&order);
            if (!asyncx_on_completed(&source, &each.continuation, 0))
                wrong++;
        }
        completed_by_signal = &source;
        for (size_t i = 0; i < count && (completed_by_signal || i < 3); i++)
            withdrawn[i] = asyncx_withdraw(&source, &waiters[i].continuation);   /* the deepest in the list */
        while (completed_by_signal)
            std::this_thread::yield();
        for (size_t i = 0; i < count; i++)
            wrong += waiters[i].runs != (withdrawn[i] ? 0 : 1);
    }
    stop = true;
    sender.join();
    sigaction(SIGUSR1, &before, nullptr);
    REQUIRE(wrong == 0);
    REQUIRE(signals_seen >= 60);
}
#endif

TEST_CASE("a status that is final on one thread comes with the result on every thread (MR-9)", "[04][threads]")
{
    int_value_source source;
    asyncx_value_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    int value = 0, wrong = 0;
    std::atomic<int> sum(0);
    auto watch = [&] {
        asyncx_awaiter awaiter = asyncx_get_awaiter(&source);
        while (asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING)
            std::this_thread::yield();
        sum += source.result;
    };
    rounds race({watch, watch, [&] { asyncx_set_result(&source, value); }});
    for (value = 1; value <= 3000; value++) {
        sum = 0;
        race.run();
        wrong += sum != 2 * value;
        asyncx_value_source_reset(&source);
    }
    REQUIRE(wrong == 0);
}

#endif
