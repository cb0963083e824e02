/* The table "Where a continuation runs", row by row, for callbacks and for tasks; and the bound on the stack.
 * Row 0, inside an interrupt, has a program of its own: programs/in_interrupt.c. */
#include "probe.h"

#include <memory>

#if !ASYNCX_SINGLE_THREADED
#include <condition_variable>
#include <mutex>
#endif

namespace {

const unsigned int inline_flag = ASYNCX_RUN_CONTINUATIONS_INLINE;
const unsigned int asynchronous_flag = ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY;
const unsigned int here = 0;   /* configure_await(false) */

void init(asyncx_completion_source *source, unsigned int flags, asyncx_executor *executor)
{
    asyncx_completion_source_init(source, flags, executor);
}
void init(asyncx_value_source *source, unsigned int flags, asyncx_executor *executor)
{
    asyncx_value_source_init(source, flags, executor);
}

/* What ran, and on which executor: "name@executor", where executor is the number of a place, 0 for none. */
struct places {
    recording_executor *known[3];
    std::vector<std::vector<int>> log;

    int now() const
    {
        for (int number = 0; number < 3; number++)
            if (known[number] && known[number]->is_running)
                return number + 1;
        return 0;
    }
    void note(int name) { log.push_back(std::vector<int>{name, now()}); }
};

/* Awaits `awaiter` with `flags`, and notes where it is before and after. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    asyncx_awaiter awaiter;
    unsigned int flags;
} leaf;

ASYNC(leaf)
{
    ASYNC_BEGIN();
    self->at->note(self->name);
    AWAIT(asyncx_configure_await(self->awaiter, self->flags));
    self->at->note(self->name);
    ASYNC_END();
}

/* Awaits a leaf. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    leaf child;
} parent;

ASYNC(parent)
{
    ASYNC_BEGIN();
    self->at->note(self->name);
    AWAIT(ASYNC_CALL(leaf, &self->child));
    self->at->note(self->name);
    ASYNC_END();
}

/* Awaits a leaf that it calls, with flags. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    unsigned int flags;
    leaf child;
} configuring_parent;

ASYNC(configuring_parent)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(ASYNC_CALL(leaf, &self->child), self->flags));
    self->at->note(self->name);
    ASYNC_END();
}

/* Awaits a parent. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    parent child;
} grandparent;

ASYNC(grandparent)
{
    ASYNC_BEGIN();
    self->at->note(self->name);
    AWAIT(ASYNC_CALL(parent, &self->child));
    self->at->note(self->name);
    ASYNC_END();
}

/* Leaves its executor by its first await, and returns to it by the second. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    asyncx_completion_source *first, *second;
} leave_and_return;

ASYNC(leave_and_return)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(self->first, here));
    self->at->note(self->name);
    AWAIT(self->second);
    self->at->note(self->name);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    places *at;
    leave_and_return child;
} parent_of_leaver;

ASYNC(parent_of_leaver)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(leave_and_return, &self->child));
    self->at->note(100);
    ASYNC_END();
}

/* Awaits a frame that somebody else has started. */
typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    leaf *other;
    unsigned int flags;
} await_other;

ASYNC(await_other)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_configure_await(self->other, self->flags));
    self->at->note(self->name);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    places *at;
    int name;
    int times;
} yielder;

ASYNC(yielder)
{
    ASYNC_BEGIN();
    while (self->times-- > 0) {
        self->at->note(self->name);
        AWAIT(asyncx_yield());
    }
    self->at->note(self->name);
    ASYNC_END();
}

std::vector<int> ran(int name, int place) { return std::vector<int>{name, place}; }
typedef std::vector<std::vector<int>> trace;

} // namespace

/* == the rows, for a plain callback == */

