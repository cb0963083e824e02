/* Section 6, completion source: one operation, completed once from outside, awaited by any number of tasks. */
#include "probe.h"

#include <cerrno>
#include <climits>
#include <memory>

#if !ASYNCX_SINGLE_THREADED
#include <csignal>
#include <sys/time.h>
#endif

namespace {

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;

struct checked_pair {
    uint32_t value;
    uint32_t complement;
};
typedef ASYNCX_COMPLETION_SOURCE(checked_pair) pair_source;

const unsigned int inline_flag = ASYNCX_RUN_CONTINUATIONS_INLINE;
const unsigned int asynchronous_flag = ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY;

typedef struct {
    ASYNC_FRAME(int);
    int_source *source;
} wait_int;

ASYNC(wait_int)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(int);
    int_source *source;
} wait_after_completing;

int_source *complete_then_give(int_source *source)
{
    asyncx_set_result(source, 5);
    return source;
}

ASYNC(wait_after_completing)
{
    ASYNC_BEGIN();
    AWAIT(complete_then_give(self->source));
    ASYNC_RETURN(self->source->result);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source *source;
    std::vector<int> *log;
    int number;
} wait_and_log;

ASYNC(wait_and_log)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    self->log->push_back(self->number);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source *source;
    asyncx_outcome outcome;
    bool is_past;
} wait_for_outcome;

ASYNC(wait_for_outcome)
{
    ASYNC_BEGIN();
    AWAIT_STATUS(self->outcome, self->source);
    self->is_past = true;
    ASYNC_END();
}

/* The three ways to complete, by number; each returns what try_set_* returned. */
enum { with_result = 0, with_error = 1, with_cancellation = 2, ways = 3 };

template <typename source_type> bool try_complete(source_type *source, int way, int value);

template <> bool try_complete(int_source *source, int way, int value)
{
    switch (way) {
    case with_result: return asyncx_try_set_result(source, value);
    case with_error: return asyncx_try_set_error(source, value);
    default: return asyncx_try_set_canceled(source);
    }
}

template <> bool try_complete(asyncx_completion_source *source, int way, int value)
{
    switch (way) {
    case with_result: return asyncx_try_set_result(source);
    case with_error: return asyncx_try_set_error(source, value);
    default: return asyncx_try_set_canceled(source);
    }
}

template <typename source_type> void complete(source_type *source, int way, int value);

template <> void complete(int_source *source, int way, int value)
{
    switch (way) {
    case with_result: asyncx_set_result(source, value); break;
    case with_error: asyncx_set_error(source, value); break;
    default: asyncx_set_canceled(source); break;
    }
}

template <> void complete(asyncx_completion_source *source, int way, int value)
{
    switch (way) {
    case with_result: asyncx_set_result(source); break;
    case with_error: asyncx_set_error(source, value); break;
    default: asyncx_set_canceled(source); break;
    }
}

asyncx_status status_of_way(int way)
{
    return way == with_result ? ASYNCX_SUCCEEDED : way == with_error ? ASYNCX_FAULTED : ASYNCX_CANCELED;
}

} // namespace

TEST_CASE("06: a new source is pending, and so is a zeroed one")
{
    int_source fresh;
    asyncx_completion_source_init(&fresh, inline_flag, nullptr);
    REQUIRE(asyncx_status_of(&fresh) == ASYNCX_PENDING);
    REQUIRE_FALSE(asyncx_is_completed(&fresh));

    static int_source zeroed;
    wait_int frame = {};
    asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &zeroed));
    REQUIRE_FALSE(asyncx_is_completed(&frame));
    asyncx_set_result(&zeroed, 8);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 8);
}

TEST_CASE("06: set resumes the waiting task inside the call, with the result")
{
    int_source source;
    wait_int frame = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &source));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    REQUIRE(asyncx_try_set_result(&source, 42));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 42);
    asyncx_completion_source_destroy(&source);
}

TEST_CASE("06: set before await does not suspend, in any way of completing")
{
    for (int way = 0; way < ways; way++) {
        asyncx_completion_source source;
        wait_for_outcome frame = {};
        asyncx_completion_source_init(&source, inline_flag, nullptr);
        complete(&source, way, 7);
        asyncx_start(ASYNC_CALL(wait_for_outcome, &frame, .source = &source));
        REQUIRE(frame.is_past);
        REQUIRE(asyncx_outcome_status(frame.outcome) == status_of_way(way));
    }
}

