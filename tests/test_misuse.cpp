/* Every tripwire of ASYNCX_MISUSE_LIST: it fires once, names the object, and leaves the object as it was.
 *
 * For each entry CODE of the list there is a function trip_CODE below: the table at the end is made from the list, so
 * that an entry without its function does not compile. */
#include "probe.h"

#include <memory>
#include <string>

namespace {

const unsigned int inline_flag = ASYNCX_RUN_CONTINUATIONS_INLINE;
const unsigned int asynchronous_flag = ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY;

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(int) int_value_source;

/* Awaits a source; can be told to resume itself. */
typedef struct {
    ASYNC_FRAME(int);
    asyncx_completion_source *source;
    bool resumes_itself;
} waits;

ASYNC(waits)
{
    ASYNC_BEGIN();
    if (self->resumes_itself)
        asyncx_run_task(self);
    AWAIT(self->source);
    ASYNC_RETURN(1);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(void);
    asyncx_completion_source *source;
    int cleaned;
} waits_finally;

ASYNC(waits_finally)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
ASYNC_FINALLY:
    self->cleaned++;
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    waits *other;
    asyncx_outcome outcome;
} calls_other;

ASYNC(calls_other)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, ASYNC_CALL(waits, self->other, .resumes_itself = true));
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    int error;
} fails;

ASYNC(fails)
{
    ASYNC_BEGIN();
    ASYNC_FAIL(self->error);
    ASYNC_END();
}

/* Something that implements the protocol, before somebody has set its table. */
struct pin {
    asyncx_awaitable awaitable;
};

typedef struct {
    ASYNC_FRAME(void);
    pin *awaited;
    asyncx_outcome outcome;
} waits_for_pin;

ASYNC(waits_for_pin)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->awaited);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_task task;
    asyncx_outcome outcome;
} waits_for_value;

ASYNC(waits_for_value)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->task);
    ASYNC_END();
}

void trip_ALREADY_COMPLETED()
{
    int_source source;
    asyncx_completion_source plain;
    int_value_source versioned;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_completion_source_init(&plain, inline_flag, nullptr);
    asyncx_value_source_init(&versioned, inline_flag, nullptr);
    asyncx_set_result(&source, 1);
    asyncx_set_error(&plain, 2);
    asyncx_set_canceled(&versioned);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_result(&source, 2));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_error(&source, 2));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_canceled(&source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, plain, asyncx_set_result(&plain));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, versioned, asyncx_set_result(&versioned, 3));
    REQUIRE(source.result == 1);
}

void trip_STALE_TOKEN()
{
    int_value_source source;
    probe waiter;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_value_task stale = asyncx_value_source_task(&source);
    asyncx_value_source_reset(&source);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source, (void)asyncx_status_of(stale));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source, REQUIRE_FALSE(asyncx_on_completed(stale, &waiter, 0)));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source, (void)asyncx_outcome_of(stale));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source, REQUIRE_FALSE(asyncx_withdraw(stale, &waiter)));
}

void trip_RESULT_BEFORE_COMPLETION()
{
    asyncx_completion_source source;
    int_value_source versioned;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_value_source_init(&versioned, inline_flag, nullptr);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, source, REQUIRE(asyncx_outcome_of(&source) == 0));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, versioned, (void)asyncx_outcome_of(&versioned));

    /* A task resumed by somebody who is not what it waits for stays where it is, and completes as it should. */
    waits frame = {};
    asyncx_start(ASYNC_CALL(waits, &frame, .source = &source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, frame, (void)asyncx_outcome_of(&frame));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, frame, asyncx_run_task(&frame));
    waits_finally cleans = {};
    asyncx_start(ASYNC_CALL(waits_finally, &cleans, .source = &source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, cleans, asyncx_run_task(&cleans));
    waits_for_value values = {};
    asyncx_start(ASYNC_CALL(waits_for_value, &values, .task = asyncx_value_source_task(&versioned)));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, values, asyncx_run_task(&values));
    asyncx_set_result(&source);
    asyncx_set_result(&versioned, 1);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_status_of(&cleans) == ASYNCX_SUCCEEDED);
    REQUIRE(cleans.cleaned == 1);
    REQUIRE(values.outcome == ASYNCX_OUTCOME_SUCCEEDED);
}

void trip_SECOND_CONTINUATION()
{
    int_value_source source;
    probe first, second;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &first, 0));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_SECOND_CONTINUATION, source,
                      REQUIRE_FALSE(asyncx_on_completed(&source, &second, 0)));
    asyncx_set_result(&source, 1);
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 0);
}

