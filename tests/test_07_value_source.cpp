/* Section 7, reusable versioned source and value task: one object, one operation after the other. */
#include "probe.h"

#include <memory>
#include <type_traits>

namespace {

typedef ASYNCX_VALUE_SOURCE(int) int_value_source;
typedef ASYNCX_VALUE_TASK(int) int_value_task;

const unsigned int inline_flag = ASYNCX_RUN_CONTINUATIONS_INLINE;
const unsigned int asynchronous_flag = ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY;

/* Awaits a value task. */
typedef struct {
    ASYNC_FRAME(int);
    int_value_source *source;
    asyncx_value_task task;
    asyncx_outcome outcome;
} await_task;

ASYNC(await_task)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->task);
    ASYNC_RETURN(self->source ? self->source->result : 0);
    ASYNC_END();
}

/* Awaits a source directly, which means its version of then. */
typedef struct {
    ASYNC_FRAME(int);
    int_value_source *source;
} await_source;

ASYNC(await_source)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

/* Awaits a typed value task. */
typedef struct {
    ASYNC_FRAME(int);
    int_value_task task;
} await_typed;

ASYNC(await_typed)
{
    ASYNC_BEGIN();
    AWAIT(&self->task);
    ASYNC_RETURN(asyncx_value_task_result(&self->task));
    ASYNC_END();
}

/* Uses one source again and again. */
typedef struct {
    ASYNC_FRAME(long);
    int_value_source *source;
    int rounds;
    int round;
} sum_of_rounds;

ASYNC(sum_of_rounds)
{
    ASYNC_BEGIN();
    self->result = 0;
    for (self->round = 0; self->round < self->rounds; self->round++) {
        asyncx_value_source_reset(self->source);
        AWAIT(asyncx_value_source_task(self->source));
        self->result += self->source->result;
    }
    ASYNC_RETURN(self->result);
    ASYNC_END();
}

asyncx_awaiter awaiter_of(int_value_source *source) { return asyncx_get_awaiter(source); }

/* A user's own operation, reached through the protocol; it counts what is called, with which token and flags. */
struct hand_made {
    asyncx_awaitable awaitable;
    asyncx_token expected;
    asyncx_outcome outcome;   /* 0 while it is pending */
    asyncx_continuation *waiter;
    int results_taken;
    int wrong_tokens;
    unsigned int last_flags;
};

asyncx_status hand_made_get_status(asyncx_awaitable *self, asyncx_token token)
{
    hand_made *me = reinterpret_cast<hand_made *>(self);
    me->wrong_tokens += token != me->expected;
    return asyncx_outcome_status(me->outcome);
}
bool hand_made_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                            unsigned int flags)
{
    hand_made *me = reinterpret_cast<hand_made *>(self);
    me->wrong_tokens += token != me->expected;
    me->last_flags = flags;
    if (me->outcome)
        return false;
    me->waiter = continuation;
    return true;
}
asyncx_outcome hand_made_get_result(asyncx_awaitable *self, asyncx_token token)
{
    hand_made *me = reinterpret_cast<hand_made *>(self);
    me->wrong_tokens += token != me->expected;
    me->results_taken++;
    return me->outcome;
}
bool hand_made_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    hand_made *me = reinterpret_cast<hand_made *>(self);
    me->wrong_tokens += token != me->expected;
    if (me->waiter != continuation)
        return false;
    me->waiter = nullptr;
    return true;
}
const asyncx_awaiter_ops hand_made_ops = {hand_made_get_status, hand_made_on_completed, hand_made_get_result,
                                          hand_made_withdraw};

hand_made make_by_hand(asyncx_token token)
{
    hand_made made = {};
    made.awaitable.ops = &hand_made_ops;
    made.expected = token;
    return made;
}

void complete_by_hand(hand_made *made, asyncx_outcome outcome)
{
    asyncx_continuation *waiter = made->waiter;
    made->waiter = nullptr;
    made->outcome = outcome;
    if (waiter)
        asyncx_release(waiter, inline_flag, nullptr);
}

asyncx_value_task task_over(hand_made *made) { return asyncx_value_task_of(&made->awaitable, made->expected); }

} // namespace

TEST_CASE("07: the version starts at 0 (MR-1)")
{
    static int_value_source zeroed;
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_value_source_version(&source) == 0);
    REQUIRE(asyncx_value_source_version(&zeroed) == 0);
    REQUIRE(sizeof(asyncx_token) * 8 == ASYNCX_TOKEN_BITS);
    REQUIRE(std::is_unsigned<asyncx_token>::value);
}

