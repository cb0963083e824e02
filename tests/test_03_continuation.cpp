/* Section 3: continuations, the loop that runs them, the stack bound, executors and the run queue. */
#include "testing.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#if !ASYNCX_SINGLE_THREADED
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#if defined(__unix__)
#include <pthread.h>
#include <sys/time.h>
#endif
#endif

namespace {

/* A plain callback: notes its number, does what it is told, and hands back the next one. */
struct probe {
    asyncx_continuation continuation;
    int id;
    std::vector<int> *log;
    asyncx_continuation *returned;        /* what resume returns                   */
    std::vector<probe *> resumes;         /* what it passes to asyncx_resume       */
    asyncx_run_queue *queue;              /* where `posts` go                      */
    std::vector<probe *> posts;
    void (*action)(probe *self);

    probe() : id(0), log(nullptr), returned(nullptr), queue(nullptr), action(nullptr)
    {
        asyncx_continuation_init(&continuation, run, nullptr);
    }
    probe(int number, std::vector<int> *list) : probe()
    {
        id = number;
        log = list;
    }
    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        probe *self = reinterpret_cast<probe *>(continuation);
        if (self->log)
            self->log->push_back(self->id);
        if (self->action)
            self->action(self);
        for (probe *other : self->posts)
            asyncx_post(&self->queue->executor, &other->continuation);
        for (probe *other : self->resumes)
            asyncx_resume(&other->continuation);
        return self->returned;
    }
};

/* An executor that only keeps what it is given. */
struct keeping_executor {
    asyncx_executor executor;
    std::vector<asyncx_continuation *> kept;

    keeping_executor()
    {
        executor.post = post;
        executor.is_current = nullptr;
    }
    static void post(asyncx_executor *executor, asyncx_continuation *continuation)
    {
        reinterpret_cast<keeping_executor *>(executor)->kept.push_back(continuation);
    }
};

/* A run queue that counts its wake calls. */
struct counting_queue {
    asyncx_run_queue queue;
    int wakes;

    counting_queue() : wakes(0) { asyncx_run_queue_init(&queue, wake); }
    static void wake(asyncx_run_queue *queue) { reinterpret_cast<counting_queue *>(queue)->wakes++; }
    void post(probe &what) { asyncx_post(&queue.executor, &what.continuation); }
};

std::vector<int> numbers(int first, int last)
{
    std::vector<int> all;
    for (int i = first; i <= last; i++)
        all.push_back(i);
    return all;
}

/* How far apart the stack addresses are that it was shown. */
struct stack_extent {
    std::uintptr_t low, high;

    stack_extent() : low(UINTPTR_MAX), high(0) {}
    void note()
    {
        std::uintptr_t here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        low = here < low ? here : low;
        high = here > high ? here : high;
    }
    std::uintptr_t bytes() const { return high - low; }
};

}   /* namespace */

/* -- continuations -- */

TEST_CASE("asyncx_run resumes a continuation, then each one that it hands back", "[03]")
{
    std::vector<int> log;
    probe third(3, &log), second(2, &log), first(1, &log);
    first.returned = &second.continuation;
    second.returned = &third.continuation;
    asyncx_run(&first.continuation);
    REQUIRE(log == numbers(1, 3));
}

TEST_CASE("a continuation may hand itself back", "[03]")
{
    static int runs;
    probe self;
    runs = 0;
    self.returned = &self.continuation;
    self.action = [](probe *me) {
        if (++runs == 5)
            me->returned = nullptr;
    };
    asyncx_run(&self.continuation);
    REQUIRE(runs == 5);
}

TEST_CASE("1,000,000 continuations that hand on to each other need no stack", "[03]")
{
    struct link {
        asyncx_continuation continuation;
        link *following;
        stack_extent *extent;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            link *self = reinterpret_cast<link *>(continuation);
            self->extent->note();
            return self->following ? &self->following->continuation : nullptr;
        }
    };
    stack_extent extent;
    std::vector<link> chain(1000000);
    for (size_t i = 0; i < chain.size(); i++) {
        asyncx_continuation_init(&chain[i].continuation, link::run, nullptr);
        chain[i].following = i + 1 < chain.size() ? &chain[i + 1] : nullptr;
        chain[i].extent = &extent;
    }
    asyncx_run(&chain[0].continuation);
    REQUIRE(extent.bytes() == 0);
}