TEST_CASE("06: a late registration returns false and keeps nothing (design 6, RC-3)")
{
    recording_executor executor;
    int_source source;
    probe late(&executor);
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        asyncx_completion_source_init(&source, flags, &executor);
        asyncx_set_result(&source, 1);
        REQUIRE_FALSE(asyncx_on_completed(&source, &late, ASYNCX_USE_EXECUTOR));
        REQUIRE_FALSE(asyncx_on_completed(&source, &late, 0));
        REQUIRE_FALSE(asyncx_withdraw(&source, &late));
        REQUIRE(executor.posts == 0);
        REQUIRE(late.runs == 0);
    }
}

TEST_CASE("06: an operand that completes the source itself does not suspend")
{
    int_source source;
    wait_after_completing frame = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(wait_after_completing, &frame, .source = &source));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 5);
}

TEST_CASE("06: a void source completes without a value")
{
    asyncx_completion_source source;
    std::vector<int> log;
    wait_and_log frame = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(wait_and_log, &frame, .source = &source, .log = &log, .number = 1));
    REQUIRE(log.empty());
    asyncx_set_result(&source);
    REQUIRE(log == std::vector<int>{1});
    REQUIRE(asyncx_status_of(&source) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_of(&source) == ASYNCX_OUTCOME_SUCCEEDED);
}

TEST_CASE("06: a struct result is copied whole, before any waiter runs")
{
    pair_source source;
    checked_pair given = {17, ~17u};
    checked_pair seen = {0, 0};
    probe waiter;
    waiter.body = [&] { seen = source.result; };
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, given);
    given.value = 99;
    REQUIRE(seen.value == 17);
    REQUIRE(seen.complement == ~17u);
    REQUIRE(source.result.value == 17);
}

TEST_CASE("06: the outcome may be read any number of times, by anybody (TC-11)")
{
    int_source source;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_set_result(&source, 3);
    for (int reader = 0; reader < 3; reader++) {
        wait_int frame = {};
        REQUIRE(asyncx_outcome_of(&source) == ASYNCX_OUTCOME_SUCCEEDED);
        asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &source));
        REQUIRE(frame.result == 3);
    }
}

TEST_CASE("06: an error code arrives unchanged from one end of its range to the other")
{
    std::vector<int> codes = {1, -1, 2, -2, ETIMEDOUT, ASYNCX_ERROR_MIN, ASYNCX_ERROR_MIN + 1, ASYNCX_ERROR_MAX - 1,
                              ASYNCX_ERROR_MAX};
#if UINTPTR_MAX > 0xFFFFFFFF
    codes.push_back(INT_MIN);
    codes.push_back(INT_MAX);
#endif
    for (int bit = 0; bit < 26; bit++) {
        codes.push_back(1 << bit);
        codes.push_back(-(1 << bit));
    }
    for (int code : codes) {
        INFO("error code " << code);
        int_source source;
        wait_int frame = {};
        asyncx_completion_source_init(&source, inline_flag, nullptr);
        asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &source));
        asyncx_set_error(&source, code);
        REQUIRE(asyncx_status_of(&source) == ASYNCX_FAULTED);
        REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&source)) == code);
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_FAULTED);
        REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&frame)) == code);
        REQUIRE(asyncx_outcome_faulted(code) == asyncx_outcome_of(&frame));
    }
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("06: an outcome without an error carries the code 0")
{
    REQUIRE(asyncx_outcome_error(ASYNCX_OUTCOME_SUCCEEDED) == 0);
    REQUIRE(asyncx_outcome_error(ASYNCX_OUTCOME_CANCELED) == 0);
    REQUIRE(asyncx_outcome_error(0) == 0);
    REQUIRE(asyncx_outcome_status(ASYNCX_OUTCOME_SUCCEEDED) == ASYNCX_SUCCEEDED);
    REQUIRE(asyncx_outcome_status(ASYNCX_OUTCOME_CANCELED) == ASYNCX_CANCELED);
    REQUIRE(asyncx_outcome_status(0) == ASYNCX_PENDING);
}

TEST_CASE("06: a canceled source ends its waiter as canceled (TC-6)")
{
    int_source source;
    wait_int frame = {};
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_start(ASYNC_CALL(wait_int, &frame, .source = &source));
    asyncx_set_canceled(&source);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_CANCELED);
    REQUIRE(asyncx_outcome_of(&frame) == ASYNCX_OUTCOME_CANCELED);
}