TEST_CASE("07: only reset changes the version, and by one (MR-2)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    for (asyncx_token version = 0; version < 5; version++) {
        probe waiter;
        REQUIRE(asyncx_on_completed(&source, &waiter, 0));
        REQUIRE(asyncx_value_source_version(&source) == version);
        switch (version % 3) {
        case 0: asyncx_set_result(&source, 1); break;
        case 1: asyncx_set_error(&source, 2); break;
        default: asyncx_set_canceled(&source); break;
        }
        REQUIRE_FALSE(asyncx_try_set_result(&source, 2));
        REQUIRE(asyncx_is_completed(&source));
        (void)asyncx_outcome_of(&source);
        REQUIRE_FALSE(asyncx_withdraw(&source, &waiter));
        REQUIRE(asyncx_value_source_version(&source) == version);
        asyncx_value_source_reset(&source);
    }
    REQUIRE(asyncx_value_source_version(&source) == 5);
}

TEST_CASE("07: the token wraps around to 0 (MR-2)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_value_task first = asyncx_value_source_task(&source);
#if ASYNCX_TOKEN_BITS == 16
    for (long resets = 0; resets < 65535; resets++)
        asyncx_value_source_reset(&source);
    REQUIRE(asyncx_value_source_version(&source) == 65535);
#else
    asyncx_value_source_version(&source) = UINT32_MAX;   /* in place of four billion resets */
#endif
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_status_of(first));
    asyncx_value_source_reset(&source);
    REQUIRE(asyncx_value_source_version(&source) == 0);
    /* A token this old matches again: the guard is as wide as the token. */
    REQUIRE(asyncx_status_of(first) == ASYNCX_PENDING);
    asyncx_set_result(&source, 6);
    REQUIRE(asyncx_status_of(first) == ASYNCX_SUCCEEDED);
}

TEST_CASE("07: each protocol function refuses a token from before a reset, and changes nothing (MR-3)")
{
    int_value_source source;
    probe waiter;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_awaiter stale = awaiter_of(&source);
    asyncx_value_source_reset(&source);

    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source,
                      REQUIRE(asyncx_awaiter_get_status(stale) == ASYNCX_CANCELED));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source,
                      REQUIRE_FALSE(asyncx_awaiter_on_completed(stale, &waiter, 0)));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source,
                      REQUIRE(asyncx_awaiter_get_result(stale) == ASYNCX_OUTCOME_CANCELED));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source, REQUIRE_FALSE(asyncx_awaiter_withdraw(stale, &waiter)));

    asyncx_set_result(&source, 3);
    REQUIRE(waiter.runs == 0);
}

TEST_CASE("07: a token that was never given is refused as well (MR-3)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_awaiter from_the_future = asyncx_awaiter_of(&source.awaitable.awaitable, 1);
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_awaiter_get_status(from_the_future));
}

TEST_CASE("07: the token is checked first: before completion, error and registration (MR-4, design 6)")
{
    int_value_source source;
    probe waiter, second;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_awaiter stale = awaiter_of(&source);
    asyncx_value_source_reset(&source);
    /* Not completed: STALE_TOKEN, not RESULT_BEFORE_COMPLETION. */
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_awaiter_get_result(stale));
    /* Awaited: STALE_TOKEN, not SECOND_CONTINUATION. */
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, REQUIRE_FALSE(asyncx_awaiter_on_completed(stale, &second, 0)));
    /* An error is stored: STALE_TOKEN, and not that error. */
    asyncx_set_error(&source, 5);
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN,
                   REQUIRE(asyncx_outcome_status(asyncx_awaiter_get_result(stale)) == ASYNCX_CANCELED));
}

TEST_CASE("07: the result before completion is a misuse, never a wait (MR-5)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, source, REQUIRE(asyncx_outcome_of(&source) == 0));
    probe waiter;
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, source, REQUIRE(asyncx_outcome_of(&source) == 0));
    asyncx_set_result(&source, 1);
    REQUIRE(waiter.runs == 1);
}