TEST_CASE("asyncx_resume runs the continuation before it returns", "[03]")
{
    std::vector<int> log;
    probe second(2, &log), first(1, &log);
    first.returned = &second.continuation;
    asyncx_resume(&first.continuation);
    REQUIRE(log == numbers(1, 2));
}

/* -- the stack bound -- */

TEST_CASE("inline completions nest ASYNCX_INLINE_DEPTH deep and no deeper (RC-14)", "[03]")
{
    static int depth, deepest, runs;
    struct nested {
        asyncx_continuation continuation;
        nested *following;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            nested *self = reinterpret_cast<nested *>(continuation);
            runs++;
            if (++depth > deepest)
                deepest = depth;
            if (self->following)
                asyncx_resume(&self->following->continuation);
            depth--;
            return nullptr;
        }
    };
    for (int length = 1; length < 4 * ASYNCX_INLINE_DEPTH; length++) {
        std::vector<nested> all(static_cast<size_t>(length));
        for (size_t i = 0; i < all.size(); i++) {
            asyncx_continuation_init(&all[i].continuation, nested::run, nullptr);
            all[i].following = i + 1 < all.size() ? &all[i + 1] : nullptr;
        }
        depth = deepest = runs = 0;
        asyncx_resume(&all[0].continuation);
        REQUIRE(runs == length);
        REQUIRE(deepest == (length < ASYNCX_INLINE_DEPTH ? length : ASYNCX_INLINE_DEPTH));
    }
}

TEST_CASE("1,000,000 continuations that resume each other inside need the stack of ASYNCX_INLINE_DEPTH of them", "[03]")
{
    struct nested {
        asyncx_continuation continuation;
        nested *following;
        stack_extent *extent;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            nested *self = reinterpret_cast<nested *>(continuation);
            self->extent->note();
            if (self->following)
                asyncx_resume(&self->following->continuation);
            return nullptr;
        }
    };
    auto measure = [](size_t count) {
        stack_extent extent;
        std::vector<nested> all(count);
        for (size_t i = 0; i < count; i++) {
            asyncx_continuation_init(&all[i].continuation, nested::run, nullptr);
            all[i].following = i + 1 < count ? &all[i + 1] : nullptr;
            all[i].extent = &extent;
        }
        asyncx_resume(&all[0].continuation);
        return extent.bytes();
    };
    std::uintptr_t few = measure(10 * ASYNCX_INLINE_DEPTH);
    REQUIRE(few > 0);
    REQUIRE(measure(1000000) == few);
}

TEST_CASE("deferred continuations run in the order of their asyncx_resume calls, after the outermost one", "[03]")
{
    std::vector<int> log;
    std::deque<probe> tower;
    std::deque<probe> late;
    probe after_the_first(50, &log);
    for (int i = 0; i < ASYNCX_INLINE_DEPTH; i++)
        tower.emplace_back(i, &log);
    for (size_t i = 0; i + 1 < tower.size(); i++)
        tower[i].resumes.push_back(&tower[i + 1]);
    for (int i = 0; i < 3; i++)
        late.emplace_back(100 + i, &log);
    for (probe &each : late)
        tower.back().resumes.push_back(&each);
    tower[0].returned = &after_the_first.continuation;   /* still belongs to the outermost resume loop */
    asyncx_resume(&tower[0].continuation);

    std::vector<int> expected = numbers(0, ASYNCX_INLINE_DEPTH - 1);
    expected.push_back(50);
    for (int i = 0; i < 3; i++)
        expected.push_back(100 + i);
    REQUIRE(log == expected);
}

