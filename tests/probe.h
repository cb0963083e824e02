/* What the tests of sources, executors and threads share: a callback that counts, executors that record, a race. */
#ifndef PROBE_H
#define PROBE_H

#include "testing.h"

#include <cstring>
#include <functional>
#include <vector>

/* A plain callback: counts its runs and calls `body`. */
struct probe : asyncx_continuation {
    int runs;
    std::function<void()> body;

    explicit probe(asyncx_executor *where = nullptr) : asyncx_continuation(), runs(0)
    {
        asyncx_continuation_init(this, run, where);
    }
    probe(const probe &) = delete;
    probe &operator=(const probe &) = delete;

private:
    static asyncx_continuation *run(asyncx_continuation *self)
    {
        probe *me = static_cast<probe *>(self);
        me->runs++;
        if (me->body)
            me->body();
        return nullptr;
    }
};

/* An executor that keeps what is posted until run_all, and says whether the caller is on it. */
struct recording_executor : asyncx_executor {
    std::vector<asyncx_continuation *> posted;
    int posts;
    int runs;
    bool is_running;

    explicit recording_executor(bool can_tell = true) : asyncx_executor(), posts(0), runs(0), is_running(false)
    {
        post = keep;
        is_current = can_tell ? answer : nullptr;
    }
    recording_executor(const recording_executor &) = delete;
    recording_executor &operator=(const recording_executor &) = delete;

    void run_all()
    {
        while (!posted.empty()) {
            asyncx_continuation *oldest = posted.front();
            posted.erase(posted.begin());
            bool was_running = is_running;
            is_running = true;
            runs++;
            asyncx_run(oldest);
            is_running = was_running;
        }
    }

private:
    static void keep(asyncx_executor *self, asyncx_continuation *continuation)
    {
        recording_executor *me = static_cast<recording_executor *>(self);
        me->posts++;
        me->posted.push_back(continuation);
    }
    static bool answer(asyncx_executor *self) { return static_cast<recording_executor *>(self)->is_running; }
};

/* A zeroed object on the heap, out of the optimizer's sight: gcc 12 warns at -O1 about a branch of the protocol that is
 * never taken for it. */
template <typename type> type *new_hidden()
{
    type *volatile made = new type();
    return made;
}

/* Remembers the bytes of an object, to show that a misuse left it as it was. */
struct snapshot {
    const void *object;
    std::vector<unsigned char> bytes;

    snapshot(const void *of, size_t size)
        : object(of), bytes(static_cast<const unsigned char *>(of), static_cast<const unsigned char *>(of) + size)
    {
    }
    bool is_unchanged() const { return std::memcmp(object, bytes.data(), bytes.size()) == 0; }
    bool contains(const void *pointer) const
    {
        uintptr_t first = reinterpret_cast<uintptr_t>(object);
        uintptr_t asked = reinterpret_cast<uintptr_t>(pointer);
        return asked >= first && asked < first + bytes.size();
    }
};

/* Passes when `statement` trips `code` exactly once, names `object` and leaves every byte of it as it was. */
#define REQUIRE_MISUSE_OF(code, object, statement)            \
    do {                                                      \
        snapshot before_(&(object), sizeof(object));          \
        REQUIRE_MISUSE(code, statement);                      \
        REQUIRE(before_.contains(testing_last_object));       \
        REQUIRE(before_.is_unchanged());                      \
    } while (0)

#if !ASYNCX_SINGLE_THREADED
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

/* Lets a fixed number of threads meet, again and again. */
class meeting_point {
public:
    explicit meeting_point(int size) : size_(size), here_(0), meetings_(0) {}
    void wait()
    {
        int before = meetings_.load();
        if (here_.fetch_add(1) + 1 == size_) {
            here_.store(0);
            meetings_.fetch_add(1);
            return;
        }
        for (int spins = 0; meetings_.load() == before; spins++) {
            if (spins > 2000)
                std::this_thread::yield();
        }
    }

private:
    const int size_;
    std::atomic<int> here_;
    std::atomic<int> meetings_;
};

/* For `milliseconds`, again and again: prepare(), then body(0) to body(threads - 1) at the same moment on as many
 * threads, each a few instructions later or earlier than last time, then check(), which may throw as REQUIRE does.
 * In each round another thread lets the others go first, or none does: even on one core every order comes about.
 * Returns the number of rounds. */
inline int race_for(int milliseconds, int threads, const std::function<void()> &prepare,
                    const std::function<void(int)> &body, const std::function<void()> &check)
{
    meeting_point start(threads), end(threads);
    std::atomic<bool> is_over(false);
    int laggard = 0;   /* written while the others wait at `start` */
    auto one_round = [&](int thread, unsigned int &random) {
        start.wait();
        if (is_over.load())
            return false;
        if (laggard == thread)
            std::this_thread::yield();
        random = random * 1103515245u + 12345u;
        for (unsigned int pause = random >> 16 & 127; pause; pause--)
            std::atomic_signal_fence(std::memory_order_seq_cst);   /* so that the loop stays */
        body(thread);
        end.wait();
        return true;
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; thread++)
        others.emplace_back([&one_round, thread] {
            unsigned int random = static_cast<unsigned int>(thread) * 977u;
            while (one_round(thread, random)) {
            }
        });
    unsigned int random = 1;
    int rounds = 0;
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    std::exception_ptr failure;
    while (!failure && (rounds < 20 || std::chrono::steady_clock::now() < deadline)) {
        try {
            prepare();
            laggard = rounds % (threads + 1);
            one_round(0, random);
            check();
        } catch (...) {
            failure = std::current_exception();
        }
        rounds++;
    }
    is_over.store(true);
    one_round(0, random);
    for (std::thread &other : others)
        other.join();
    if (failure)
        std::rethrow_exception(failure);
    return rounds;
}

/* Passes when both outcomes of a race were seen, so that it was one. After few rounds, as under an emulator, chance may
 * have it otherwise. */
#define REQUIRE_CONTENTION(rounds, one_outcome, other_outcome)                \
    do {                                                                      \
        INFO((rounds) << " rounds: " << (one_outcome) << " to " << (other_outcome)); \
        REQUIRE(((rounds) < 1000 || ((one_outcome) > 0 && (other_outcome) > 0)));    \
    } while (0)
#endif

#endif