TEST_CASE("07: the result may be taken any number of times, until reset (MR-6)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    for (int round = 1; round < 4; round++) {
        asyncx_awaiter awaiter = awaiter_of(&source);
        asyncx_set_result(&source, round);
        snapshot before(&source, sizeof(source));
        for (int times = 0; times < 3; times++) {
            REQUIRE(asyncx_awaiter_get_result(awaiter) == ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_SUCCEEDED);
            REQUIRE(source.result == round);
        }
        REQUIRE(before.is_unchanged());
        asyncx_value_source_reset(&source);
        REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_awaiter_get_result(awaiter));
    }
}

TEST_CASE("07: an error is the same one each time it is taken (MR-21)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_set_error(&source, -17);
    for (int times = 0; times < 3; times++)
        REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&source)) == -17);
}

TEST_CASE("07: the status says succeeded, faulted or canceled right after set (MR-7)")
{
    int_value_source source;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
    asyncx_set_result(&source, 1);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    asyncx_value_source_reset(&source);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
    asyncx_set_error(&source, 1);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_FAULTED);
    asyncx_value_source_reset(&source);
    asyncx_set_canceled(&source);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_CANCELED);
}

TEST_CASE("07: the status is final before the continuation runs, posted or inline (MR-7)")
{
    recording_executor executor;
    int_value_source source;
    probe waiter;
    asyncx_status seen = ASYNCX_PENDING;
    waiter.body = [&] { seen = asyncx_status_of(&source); };
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
    asyncx_set_result(&source, 1);
    REQUIRE(seen == ASYNCX_SUCCEEDED);

    asyncx_value_source_init(&source, asynchronous_flag, &executor);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 1);
    REQUIRE(waiter.runs == 1);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    executor.run_all();
    REQUIRE(waiter.runs == 2);
}

TEST_CASE("07: a second set fails and overwrites nothing (MR-8, design 6)")
{
    for (int first = 0; first < 3; first++) {
        for (int second = 0; second < 3; second++) {
            INFO("first " << first << ", second " << second);
            int_value_source source;
            asyncx_value_source_init(&source, inline_flag, nullptr);
            asyncx_value_source_reset(&source);
            switch (first) {
            case 0: asyncx_set_result(&source, 1); break;
            case 1: asyncx_set_error(&source, 1); break;
            default: asyncx_set_canceled(&source); break;
            }
            snapshot before(&source, sizeof(source));
            bool won = true;
            switch (second) {
            case 0:
                REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_result(&source, 2));
                won = asyncx_try_set_result(&source, 2);
                break;
            case 1:
                REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_error(&source, 2));
                won = asyncx_try_set_error(&source, 2);
                break;
            default:
                REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, asyncx_set_canceled(&source));
                won = asyncx_try_set_canceled(&source);
                break;
            }
            REQUIRE_FALSE(won);
            REQUIRE(before.is_unchanged());
        }
    }
}

TEST_CASE("07: the value expression is evaluated exactly once, whether it wins or loses")
{
    int_value_source source;
    int evaluated = 0;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_set_result(&source, ++evaluated);
    REQUIRE(evaluated == 1);
    REQUIRE_FALSE(asyncx_try_set_result(&source, ++evaluated));
    REQUIRE(evaluated == 2);
    REQUIRE(source.result == 1);
}

TEST_CASE("07: the result is in place before the continuation runs (MR-8)")
{
    int_value_source source;
    probe waiter;
    int seen = 0;
    waiter.body = [&] { seen = source.result; };
    asyncx_value_source_init(&source, inline_flag, nullptr);
    for (int round = 1; round <= 3; round++) {
        REQUIRE(asyncx_on_completed(&source, &waiter, 0));
        asyncx_set_result(&source, round * 10);
        REQUIRE(seen == round * 10);
        asyncx_value_source_reset(&source);
    }
}

TEST_CASE("07: unknown flags of on_completed are ignored (MR-10)")
{
    recording_executor executor;
    for (unsigned int unknown : {0x4u, 0x4000u, 0x80000000u, ~0u & ~3u}) {
        int_value_source source;
        probe waiter(&executor);
        asyncx_value_source_init(&source, inline_flag, nullptr);
        REQUIRE(asyncx_on_completed(&source, &waiter, unknown));
        REQUIRE(asyncx_withdraw(&source, &waiter));
        REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR | unknown));
        asyncx_set_result(&source, 1);
        REQUIRE(waiter.runs == 0);
        REQUIRE(executor.posted.size() == 1);
        executor.run_all();
        REQUIRE(waiter.runs == 1);
    }
}