TEST_CASE("what a deferred continuation defers comes after those that were deferred before", "[03]")
{
    std::vector<int> log;
    std::deque<probe> tower, second_tower;
    probe early(100, &log), late(200, &log);
    for (int i = 0; i < ASYNCX_INLINE_DEPTH; i++) {
        tower.emplace_back(i, &log);
        second_tower.emplace_back(1000 + i, &log);
    }
    for (size_t i = 0; i + 1 < tower.size(); i++) {
        tower[i].resumes.push_back(&tower[i + 1]);
        second_tower[i].resumes.push_back(&second_tower[i + 1]);
    }
    tower.back().resumes.push_back(&second_tower[0]);   /* deferred; then goes down as deep as is allowed */
    tower.back().resumes.push_back(&early);
    second_tower.back().resumes.push_back(&late);
    asyncx_resume(&tower[0].continuation);

    std::vector<int> expected = numbers(0, ASYNCX_INLINE_DEPTH - 1);
    for (int i = 0; i < ASYNCX_INLINE_DEPTH; i++)
        expected.push_back(1000 + i);
    expected.push_back(100);
    expected.push_back(200);
    REQUIRE(log == expected);
}

TEST_CASE("the bound counts nesting, not calls: siblings run inside at once", "[03]")
{
    std::vector<int> log;
    std::deque<probe> siblings;
    probe first(0, &log);
    for (int i = 1; i <= 5 * ASYNCX_INLINE_DEPTH; i++)
        siblings.emplace_back(i, &log);
    for (probe &each : siblings)
        first.resumes.push_back(&each);
    probe last(5 * ASYNCX_INLINE_DEPTH + 1, &log);
    first.returned = &last.continuation;
    asyncx_resume(&first.continuation);
    REQUIRE(log == numbers(0, 5 * ASYNCX_INLINE_DEPTH + 1));
}

/* -- executors -- */

TEST_CASE("asyncx_post hands the continuation to the executor and does not run it", "[03]")
{
    std::vector<int> log;
    keeping_executor executor;
    probe posted(1, &log);
    asyncx_post(&executor.executor, &posted.continuation);
    REQUIRE(executor.kept.size() == 1);
    REQUIRE(executor.kept[0] == &posted.continuation);
    REQUIRE(log.empty());
    asyncx_run(executor.kept[0]);
    REQUIRE(log == numbers(1, 1));
}

#if ASYNCX_CHECKS
TEST_CASE("posting without an executor trips MISSING_EXECUTOR and runs nothing", "[03]")
{
    std::vector<int> log;
    probe posted(1, &log);
    REQUIRE_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_post(nullptr, &posted.continuation));
    REQUIRE(testing_last_object == &posted.continuation);
    REQUIRE(log.empty());
}

TEST_CASE("posting to a zeroed executor trips UNINITIALISED and runs nothing", "[03]")
{
    std::vector<int> log;
    probe posted(1, &log);
    asyncx_executor executor = asyncx_executor();
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, asyncx_post(&executor, &posted.continuation));
    REQUIRE(testing_last_object == &executor);
    REQUIRE(log.empty());
}
#endif

/* -- the run queue -- */

TEST_CASE("a run queue runs what was posted in order, and never inside the post", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    std::deque<probe> probes;
    for (int i = 0; i < 100; i++)
        probes.emplace_back(i, &log);
    for (probe &each : probes)
        queue.post(each);
    REQUIRE(log.empty());
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == numbers(0, 99));
}

TEST_CASE("a run queue may be without wake: its owner polls", "[03]")
{
    std::vector<int> log;
    asyncx_run_queue queue;
    probe one(1, &log);
    asyncx_run_queue_init(&queue, nullptr);
    asyncx_post(&queue.executor, &one.continuation);
    REQUIRE(asyncx_run_queue_run_one(&queue));
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue));
    REQUIRE(log == numbers(1, 1));
}

TEST_CASE("an empty run queue runs nothing and says so", "[03]")
{
    counting_queue queue;
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    asyncx_run_queue_run_until_idle(&queue.queue);
    REQUIRE(queue.wakes == 0);
}

TEST_CASE("run_one runs the oldest and returns whether there was one", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe first(1, &log), second(2, &log);
    queue.post(first);
    queue.post(second);
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    REQUIRE(log == numbers(1, 1));
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    REQUIRE(log == numbers(1, 2));
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
}

