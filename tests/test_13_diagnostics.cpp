/* Section 13: the async stack of a suspended task. The whole program needs ASYNCX_DIAGNOSTICS=1. */
#include "testing.h"

#if ASYNCX_DIAGNOSTICS

#include <cstdio>
#include <string>
#include <vector>

namespace {

typedef asyncx_completion_source event;

void event_init(event *self) { asyncx_completion_source_init(self, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr); }

/* The lines of the AWAITs below, as the functions note them on the way. */
int leaf_line, middle_line, top_line, finally_line, until_line;

struct leaf {
    ASYNC_FRAME(int);
    event *first, *second;
};
static ASYNC(leaf)
{
    ASYNC_BEGIN();
    leaf_line = __LINE__; AWAIT(self->first);
    leaf_line = __LINE__; AWAIT_STATUS(asyncx_outcome_, self->second);
    ASYNC_RETURN(1);
    ASYNC_END();
}

struct middle {
    ASYNC_FRAME(int);
    event *first, *second;
    leaf child;
};
static ASYNC(middle)
{
    ASYNC_BEGIN();
    middle_line = __LINE__; AWAIT(ASYNC_CALL(leaf, &self->child, .first = self->first, .second = self->second));
    ASYNC_RETURN(self->child.result);
    ASYNC_END();
}

struct top {
    ASYNC_FRAME_FINALLY(int);
    event *first, *second, *cleanup;
    middle child;
};
static ASYNC(top)
{
    ASYNC_BEGIN();
    top_line = __LINE__; AWAIT(ASYNC_CALL(middle, &self->child, .first = self->first, .second = self->second));
    ASYNC_RETURN(self->child.result);
    ASYNC_FINALLY:
    finally_line = __LINE__; AWAIT(self->cleanup);
    ASYNC_END();
}

struct until {
    ASYNC_FRAME(void);
    int counter;
};
static ASYNC(until)
{
    ASYNC_BEGIN();
    until_line = __LINE__; AWAIT_UNTIL(self->counter > 3);
    AWAIT(asyncx_yield());
    ASYNC_END();
}

struct awaits_leaf {
    ASYNC_FRAME(int);
    leaf *other;
};
static ASYNC(awaits_leaf)
{
    ASYNC_BEGIN();
    AWAIT(self->other);
    ASYNC_END();
}

struct other_awaits_leaf {
    ASYNC_FRAME(int);
    leaf *other;
};
static ASYNC(other_awaits_leaf)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_get_awaiter(self->other));
    ASYNC_END();
}

struct stack {
    std::vector<asyncx_stack_frame> levels;
    size_t returned;

    explicit stack(const asyncx_task *task) { returned = asyncx_walk_stack(task, add, this); }
    static void add(const asyncx_stack_frame *level, void *context)
    {
        static_cast<stack *>(context)->levels.push_back(*level);
    }
};

std::string name_of(const asyncx_stack_frame &level) { return level.function ? level.function : "(callback)"; }
std::string operand_of(const asyncx_stack_frame &level) { return level.operand ? level.operand : "(none)"; }
std::string file_of(const asyncx_stack_frame &level) { return level.file ? level.file : "(none)"; }

asyncx_continuation *nothing(asyncx_continuation *) { return nullptr; }

/* What asyncx_print_stack writes. */
template <typename frame_type> std::string printed(frame_type *frame)
{
    std::string text;
    std::FILE *file = std::tmpfile();
    REQUIRE(file);
    asyncx_print_stack(frame, file);
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;)
        text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

}   /* namespace */