TEST_CASE("07: without ASYNCX_USE_EXECUTOR the captured executor is left alone (MR-10)")
{
    recording_executor executor;
    int_value_source source;
    probe waiter(&executor);
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 1);
    REQUIRE(waiter.runs == 1);
    REQUIRE(executor.posts == 0);
}

TEST_CASE("07: a late on_completed returns false, each time, and never runs the continuation (MR-11, design 6)")
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        int_value_source source;
        probe late(&executor);
        asyncx_value_source_init(&source, flags, &executor);
        asyncx_set_result(&source, 1);
        for (int times = 0; times < 3; times++)
            REQUIRE_FALSE(asyncx_on_completed(&source, &late, ASYNCX_USE_EXECUTOR));
        REQUIRE(late.runs == 0);
        REQUIRE(executor.posts == 0);
        REQUIRE(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    }
}

TEST_CASE("07: a second continuation is refused and the first one survives as it was (MR-12)")
{
    recording_executor mine, other;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        int_value_source source;
        probe first(&mine), second(&other);
        asyncx_value_source_init(&source, flags, &other);
        REQUIRE(asyncx_on_completed(&source, &first, ASYNCX_USE_EXECUTOR));
        REQUIRE_MISUSE_OF(ASYNCX_MISUSE_SECOND_CONTINUATION, source,
                          REQUIRE_FALSE(asyncx_on_completed(&source, &second, ASYNCX_USE_EXECUTOR)));
        REQUIRE_MISUSE_OF(ASYNCX_MISUSE_SECOND_CONTINUATION, source,
                          REQUIRE_FALSE(asyncx_on_completed(&source, &first, ASYNCX_USE_EXECUTOR)));
        asyncx_set_result(&source, 1);
        mine.run_all();
        REQUIRE(first.runs == 1);
        REQUIRE(second.runs == 0);
        REQUIRE(other.posts == 0);
    }
}

TEST_CASE("07: a second awaiting task trips, and the first one gets the result (MR-12)")
{
    int_value_source source;
    await_source first = {}, second = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(await_source, &first, .source = &source));
    testing_misuses = 0;
    asyncx_start(ASYNC_CALL(await_source, &second, .source = &source));
    REQUIRE(testing_misuses >= 1);
    testing_misuses = 0;
    asyncx_set_result(&source, 12);
    REQUIRE(asyncx_status_of(&first) == ASYNCX_SUCCEEDED);
    REQUIRE(first.result == 12);
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("07: after a withdrawal another continuation may register")
{
    int_value_source source;
    probe first, second;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE_FALSE(asyncx_withdraw(&source, &first));
    REQUIRE(asyncx_on_completed(&source, &first, 0));
    REQUIRE_FALSE(asyncx_withdraw(&source, &second));
    REQUIRE(asyncx_withdraw(&source, &first));
    REQUIRE(asyncx_on_completed(&source, &second, 0));
    asyncx_set_result(&source, 1);
    REQUIRE(first.runs == 0);
    REQUIRE(second.runs == 1);
    REQUIRE_FALSE(asyncx_withdraw(&source, &second));
}

TEST_CASE("07: a registration that races completion is refused without misuse (MR-13)")
{
    int_value_source source;
    probe waiter, inner;
    bool was_registered = true;
    waiter.body = [&] { was_registered = asyncx_on_completed(&source, &inner, 0); };
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 1);
    REQUIRE_FALSE(was_registered);
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("07: RUN_CONTINUATIONS_ASYNCHRONOUSLY and its executor survive reset (MR-14)")
{
    recording_executor executor;
    int_value_source source;
    probe waiter;
    asyncx_value_source_init(&source, asynchronous_flag, &executor);
    for (int round = 1; round <= 3; round++) {
        REQUIRE(asyncx_on_completed(&source, &waiter, 0));
        asyncx_set_result(&source, round);
        REQUIRE(waiter.runs == round - 1);
        REQUIRE(executor.posts == round);
        executor.run_all();
        REQUIRE(waiter.runs == round);
        asyncx_value_source_reset(&source);
    }
}

TEST_CASE("07: reset forgets everything else: the result is pending again, late waiters register (MR-14)")
{
    int_value_source source;
    probe waiter;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_set_error(&source, 3);
    asyncx_value_source_reset(&source);
    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 2);
    REQUIRE(waiter.runs == 1);
    REQUIRE(asyncx_outcome_of(&source) == ASYNCX_OUTCOME_SUCCEEDED);
}