TEST_CASE("run_one keeps the order between what it left and what is posted later", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe first(1, &log), second(2, &log), third(3, &log), fourth(4, &log);
    queue.post(first);
    queue.post(second);
    queue.post(third);
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    queue.post(fourth);
    asyncx_run_queue_run_until_idle(&queue.queue);
    REQUIRE(log == numbers(1, 4));
}

TEST_CASE("a pass runs all that is in the queue when it begins, also after run_one left some", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe first(1, &log), second(2, &log), third(3, &log);
    queue.post(first);
    queue.post(second);
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    queue.post(third);
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == numbers(1, 3));
}

TEST_CASE("what is posted while a pass runs waits for the next pass", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe first(1, &log), second(2, &log), third(3, &log);
    first.queue = &queue.queue;
    first.posts.push_back(&third);
    queue.post(first);
    queue.post(second);
    REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == numbers(1, 2));
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == numbers(1, 3));
}

TEST_CASE("a continuation that posts itself again runs once in each pass", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe again(7, &log), other(8, &log);
    again.queue = &queue.queue;
    again.posts.push_back(&again);
    queue.post(again);
    queue.post(other);
    REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == (std::vector<int>{7, 8}));
    REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == (std::vector<int>{7, 8, 7, 7}));
    again.posts.clear();
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(log == (std::vector<int>{7, 8, 7, 7, 7}));
}

TEST_CASE("run_until_idle goes on until nothing is left", "[03]")
{
    static int left;
    counting_queue queue;
    probe again;
    left = 1000;
    again.queue = &queue.queue;
    again.posts.push_back(&again);
    again.action = [](probe *self) {
        if (--left == 0)
            self->posts.clear();
    };
    queue.post(again);
    asyncx_run_queue_run_until_idle(&queue.queue);
    REQUIRE(left == 0);
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
}

TEST_CASE("the queue runs the whole chain that a continuation hands back", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    probe second(2, &log), first(1, &log), third(3, &log);
    first.returned = &second.continuation;
    queue.post(first);
    queue.post(third);
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    REQUIRE(log == numbers(1, 2));
    REQUIRE(asyncx_run_queue_run_one(&queue.queue));
    REQUIRE(log == numbers(1, 3));
}

TEST_CASE("wake is called by the first post since the owner looked for more, and by no other", "[03]")
{
    counting_queue queue;
    probe first, second, third, fourth;
    queue.post(first);
    REQUIRE(queue.wakes == 1);
    queue.post(second);
    REQUIRE(queue.wakes == 1);

    SECTION("after a pass returned false the next post wakes again")
    {
        REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
        queue.post(third);
        REQUIRE(queue.wakes == 2);
        queue.post(fourth);
        REQUIRE(queue.wakes == 2);
    }
    SECTION("the owner's own posts during a pass do not wake: the pass returns true")
    {
        first.queue = &queue.queue;
        first.posts.push_back(&third);
        REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
        REQUIRE(queue.wakes == 1);
        queue.post(fourth);   /* the owner knows already that there is more to do */
        REQUIRE(queue.wakes == 1);
        first.posts.clear();
        asyncx_run_queue_run_until_idle(&queue.queue);
        REQUIRE(queue.wakes == 1);
        queue.post(first);
        REQUIRE(queue.wakes == 2);
    }
    SECTION("after run_one returned false the next post wakes again")
    {
        REQUIRE(asyncx_run_queue_run_one(&queue.queue));
        REQUIRE(asyncx_run_queue_run_one(&queue.queue));
        REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
        REQUIRE(queue.wakes == 1);
        queue.post(third);
        REQUIRE(queue.wakes == 2);
    }
    SECTION("looking into an idle queue changes nothing")
    {
        REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
        REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
        REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
        REQUIRE(queue.wakes == 1);
        queue.post(third);
        REQUIRE(queue.wakes == 2);
    }
    asyncx_run_queue_run_until_idle(&queue.queue);
}