TEST_CASE("the async stack names each function, innermost first, with the place of its AWAIT", "[13]")
{
    event first, second, cleanup;
    top frame = top();
    event_init(&first);
    event_init(&second);
    event_init(&cleanup);
    asyncx_start(ASYNC_CALL(top, &frame, .first = &first, .second = &second, .cleanup = &cleanup));

    stack seen(&frame.child.child.awaitable.task);
    REQUIRE(seen.returned == 3);
    REQUIRE(seen.levels.size() == 3);
    REQUIRE(name_of(seen.levels[0]) == "leaf");
    REQUIRE(name_of(seen.levels[1]) == "middle");
    REQUIRE(name_of(seen.levels[2]) == "top");
    REQUIRE(seen.levels[0].task == &frame.child.child.awaitable.task);
    REQUIRE(seen.levels[1].task == &frame.child.awaitable.task);
    REQUIRE(seen.levels[2].task == &frame.awaitable.task);
    REQUIRE(seen.levels[0].line == leaf_line);
    REQUIRE(seen.levels[1].line == middle_line);
    REQUIRE(seen.levels[2].line == top_line);
    for (const asyncx_stack_frame &level : seen.levels)
        REQUIRE(file_of(level) == __FILE__);
    REQUIRE(operand_of(seen.levels[0]) == "self->first");
    REQUIRE(operand_of(seen.levels[1]).find("ASYNC_CALL(leaf, &self->child") == 0);

    asyncx_set_result(&first);
    stack later(&frame.child.child.awaitable.task);
    REQUIRE(later.levels.size() == 3);
    REQUIRE(later.levels[0].line == leaf_line);
    REQUIRE(later.levels[0].line > seen.levels[0].line);
    REQUIRE(operand_of(later.levels[0]) == "self->second");

    asyncx_set_result(&second);
    stack at_cleanup(&frame.awaitable.task);
    REQUIRE(at_cleanup.levels.size() == 1);
    REQUIRE(at_cleanup.levels[0].line == finally_line);
    REQUIRE(operand_of(at_cleanup.levels[0]) == "self->cleanup");
    asyncx_set_result(&cleanup);
    REQUIRE(asyncx_is_completed(&frame));
}

TEST_CASE("the async stack of an outer task begins there", "[13]")
{
    event first;
    top frame = top();
    event_init(&first);
    asyncx_start(ASYNC_CALL(top, &frame, .first = &first));
    stack seen(&frame.child.awaitable.task);
    REQUIRE(seen.levels.size() == 2);
    REQUIRE(name_of(seen.levels[0]) == "middle");
    REQUIRE(name_of(seen.levels[1]) == "top");
}

TEST_CASE("a task that is not suspended yet, or complete, is the only level, and has no place before its first AWAIT",
          "[13]")
{
    event first, second;
    leaf frame = leaf();
    event_init(&first);
    event_init(&second);
    asyncx_call call = ASYNC_CALL(leaf, &frame, .first = &first, .second = &second);
    stack called(&frame.awaitable.task);
    REQUIRE(called.returned == 1);
    REQUIRE(name_of(called.levels[0]) == "leaf");
    REQUIRE(file_of(called.levels[0]) == "(none)");
    REQUIRE(operand_of(called.levels[0]) == "(none)");
    REQUIRE(called.levels[0].line == 0);
    asyncx_start(call);
    asyncx_set_result(&first);
    asyncx_set_result(&second);
    REQUIRE(asyncx_is_completed(&frame));
    stack complete(&frame.awaitable.task);
    REQUIRE(complete.returned == 1);
}

TEST_CASE("an async stack that ends at a plain callback says so", "[13]")
{
    event first;
    leaf frame = leaf();
    asyncx_continuation then;
    event_init(&first);
    asyncx_continuation_init(&then, nothing, nullptr);
    asyncx_start_then(ASYNC_CALL(leaf, &frame, .first = &first), nullptr, &then);
    stack seen(&frame.awaitable.task);
    REQUIRE(seen.returned == 2);
    REQUIRE(name_of(seen.levels[1]) == "(callback)");
    REQUIRE(file_of(seen.levels[1]) == "(none)");
    REQUIRE_FALSE(seen.levels[1].task);
}