TEMPLATE_TEST_CASE("where: row by row, for a callback", "", asyncx_completion_source, asyncx_value_source)
{
    enum { nowhere, inline_in_set, on_its_own, on_the_sources };
    struct row {
        const char *claim;
        bool source_is_asynchronous, source_has_executor;
        bool has_executor, can_tell, is_current;
        unsigned int flags;
        int expected;
    };
    const unsigned int use = ASYNCX_USE_EXECUTOR;
    const row table[] = {
        {"1: asynchronous, nothing captured: to the source's", true, true, false, false, false, use, on_the_sources},
        {"1: asynchronous, captured: to the captured one", true, true, true, true, false, use, on_its_own},
        {"1: asynchronous, captured and current: posted all the same", true, true, true, true, true, use, on_its_own},
        {"1: asynchronous, captured, not used: to the source's", true, true, true, true, false, here, on_the_sources},
        {"1: asynchronous, captured, current, not used", true, true, true, true, true, here, on_the_sources},
        {"2: captured and current: inline", false, false, true, true, true, use, inline_in_set},
        {"2: captured, not current: posted to it", false, false, true, true, false, use, on_its_own},
        {"2: captured, no is_current: posted always", false, false, true, false, true, use, on_its_own},
        {"2: the source's own executor does not matter", false, true, true, true, false, use, on_its_own},
        {"3: captured, not used: inline", false, false, true, true, false, here, inline_in_set},
        {"3: no executor: inline", false, false, false, false, false, use, inline_in_set},
        {"3: no executor, though the source has one: inline", false, true, false, false, false, use, inline_in_set},
    };
    for (const row &line : table) {
        for (int waiters = 1; waiters <= (std::is_same<TestType, asyncx_value_source>::value ? 1 : 2); waiters++) {
            INFO(line.claim << ", waiters " << waiters);
            recording_executor own(line.can_tell), of_source;
            TestType source;
            probe waiter(line.has_executor ? &own : nullptr), second(line.has_executor ? &own : nullptr);
            init(&source, line.source_is_asynchronous ? asynchronous_flag : inline_flag,
                 line.source_has_executor ? &of_source : nullptr);
            REQUIRE(asyncx_on_completed(&source, &waiter, line.flags));
            if (waiters == 2)
                REQUIRE(asyncx_on_completed(&source, &second, line.flags));
            own.is_running = line.is_current;
            asyncx_set_result(&source);
            own.is_running = false;
            REQUIRE(waiter.runs == (line.expected == inline_in_set ? 1 : 0));
            REQUIRE(own.posts == (line.expected == on_its_own ? waiters : 0));
            REQUIRE(of_source.posts == (line.expected == on_the_sources ? waiters : 0));
            own.run_all();
            of_source.run_all();
            REQUIRE(waiter.runs == 1);
            REQUIRE(second.runs == waiters - 1);
        }
    }
}

TEST_CASE("where: asyncx_release places a continuation of a user's awaiter by the same table")
{
    recording_executor own, fallback;
    probe with(&own), without;

    asyncx_release(&without, inline_flag, nullptr);
    REQUIRE(without.runs == 1);
    asyncx_release(&without, inline_flag, &fallback);
    REQUIRE(without.runs == 2);
    asyncx_release(&without, asynchronous_flag, &fallback);
    REQUIRE(without.runs == 2);
    REQUIRE(fallback.posts == 1);

    asyncx_release(&with, inline_flag, &fallback);
    REQUIRE(own.posts == 1);
    own.run_all();
    own.is_running = true;
    asyncx_release(&with, inline_flag, &fallback);
    REQUIRE(with.runs == 2);
    asyncx_release(&with, asynchronous_flag, &fallback);
    REQUIRE(own.posts == 2);
    own.is_running = false;
    own.run_all();
    fallback.run_all();
    REQUIRE(with.runs == 3);
    REQUIRE(without.runs == 3);
    REQUIRE(fallback.posts == 1);
}

/* == the rows, for tasks == */

TEST_CASE("where: a task without an executor goes on inside the completing call, its parents too")
{
    places at = {{nullptr, nullptr, nullptr}, {}};
    asyncx_completion_source source;
    grandparent frame = {};
    init(&source, inline_flag, nullptr);
    frame.at = frame.child.at = frame.child.child.at = &at;
    frame.name = 1;
    frame.child.name = 2;
    frame.child.child.name = 3;
    frame.child.child.awaiter = asyncx_get_awaiter(&source);
    frame.child.child.flags = ASYNCX_USE_EXECUTOR;
    asyncx_start(ASYNC_CALL(grandparent, &frame));
    REQUIRE(at.log == trace{ran(1, 0), ran(2, 0), ran(3, 0)});
    asyncx_set_result(&source);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(at.log == trace{ran(1, 0), ran(2, 0), ran(3, 0), ran(3, 0), ran(2, 0), ran(1, 0)});
}