TEST_CASE("07: a pending source that nobody awaits may be reset, and loses nothing (MR-14)")
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        int_value_source source;
        probe waiter;
        asyncx_value_source_init(&source, flags, &executor);
        asyncx_value_source_reset(&source);
        REQUIRE(asyncx_on_completed(&source, &waiter, 0));
        REQUIRE(asyncx_withdraw(&source, &waiter));
        asyncx_value_source_reset(&source);
        REQUIRE(asyncx_on_completed(&source, &waiter, 0));
        asyncx_set_result(&source, 1);
        executor.run_all();
        REQUIRE(waiter.runs == 1);
        REQUIRE(asyncx_value_source_version(&source) == 2);
    }
}

TEST_CASE("07: reset while awaited is a misuse, and the waiter stays (MR-15, design 6)")
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        int_value_source source;
        probe waiter(&executor);
        asyncx_value_source_init(&source, flags, &executor);
        asyncx_awaiter awaiter = awaiter_of(&source);
        REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR));
        REQUIRE_MISUSE_OF(ASYNCX_MISUSE_RESET_WHILE_AWAITED, source, asyncx_value_source_reset(&source));
        REQUIRE(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
        asyncx_set_result(&source, 1);
        executor.run_all();
        REQUIRE(waiter.runs == 1);
    }
}

TEST_CASE("07: the continuation may reset its source, register again and be completed again (MR-16)")
{
    int_value_source source;
    probe waiter;
    std::vector<int> seen;
    waiter.body = [&] {
        seen.push_back(source.result);
        asyncx_value_source_reset(&source);
        if (seen.size() < 4)
            asyncx_on_completed(&source, &waiter, 0);
    };
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    for (int round = 1; round <= 4; round++)
        asyncx_set_result(&source, round);
    REQUIRE(seen == std::vector<int>{1, 2, 3, 4});
    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
    REQUIRE(asyncx_value_source_version(&source) == 4);
}

TEST_CASE("07: reset right after set is legal, with the continuation posted and not run yet (MR-16)")
{
    recording_executor executor;
    int_value_source source;
    probe first, second;
    asyncx_value_source_init(&source, asynchronous_flag, &executor);
    REQUIRE(asyncx_on_completed(&source, &first, 0));
    asyncx_set_result(&source, 1);
    asyncx_value_source_reset(&source);
    REQUIRE(asyncx_on_completed(&source, &second, 0));
    executor.run_all();
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 0);
    asyncx_set_result(&source, 2);
    executor.run_all();
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 1);
}

TEST_CASE("07: the continuation may free its source (MR-16)")
{
    int_value_source *source = new_hidden<int_value_source>();
    probe waiter;
    waiter.body = [source] { delete source; };
    asyncx_value_source_init(source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(source, &waiter, 0));
    asyncx_set_result(source, 1);
    REQUIRE(waiter.runs == 1);
}

TEST_CASE("07: where the continuation runs, by captured executor and flag (MR-17, design 4)")
{
    struct row {
        bool has_executor, is_current, is_asynchronous;
        int runs_inline, posts_to_own, posts_to_source;
    };
    const row table[] = {
        {false, false, false, 1, 0, 0},
        {false, false, true, 0, 0, 1},
        {true, false, false, 0, 1, 0},
        {true, false, true, 0, 1, 0},
        {true, true, false, 1, 0, 0},   /* MR-17 posts here; design 4, rule 2, does as RC-9 */
        {true, true, true, 0, 1, 0},
    };
    for (const row &expected : table) {
        INFO(expected.has_executor << expected.is_current << expected.is_asynchronous);
        recording_executor own, of_source;
        int_value_source source;
        probe waiter(expected.has_executor ? &own : nullptr);
        asyncx_value_source_init(&source, expected.is_asynchronous ? asynchronous_flag : inline_flag, &of_source);
        REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR));
        own.is_running = expected.is_current;
        asyncx_set_result(&source, 1);
        own.is_running = false;
        REQUIRE(waiter.runs == expected.runs_inline);
        REQUIRE(own.posts == expected.posts_to_own);
        REQUIRE(of_source.posts == expected.posts_to_source);
        own.run_all();
        of_source.run_all();
        REQUIRE(waiter.runs == 1);
    }
}