void trip_RESET_WHILE_AWAITED()
{
    int_value_source source;
    probe waiter;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESET_WHILE_AWAITED, source, asyncx_value_source_reset(&source));
    asyncx_set_result(&source, 1);
    REQUIRE(waiter.runs == 1);
}

void trip_FRAME_IN_USE()
{
    asyncx_completion_source source, other;
    waits frame = {};
    calls_other caller = {};
    probe then;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_completion_source_init(&other, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(waits, &frame, .source = &source));
    /* Its parameters stay as they are, too. */
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_FRAME_IN_USE, frame, asyncx_start(ASYNC_CALL(waits, &frame, .source = &other)));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_FRAME_IN_USE, frame,
                      asyncx_start_then(ASYNC_CALL(waits, &frame, .source = &other), nullptr, &then));
    REQUIRE_MISUSE(ASYNCX_MISUSE_FRAME_IN_USE, asyncx_start(ASYNC_CALL(calls_other, &caller, .other = &frame)));
    REQUIRE(testing_last_object == &frame);
    REQUIRE_FALSE(frame.resumes_itself);
    asyncx_set_result(&source);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_status_of(&caller) == ASYNCX_SUCCEEDED);
    REQUIRE(then.runs == 0);

    /* One call is started once. */
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_call call = ASYNC_CALL(waits, &frame, .source = &source);
    asyncx_start(call);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_FRAME_IN_USE, frame, asyncx_start(call));
    asyncx_set_result(&source);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_FRAME_IN_USE, frame, asyncx_start(call));

    /* A frame that was never zeroed. */
    waits unzeroed;
    std::memset(static_cast<void *>(&unzeroed), 0xA5, sizeof(unzeroed));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_FRAME_IN_USE, unzeroed, asyncx_start(ASYNC_CALL(waits, &unzeroed)));
}

void trip_DESTROYED_IN_USE()
{
    asyncx_completion_source source, two_waiters;
    int_value_source versioned;
    waits frame = {};
    probe waiter, first, second;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_completion_source_init(&two_waiters, inline_flag, nullptr);
    asyncx_value_source_init(&versioned, inline_flag, nullptr);

    asyncx_frame_destroy(&frame);
    asyncx_completion_source_destroy(&source);
    asyncx_value_source_destroy(&versioned);
    REQUIRE(testing_misuses == 0);

    asyncx_call call = ASYNC_CALL(waits, &frame, .source = &source);
    asyncx_frame_destroy(&frame);   /* called, not started: nobody knows it yet */
    REQUIRE(testing_misuses == 0);
    asyncx_start(call);
    REQUIRE(asyncx_on_completed(&versioned, &waiter, 0));
    REQUIRE(asyncx_on_completed(&two_waiters, &first, 0));
    REQUIRE(asyncx_on_completed(&two_waiters, &second, 0));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_DESTROYED_IN_USE, frame, asyncx_frame_destroy(&frame));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_DESTROYED_IN_USE, source, asyncx_completion_source_destroy(&source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_DESTROYED_IN_USE, two_waiters, asyncx_completion_source_destroy(&two_waiters));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_DESTROYED_IN_USE, versioned, asyncx_value_source_destroy(&versioned));

    asyncx_set_result(&source);
    asyncx_set_result(&two_waiters);
    asyncx_set_result(&versioned, 1);
    asyncx_frame_destroy(&frame);
    asyncx_completion_source_destroy(&source);
    asyncx_completion_source_destroy(&two_waiters);
    asyncx_value_source_destroy(&versioned);
    REQUIRE(testing_misuses == 0);
}

void trip_RESUMED_WHILE_RUNNING()
{
    asyncx_completion_source source;
    waits frame = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESUMED_WHILE_RUNNING,
                   asyncx_start(ASYNC_CALL(waits, &frame, .source = &source, .resumes_itself = true)));
    REQUIRE(testing_last_object == &frame);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    asyncx_set_result(&source);
    REQUIRE(frame.result == 1);
}

void trip_RESUMED_AFTER_COMPLETION()
{
    asyncx_completion_source source;
    waits frame = {};
    waits_finally cleans = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_set_result(&source);
    asyncx_start(ASYNC_CALL(waits, &frame, .source = &source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION, frame, asyncx_run_task(&frame));
    asyncx_start(ASYNC_CALL(waits_finally, &cleans, .source = &source));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION, cleans, asyncx_run_task(&cleans));
    REQUIRE(cleans.cleaned == 1);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    /* It may be called again. */
    asyncx_start(ASYNC_CALL(waits, &frame, .source = &source));
    REQUIRE(frame.result == 1);
}