TEMPLATE_TEST_CASE("06: after any way of completing, every other one fails and changes nothing (TC-4)", "", int_source,
                   asyncx_completion_source)
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        for (int first = 0; first < ways; first++) {
            for (int second = 0; second < ways; second++) {
                INFO("first " << first << ", second " << second << ", flags " << flags);
                for (bool is_try_first : {false, true}) {
                    TestType source;
                    asyncx_completion_source_init(&source, flags, &executor);
                    if (is_try_first)
                        REQUIRE(try_complete(&source, first, 11));
                    else
                        complete(&source, first, 11);
                    asyncx_outcome outcome = asyncx_outcome_of(&source);
                    snapshot before(&source, sizeof(source));
                    REQUIRE(asyncx_outcome_status(outcome) == status_of_way(first));
                    REQUIRE(asyncx_outcome_error(outcome) == (first == with_error ? 11 : 0));
                    REQUIRE_FALSE(try_complete(&source, second, 22));
                    REQUIRE(before.is_unchanged());
                    REQUIRE_MISUSE_OF(ASYNCX_MISUSE_ALREADY_COMPLETED, source, complete(&source, second, 33));
                    REQUIRE(asyncx_outcome_of(&source) == outcome);
                }
            }
        }
    }
}

TEST_CASE("06: a lost set resumes nobody")
{
    int_source source;
    probe waiter;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    REQUIRE(asyncx_try_set_result(&source, 1));
    REQUIRE_FALSE(asyncx_try_set_result(&source, 2));
    REQUIRE_FALSE(asyncx_try_set_error(&source, 2));
    REQUIRE_FALSE(asyncx_try_set_canceled(&source));
    REQUIRE(waiter.runs == 1);
    REQUIRE(source.result == 1);
}

TEST_CASE("06: the value expression is evaluated exactly once, whether it wins or loses")
{
    int_source source;
    int evaluated = 0;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_try_set_result(&source, ++evaluated));
    REQUIRE(evaluated == 1);
    REQUIRE_FALSE(asyncx_try_set_result(&source, ++evaluated));
    REQUIRE(evaluated == 2);
    REQUIRE_MISUSE(ASYNCX_MISUSE_ALREADY_COMPLETED, asyncx_set_result(&source, ++evaluated));
    REQUIRE(evaluated == 3);
    REQUIRE(source.result == 1);

    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_set_result(&source, ++evaluated);
    REQUIRE(evaluated == 4);
    REQUIRE(source.result == 4);

    REQUIRE_FALSE(asyncx_try_set_error(&source, ++evaluated));
    REQUIRE(evaluated == 5);
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_try_set_error(&source, ++evaluated));
    REQUIRE(evaluated == 6);
    REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&source)) == 6);
}

TEST_CASE("06: set and try_set are single statements, and try_set is an expression")
{
    int_source source;
    asyncx_completion_source plain;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_completion_source_init(&plain, inline_flag, nullptr);
    bool is_first = asyncx_try_set_result(&source, 1) && asyncx_try_set_result(&plain) ? true : false;
    REQUIRE(is_first);
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    if (is_first)
        asyncx_set_result(&source, 2);
    else
        asyncx_set_canceled(&source);
    REQUIRE(source.result == 2);
}

TEST_CASE("06: callbacks resume in the order in which they registered, however many there are")
{
    for (int count = 0; count <= 5; count++) {
        asyncx_completion_source source;
        std::vector<int> order, expected;
        std::vector<std::unique_ptr<probe>> waiters;
        asyncx_completion_source_init(&source, inline_flag, nullptr);
        for (int number = 0; number < count; number++) {
            waiters.emplace_back(new probe);
            waiters.back()->body = [&order, number] { order.push_back(number); };
            REQUIRE(asyncx_on_completed(&source, waiters.back().get(), 0));
            expected.push_back(number);
        }
        asyncx_set_result(&source);
        REQUIRE(order == expected);
    }
}

TEST_CASE("06: tasks resume in the order in which they awaited, however many there are")
{
    for (int way = 0; way < ways; way++) {
        asyncx_completion_source source;
        std::vector<int> log;
        wait_and_log frames[5] = {};
        asyncx_completion_source_init(&source, inline_flag, nullptr);
        for (int number = 0; number < 5; number++)
            asyncx_start(ASYNC_CALL(wait_and_log, &frames[number], .source = &source, .log = &log, .number = number));
        complete(&source, way, 9);
        REQUIRE(log == (way == with_result ? std::vector<int>{0, 1, 2, 3, 4} : std::vector<int>()));
        for (wait_and_log &frame : frames)
            REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_of(&source));
    }
}