TEST_CASE("where: a task starts on its executor, and comes back to it, with its whole call tree in one post")
{
    for (bool can_tell : {false, true}) {
        recording_executor first(can_tell);
        places at = {{&first, nullptr, nullptr}, {}};
        asyncx_completion_source source;
        grandparent frame = {};
        init(&source, inline_flag, nullptr);
        frame.at = frame.child.at = frame.child.child.at = &at;
        frame.name = 1;
        frame.child.name = 2;
        frame.child.child.name = 3;
        frame.child.child.awaiter = asyncx_get_awaiter(&source);
        frame.child.child.flags = ASYNCX_USE_EXECUTOR;
        asyncx_start_on(ASYNC_CALL(grandparent, &frame), &first);
        REQUIRE(at.log.empty());
        first.run_all();
        REQUIRE(at.log == trace{ran(1, 1), ran(2, 1), ran(3, 1)});
        asyncx_set_result(&source);
        REQUIRE(first.posts == 2);
        REQUIRE(at.log.size() == 3);
        first.run_all();
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(first.posts == 2);
        REQUIRE(at.log == trace{ran(1, 1), ran(2, 1), ran(3, 1), ran(3, 1), ran(2, 1), ran(1, 1)});
    }
}

TEST_CASE("where: a task whose executor is current goes on inline, unless it cannot tell")
{
    for (bool can_tell : {false, true}) {
        recording_executor first(can_tell);
        places at = {{&first, nullptr, nullptr}, {}};
        asyncx_completion_source source;
        leaf frame = {};
        init(&source, inline_flag, nullptr);
        asyncx_start_on(ASYNC_CALL(leaf, &frame, .at = &at, .name = 1, .awaiter = asyncx_get_awaiter(&source),
                                   .flags = ASYNCX_USE_EXECUTOR),
                        &first);
        first.run_all();
        first.is_running = true;
        asyncx_set_result(&source);
        first.is_running = false;
        REQUIRE(asyncx_is_completed(&frame) == can_tell);
        REQUIRE(first.posts == (can_tell ? 1 : 2));
        first.run_all();
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    }
}

TEST_CASE("where: the captured executor beats the source's own")
{
    recording_executor first, second;
    places at = {{&first, &second, nullptr}, {}};
    for (unsigned int flags : {inline_flag, asynchronous_flag}) {
        asyncx_completion_source source;
        leaf frame = {};
        init(&source, flags, &second);
        at.log.clear();
        asyncx_start_on(ASYNC_CALL(leaf, &frame, .at = &at, .name = 1, .awaiter = asyncx_get_awaiter(&source),
                                   .flags = ASYNCX_USE_EXECUTOR),
                        &first);
        first.run_all();
        second.is_running = true;
        asyncx_set_result(&source);
        second.is_running = false;
        REQUIRE_FALSE(asyncx_is_completed(&frame));
        first.run_all();
        REQUIRE(at.log == trace{ran(1, 1), ran(1, 1)});
        REQUIRE(second.posts == 0);
    }
}

TEST_CASE("where: configure_await(false) goes on wherever the operation completes")
{
    recording_executor first, second;
    places at = {{&first, &second, nullptr}, {}};
    asyncx_completion_source source;
    leaf frame = {};
    init(&source, inline_flag, nullptr);
    asyncx_start_on(
        ASYNC_CALL(leaf, &frame, .at = &at, .name = 1, .awaiter = asyncx_get_awaiter(&source), .flags = here), &first);
    first.run_all();
    second.is_running = true;
    asyncx_set_result(&source);
    second.is_running = false;
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(at.log == trace{ran(1, 1), ran(1, 2)});
    REQUIRE(first.posts == 1);
}

TEST_CASE("where: configure_await(false) on an asynchronous source goes to the source's executor")
{
    recording_executor first, second;
    places at = {{&first, &second, nullptr}, {}};
    asyncx_completion_source source;
    leaf frame = {};
    init(&source, asynchronous_flag, &second);
    asyncx_start_on(
        ASYNC_CALL(leaf, &frame, .at = &at, .name = 1, .awaiter = asyncx_get_awaiter(&source), .flags = here), &first);
    first.run_all();
    asyncx_set_result(&source);
    REQUIRE(at.log == trace{ran(1, 1)});
    second.run_all();
    REQUIRE(at.log == trace{ran(1, 1), ran(1, 2)});
}

TEST_CASE("where: a child that left by configure_await(false) does not take its parent along")
{
    for (bool can_tell : {false, true}) {
        recording_executor first(can_tell), second;
        places at = {{&first, &second, nullptr}, {}};
        asyncx_completion_source source;
        parent frame = {};
        init(&source, inline_flag, nullptr);
        frame.at = frame.child.at = &at;
        frame.name = 1;
        frame.child.name = 2;
        frame.child.awaiter = asyncx_get_awaiter(&source);
        frame.child.flags = here;
        asyncx_start_on(ASYNC_CALL(parent, &frame), &first);
        first.run_all();
        second.is_running = true;
        asyncx_set_result(&source);
        second.is_running = false;
        REQUIRE(asyncx_status_of(&frame.child) == ASYNCX_SUCCEEDED);
        REQUIRE_FALSE(asyncx_is_completed(&frame));
        REQUIRE(at.log == trace{ran(1, 1), ran(2, 1), ran(2, 2)});
        first.run_all();
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(at.log.back() == ran(1, 1));
    }
}