void trip_UNKNOWN_RESUME_POINT()
{
#if !ASYNCX_COMPUTED_GOTO   /* computed goto cannot check */
    asyncx_completion_source source;
    waits frame = {};
    waits_finally cleans = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(waits, &frame, .source = &source));
    asyncx_start(ASYNC_CALL(waits_finally, &cleans, .source = &source));
    asyncx_state state = frame.awaitable.task.state;
    for (asyncx_state overwritten : {static_cast<asyncx_state>(0x5A5A), static_cast<asyncx_state>(-1)}) {
        frame.awaitable.task.state = overwritten;
        cleans.awaitable.task.state = overwritten;
        REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNKNOWN_RESUME_POINT, frame, asyncx_run_task(&frame));
        REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNKNOWN_RESUME_POINT, cleans, asyncx_run_task(&cleans));
    }
    frame.awaitable.task.state = state;
    cleans.awaitable.task.state = state;
    asyncx_set_result(&source);
    REQUIRE(frame.result == 1);
    REQUIRE(cleans.cleaned == 1);
#endif
}

void trip_MISSING_EXECUTOR()
{
    /* An asynchronous source needs one; without it, it is an inline source. */
    asyncx_completion_source source = {};
    int_value_source versioned = {};
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_completion_source_init(&source, asynchronous_flag, nullptr));
    REQUIRE(testing_last_object == &source);
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_value_source_init(&versioned, asynchronous_flag, nullptr));
    REQUIRE(snapshot(&versioned, sizeof(versioned)).contains(testing_last_object));
    probe waiter;
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE(asyncx_on_completed(&versioned, &waiter, 0));
    REQUIRE(asyncx_withdraw(&versioned, &waiter));

    probe lost;
    asyncx_continuation *posted = &lost;
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_post(nullptr, posted));
    REQUIRE(testing_last_object == posted);
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_release(posted, asynchronous_flag, nullptr));
    REQUIRE(testing_last_object == posted);
    REQUIRE(lost.runs == 0);
}

void trip_UNINITIALISED()
{
    asyncx_executor executor = {};
    probe continuation;
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, executor, asyncx_post(&executor, &continuation));

    asyncx_run_queue queue;
    std::memset(static_cast<void *>(&queue), 0, sizeof(queue));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, queue, asyncx_post(&queue.executor, &continuation));
    REQUIRE(continuation.runs == 0);

    pin unset = {};
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, unset, REQUIRE(asyncx_status_of(&unset) == ASYNCX_CANCELED));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, unset,
                      REQUIRE(asyncx_outcome_of(&unset) == ASYNCX_OUTCOME_CANCELED));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, unset, REQUIRE_FALSE(asyncx_on_completed(&unset, &continuation, 0)));
    REQUIRE_FALSE(asyncx_withdraw(&unset, &continuation));
    waits_for_pin frame = {};
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, unset,
                      asyncx_start(ASYNC_CALL(waits_for_pin, &frame, .awaited = &unset)));
    REQUIRE(frame.outcome == ASYNCX_OUTCOME_CANCELED);

    int_value_source versioned;
    std::memset(static_cast<void *>(&versioned), 0, sizeof(versioned));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_UNINITIALISED, versioned, asyncx_value_source_reset(&versioned));
    waits_for_value values = {};
    REQUIRE_MISUSE_OF(
        ASYNCX_MISUSE_UNINITIALISED, versioned,
        asyncx_start(ASYNC_CALL(waits_for_value, &values, .task = asyncx_value_source_task(&versioned))));
    REQUIRE(values.outcome == ASYNCX_OUTCOME_CANCELED);
}

void trip_BAD_ERROR()
{
    /* The operation ends all the same, with the largest code: nobody waits for ever for a wrong number. */
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR,
                   REQUIRE(asyncx_outcome_error(asyncx_outcome_faulted(0)) == ASYNCX_ERROR_MAX));
#if UINTPTR_MAX <= 0xFFFFFFFF
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, (void)asyncx_outcome_faulted((int)ASYNCX_ERROR_MAX + 1));
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, (void)asyncx_outcome_faulted((int)ASYNCX_ERROR_MIN - 1));
#endif
    int_source source;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, asyncx_set_error(&source, 0));
    REQUIRE(asyncx_status_of(&source) == ASYNCX_FAULTED);
    REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&source)) == ASYNCX_ERROR_MAX);
    fails frame = {};
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, asyncx_start(ASYNC_CALL(fails, &frame, .error = 0)));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_FAULTED);

    /* The argument is checked before the state (TC-5), and a completed source stays as it is. */
    snapshot before(&source, sizeof(source));
    REQUIRE_MISUSE(ASYNCX_MISUSE_BAD_ERROR, REQUIRE_FALSE(asyncx_try_set_error(&source, 0)));
    REQUIRE(before.is_unchanged());
}