TEST_CASE("06: waiters with an executor are posted there in order, the others run inline in order (RC-6)")
{
    recording_executor executor;
    asyncx_completion_source source;
    std::vector<int> order;
    std::vector<std::unique_ptr<probe>> waiters;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    for (int number = 0; number < 6; number++) {
        waiters.emplace_back(new probe(number % 2 ? &executor : nullptr));
        waiters.back()->body = [&order, number] { order.push_back(number); };
        REQUIRE(asyncx_on_completed(&source, waiters.back().get(), ASYNCX_USE_EXECUTOR));
    }
    asyncx_set_result(&source);
    REQUIRE(order == std::vector<int>{0, 2, 4});
    REQUIRE(executor.posts == 3);
    executor.run_all();
    REQUIRE(order == std::vector<int>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("06: the waiters that must be posted are posted before the first one runs inline (RC-6)")
{
    recording_executor executor;
    asyncx_completion_source source;
    probe runs_here, runs_there(&executor);
    int posts_seen = -1;
    runs_here.body = [&] { posts_seen = executor.posts; };
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &runs_here, ASYNCX_USE_EXECUTOR));
    REQUIRE(asyncx_on_completed(&source, &runs_there, ASYNCX_USE_EXECUTOR));
    asyncx_set_result(&source);
    REQUIRE(posts_seen == 1);
    executor.run_all();
}

TEST_CASE("06: an asynchronous source runs nobody inside set, and posts in order of registration (TC-7, RC-7)")
{
    for (int count = 0; count <= 3; count++) {
        recording_executor executor;
        asyncx_completion_source source;
        std::vector<int> log, expected;
        wait_and_log frames[3] = {};
        asyncx_completion_source_init(&source, asynchronous_flag, &executor);
        for (int number = 0; number < count; number++) {
            asyncx_start(ASYNC_CALL(wait_and_log, &frames[number], .source = &source, .log = &log, .number = number));
            expected.push_back(number);
        }
        asyncx_set_result(&source);
        REQUIRE(log.empty());
        REQUIRE(asyncx_is_completed(&source));
        REQUIRE(executor.posts == count);
        executor.run_all();
        REQUIRE(log == expected);
    }
}

TEST_CASE("06: without the flag the source's own executor is not used")
{
    recording_executor executor;
    asyncx_completion_source source;
    probe waiter;
    asyncx_completion_source_init(&source, inline_flag, &executor);
    REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR));
    asyncx_set_result(&source);
    REQUIRE(waiter.runs == 1);
    REQUIRE(executor.posts == 0);
}

TEST_CASE("06: of 1 to 5 waiters every subset can be withdrawn, in any order, and the rest resume in order")
{
    recording_executor executor;
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        for (int count = 1; count <= 5; count++) {
            for (unsigned int subset = 0; subset < 1u << count; subset++) {
                for (bool is_newest_first : {false, true}) {
                    INFO(count << " waiters, withdrawn " << subset << ", flags " << flags);
                    asyncx_completion_source source;
                    std::vector<int> order, expected;
                    std::vector<std::unique_ptr<probe>> waiters;
                    asyncx_completion_source_init(&source, flags, &executor);
                    for (int number = 0; number < count; number++) {
                        waiters.emplace_back(new probe);
                        waiters.back()->body = [&order, number] { order.push_back(number); };
                        REQUIRE(asyncx_on_completed(&source, waiters.back().get(), 0));
                        if (!(subset >> number & 1))
                            expected.push_back(number);
                    }
                    for (int step = 0; step < count; step++) {
                        int number = is_newest_first ? count - 1 - step : step;
                        probe *waiter = waiters[static_cast<size_t>(number)].get();
                        if (!(subset >> number & 1))
                            continue;
                        REQUIRE(asyncx_withdraw(&source, waiter));
                        REQUIRE_FALSE(asyncx_withdraw(&source, waiter));
                    }
                    REQUIRE(asyncx_status_of(&source) == ASYNCX_PENDING);
                    if (expected.empty())
                        asyncx_completion_source_destroy(&source);
                    asyncx_set_result(&source);
                    executor.run_all();
                    REQUIRE(order == expected);
                    for (const std::unique_ptr<probe> &waiter : waiters)
                        REQUIRE_FALSE(asyncx_withdraw(&source, waiter.get()));
                }
            }
        }
    }
    REQUIRE(testing_misuses == 0);
}

TEST_CASE("06: a waiter that is not registered is not withdrawn")
{
    asyncx_completion_source source, other;
    probe absent, first, second, elsewhere;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    asyncx_completion_source_init(&other, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&other, &elsewhere, 0));
    REQUIRE_FALSE(asyncx_withdraw(&source, &absent));
    REQUIRE(asyncx_on_completed(&source, &first, 0));
    REQUIRE_FALSE(asyncx_withdraw(&source, &absent));
    REQUIRE_FALSE(asyncx_withdraw(&source, &elsewhere));
    REQUIRE(asyncx_on_completed(&source, &second, 0));
    REQUIRE_FALSE(asyncx_withdraw(&source, &absent));
    REQUIRE_FALSE(asyncx_withdraw(&source, &elsewhere));
    asyncx_set_result(&source);
    asyncx_set_result(&other);
    REQUIRE(first.runs == 1);
    REQUIRE(second.runs == 1);
    REQUIRE(elsewhere.runs == 1);
    REQUIRE(absent.runs == 0);
}