TEST_CASE("where: a grandchild that left does not take the tasks above along either")
{
    recording_executor first, second;
    places at = {{&first, &second, nullptr}, {}};
    asyncx_completion_source source;
    grandparent frame = {};
    init(&source, inline_flag, nullptr);
    frame.at = frame.child.at = frame.child.child.at = &at;
    frame.name = 1;
    frame.child.name = 2;
    frame.child.child.name = 3;
    frame.child.child.awaiter = asyncx_get_awaiter(&source);
    frame.child.child.flags = here;
    asyncx_start_on(ASYNC_CALL(grandparent, &frame), &first);
    first.run_all();
    second.is_running = true;
    asyncx_set_result(&source);
    second.is_running = false;
    first.run_all();
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(at.log == trace{ran(1, 1), ran(2, 1), ran(3, 1), ran(3, 2), ran(2, 1), ran(1, 1)});
}

TEST_CASE("where: a child that left without having to wait stays, and its parent needs no post")
{
    recording_executor first;
    places at = {{&first, nullptr, nullptr}, {}};
    asyncx_completion_source source;
    parent frame = {};
    init(&source, inline_flag, nullptr);
    asyncx_set_result(&source);
    frame.at = frame.child.at = &at;
    frame.name = 1;
    frame.child.name = 2;
    frame.child.awaiter = asyncx_get_awaiter(&source);
    frame.child.flags = here;
    asyncx_start_on(ASYNC_CALL(parent, &frame), &first);
    first.run_all();
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(at.log == trace{ran(1, 1), ran(2, 1), ran(2, 1), ran(1, 1)});
}

TEST_CASE("where: a task that left by one await returns to its executor by the next")
{
    recording_executor first, second;
    places at = {{&first, &second, nullptr}, {}};
    asyncx_completion_source one, two;
    parent_of_leaver frame = {};
    init(&one, inline_flag, nullptr);
    init(&two, inline_flag, nullptr);
    frame.at = frame.child.at = &at;
    frame.child.name = 1;
    frame.child.first = &one;
    frame.child.second = &two;
    asyncx_start_on(ASYNC_CALL(parent_of_leaver, &frame), &first);
    first.run_all();
    second.is_running = true;
    asyncx_set_result(&one);
    REQUIRE(at.log == trace{ran(1, 2)});
    asyncx_set_result(&two);
    second.is_running = false;
    REQUIRE(at.log == trace{ran(1, 2)});
    first.run_all();
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(at.log == trace{ran(1, 2), ran(1, 1), ran(100, 1)});
}

TEST_CASE("where: configure_await(false) on a call goes on where the called task ends")
{
    for (unsigned int flags : {static_cast<unsigned int>(ASYNCX_USE_EXECUTOR), here}) {
        INFO("flags " << flags);
        recording_executor first, second;
        places at = {{&first, &second, nullptr}, {}};
        asyncx_completion_source source;
        configuring_parent frame = {};
        init(&source, inline_flag, nullptr);
        frame.child.at = &at;
        frame.child.name = 2;
        frame.child.awaiter = asyncx_get_awaiter(&source);
        frame.child.flags = here;
        asyncx_start_on(ASYNC_CALL(configuring_parent, &frame, .at = &at, .name = 1, .flags = flags), &first);
        first.run_all();
        second.is_running = true;
        asyncx_set_result(&source);
        second.is_running = false;
        first.run_all();
        REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
        REQUIRE(at.log == trace{ran(2, 1), ran(2, 2), ran(1, flags == here ? 2 : 1)});
    }
}