TEST_CASE("07: a source completed from its own continuation 100000 times uses bounded stack (MR-18, design 6)")
{
    int_value_source source;
    probe waiter;
    int rounds = 0, depth = 0, deepest = 0;
    waiter.body = [&] {
        depth++;
        deepest = depth > deepest ? depth : deepest;
        if (++rounds < 100000) {
            asyncx_value_source_reset(&source);
            asyncx_on_completed(&source, &waiter, 0);
            asyncx_set_result(&source, rounds);
        }
        depth--;
    };
    asyncx_value_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 0);
    REQUIRE(rounds == 100000);
    REQUIRE(deepest == ASYNCX_INLINE_DEPTH);
}

TEST_CASE("07: what goes wrong in an inline continuation does not reach the completer (MR-19 has no counterpart)")
{
    /* A failure in C is an outcome of the awaiting task, and try_set still says who won. */
    int_value_source source;
    await_source frame = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(await_source, &frame, .source = &source));
    REQUIRE(asyncx_try_set_error(&source, 44));
    REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&frame)) == 44);
}

TEST_CASE("07: one task and one source, 1000 operations, completed before or after the await")
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        int_value_source source;
        sum_of_rounds frame = {};
        asyncx_value_source_init(&source, flags, &executor);
        asyncx_start(ASYNC_CALL(sum_of_rounds, &frame, .source = &source, .rounds = 1000));
        for (int round = 1; round <= 1000; round++) {
            REQUIRE(asyncx_value_source_version(&source) == static_cast<asyncx_token>(round));
            asyncx_set_result(&source, round);
            executor.run_all();
        }
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(frame.result == 500500);
    }
}

TEST_CASE("07: a value task of a completed source does not suspend")
{
    int_value_source source;
    await_task frame = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_set_result(&source, 9);
    asyncx_start(ASYNC_CALL(await_task, &frame, .source = &source, .task = asyncx_value_source_task(&source)));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 9);
}

TEST_CASE("07: a value task hands over how its source ended (VT-6)")
{
    for (int way = 0; way < 3; way++) {
        int_value_source source;
        await_task frame = {};
        asyncx_value_source_init(&source, inline_flag, nullptr);
        asyncx_start(ASYNC_CALL(await_task, &frame, .source = &source, .task = asyncx_value_source_task(&source)));
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
        switch (way) {
        case 0: asyncx_set_result(&source, 5); break;
        case 1: asyncx_set_error(&source, 5); break;
        default: asyncx_set_canceled(&source); break;
        }
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(frame.outcome == asyncx_outcome_of(&source));
    }
}

TEST_CASE("07: awaiting a stale value task trips, and ends as canceled if the panic returns (VT-5)")
{
    int_value_source source;
    await_task frame = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_value_task stale = asyncx_value_source_task(&source);
    asyncx_value_source_reset(&source);
    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_STALE_TOKEN, source,
                      asyncx_start(ASYNC_CALL(await_task, &frame, .source = &source, .task = stale)));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.outcome == ASYNCX_OUTCOME_CANCELED);
    /* The source is free for its present version. */
    probe waiter;
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 1);
    REQUIRE(waiter.runs == 1);
}

TEST_CASE("07: a zeroed value task is complete, with success (VT-3)")
{
    asyncx_value_task task = {};
    probe waiter;
    REQUIRE(asyncx_status_of(task) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_of(task) == ASYNCX_OUTCOME_SUCCEEDED);
    REQUIRE_FALSE(asyncx_on_completed(task, &waiter, 0));
    REQUIRE_FALSE(asyncx_withdraw(task, &waiter));
    await_task frame = {};
    asyncx_start(ASYNC_CALL(await_task, &frame, .task = task));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.outcome == ASYNCX_OUTCOME_SUCCEEDED);
}

TEST_CASE("07: a zeroed typed value task is complete, with a zeroed result (VT-3)")
{
    await_typed frame = {};
    frame.result = 77;
    asyncx_start(ASYNC_CALL(await_typed, &frame));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 0);
}

TEST_CASE("07: a value task can carry an outcome instead of an operation (VT-2)")
{
    const asyncx_outcome outcomes[] = {ASYNCX_OUTCOME_SUCCEEDED, asyncx_outcome_faulted(-3), ASYNCX_OUTCOME_CANCELED};
    for (asyncx_outcome outcome : outcomes) {
        asyncx_value_task task = asyncx_value_task_from_outcome(outcome);
        await_task frame = {};
        probe waiter;
        REQUIRE(asyncx_is_completed(task));
        REQUIRE(asyncx_status_of(task) == asyncx_outcome_status(outcome));
        REQUIRE(asyncx_outcome_of(task) == outcome);
        REQUIRE_FALSE(asyncx_on_completed(task, &waiter, ASYNCX_USE_EXECUTOR));
        REQUIRE_FALSE(asyncx_withdraw(task, &waiter));
        asyncx_start(ASYNC_CALL(await_task, &frame, .task = task));
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(frame.outcome == outcome);
    }
}