TEST_CASE("wake may run the queue itself, as an immediate executor does", "[03]")
{
    static std::vector<int> log;
    log.clear();
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, asyncx_run_queue_run_until_idle);
    probe second(2, &log), first(1, &log);
    first.queue = &queue;
    first.posts.push_back(&second);
    asyncx_post(&queue.executor, &first.continuation);
    REQUIRE(log == numbers(1, 2));
}

TEST_CASE("is_current is true inside what the queue runs, and only there", "[03]")
{
    static asyncx_run_queue *mine, *other;
    static int checks;
    counting_queue queue, another;
    probe asks;
    mine = &queue.queue;
    other = &another.queue;
    checks = 0;
    asks.action = [](probe *) {
        REQUIRE(mine->executor.is_current(&mine->executor));
        REQUIRE_FALSE(other->executor.is_current(&other->executor));
        checks++;
    };
    REQUIRE_FALSE(mine->executor.is_current(&mine->executor));
    queue.post(asks);
    REQUIRE_FALSE(mine->executor.is_current(&mine->executor));
    asyncx_run_queue_run_one(&queue.queue);
    REQUIRE_FALSE(mine->executor.is_current(&mine->executor));
    queue.post(asks);
    asyncx_run_queue_run_pass(&queue.queue);
    queue.post(asks);
    asyncx_run_queue_run_until_idle(&queue.queue);
    REQUIRE(checks == 3);
    REQUIRE_FALSE(mine->executor.is_current(&mine->executor));
}

TEST_CASE("a continuation may run its own queue: the rest runs inside, once", "[03]")
{
    static std::vector<int> log;
    static asyncx_run_queue *mine;
    log.clear();
    counting_queue queue;
    mine = &queue.queue;
    probe first(1, &log), second(2, &log), third(3, &log), fourth(4, &log), fifth(5, &log);
    first.action = [](probe *) {
        log.push_back(100);
        asyncx_run_queue_run_until_idle(mine);
        log.push_back(101);
    };
    second.queue = mine;
    second.posts.push_back(&fourth);
    queue.post(first);
    queue.post(second);
    queue.post(third);

    SECTION("from run_pass") { REQUIRE_FALSE(asyncx_run_queue_run_pass(mine)); }
    SECTION("from run_one") { REQUIRE(asyncx_run_queue_run_one(mine)); }
    SECTION("from run_until_idle") { asyncx_run_queue_run_until_idle(mine); }
    REQUIRE(log == (std::vector<int>{1, 100, 2, 3, 4, 101}));
    REQUIRE_FALSE(mine->executor.is_current(&mine->executor));
    queue.post(fifth);
    asyncx_run_queue_run_until_idle(mine);
    REQUIRE(log.back() == 5);
}

TEST_CASE("a queue is still current after a continuation ran it inside", "[03]")
{
    static asyncx_run_queue *mine;
    static int is_current;
    counting_queue queue;
    mine = &queue.queue;
    is_current = -1;
    probe first, second;
    first.action = [](probe *) {
        asyncx_run_queue_run_until_idle(mine);
        is_current = mine->executor.is_current(&mine->executor);
    };
    queue.post(first);
    queue.post(second);
    asyncx_run_queue_run_until_idle(mine);
    REQUIRE(is_current == 1);
}

TEST_CASE("a continuation may run another queue inside: it is current on both", "[03]")
{
    static asyncx_run_queue *outer, *inner;
    static int runs;
    counting_queue outer_queue, inner_queue;
    probe on_outer, on_inner;
    outer = &outer_queue.queue;
    inner = &inner_queue.queue;
    runs = 0;
    on_inner.action = [](probe *) {
        REQUIRE(outer->executor.is_current(&outer->executor));
        REQUIRE(inner->executor.is_current(&inner->executor));
        runs++;
    };
    on_outer.action = [](probe *) {
        asyncx_run_queue_run_until_idle(inner);
        REQUIRE(outer->executor.is_current(&outer->executor));
        REQUIRE_FALSE(inner->executor.is_current(&inner->executor));
        runs++;
    };
    inner_queue.post(on_inner);
    outer_queue.post(on_outer);
    asyncx_run_queue_run_until_idle(outer);
    REQUIRE(runs == 2);
}