TEST_CASE("where: awaiting another task that runs on another executor comes back, unless told otherwise")
{
    for (unsigned int flags : {static_cast<unsigned int>(ASYNCX_USE_EXECUTOR), here}) {
        recording_executor first, second;
        places at = {{&first, &second, nullptr}, {}};
        asyncx_completion_source source;
        leaf other = {};
        await_other frame = {};
        init(&source, inline_flag, nullptr);
        asyncx_start_on(ASYNC_CALL(leaf, &other, .at = &at, .name = 2, .awaiter = asyncx_get_awaiter(&source),
                                   .flags = ASYNCX_USE_EXECUTOR),
                        &second);
        second.run_all();
        asyncx_start_on(ASYNC_CALL(await_other, &frame, .at = &at, .name = 1, .other = &other, .flags = flags), &first);
        first.run_all();
        asyncx_set_result(&source);
        second.run_all();
        REQUIRE(asyncx_is_completed(&other));
        REQUIRE(asyncx_is_completed(&frame) == (flags == here));
        first.run_all();
        REQUIRE(at.log == trace{ran(2, 2), ran(2, 2), ran(1, flags == here ? 2 : 1)});
    }
}

TEST_CASE("where: a task without an executor goes on where the task that it awaits ends")
{
    recording_executor second;
    places at = {{nullptr, &second, nullptr}, {}};
    asyncx_completion_source source;
    leaf other = {};
    await_other frame = {};
    init(&source, inline_flag, nullptr);
    asyncx_start_on(ASYNC_CALL(leaf, &other, .at = &at, .name = 2, .awaiter = asyncx_get_awaiter(&source),
                               .flags = ASYNCX_USE_EXECUTOR),
                    &second);
    second.run_all();
    asyncx_start(
        ASYNC_CALL(await_other, &frame, .at = &at, .name = 1, .other = &other, .flags = ASYNCX_USE_EXECUTOR));
    asyncx_set_result(&source);
    second.run_all();
    REQUIRE(at.log == trace{ran(2, 2), ran(2, 2), ran(1, 2)});
}

TEST_CASE("where: what follows a task runs on its own executor, or where the task ends")
{
    for (int kind = 0; kind < 3; kind++) {
        recording_executor first, second;
        asyncx_completion_source source;
        places at = {{&first, &second, nullptr}, {}};
        leaf frame = {};
        probe then(kind == 0 ? nullptr : kind == 1 ? &first : &second);
        int where_then = -1;
        then.body = [&] { where_then = at.now(); };
        init(&source, inline_flag, nullptr);
        asyncx_start_then(ASYNC_CALL(leaf, &frame, .at = &at, .name = 1, .awaiter = asyncx_get_awaiter(&source),
                                     .flags = ASYNCX_USE_EXECUTOR),
                          &first, &then);
        first.run_all();
        asyncx_set_result(&source);
        first.run_all();
        REQUIRE(asyncx_is_completed(&frame));
        REQUIRE(first.posts == 2);   /* one to start, one to go on: what follows on the same executor needs none */
        REQUIRE(then.runs == (kind == 2 ? 0 : 1));
        second.run_all();
        REQUIRE(then.runs == 1);
        REQUIRE(where_then == (kind == 2 ? 2 : 1));
    }
}

TEST_CASE("where: RUN_CONTINUATIONS_ASYNCHRONOUSLY runs no task inside set, however long the chain (RC-11)")
{
    recording_executor of_source;
    places at = {{&of_source, nullptr, nullptr}, {}};
    asyncx_completion_source source;
    grandparent frames[2] = {};
    init(&source, asynchronous_flag, &of_source);
    for (int number = 0; number < 2; number++) {
        grandparent &frame = frames[number];
        frame.at = frame.child.at = frame.child.child.at = &at;
        frame.name = 10 * number + 1;
        frame.child.name = 10 * number + 2;
        frame.child.child.name = 10 * number + 3;
        frame.child.child.awaiter = asyncx_get_awaiter(&source);
        frame.child.child.flags = number ? here : static_cast<unsigned int>(ASYNCX_USE_EXECUTOR);
        asyncx_start(ASYNC_CALL(grandparent, &frame));
    }
    at.log.clear();
    asyncx_set_result(&source);
    REQUIRE(at.log.empty());
    of_source.run_all();
    REQUIRE(at.log == trace{ran(3, 1), ran(2, 1), ran(1, 1), ran(13, 1), ran(12, 1), ran(11, 1)});
}

TEST_CASE("where: yield posts to the task's executor, each time (YA-2, YA-4)")
{
    recording_executor first;
    places at = {{&first, nullptr, nullptr}, {}};
    yielder frame = {};
    asyncx_start_on(ASYNC_CALL(yielder, &frame, .at = &at, .name = 1, .times = 3), &first);
    first.run_all();
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(first.posts == 4);
    REQUIRE(at.log == trace{ran(1, 1), ran(1, 1), ran(1, 1), ran(1, 1)});
}