TEST_CASE("06: a withdrawn waiter can register again, and is then the newest")
{
    asyncx_completion_source source;
    std::vector<int> order;
    probe a, b, c;
    a.body = [&] { order.push_back(1); };
    b.body = [&] { order.push_back(2); };
    c.body = [&] { order.push_back(3); };
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    for (probe *waiter : {&a, &b, &c})
        REQUIRE(asyncx_on_completed(&source, waiter, 0));
    REQUIRE(asyncx_withdraw(&source, &a));
    REQUIRE(asyncx_on_completed(&source, &a, 0));
    asyncx_set_result(&source);
    REQUIRE(order == std::vector<int>{2, 3, 1});
}

TEST_CASE("06: a withdrawn waiter may be freed at once")
{
    asyncx_completion_source source;
    probe stays;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    for (int others = 0; others < 2; others++) {
        std::unique_ptr<probe> gone(new probe);
        if (others == 1)
            REQUIRE(asyncx_on_completed(&source, &stays, 0));
        REQUIRE(asyncx_on_completed(&source, gone.get(), 0));
        REQUIRE(asyncx_withdraw(&source, gone.get()));
    }
    asyncx_set_result(&source);
    REQUIRE(stays.runs == 1);
}

TEST_CASE("06: once completion has taken the waiters, one of them cannot withdraw another")
{
    asyncx_completion_source source;
    probe first, second;
    bool was_withdrawn = true;
    first.body = [&] { was_withdrawn = asyncx_withdraw(&source, &second); };
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &first, 0));
    REQUIRE(asyncx_on_completed(&source, &second, 0));
    asyncx_set_result(&source);
    REQUIRE_FALSE(was_withdrawn);
    REQUIRE(second.runs == 1);
}

TEST_CASE("06: inside a waiter the source is complete already: set loses, await does not suspend")
{
    int_source source;
    probe waiter, late;
    bool won = true, registered = true;
    int seen = 0;
    waiter.body = [&] {
        won = asyncx_try_set_result(&source, 2);
        registered = asyncx_on_completed(&source, &late, 0);
        seen = source.result;
    };
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, 0));
    asyncx_set_result(&source, 1);
    REQUIRE_FALSE(won);
    REQUIRE_FALSE(registered);
    REQUIRE(seen == 1);
}

/* The following ones prove their claim under AddressSanitizer. */

TEST_CASE("06: the waiter may free the source that resumes it")
{
    for (int way = 0; way < ways; way++) {
        int_source *source = new_hidden<int_source>();
        probe waiter;
        waiter.body = [source] { delete source; };
        asyncx_completion_source_init(source, inline_flag, nullptr);
        REQUIRE(asyncx_on_completed(source, &waiter, 0));
        complete(source, way, 4);
        REQUIRE(waiter.runs == 1);

        source = new_hidden<int_source>();
        waiter.body = [source] { delete source; };
        asyncx_completion_source_init(source, inline_flag, nullptr);
        REQUIRE(asyncx_on_completed(source, &waiter, 0));
        REQUIRE(try_complete(source, way, 4));
        REQUIRE(waiter.runs == 2);
    }
}

TEST_CASE("06: the last of several waiters may free the source")
{
    asyncx_completion_source *source = new_hidden<asyncx_completion_source>();
    probe first, second, last;
    last.body = [source] { delete source; };
    asyncx_completion_source_init(source, inline_flag, nullptr);
    for (probe *waiter : {&first, &second, &last})
        REQUIRE(asyncx_on_completed(source, waiter, 0));
    asyncx_set_result(source);
    REQUIRE(first.runs + second.runs + last.runs == 3);
}

TEST_CASE("06: the first waiter may free the source, which has handed every waiter on by then")
{
    asyncx_completion_source *source = new_hidden<asyncx_completion_source>();
    recording_executor executor;
    probe first, second, posted(&executor);
    first.body = [source] { delete source; };
    asyncx_completion_source_init(source, inline_flag, nullptr);
    for (probe *waiter : {&first, &second, &posted})
        REQUIRE(asyncx_on_completed(source, waiter, ASYNCX_USE_EXECUTOR));
    asyncx_set_result(source);
    REQUIRE(second.runs == 1);
    executor.run_all();
    REQUIRE(posted.runs == 1);
}