TEST_CASE("the stack bound holds inside what a queue runs, and ends before the next one", "[03]")
{
    std::vector<int> log;
    counting_queue queue;
    std::deque<probe> tower;
    probe next(1000, &log);
    const int height = 3 * ASYNCX_INLINE_DEPTH;
    for (int i = 0; i < height; i++)
        tower.emplace_back(i, &log);
    for (size_t i = 0; i + 1 < tower.size(); i++)
        tower[i].resumes.push_back(&tower[i + 1]);
    queue.post(tower[0]);
    queue.post(next);
    asyncx_run_queue_run_until_idle(&queue.queue);
    std::vector<int> expected = numbers(0, height - 1);
    expected.push_back(1000);
    REQUIRE(log == expected);
}

#if ASYNCX_CHECKS
TEST_CASE("a zeroed queue runs nothing, and posting to it trips UNINITIALISED", "[03]")
{
    asyncx_run_queue queue = asyncx_run_queue();
    std::vector<int> log;
    probe posted(1, &log);
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, asyncx_post(&queue.executor, &posted.continuation));
    REQUIRE(testing_last_object == &queue);
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue));
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue));
    asyncx_run_queue_run_until_idle(&queue);
    REQUIRE(log.empty());
}
#endif

#if !ASYNCX_SINGLE_THREADED

/* -- threads -- */

namespace {

/* An owner that really sleeps: wake is a condition variable. */
struct sleeping_queue {
    asyncx_run_queue queue;
    std::mutex mutex;
    std::condition_variable condition;
    bool awake;
    int wakes;

    sleeping_queue() : awake(false), wakes(0) { asyncx_run_queue_init(&queue, wake); }
    static void wake(asyncx_run_queue *queue)
    {
        sleeping_queue *self = reinterpret_cast<sleeping_queue *>(queue);
        std::lock_guard<std::mutex> lock(self->mutex);
        self->awake = true;
        self->wakes++;
        self->condition.notify_one();
    }
    /* Sleeps whenever the queue says that it may, until `enough` is true. */
    template <typename predicate> void run(predicate enough)
    {
        while (!enough()) {
            if (asyncx_run_queue_run_pass(&queue))
                continue;
            if (enough())
                break;
            std::unique_lock<std::mutex> lock(mutex);
            condition.wait(lock, [this] { return awake; });
            awake = false;
        }
    }
};

/* Counts itself in, and checks that its thread's posts come in the order in which they were made. */
struct numbered {
    asyncx_continuation continuation;
    int thread, number;
    std::vector<int> *last_of_thread;
    int *out_of_order, *runs;

    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        numbered *self = reinterpret_cast<numbered *>(continuation);
        int &last = (*self->last_of_thread)[static_cast<size_t>(self->thread)];
        if (self->number != last + 1)
            ++*self->out_of_order;
        last = self->number;
        ++*self->runs;
        return nullptr;
    }
};

}   /* namespace */

TEST_CASE("posts from several threads all run, once, each thread's in order; no wake is missed", "[03][threads]")
{
    const int threads = 4, posts = 20000;
    sleeping_queue queue;
    std::vector<int> last(threads, -1);
    int out_of_order = 0, runs = 0;
    std::vector<std::vector<numbered>> all(threads);
    for (int t = 0; t < threads; t++) {
        all[static_cast<size_t>(t)].resize(posts);
        for (int i = 0; i < posts; i++) {
            numbered &each = all[static_cast<size_t>(t)][static_cast<size_t>(i)];
            asyncx_continuation_init(&each.continuation, numbered::run, nullptr);
            each.thread = t;
            each.number = i;
            each.last_of_thread = &last;
            each.out_of_order = &out_of_order;
            each.runs = &runs;
        }
    }
    std::vector<std::thread> posters;
    for (int t = 0; t < threads; t++)
        posters.emplace_back([&queue, &all, t] {
            int i = 0;
            for (numbered &each : all[static_cast<size_t>(t)]) {
                asyncx_post(&queue.queue.executor, &each.continuation);
                if (++i % 1000 == 0)
                    std::this_thread::sleep_for(std::chrono::microseconds(50));   /* lets the owner fall asleep */
            }
        });
    queue.run([&runs] { return runs == threads * posts; });
    for (std::thread &each : posters)
        each.join();
    REQUIRE(runs == threads * posts);
    REQUIRE(out_of_order == 0);
    REQUIRE(queue.wakes >= 1);
    REQUIRE_FALSE(asyncx_run_queue_run_one(&queue.queue));
}