TEST_CASE("where: a run queue is current only while it runs, and only for the thread that runs it")
{
    asyncx_run_queue queue;
    asyncx_completion_source source;
    asyncx_run_queue_init(&queue, nullptr);
    probe outer(&queue.executor), waiter(&queue.executor);
    int runs_after_set = -1;
    outer.body = [&] {
        asyncx_set_result(&source);
        runs_after_set = waiter.runs;
    };
    init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR));
    REQUIRE_FALSE(queue.executor.is_current(&queue.executor));
    asyncx_post(&queue.executor, &outer);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(runs_after_set == 1);

    init(&source, inline_flag, nullptr);
    REQUIRE(asyncx_on_completed(&source, &waiter, ASYNCX_USE_EXECUTOR));
    asyncx_set_result(&source);
    REQUIRE(waiter.runs == 1);
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(waiter.runs == 2);
}

/* == the bound on the stack == */

namespace {

/* Callbacks that complete each other's sources, one in the other. */
struct chain {
    std::vector<asyncx_completion_source> sources;
    std::vector<std::unique_ptr<probe>> waiters;
    std::vector<int> order;
    int depth, deepest;

    explicit chain(size_t length) : sources(length), depth(0), deepest(0)
    {
        for (size_t number = 0; number < length; number++) {
            init(&sources[number], inline_flag, nullptr);
            waiters.emplace_back(new probe);
            waiters.back()->body = [this, number] {
                depth++;
                deepest = depth > deepest ? depth : deepest;
                order.push_back(static_cast<int>(number));
                if (number + 1 < sources.size())
                    asyncx_set_result(&sources[number + 1]);
                depth--;
            };
            asyncx_on_completed(&sources[number], waiters.back().get(), 0);
        }
    }
};

/* Awaits one source and then completes the next. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source *source, *next;
    int *depth, *deepest, *finished;
} domino;

ASYNC(domino)
{
    ASYNC_BEGIN();
    AWAIT(self->source);
    if (++*self->depth > *self->deepest)
        *self->deepest = *self->depth;
    if (self->next)
        asyncx_set_result(self->next);
    --*self->depth;
    ++*self->finished;
    ASYNC_END();
}

} // namespace

TEST_CASE("where: 100000 sources that complete each other nest ASYNCX_INLINE_DEPTH deep, no deeper")
{
    chain links(100000);
    asyncx_set_result(&links.sources[0]);
    REQUIRE(links.order.size() == 100000);
    for (size_t number = 0; number < links.order.size(); number++)
        if (links.order[number] != static_cast<int>(number))
            FAIL("out of order at " << number);
    REQUIRE(links.deepest == ASYNCX_INLINE_DEPTH);
    REQUIRE(links.depth == 0);
}

TEST_CASE("where: 100000 tasks that complete each other's sources nest ASYNCX_INLINE_DEPTH deep, no deeper")
{
    const size_t length = 100000;
    std::vector<asyncx_completion_source> sources(length);
    std::unique_ptr<domino[]> frames(new domino[length]());
    int depth = 0, deepest = 0, finished = 0;
    for (size_t number = 0; number < length; number++)
        init(&sources[number], inline_flag, nullptr);
    for (size_t number = 0; number < length; number++)
        asyncx_start(ASYNC_CALL(domino, &frames[number], .source = &sources[number],
                                .next = number + 1 < length ? &sources[number + 1] : nullptr, .depth = &depth,
                                .deepest = &deepest, .finished = &finished));
    asyncx_set_result(&sources[0]);
    REQUIRE(finished == static_cast<int>(length));
    REQUIRE(deepest == ASYNCX_INLINE_DEPTH);
}

TEST_CASE("where: up to the bound set resumes before it returns, beyond it when the outermost gets control back")
{
    for (size_t length : {static_cast<size_t>(ASYNCX_INLINE_DEPTH), static_cast<size_t>(ASYNCX_INLINE_DEPTH) + 1}) {
        chain links(length);
        size_t last_resumed_at_depth = 0;
        probe *last = links.waiters.back().get();
        std::function<void()> body = last->body;
        last->body = [&] {
            body();
            last_resumed_at_depth = static_cast<size_t>(links.depth) + 1;
        };
        asyncx_set_result(&links.sources[0]);
        REQUIRE(links.order.size() == length);
        REQUIRE(last_resumed_at_depth == (length == ASYNCX_INLINE_DEPTH ? length : 1));
    }
}

TEST_CASE("where: deferred continuations run in the order in which they were completed")
{
    /* At the bound, one callback completes five sources; the deferred ones complete one more each. */
    chain links(ASYNCX_INLINE_DEPTH);
    asyncx_completion_source fan[5], late[5];
    std::vector<std::unique_ptr<probe>> waiters;
    std::vector<int> order;
    for (int number = 0; number < 5; number++) {
        init(&fan[number], inline_flag, nullptr);
        init(&late[number], inline_flag, nullptr);
        waiters.emplace_back(new probe);
        waiters.back()->body = [&, number] {
            order.push_back(number);
            asyncx_set_result(&late[number]);
            order.push_back(number + 20);
        };
        REQUIRE(asyncx_on_completed(&fan[number], waiters.back().get(), 0));
        waiters.emplace_back(new probe);
        waiters.back()->body = [&order, number] { order.push_back(number + 10); };
        REQUIRE(asyncx_on_completed(&late[number], waiters.back().get(), 0));
    }
    links.waiters.back()->body = [&] {
        for (asyncx_completion_source &source : fan)
            asyncx_set_result(&source);
        order.push_back(99);
    };
    asyncx_set_result(&links.sources[0]);
#if ASYNCX_INLINE_DEPTH > 1
    REQUIRE(order == std::vector<int>{99, 0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24});
#else
    REQUIRE(order == std::vector<int>{99, 0, 20, 1, 21, 2, 22, 3, 23, 4, 24, 10, 11, 12, 13, 14});
#endif
}

