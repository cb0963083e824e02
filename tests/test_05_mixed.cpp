/* Section 5: C and C++ translation units in one program, awaiting each other's functions. */
#include "test_05_c.h"

#include <string>
#include <vector>

ASYNC(test_05_in_cpp)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(test_05_in_c, &self->callee, .wait = self->wait, .value = 21));
    if (self->error)
        ASYNC_FAIL(self->error);
    ASYNC_RETURN(static_cast<int>(self->callee.result));
    ASYNC_END();
}

namespace {

#define SIZE(type) {"sizeof(" #type ")", sizeof(type)},
#define OFFSET(type, member) {"offsetof(" #type ", " #member ")", offsetof(type, member)},
const test_05_layout_entry layout_in_cpp[] = {TEST_05_SIZES(SIZE) TEST_05_OFFSETS(OFFSET)};
const size_t layout_in_cpp_count = sizeof layout_in_cpp / sizeof layout_in_cpp[0];

struct probe {
    asyncx_continuation continuation;
    int runs;
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        reinterpret_cast<probe *>(continuation)->runs++;
        return nullptr;
    }
};

void event_init(asyncx_completion_source *source)
{
    asyncx_completion_source_init(source, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
}

}   /* namespace */

TEST_CASE("every public structure has the same layout in C and in C++", "[05][c]")
{
    REQUIRE(layout_in_cpp_count == test_05_layout_in_c_count);
    for (size_t i = 0; i < layout_in_cpp_count; i++) {
        INFO(layout_in_cpp[i].what);
        REQUIRE(std::string(layout_in_cpp[i].what) == test_05_layout_in_c[i].what);
        REQUIRE(layout_in_cpp[i].bytes == test_05_layout_in_c[i].bytes);
    }
}

TEST_CASE("C++ awaits a function that C defines, C one that C++ defines", "[05][c]")
{
    asyncx_completion_source wait;
    test_05_in_cpp frame = test_05_in_cpp();
    event_init(&wait);
    asyncx_start(ASYNC_CALL(test_05_in_cpp, &frame, .wait = &wait));
    REQUIRE(asyncx_status_of(&frame.callee) == ASYNCX_PENDING);
    SECTION("completed by C++") { asyncx_set_result(&wait); }
    SECTION("completed by C") { test_05_c_complete(&wait); }
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 42);
}

TEST_CASE("a failure travels from C to C++", "[05][c]")
{
    test_05_in_c frame = test_05_in_c();
    test_05_c_start(&frame, nullptr, -5);
    REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_faulted(-5));
    asyncx_completion_source wait;
    test_05_in_cpp caller = test_05_in_cpp();
    event_init(&wait);
    asyncx_start(ASYNC_CALL(test_05_in_cpp, &caller, .wait = &wait));
    asyncx_set_error(&wait, 9);
    REQUIRE(asyncx_outcome_of(&caller) == asyncx_outcome_faulted(9));
}

TEST_CASE("a function written in C awaits operands of every kind", "[05][c]")
{
    for (bool fails : {false, true}) {
        asyncx_completion_source wait;
        asyncx_value_source version;
        test_05_everything frame = test_05_everything();
        test_05_in_cpp child = test_05_in_cpp();
        asyncx_run_queue queue;
        asyncx_run_queue_init(&queue, nullptr);
        event_init(&wait);
        asyncx_value_source_init(&version, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        ASYNCX_COMPLETION_SOURCE(int) typed;
        asyncx_completion_source_init(&typed, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
        asyncx_value_task_from_result(&frame.task, 4);
        frame.wait = &wait;
        frame.version = &version;
        frame.typed = reinterpret_cast<decltype(frame.typed)>(&typed);
        frame.child = &child;
        frame.fails = fails;
        asyncx_start_on(ASYNC_CALL(test_05_everything, &frame), &queue.executor);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(frame.steps == 0);
        test_05_c_complete(&wait);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(frame.steps == 1);
        asyncx_set_result(frame.typed, 3);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(frame.steps == 1);
        asyncx_set_result(&version);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(frame.steps == 5);
        REQUIRE(frame.result.left == 3);
        REQUIRE(frame.result.right == 4);
        REQUIRE(frame.cleanups == 1);
        REQUIRE(asyncx_outcome_of(&frame) == asyncx_outcome_faulted(fails ? 77 : 2));
    }
}

TEST_CASE("a program all in C", "[05][c]")
{
    REQUIRE(test_05_c_self_test() == 0);
}

TEST_CASE("both languages see one state of each thread", "[05][c]")
{
    static asyncx_run_queue *mine;
    static int seen;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    mine = &queue;
    seen = 0;
    REQUIRE(test_05_c_thread_state() == ASYNCX_THREAD_STATE());
    asyncx_continuation asks;
    asyncx_continuation_init(
        &asks,
        [](asyncx_continuation *) -> asyncx_continuation * {
            seen += test_05_c_is_current(mine);
            seen += 10 * mine->executor.is_current(&mine->executor);
            return nullptr;
        },
        nullptr);
    asyncx_post(&queue.executor, &asks);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(seen == 11);
    asyncx_post(&queue.executor, &asks);
    test_05_c_run(&queue);
    REQUIRE(seen == 22);
    REQUIRE(test_05_c_is_current(&queue) == 0);
}

TEST_CASE("the stack bound counts resumptions of both languages", "[05][c]")
{
    struct nested {
        asyncx_continuation continuation;
        nested *following;
        int *depth, *deepest;
        bool in_c;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            nested *self = reinterpret_cast<nested *>(continuation);
            if (++*self->depth > *self->deepest)
                *self->deepest = *self->depth;
            if (self->following && self->in_c)
                test_05_c_resume(&self->following->continuation);
            else if (self->following)
                asyncx_resume(&self->following->continuation);
            --*self->depth;
            return nullptr;
        }
    };
    int depth = 0, deepest = 0;
    std::vector<nested> all(5 * ASYNCX_INLINE_DEPTH);
    for (size_t i = 0; i < all.size(); i++) {
        test_05_c_callback_init(&all[i].continuation, nested::run, nullptr);
        all[i].following = i + 1 < all.size() ? &all[i + 1] : nullptr;
        all[i].depth = &depth;
        all[i].deepest = &deepest;
        all[i].in_c = i % 2;
    }
    asyncx_resume(&all[0].continuation);
    REQUIRE(deepest == ASYNCX_INLINE_DEPTH);
}

TEST_CASE("a callback that C prepared runs from C++, and the other way round", "[05][c]")
{
    asyncx_run_queue queue;
    asyncx_completion_source source;
    probe from_c, from_cpp;
    asyncx_run_queue_init(&queue, nullptr);
    event_init(&source);
    from_c.runs = from_cpp.runs = 0;
    test_05_c_callback_init(&from_c.continuation, probe::run, &queue.executor);
    asyncx_continuation_init(&from_cpp.continuation, probe::run, &queue.executor);
    REQUIRE(asyncx_on_completed(&source, &from_c.continuation, ASYNCX_USE_EXECUTOR));
    REQUIRE(asyncx_on_completed(&source, &from_cpp.continuation, 0));
    test_05_c_complete(&source);
    REQUIRE(from_cpp.runs == 1);
    REQUIRE(from_c.runs == 0);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(from_c.runs == 1);
}