TEST_CASE("of several waiters the async stack follows the first that came", "[13]")
{
    event first;
    leaf frame = leaf();
    awaits_leaf one = awaits_leaf();
    other_awaits_leaf other = other_awaits_leaf();
    event_init(&first);
    asyncx_start(ASYNC_CALL(leaf, &frame, .first = &first));
    SECTION("one kind first")
    {
        asyncx_start(ASYNC_CALL(awaits_leaf, &one, .other = &frame));
        asyncx_start(ASYNC_CALL(other_awaits_leaf, &other, .other = &frame));
        stack seen(&frame.awaitable.task);
        REQUIRE(seen.returned == 2);
        REQUIRE(name_of(seen.levels[1]) == "awaits_leaf");
        REQUIRE(operand_of(seen.levels[1]) == "self->other");
    }
    SECTION("the other kind first")
    {
        asyncx_start(ASYNC_CALL(other_awaits_leaf, &other, .other = &frame));
        asyncx_start(ASYNC_CALL(awaits_leaf, &one, .other = &frame));
        stack seen(&frame.awaitable.task);
        REQUIRE(seen.returned == 2);
        REQUIRE(name_of(seen.levels[1]) == "other_awaits_leaf");
        REQUIRE(operand_of(seen.levels[1]) == "asyncx_get_awaiter(self->other)");
    }
}

TEST_CASE("AWAIT_UNTIL shows its condition", "[13]")
{
    until frame = until();
    asyncx_start(ASYNC_CALL(until, &frame));
    stack seen(&frame.awaitable.task);
    REQUIRE(seen.levels[0].line == until_line);
    REQUIRE(operand_of(seen.levels[0]) == "self->counter > 3");
    frame.counter = 4;
    asyncx_run_task(&frame);
    REQUIRE(operand_of(stack(&frame.awaitable.task).levels[0]) == "asyncx_yield()");
}

TEST_CASE("asyncx_print_stack writes one line for each level", "[13]")
{
    event first, second;
    middle frame = middle();
    asyncx_continuation then;
    event_init(&first);
    event_init(&second);
    asyncx_continuation_init(&then, nothing, nullptr);
    asyncx_call call = ASYNC_CALL(middle, &frame, .first = &first, .second = &second);
    REQUIRE(printed(&frame) == "  middle, not suspended yet\n");
    asyncx_start_then(call, nullptr, &then);
    std::string file = __FILE__;
    REQUIRE(printed(&frame.child) ==
            "  leaf at " + file + ":" + std::to_string(leaf_line) + ", awaiting self->first\n" +
            "  middle at " + file + ":" + std::to_string(middle_line) + ", awaiting " +
            "ASYNC_CALL(leaf, &self->child, .first = self->first, .second = self->second)\n" +
            "  awaited by a callback\n");
}

TEST_CASE("a task on an executor, awaited by one without, and the reverse, keep their stacks", "[13]")
{
    event first;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    event_init(&first);
    for (asyncx_executor *executor : {static_cast<asyncx_executor *>(nullptr), &queue.executor}) {
        leaf frame = leaf();
        awaits_leaf waiter = awaits_leaf();
        asyncx_start_on(ASYNC_CALL(leaf, &frame, .first = &first), executor);
        asyncx_run_queue_run_until_idle(&queue);
        asyncx_start_on(ASYNC_CALL(awaits_leaf, &waiter, .other = &frame), executor ? nullptr : &queue.executor);
        asyncx_run_queue_run_until_idle(&queue);
        stack seen(&frame.awaitable.task);
        REQUIRE(seen.returned == 2);
        REQUIRE(name_of(seen.levels[0]) == "leaf");
        REQUIRE(name_of(seen.levels[1]) == "awaits_leaf");
        asyncx_set_canceled(&first);
        asyncx_run_queue_run_until_idle(&queue);
        REQUIRE(asyncx_is_completed(&waiter));
        event_init(&first);
    }
}

#endif