TEST_CASE("where: several waiters of one source at the bound are deferred in order of registration")
{
    chain links(ASYNCX_INLINE_DEPTH);
    asyncx_completion_source source;
    std::vector<std::unique_ptr<probe>> waiters;
    std::vector<int> order;
    init(&source, inline_flag, nullptr);
    for (int number = 0; number < 4; number++) {
        waiters.emplace_back(new probe);
        waiters.back()->body = [&order, number] { order.push_back(number); };
        REQUIRE(asyncx_on_completed(&source, waiters.back().get(), 0));
    }
    links.waiters.back()->body = [&] {
        asyncx_set_result(&source);
        order.push_back(99);
    };
    asyncx_set_result(&links.sources[0]);
    REQUIRE(order == std::vector<int>{99, 0, 1, 2, 3});
}

TEST_CASE("where: a deferred continuation may free what it belongs to, and complete more")
{
    struct self_freeing : asyncx_continuation {
        asyncx_completion_source source;
        std::vector<self_freeing *> *all;
        size_t number;
        int *finished;
        static asyncx_continuation *run(asyncx_continuation *self)
        {
            self_freeing *me = static_cast<self_freeing *>(self);
            std::vector<self_freeing *> *all = me->all;
            size_t next = me->number + 1;
            ++*me->finished;
            delete me;
            if (next < all->size())
                asyncx_set_result(&(*all)[next]->source);
            return nullptr;
        }
    };
    std::vector<self_freeing *> all;
    int finished = 0;
    for (size_t number = 0; number < 200; number++) {
        self_freeing *one = new_hidden<self_freeing>();
        asyncx_continuation_init(one, self_freeing::run, nullptr);
        init(&one->source, inline_flag, nullptr);
        one->all = &all;
        one->number = number;
        one->finished = &finished;
        all.push_back(one);
        REQUIRE(asyncx_on_completed(&one->source, one, 0));
    }
    asyncx_set_result(&all[0]->source);
    REQUIRE(finished == 200);
}

#if !ASYNCX_SINGLE_THREADED

/* == real threads == */

namespace {

/* A thread that runs a queue and sleeps while it is empty. */
struct pump {
    asyncx_run_queue queue;   /* first: wake finds the rest around it */
    std::mutex mutex;
    std::condition_variable condition;
    bool is_awake, is_over;
    std::thread thread;

    pump() : is_awake(false), is_over(false)
    {
        asyncx_run_queue_init(&queue, wake);
        thread = std::thread([this] { run(); });
    }
    ~pump()
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            is_over = is_awake = true;
        }
        condition.notify_one();
        thread.join();
    }
    pump(const pump &) = delete;
    pump &operator=(const pump &) = delete;

private:
    static void wake(asyncx_run_queue *self)
    {
        pump *me = reinterpret_cast<pump *>(self);
        {
            std::lock_guard<std::mutex> lock(me->mutex);
            me->is_awake = true;
        }
        me->condition.notify_one();
    }
    void run()
    {
        for (;;) {
            asyncx_run_queue_run_until_idle(&queue);
            std::unique_lock<std::mutex> lock(mutex);
            condition.wait(lock, [this] { return is_awake; });
            is_awake = false;
            if (is_over)
                return;
        }
    }
};