TEST_CASE("06: each waiter may free itself")
{
    struct self_freeing : asyncx_continuation {
        int *deaths;
        static asyncx_continuation *run(asyncx_continuation *self)
        {
            self_freeing *me = static_cast<self_freeing *>(self);
            ++*me->deaths;
            delete me;
            return nullptr;
        }
    };
    recording_executor executor;
    asyncx_completion_source source;
    int deaths = 0;
    asyncx_completion_source_init(&source, inline_flag, nullptr);
    for (int number = 0; number < 4; number++) {
        self_freeing *waiter = new self_freeing;
        waiter->deaths = &deaths;
        asyncx_continuation_init(waiter, self_freeing::run, number % 2 ? &executor : nullptr);
        REQUIRE(asyncx_on_completed(&source, waiter, ASYNCX_USE_EXECUTOR));
    }
    asyncx_set_result(&source);
    executor.run_all();
    REQUIRE(deaths == 4);
}

#if !ASYNCX_SINGLE_THREADED

TEST_CASE("06: of try_set calls from many threads exactly one wins, and its result is visible (TC-1, TC-3)")
{
    enum { threads = 4 };
    pair_source source;
    probe waiter;
    checked_pair seen = {0, 0};
    std::atomic<int> wins(0), torn(0);
    uint32_t winning_value = 0;
    bool is_with_waiter = false;
    waiter.body = [&] { seen = source.result; };
    race_for(
        250, threads,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            wins.store(0);
            waiter.runs = 0;
            is_with_waiter = !is_with_waiter;
            if (is_with_waiter)
                asyncx_on_completed(&source, &waiter, 0);
        },
        [&](int thread) {
            uint32_t value = static_cast<uint32_t>(thread) + 1;
            checked_pair pair = {value, ~value};
            bool won = asyncx_try_set_result(&source, pair);
            if (won) {
                wins.fetch_add(1);
                winning_value = value;
                if (asyncx_status_of(&source) != ASYNCX_SUCCEEDED)
                    torn.fetch_add(1);
            }
            if (asyncx_is_completed(&source) && source.result.complement != ~source.result.value)
                torn.fetch_add(1);
        },
        [&] {
            REQUIRE(wins.load() == 1);
            REQUIRE(source.result.value == winning_value);
            REQUIRE(waiter.runs == (is_with_waiter ? 1 : 0));
            if (is_with_waiter)
                REQUIRE(seen.value == winning_value);
        });
    REQUIRE(torn.load() == 0);
}

TEST_CASE("06: racing results, errors and cancellations leave one of them whole (TC-4)")
{
    int_source source;
    std::atomic<int> wins(0);
    int winner = -1;
    race_for(
        150, ways,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            wins.store(0);
        },
        [&](int way) {
            if (try_complete(&source, way, 77)) {
                wins.fetch_add(1);
                winner = way;
            }
        },
        [&] {
            REQUIRE(wins.load() == 1);
            REQUIRE(asyncx_status_of(&source) == status_of_way(winner));
            REQUIRE(asyncx_outcome_error(asyncx_outcome_of(&source)) == (winner == with_error ? 77 : 0));
        });
}

TEST_CASE("06: registering against completing, each waiter runs once or sees the result at once")
{
    enum { threads = 3, each = 3 };
    int_source source;
    std::unique_ptr<probe> waiters[threads][each];
    std::atomic<int> refused(0), wrong(0);
    for (auto &row : waiters)
        for (auto &waiter : row) {
            waiter.reset(new probe);
            waiter->body = [&] {
                if (source.result != 31)
                    wrong.fetch_add(1);
            };
        }
    int registered_total = 0, refused_total = 0;
    int rounds = race_for(
        200, threads,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            source.result = 0;
            refused.store(0);
            for (auto &row : waiters)
                for (auto &waiter : row)
                    waiter->runs = 0;
        },
        [&](int thread) {
            if (thread == 0) {
                asyncx_set_result(&source, 31);
                return;
            }
            for (auto &waiter : waiters[thread]) {
                if (asyncx_on_completed(&source, waiter.get(), 0))
                    continue;
                refused.fetch_add(1);
                if (!asyncx_is_completed(&source) || source.result != 31)
                    wrong.fetch_add(1);
            }
        },
        [&] {
            int runs = 0;
            for (auto &row : waiters)
                for (auto &waiter : row) {
                    REQUIRE(waiter->runs <= 1);
                    runs += waiter->runs;
                }
            REQUIRE(runs + refused.load() == (threads - 1) * each);
            registered_total += runs;
            refused_total += refused.load();
        });
    REQUIRE(wrong.load() == 0);
    REQUIRE_CONTENTION(rounds, registered_total, refused_total);
}