TEST_CASE("07: awaiting a completed value task posts nothing (VT-8, design 6)")
{
    recording_executor executor;
    await_typed frame = {};
    asyncx_value_task_from_result(&frame.task, 4);
    asyncx_start_on(ASYNC_CALL(await_typed, &frame), &executor);
    REQUIRE(executor.posts == 1);
    executor.run_all();
    REQUIRE(executor.posts == 1);
    REQUIRE(frame.result == 4);
}

TEST_CASE("07: a typed value task gives a result that is known already")
{
    int_value_task task;
    asyncx_value_task_from_result(&task, 31);
    REQUIRE(asyncx_status_of(&task) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_value_task_result(&task) == 31);
    await_typed frame = {};
    asyncx_start(ASYNC_CALL(await_typed, &frame, .task = task));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 31);
}

TEST_CASE("07: a typed value task gives the result of its source, also when it was copied")
{
    int_value_source source;
    await_typed frame = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    int_value_task task;
    asyncx_value_task_from_source(&task, &source);
    REQUIRE(asyncx_status_of(&task) == ASYNCX_PENDING);
    asyncx_start(ASYNC_CALL(await_typed, &frame, .task = task));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    asyncx_set_result(&source, 64);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 64);
    REQUIRE(asyncx_value_task_result(&task) == 64);
}

TEST_CASE("07: the result of a typed value task trips before completion and after reset")
{
    int_value_source source;
    int_value_task task;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_value_task_from_source(&task, &source);
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, (void)asyncx_value_task_result(&task));
    asyncx_set_result(&source, 1);
    REQUIRE(asyncx_value_task_result(&task) == 1);
    asyncx_value_source_reset(&source);
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_value_task_result(&task));
}

TEST_CASE("07: a typed value task can fail at once")
{
    await_typed frame = {};
    frame.task.awaitable = asyncx_value_task_from_outcome(asyncx_outcome_faulted(71));
    asyncx_start(ASYNC_CALL(await_typed, &frame));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_FAULTED);
    REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&frame)) == 71);
}

TEST_CASE("07: a failing source behind a typed value task ends the awaiting task")
{
    int_value_source source;
    await_typed frame = {};
    asyncx_value_source_init(&source, inline_flag, nullptr);
    asyncx_value_task_from_source(&frame.task, &source);
    asyncx_start(ASYNC_CALL(await_typed, &frame));
    asyncx_set_canceled(&source);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
}

TEST_CASE("07: a value task over a user's own awaitable goes through the protocol, with its token")
{
    for (bool is_complete_before : {false, true}) {
        hand_made made = make_by_hand(1234);
        await_task frame = {};
        if (is_complete_before)
            complete_by_hand(&made, asyncx_outcome_faulted(8));
        asyncx_start(ASYNC_CALL(await_task, &frame, .task = task_over(&made)));
        if (!is_complete_before) {
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
            REQUIRE(made.last_flags == ASYNCX_USE_EXECUTOR);   /* VT-7, UnsafeOnCompleted */
            REQUIRE(made.results_taken == 0);
            complete_by_hand(&made, asyncx_outcome_faulted(8));
        }
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(frame.outcome == asyncx_outcome_faulted(8));
        REQUIRE(made.results_taken == 1);
        REQUIRE(made.wrong_tokens == 0);
    }
}

TEST_CASE("07: a value task over a user's own awaitable answers the protocol's questions")
{
    hand_made made = make_by_hand(7);
    asyncx_value_task task = task_over(&made);
    probe waiter;
    REQUIRE_FALSE(asyncx_is_completed(task));
    REQUIRE(asyncx_on_completed(task, &waiter, ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT | 0x40u));
    REQUIRE(made.last_flags == (ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT));
    REQUIRE(asyncx_withdraw(task, &waiter));
    REQUIRE_FALSE(asyncx_withdraw(task, &waiter));
    REQUIRE(asyncx_on_completed(task, &waiter, 0));
    complete_by_hand(&made, ASYNCX_OUTCOME_CANCELED);
    REQUIRE(waiter.runs == 1);
    REQUIRE(asyncx_status_of(task) == ASYNCX_CANCELED);
    REQUIRE(asyncx_outcome_of(task) == ASYNCX_OUTCOME_CANCELED);
    REQUIRE_FALSE(asyncx_on_completed(task, &waiter, 0));
    REQUIRE(made.wrong_tokens == 0);
}

