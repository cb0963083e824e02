/* The bench program: Catch2's main, what `measure` does, and a way to run one operation alone so that its instructions
 * can be counted.
 *
 *   bench [Catch2's options]                    measures; BENCH_ROWS=file gets a line for each row
 *   bench CONFIGURATION NAME COUNT              runs one operation, checks its count
 *   bench CONFIGURATION list                    prints the names and units of the operations
 *   bench facts                                 prints what it was compiled by, and the sizes of the library's objects
 *
 * CONFIGURATION is single_threaded or thread_safe. */
#if !__has_include(<catch2/catch_session.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "bench.hpp"

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/benchmark/catch_benchmark.hpp>
#include <catch2/benchmark/detail/catch_benchmark_stats.hpp>
#include <catch2/catch_session.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using listener_base = Catch::EventListenerBase;
#else
using listener_base = Catch::TestEventListenerBase;
#endif

#include "asyncx.h"
#include "operation.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern const operation *const single_threaded_operations;
extern const size_t single_threaded_operations_count;
extern const operation *const thread_safe_operations;
extern const size_t thread_safe_operations_count;

static const operation *find(const std::string &configuration, const std::string &name)
{
    const bool single = configuration == "single_threaded";
    const operation *first = single ? single_threaded_operations : thread_safe_operations;
    const operation *last = first + (single ? single_threaded_operations_count : thread_safe_operations_count);
    const operation *found = std::find_if(first, last, [&](const operation &one) { return one.name == name; });
    return found == last ? nullptr : found;
}

/* Catch2's own samples of the last benchmark, each the nanoseconds of one call. */
static std::vector<double> samples_ns;

/* What benchmarkEnded takes: a template's instance in Catch2 2 and early 3, a plain class in later ones. */
template <typename listener, typename stats> stats stats_of(void (listener::*ended)(stats));
using benchmark_stats = decltype(stats_of(&listener_base::benchmarkEnded));

struct keep_samples : listener_base {
    using listener_base::listener_base;

    void benchmarkEnded(benchmark_stats stats) override
    {
        samples_ns.clear();
        for (const auto &sample : stats.samples)
            samples_ns.push_back(std::chrono::duration<double, std::nano>(sample).count());
    }
};
CATCH_REGISTER_LISTENER(keep_samples)

/* The value below which `part` of the sorted samples lie, between two samples in proportion. */
static double quantile(double part)
{
    const double position = part * static_cast<double>(samples_ns.size() - 1);
    const size_t below = static_cast<size_t>(position);
    const size_t above = std::min(below + 1, samples_ns.size() - 1);
    return samples_ns[below] + (position - static_cast<double>(below)) * (samples_ns[above] - samples_ns[below]);
}

static void measure_in(const std::string &configuration, const operation &one)
{
    const unsigned long n = std::max(10000ul, one.unit);
    unsigned long total = 0, allocated = 0;
    auto run = [&] {
        const unsigned long before = allocations();
        one.run(n);
        allocated += allocations() - before;
        total += n;
    };

    if (one.prepare)
        one.prepare();
    run();
    REQUIRE(one.verify(total));
    samples_ns.clear();
    BENCHMARK(std::string(one.name) + ", " + configuration + ", " + std::to_string(n) + " times") { run(); };
    REQUIRE(samples_ns.size() >= 3);
    REQUIRE(one.verify(total));
    REQUIRE(allocated == 0);

    if (const char *path = std::getenv("BENCH_ROWS")) {
        std::FILE *rows = std::fopen(path, "a");
        REQUIRE(rows);
        std::sort(samples_ns.begin(), samples_ns.end());
        const double times = static_cast<double>(n);
        std::fprintf(rows, "%s\t%s\t%s\t%d\t%zu\t%lu\t%.3f\t%.3f\t%.3f\t%zu\n", configuration.c_str(), one.name,
                     one.title, one.is_baseline, one.bytes, allocated, quantile(0.25) / times, quantile(0.5) / times,
                     quantile(0.75) / times, samples_ns.size());
        REQUIRE(std::fclose(rows) == 0);
    }
}

void measure(const char *name)
{
    const operation *single = find("single_threaded", name);
    const operation *safe = find("thread_safe", name);
    REQUIRE(single);
    REQUIRE(safe);
    measure_in("single_threaded", *single);
    if (!safe->is_baseline) /* the machine code of a baseline is the same in both */
        measure_in("thread_safe", *safe);
}

static int run_alone(const std::string &configuration, const std::string &name, const char *times)
{
    const operation *one = find(configuration, name);
    const unsigned long n = std::strtoul(times, nullptr, 10);
    if (!one || n == 0 || n % one->unit) {
        std::fprintf(stderr, "no operation %s, or %s is no multiple of its unit\n", name.c_str(), times);
        return 2;
    }
    if (one->prepare)
        one->prepare();
    one->run(n);
    if (!one->verify(n)) {
        std::fprintf(stderr, "wrong count in %s\n", name.c_str());
        return 1;
    }
    return 0;
}

static int print_facts()
{
#if defined(__clang__)
    std::printf("compiler\tclang %s\n", __clang_version__);
#elif defined(__GNUC__)
    std::printf("compiler\tgcc %s\n", __VERSION__);
#else
    std::printf("compiler\tunknown\n");
#endif
#if defined(__OPTIMIZE__)
    std::printf("optimised\tyes\n");
#else
    std::printf("optimised\tno\n");
#endif
    std::printf("version\t%d.%d.%d\n", ASYNCX_VERSION_MAJOR, ASYNCX_VERSION_MINOR, ASYNCX_VERSION_PATCH);
    std::printf("options\tASYNCX_CHECKS=%d, ASYNCX_INLINE_DEPTH=%d\n", ASYNCX_CHECKS, ASYNCX_INLINE_DEPTH);
    std::printf("size\tasync function, its result and own fields apart\t%zu\n", sizeof(asyncx_task));
    std::printf("size\tcontinuation\t%zu\n", sizeof(asyncx_continuation));
    std::printf("size\tcompletion source without result\t%zu\n", sizeof(asyncx_completion_source));
    std::printf("size\tversioned source without result\t%zu\n", sizeof(asyncx_value_source));
    std::printf("size\tvalue task, awaiter\t%zu\n", sizeof(asyncx_value_task));
    std::printf("size\trun queue\t%zu\n", sizeof(asyncx_run_queue));
    return 0;
}

int main(int argc, char **argv)
{
    const std::string first = argc > 1 ? argv[1] : "";
    const bool single = first == "single_threaded";
    if (argc == 2 && first == "facts")
        return print_facts();
    if (argc == 4 && (single || first == "thread_safe"))
        return run_alone(first, argv[2], argv[3]);
    if (argc == 3 && (single || first == "thread_safe") && std::string(argv[2]) == "list") {
        for (size_t i = 0; i < single_threaded_operations_count; i++) {
            const operation &one = single_threaded_operations[i];
            if (single || !one.is_baseline)
                std::printf("%s %lu\n", one.name, one.unit);
        }
        return 0;
    }
    return Catch::Session().run(argc, argv);
}