TEST_CASE("06: awaiting tasks against a completing thread always end, with the result")
{
    int_source source;
    wait_int frames[2] = {};
    race_for(
        200, 3,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            source.result = 0;
        },
        [&](int thread) {
            if (thread == 0)
                asyncx_set_result(&source, 13);
            else
                asyncx_start(ASYNC_CALL(wait_int, &frames[thread - 1], .source = &source));
        },
        [&] {
            for (wait_int &frame : frames) {
                REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
                REQUIRE(frame.result == 13);
                frame.result = 0;
            }
        });
}

TEST_CASE("06: withdrawing against completing, the waiter runs or is withdrawn: never both, never neither")
{
    /* One waiter is the plain state of the word, several are the list, with two threads in each other's way. */
    for (int count : {1, 2, 5}) {
        enum { most = 5 };
        asyncx_completion_source source;
        std::unique_ptr<probe> waiters[most];
        int withdrawn[most] = {};
        int withdrawn_total = 0, run_total = 0;
        for (auto &waiter : waiters)
            waiter.reset(new probe);
        int rounds = race_for(
            120, 3,
            [&] {
                asyncx_completion_source_init(&source, inline_flag, nullptr);
                for (int number = 0; number < count; number++) {
                    waiters[number]->runs = 0;
                    withdrawn[number] = 0;
                    asyncx_on_completed(&source, waiters[number].get(), 0);
                }
            },
            [&](int thread) {
                if (thread == 0) {
                    asyncx_set_result(&source);
                    return;
                }
                for (int number = thread - 1; number < count; number += 2)
                    withdrawn[number] = asyncx_withdraw(&source, waiters[number].get()) ? 1 : 0;
            },
            [&] {
                for (int number = 0; number < count; number++) {
                    REQUIRE(withdrawn[number] + waiters[number]->runs == 1);
                    withdrawn_total += withdrawn[number];
                    run_total += waiters[number]->runs;
                }
            });
        REQUIRE_CONTENTION(rounds, withdrawn_total, run_total);
    }
}

TEST_CASE("06: two threads withdrawing the same waiter while a third completes: one of the three gets it")
{
    for (bool is_alone : {true, false}) {
        asyncx_completion_source source;
        probe wanted, other;
        std::atomic<int> taken(0);
        race_for(
            120, 3,
            [&] {
                asyncx_completion_source_init(&source, inline_flag, nullptr);
                wanted.runs = other.runs = 0;
                taken.store(0);
                if (!is_alone)
                    asyncx_on_completed(&source, &other, 0);
                asyncx_on_completed(&source, &wanted, 0);
            },
            [&](int thread) {
                if (thread == 0)
                    asyncx_set_result(&source);
                else if (asyncx_withdraw(&source, &wanted))
                    taken.fetch_add(1);
            },
            [&] {
                REQUIRE(taken.load() + wanted.runs == 1);
                REQUIRE(other.runs == (is_alone ? 0 : 1));
            });
    }
}

TEST_CASE("06: registrations from many threads are all kept, each thread's in its order")
{
    enum { threads = 4, each = 4 };
    asyncx_completion_source source;
    std::unique_ptr<probe> waiters[threads][each];
    std::vector<int> order;
    for (int thread = 0; thread < threads; thread++)
        for (int number = 0; number < each; number++) {
            int name = thread * each + number;
            waiters[thread][number].reset(new probe);
            waiters[thread][number]->body = [&order, name] { order.push_back(name); };
        }
    race_for(
        150, threads,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            order.clear();
        },
        [&](int thread) {
            for (auto &waiter : waiters[thread])
                asyncx_on_completed(&source, waiter.get(), 0);
        },
        [&] {
            asyncx_set_result(&source);
            REQUIRE(order.size() == threads * each);
            int next[threads] = {};
            for (int name : order) {
                REQUIRE(name % each == next[name / each]);
                next[name / each]++;
            }
        });
}