#if !ASYNCX_SINGLE_THREADED

TEST_CASE("07: an operation that races its await always hands its result over (MR-7, MR-9)")
{
    /* The consumer resets and awaits; the producer completes each version once, as early as it sees it. */
    int_value_source source;
    await_task frame = {};
    asyncx_value_task task = {};
    int round = 0;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    race_for(
        250, 2,
        [&] {
            asyncx_value_source_reset(&source);
            task = asyncx_value_source_task(&source);
            round++;
        },
        [&](int thread) {
            if (thread == 0)
                asyncx_set_result(&source, round);
            else
                asyncx_start(ASYNC_CALL(await_task, &frame, .source = &source, .task = task));
        },
        [&] {
            REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
            REQUIRE(frame.outcome == ASYNCX_OUTCOME_SUCCEEDED);
            REQUIRE(frame.result == round);
        });
}

TEST_CASE("07: a consumer may reset and recycle as soon as the status is final, with the completer still in set (MR-7)")
{
    /* The consumer polls, and resets at once: nothing of the completer may land in the next operation. */
    int_value_source source;
    std::atomic<asyncx_token> open(0);
    std::atomic<int> wrong(0), completed(0);
    const int rounds = 20000;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    std::thread producer([&] {
        for (int round = 1; round <= rounds; round++) {
            while (open.load() != static_cast<asyncx_token>(round))
                std::this_thread::yield();
            asyncx_set_result(&source, round);
            completed.fetch_add(1);
        }
    });
    for (int round = 1; round <= rounds; round++) {
        asyncx_value_source_reset(&source);
        asyncx_awaiter awaiter = awaiter_of(&source);
        if (asyncx_awaiter_get_status(awaiter) != ASYNCX_PENDING)
            wrong.fetch_add(1);
        open.store(static_cast<asyncx_token>(round));
        while (asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING)
            std::this_thread::yield();
        if (asyncx_awaiter_get_result(awaiter) != ASYNCX_OUTCOME_SUCCEEDED || source.result != round)
            wrong.fetch_add(1);
    }
    producer.join();
    REQUIRE(wrong.load() == 0);
    REQUIRE(completed.load() == rounds);
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("07: completers that race a reset complete one version each, and none twice")
{
    /* try_set carries no token (MR-3): a late one may complete the version after. The sum of wins is what counts. */
    int_value_source source;
    std::atomic<int> wins(0);
    std::atomic<bool> is_over(false);
    const int rounds = 5000;
    int completions = 0;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    std::vector<std::thread> producers;
    for (int producer = 0; producer < 2; producer++)
        producers.emplace_back([&] {
            while (!is_over.load()) {
                if (asyncx_try_set_result(&source, 5))
                    wins.fetch_add(1);
                else
                    std::this_thread::yield();
            }
        });
    for (int round = 0; round < rounds; round++) {
        while (!asyncx_is_completed(&source))
            std::this_thread::yield();
        completions++;
        if (round < rounds - 1)
            asyncx_value_source_reset(&source);
    }
    is_over.store(true);
    for (std::thread &producer : producers)
        producer.join();
    REQUIRE(completions == rounds);
    REQUIRE(wins.load() == rounds);
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("07: withdrawing against completing, the waiter runs or is withdrawn: never both, never neither")
{
    int_value_source source;
    probe waiter;
    int withdrawn = 0, withdrawn_total = 0, run_total = 0;
    asyncx_value_source_init(&source, inline_flag, nullptr);
    int rounds = race_for(
        200, 2,
        [&] {
            asyncx_value_source_reset(&source);
            waiter.runs = 0;
            asyncx_on_completed(&source, &waiter, 0);
        },
        [&](int thread) {
            if (thread == 0)
                asyncx_set_result(&source, 1);
            else
                withdrawn = asyncx_withdraw(&source, &waiter) ? 1 : 0;
        },
        [&] {
            REQUIRE(withdrawn + waiter.runs == 1);
            withdrawn_total += withdrawn;
            run_total += waiter.runs;
        });
    REQUIRE_CONTENTION(rounds, withdrawn_total, run_total);
}

#endif