void trip_SECOND_OWNER()
{
#if !ASYNCX_SINGLE_THREADED   /* one thread cannot be two */
    asyncx_run_queue queue;
    std::atomic<bool> is_inside(false), may_leave(false);
    asyncx_run_queue_init(&queue, nullptr);
    probe blocks, waits_its_turn;
    blocks.body = [&] {
        is_inside.store(true);
        while (!may_leave.load())
            std::this_thread::yield();
    };
    asyncx_post(&queue.executor, &blocks);
    std::thread owner([&] { asyncx_run_queue_run_one(&queue); });
    while (!is_inside.load())
        std::this_thread::yield();
    asyncx_post(&queue.executor, &waits_its_turn);   /* anybody may post */
    int tripped = 0;
    const void *objects[3] = {nullptr, nullptr, nullptr};
    testing_misuses = 0;
    bool ran = asyncx_run_queue_run_one(&queue);
    tripped += testing_last_misuse == ASYNCX_MISUSE_SECOND_OWNER;
    objects[0] = testing_last_object;
    ran = asyncx_run_queue_run_pass(&queue) || ran;
    tripped += testing_last_misuse == ASYNCX_MISUSE_SECOND_OWNER;
    objects[1] = testing_last_object;
    asyncx_run_queue_run_until_idle(&queue);
    tripped += testing_last_misuse == ASYNCX_MISUSE_SECOND_OWNER;
    objects[2] = testing_last_object;
    int misuses = testing_misuses;
    testing_misuses = 0;
    may_leave.store(true);
    owner.join();
    REQUIRE(misuses == 3);
    REQUIRE(tripped == 3);
    for (const void *object : objects)
        REQUIRE(object == &queue);
    REQUIRE_FALSE(ran);
    REQUIRE(waits_its_turn.runs == 0);
    /* The owner has left: the next one may come. */
    REQUIRE(asyncx_run_queue_run_one(&queue));
    REQUIRE(waits_its_turn.runs == 1);
    REQUIRE(testing_misuses == 0);
#endif
}

struct entry {
    asyncx_misuse code;
    const char *name;
    const char *message;
    void (*trip)();
};

#define ENTRY(code, message) {ASYNCX_MISUSE_##code, #code, message, trip_##code},
const entry entries[] = {ASYNCX_MISUSE_LIST(ENTRY)};
#undef ENTRY

static_assert(sizeof(entries) / sizeof(entries[0]) == ASYNCX_MISUSE_COUNT - 1, "each misuse has an entry, and a test");

} // namespace

TEST_CASE("misuse: every entry of the list trips, once, with its code and its object, and changes nothing")
{
    for (const entry &each : entries) {
        DYNAMIC_SECTION(each.name)
        {
            testing_misuses = 0;
            each.trip();
            testing_misuses = 0;
        }
    }
}

TEST_CASE("misuse: the codes are dense, start at 1, and 0 is none")
{
    int expected = 1;
    REQUIRE(ASYNCX_MISUSE_NONE == 0);
    for (const entry &each : entries)
        REQUIRE(each.code == expected++);
    REQUIRE(ASYNCX_MISUSE_COUNT == expected);
}

TEST_CASE("misuse: every code has a name, and a message of its own that says what to do")
{
    for (const entry &each : entries) {
        INFO(each.name);
        std::string message = asyncx_misuse_message(each.code);
        REQUIRE(asyncx_misuse_name(each.code) == std::string(each.name));
        REQUIRE(message == each.message);
        REQUIRE(message.size() > 20);
        REQUIRE(message.size() <= 120);
        REQUIRE(message.find('\n') == std::string::npos);
        REQUIRE(message.back() != '.');
        for (const entry &other : entries)
            if (other.code != each.code)
                REQUIRE(message != other.message);
    }
}

TEST_CASE("misuse: a value that is no code has a name and a message too")
{
    for (int code : {static_cast<int>(ASYNCX_MISUSE_NONE), static_cast<int>(ASYNCX_MISUSE_COUNT)}) {
        REQUIRE(asyncx_misuse_name(static_cast<asyncx_misuse>(code)) == std::string("UNKNOWN"));
        REQUIRE(asyncx_misuse_message(static_cast<asyncx_misuse>(code)) == std::string("unknown misuse"));
    }
}