TEST_CASE("06: withdrawals on other threads do not disturb the order of registration")
{
    enum { stay = 4, come_and_go = 2 };
    asyncx_completion_source source;
    std::unique_ptr<probe> stayers[stay], goers[come_and_go];
    std::vector<int> order;
    std::atomic<int> lost(0);
    for (int number = 0; number < stay; number++) {
        stayers[number].reset(new probe);
        stayers[number]->body = [&order, number] { order.push_back(number); };
    }
    for (auto &goer : goers)
        goer.reset(new probe);
    race_for(
        200, 1 + come_and_go,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            order.clear();
        },
        [&](int thread) {
            if (thread == 0) {
                for (auto &stayer : stayers)
                    asyncx_on_completed(&source, stayer.get(), 0);
                return;
            }
            for (int turn = 0; turn < 4; turn++) {
                asyncx_on_completed(&source, goers[thread - 1].get(), 0);
                if (!asyncx_withdraw(&source, goers[thread - 1].get()))
                    lost.fetch_add(1);
            }
        },
        [&] {
            asyncx_set_result(&source);
            REQUIRE(order == std::vector<int>{0, 1, 2, 3});
        });
    REQUIRE(lost.load() == 0);
    for (auto &goer : goers)
        REQUIRE(goer->runs == 0);
}

TEST_CASE("06: registering, withdrawing and completing all at once loses and doubles nobody")
{
    enum { threads = 4 };
    asyncx_completion_source source;
    std::unique_ptr<probe> waiters[threads], older;
    std::atomic<int> wrong(0);
    int registered[threads] = {}, withdrawn[threads] = {};
    older.reset(new probe);
    for (auto &waiter : waiters)
        waiter.reset(new probe);
    race_for(
        250, threads,
        [&] {
            asyncx_completion_source_init(&source, inline_flag, nullptr);
            older->runs = 0;
            for (int thread = 0; thread < threads; thread++)
                waiters[thread]->runs = registered[thread] = withdrawn[thread] = 0;
            asyncx_on_completed(&source, older.get(), 0);
        },
        [&](int thread) {
            if (thread == 0) {
                asyncx_set_result(&source);
                return;
            }
            registered[thread] = asyncx_on_completed(&source, waiters[thread].get(), 0) ? 1 : 0;
            if (asyncx_withdraw(&source, waiters[thread].get())) {
                withdrawn[thread] = 1;
                if (!registered[thread])
                    wrong.fetch_add(1);
            }
        },
        [&] {
            REQUIRE(older->runs == 1);
            for (int thread = 1; thread < threads; thread++)
                REQUIRE(waiters[thread]->runs + withdrawn[thread] == registered[thread]);
        });
    REQUIRE(wrong.load() == 0);
}

namespace {

struct interrupted {
    asyncx_run_queue queue;
    pair_source *volatile pending;   /* what the handler completes; NULL when it shall not */
    volatile sig_atomic_t handled;
};
interrupted shared;

void on_signal(int)
{
    pair_source *source = shared.pending;
    if (!source)
        return;
    uint32_t value = static_cast<uint32_t>(shared.handled) + 1;
    checked_pair pair = {value, ~value};
    shared.pending = nullptr;
    shared.handled = shared.handled + 1;
    asyncx_set_result(source, pair);
}

typedef struct {
    ASYNC_FRAME(void);
    pair_source sources[2];
    int round;
    int rounds;
    int torn;
} interrupted_loop;

ASYNC(interrupted_loop)
{
    ASYNC_BEGIN();
    for (self->round = 0; self->round < self->rounds; self->round++) {
        asyncx_completion_source_init(&self->sources[self->round & 1], asynchronous_flag, &shared.queue.executor);
        shared.pending = &self->sources[self->round & 1];
        AWAIT(&self->sources[self->round & 1]);
        if (self->sources[self->round & 1].result.complement != ~self->sources[self->round & 1].result.value ||
            self->sources[self->round & 1].result.value != static_cast<uint32_t>(self->round) + 1)
            self->torn++;
    }
    ASYNC_END();
}

} // namespace

TEST_CASE("06: a signal handler completes an asynchronous source while the program drains the queue")
{
    interrupted_loop frame = {};
    struct sigaction action = {}, old_action;
    struct itimerval interval = {}, no_interval = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    asyncx_run_queue_init(&shared.queue, nullptr);
    shared.pending = nullptr;
    shared.handled = 0;
    REQUIRE(sigaction(SIGALRM, &action, &old_action) == 0);
    interval.it_interval.tv_usec = interval.it_value.tv_usec = 50;
    REQUIRE(setitimer(ITIMER_REAL, &interval, nullptr) == 0);
    asyncx_start(ASYNC_CALL(interrupted_loop, &frame, .rounds = 1000));
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!asyncx_is_completed(&frame) && std::chrono::steady_clock::now() < deadline)
        asyncx_run_queue_run_until_idle(&shared.queue);
    shared.pending = nullptr;
    REQUIRE(setitimer(ITIMER_REAL, &no_interval, nullptr) == 0);
    REQUIRE(sigaction(SIGALRM, &old_action, nullptr) == 0);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.torn == 0);
    REQUIRE(shared.handled == 1000);
}

#endif