TEST_CASE("a continuation travels between two queues that two threads run", "[03][threads]")
{
    static sleeping_queue *queues[2];
    static std::atomic<int> hops;
    const int enough = 20000;
    struct traveller {
        asyncx_continuation continuation;
        int misplaced;
        static asyncx_continuation *run(asyncx_continuation *continuation)
        {
            int hop = hops.fetch_add(1);
            sleeping_queue *here = queues[hop % 2], *there = queues[(hop + 1) % 2];
            asyncx_executor *executor = &there->queue.executor;
            if (!here->queue.executor.is_current(&here->queue.executor) || executor->is_current(executor))
                reinterpret_cast<traveller *>(continuation)->misplaced++;
            asyncx_post(executor, continuation);
            return nullptr;
        }
    };
    sleeping_queue first, second;
    traveller traveller_;
    queues[0] = &first;
    queues[1] = &second;
    hops = 0;
    traveller_.misplaced = 0;
    asyncx_continuation_init(&traveller_.continuation, traveller::run, nullptr);
    asyncx_post(&first.queue.executor, &traveller_.continuation);
    auto over = [] { return hops.load() >= enough; };
    std::thread other([&] {
        second.run(over);
        sleeping_queue::wake(&first.queue);
    });
    first.run(over);
    sleeping_queue::wake(&second.queue);
    other.join();
    REQUIRE(hops >= enough);
    REQUIRE(traveller_.misplaced == 0);
}

TEST_CASE("a queue may change its owner between runs", "[03][threads]")
{
    std::vector<int> log;
    counting_queue queue;
    probe first(1, &log), second(2, &log);
    queue.post(first);
    asyncx_run_queue_run_until_idle(&queue.queue);
    queue.post(second);
    std::thread([&queue] { asyncx_run_queue_run_until_idle(&queue.queue); }).join();
    REQUIRE(log == numbers(1, 2));
}

TEST_CASE("is_current is false on another thread, even while the queue runs", "[03][threads]")
{
    static asyncx_run_queue *mine;
    static bool elsewhere;
    counting_queue queue;
    mine = &queue.queue;
    elsewhere = true;
    probe asks;
    asks.action = [](probe *) {
        std::thread([] { elsewhere = mine->executor.is_current(&mine->executor); }).join();
        REQUIRE(mine->executor.is_current(&mine->executor));
    };
    queue.post(asks);
    asyncx_run_queue_run_until_idle(mine);
    REQUIRE_FALSE(elsewhere);
}

#if ASYNCX_CHECKS
TEST_CASE("a second thread that runs the queue trips SECOND_OWNER and runs nothing", "[03][threads]")
{
    static asyncx_run_queue *mine;
    static int way;
    static bool ran;
    static std::vector<int> log;
    for (way = 0; way < 3; way++) {
        counting_queue queue;
        mine = &queue.queue;
        log.clear();
        ran = true;
        probe first(1, &log), second(2, &log);
        first.action = [](probe *) {
            std::thread([] {
                if (way == 0)
                    ran = asyncx_run_queue_run_one(mine);
                else if (way == 1)
                    ran = asyncx_run_queue_run_pass(mine);
                else
                    asyncx_run_queue_run_until_idle(mine);
            }).join();
            log.push_back(100);
        };
        queue.post(first);
        queue.post(second);
        REQUIRE_MISUSE(ASYNCX_MISUSE_SECOND_OWNER, asyncx_run_queue_run_until_idle(mine));
        REQUIRE(testing_last_object == mine);
        REQUIRE((way == 2 || !ran));
        REQUIRE(log == (std::vector<int>{1, 100, 2}));
    }
}
#endif