/* Notes the thread on which it goes on after each of its awaits. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source *source;
    unsigned int flags;
    std::thread::id before, after;
} thread_noter;

ASYNC(thread_noter)
{
    ASYNC_BEGIN();
    self->before = std::this_thread::get_id();
    AWAIT(asyncx_configure_await(self->source, self->flags));
    self->after = std::this_thread::get_id();
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    thread_noter child;
    std::thread::id after;
} thread_noter_parent;

ASYNC(thread_noter_parent)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(thread_noter, &self->child));
    self->after = std::this_thread::get_id();
    ASYNC_END();
}

/* Hands a token around: completes its neighbour's source, then waits for its own. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_source *mine, *other;
    asyncx_value_task turn;
    std::thread::id home;
    bool begins;
    int rounds, round, strays;
} player;

ASYNC(player)
{
    ASYNC_BEGIN();
    self->home = std::this_thread::get_id();
    for (self->round = 0; self->round < self->rounds; self->round++) {
        if (self->begins)
            asyncx_set_result(self->other);
        AWAIT(self->turn);
        if (std::this_thread::get_id() != self->home)
            self->strays++;
        asyncx_value_source_reset(self->mine);
        self->turn = asyncx_value_source_task(self->mine);
        if (!self->begins)
            asyncx_set_result(self->other);
    }
    ASYNC_END();
}

template <typename frame_type> void wait_until_complete(const frame_type &frame)
{
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!asyncx_is_completed(const_cast<frame_type *>(&frame)) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    REQUIRE(asyncx_status_of(const_cast<frame_type *>(&frame)) == ASYNCX_SUCCEEDED);
}

} // namespace

TEST_CASE("where: a task comes back to its executor's thread, whichever thread completes")
{
    for (unsigned int flags : {static_cast<unsigned int>(ASYNCX_USE_EXECUTOR), here}) {
        pump home;
        asyncx_completion_source source;
        thread_noter_parent frame = {};
        init(&source, inline_flag, nullptr);
        frame.child.source = &source;
        frame.child.flags = flags;
        asyncx_start_on(ASYNC_CALL(thread_noter_parent, &frame), &home.queue.executor);
        /* Runs right after the task, which waits by then: a set that comes first would not move it. */
        probe after_start;
        std::atomic<bool> is_waiting(false);
        after_start.body = [&] { is_waiting.store(true); };
        asyncx_post(&home.queue.executor, &after_start);
        while (!is_waiting.load())
            std::this_thread::yield();
        std::thread completer([&] { asyncx_set_result(&source); });
        std::thread::id completing = completer.get_id();
        completer.join();
        wait_until_complete(frame);
        REQUIRE(frame.child.before == home.thread.get_id());
        REQUIRE(frame.after == home.thread.get_id());
        REQUIRE(frame.child.after == (flags == here ? completing : home.thread.get_id()));
    }
}

TEST_CASE("where: two tasks on two threads hand a turn to and fro, each always on its own thread")
{
    pump one, two;
    asyncx_value_source first, second;
    player left = {}, right = {};
    asyncx_value_source_init(&first, inline_flag, nullptr);
    asyncx_value_source_init(&second, inline_flag, nullptr);
    left.turn = asyncx_value_source_task(&first);
    right.turn = asyncx_value_source_task(&second);
    asyncx_start_on(ASYNC_CALL(player, &left, .mine = &first, .other = &second, .begins = true, .rounds = 2000),
                    &one.queue.executor);
    asyncx_start_on(ASYNC_CALL(player, &right, .mine = &second, .other = &first, .begins = false, .rounds = 2000),
                    &two.queue.executor);
    wait_until_complete(left);
    wait_until_complete(right);
    REQUIRE(left.strays == 0);
    REQUIRE(right.strays == 0);
    REQUIRE(left.home == one.thread.get_id());
    REQUIRE(right.home == two.thread.get_id());
}

TEST_CASE("where: each thread has its own bound")
{
    std::vector<std::thread> threads;
    std::atomic<int> good(0);
    for (int number = 0; number < 3; number++)
        threads.emplace_back([&] {
            chain links(2000);
            asyncx_set_result(&links.sources[0]);
            if (links.order.size() == 2000 && links.deepest == ASYNCX_INLINE_DEPTH)
                good.fetch_add(1);
        });
    for (std::thread &thread : threads)
        thread.join();
    REQUIRE(good.load() == 3);
}

#endif