TEST_CASE("each thread has a stack bound of its own", "[03][threads]")
{
    static std::vector<int> log;
    log.clear();
    std::deque<probe> tower;
    probe deferred(2, &log);
    for (int i = 0; i < ASYNCX_INLINE_DEPTH; i++)
        tower.emplace_back();
    for (size_t i = 0; i + 1 < tower.size(); i++)
        tower[i].resumes.push_back(&tower[i + 1]);
    tower.back().resumes.push_back(&deferred);
    tower.back().action = [](probe *) {
        std::thread([] {
            probe inside(1, &log);
            asyncx_resume(&inside.continuation);   /* this thread is at depth 0 */
        }).join();
    };
    asyncx_resume(&tower[0].continuation);
    REQUIRE(log == numbers(1, 2));
}

/* -- signals -- */

#if defined(__unix__)

namespace {

struct signalled {
    asyncx_continuation continuation;
    int runs;

    static asyncx_continuation *run(asyncx_continuation *continuation)
    {
        reinterpret_cast<signalled *>(continuation)->runs++;
        return nullptr;
    }
};

const int signal_limit = 100000;
signalled from_handler[signal_limit];
std::atomic<int> handled(0);
asyncx_run_queue *signal_queue;

extern "C" void post_from_handler(int)
{
    int index = handled.load(std::memory_order_relaxed);
    if (index == signal_limit)
        return;
    handled.store(index + 1, std::memory_order_relaxed);
    asyncx_post(&signal_queue->executor, &from_handler[index].continuation);
}

/* Installs the handler, and takes it away again. */
struct with_handler {
    int number;
    struct sigaction before;

    explicit with_handler(int which) : number(which)
    {
        struct sigaction action = {};
        action.sa_handler = post_from_handler;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, &before);
        handled = 0;
        for (signalled &each : from_handler) {
            asyncx_continuation_init(&each.continuation, signalled::run, nullptr);
            each.runs = 0;
        }
    }
    ~with_handler() { sigaction(number, &before, nullptr); }
};

}   /* namespace */

TEST_CASE("a signal handler may post while the queue runs", "[03][signals]")
{
    counting_queue queue;
    signal_queue = &queue.queue;
    with_handler handler(SIGUSR1);
    probe raises;
    raises.action = [](probe *) { raise(SIGUSR1); };
    queue.post(raises);
    REQUIRE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(handled == 1);
    REQUIRE(from_handler[0].runs == 0);
    REQUIRE_FALSE(asyncx_run_queue_run_pass(&queue.queue));
    REQUIRE(from_handler[0].runs == 1);
    raise(SIGUSR1);
    REQUIRE(queue.wakes == 2);   /* the first post, and the one that found the queue idle */
    asyncx_run_queue_run_until_idle(&queue.queue);
    REQUIRE(from_handler[1].runs == 1);
}

TEST_CASE("signals that interrupt posts and passes at any instruction lose nothing", "[03][signals]")
{
    counting_queue queue;
    signal_queue = &queue.queue;
    with_handler handler(SIGUSR2);
    std::atomic<bool> stop(false);
    const int own = 200000;
    int own_runs = 0;
    pthread_t target = pthread_self();
    std::thread sender([target, &stop] {
        while (!stop) {
            pthread_kill(target, SIGUSR2);
            std::this_thread::yield();
        }
    });
    for (int i = 0; i < own || handled < 100; i++) {
        signalled mine;
        asyncx_continuation_init(&mine.continuation, signalled::run, nullptr);
        mine.runs = 0;
        asyncx_post(&queue.queue.executor, &mine.continuation);
        while (mine.runs == 0)
            asyncx_run_queue_run_pass(&queue.queue);
        own_runs += mine.runs;
        if (i < own && handled == signal_limit)
            i = own;
    }
    stop = true;
    sender.join();
    asyncx_run_queue_run_until_idle(&queue.queue);
    int count = handled, wrong = 0;
    for (int i = 0; i < signal_limit; i++)
        wrong += from_handler[i].runs != (i < count ? 1 : 0);
    REQUIRE(own_runs > 0);
    REQUIRE(count >= 100);
    REQUIRE(wrong == 0);
}

#endif
#endif
