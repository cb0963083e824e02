/* Every row of the report: operations that can be repeated in one process, to take their time and count their
 * instructions in the same machine code. The async functions are those of workloads.c wherever it has one.
 *
 * A C++ file that defines OPERATIONS, OPERATIONS_COUNT and WORKLOADS_MAIN as names of its own includes this one and
 * gets the table under the first. Compiled alone as C it is a program: `operations NAME COUNT` runs one operation and
 * checks its count, `operations list` prints names and units. */
#if !defined(WORKLOADS_MAIN)
#define WORKLOADS_MAIN workloads_main
#endif
#define main WORKLOADS_MAIN
#include "workloads.c"
#undef main

#include "operation.h"

#define DEPTH_MAX 1000000

#if defined(__GNUC__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE
#endif

/* B1, B2: a call, and a call through a pointer that the compiler cannot see through. */
static unsigned long calls_made, pointer_calls_made;

static NOINLINE void count_call(unsigned long value) { calls_made += value; }
static NOINLINE void count_pointer_call(unsigned long value) { pointer_calls_made += value; }
static void (*volatile callee)(unsigned long value) = count_pointer_call;

static void run_plain_call(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        count_call(1);
}

static bool plain_call_verify(unsigned long total) { return calls_made == total; }

static void run_pointer_call(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        callee(1);
}

static bool pointer_call_verify(unsigned long total) { return pointer_calls_made == total; }

/* B3: the floor, an intrusive callback machine written by hand. It has no status, no error, no executor, no check and
 * no bound on its stack: what is left is what any continuation has to do. */
typedef struct floor_node floor_node;
struct floor_node {
    floor_node *(*resume)(floor_node *self);
    floor_node *next;
};

static void floor_run(floor_node *node)
{
    do
        node = node->resume(node);
    while (node);
}

typedef struct {
    floor_node node;
    unsigned long count;
} floor_spinner;

static floor_node *floor_spinner_resume(floor_node *self)
{
    ((floor_spinner *)(void *)self)->count++;
    return NULL;
}

static floor_spinner floor_spinning;

static void floor_resume_prepare(void) { floor_spinning.node.resume = floor_spinner_resume; }

static void run_floor_resume(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        floor_run(&floor_spinning.node);
}

static bool floor_resume_verify(unsigned long total) { return floor_spinning.count == total; }

/* An operation that somebody waits for, completed with a result. */
typedef struct {
    floor_node *waiter;
    unsigned long result;
} floor_source;

typedef struct {
    floor_node node;
    floor_source source;
    unsigned long sum;
} floor_consumer;

static floor_node *floor_consumer_resume(floor_node *self)
{
    floor_consumer *waiting = (floor_consumer *)(void *)self;
    waiting->sum += waiting->source.result;
    waiting->source.waiter = self;
    return NULL;
}

static void floor_consumer_prepare(floor_consumer *waiting)
{
    waiting->node.resume = floor_consumer_resume;
    waiting->source.waiter = &waiting->node;
}

static floor_consumer floor_inline_consumer, floor_queued_consumer;

static void floor_inline_prepare(void) { floor_consumer_prepare(&floor_inline_consumer); }

static void run_floor_inline(unsigned long n)
{
    floor_source *source = &floor_inline_consumer.source;
    for (unsigned long i = 0; i < n; i++) {
        floor_node *waiter = source->waiter;
        source->result = 1;
        source->waiter = NULL;
        if (waiter)
            floor_run(waiter);
    }
}

static bool floor_inline_verify(unsigned long total) { return floor_inline_consumer.sum == total; }

static struct {
    floor_node *first;
    floor_node **last;
} floor_queue;

static void floor_queued_prepare(void)
{
    floor_queue.last = &floor_queue.first;
    floor_consumer_prepare(&floor_queued_consumer);
}

static void run_floor_queued(unsigned long n)
{
    floor_source *source = &floor_queued_consumer.source;
    for (unsigned long i = 0; i < n; i++) {
        floor_node *waiter = source->waiter;
        source->result = 1;
        source->waiter = NULL;
        if (waiter) {
            waiter->next = NULL;
            *floor_queue.last = waiter;
            floor_queue.last = &waiter->next;
        }
        waiter = floor_queue.first;
        if (waiter) {
            floor_queue.first = waiter->next;
            if (!floor_queue.first)
                floor_queue.last = &floor_queue.first;
            floor_run(waiter);
        }
    }
}

static bool floor_queued_verify(unsigned long total) { return floor_queued_consumer.sum == total; }

/* W1: one task, suspended and resumed by hand. */
static spinner spinning;

static void resume_suspend_prepare(void) { asyncx_start(ASYNC_CALL(spinner, &spinning, .count = 0)); }

static void run_resume_suspend(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        asyncx_run_task(&spinning);
}

static bool resume_suspend_verify(unsigned long total) { return spinning.count == total; }

/* W1m: many tasks that are alive at the same time, resumed in an order that is not that of their addresses. */
static spinner live_one[1], live_thousand[1000], live_million[1000000];

static void live_prepare(spinner *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        asyncx_start(ASYNC_CALL(spinner, &tasks[i], .count = 0));
}

/* `stride` and `count` have no common divisor, so that each task has its turn. */
static inline void live_run(spinner *tasks, size_t count, size_t stride, unsigned long n)
{
    size_t index = 0;
    for (unsigned long i = 0; i < n; i++) {
        asyncx_run_task(&tasks[index]);
        index += stride;
        if (index >= count)
            index -= count;
    }
}

static bool live_verify(const spinner *tasks, size_t count, unsigned long total)
{
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].count != total / count)
            return false;
    }
    return true;
}

static void live_1_prepare(void) { live_prepare(live_one, 1); }
static void run_live_1(unsigned long n) { live_run(live_one, 1, 1, n); }
static bool live_1_verify(unsigned long total) { return live_verify(live_one, 1, total); }
static void live_1000_prepare(void) { live_prepare(live_thousand, 1000); }
static void run_live_1000(unsigned long n) { live_run(live_thousand, 1000, 617, n); }
static bool live_1000_verify(unsigned long total) { return live_verify(live_thousand, 1000, total); }
static void live_1000000_prepare(void) { live_prepare(live_million, 1000000); }
static void run_live_1000000(unsigned long n) { live_run(live_million, 1000000, 618033, n); }
static bool live_1000000_verify(unsigned long total) { return live_verify(live_million, 1000000, total); }

/* W2a: a child that completes at once. */
static unsigned long children_at_once;

static void run_child_at_once(unsigned long n)
{
    static caller task;
    asyncx_start(ASYNC_CALL(caller, &task, .n = n));
    children_at_once += task.result;
}

static bool child_at_once_verify(unsigned long total) { return children_at_once == total; }

/* W2b: a child that suspends once. */
static unsigned long children_suspended;

static void run_child_suspends(unsigned long n)
{
    static pausing_caller task;
    asyncx_start(ASYNC_CALL(pausing_caller, &task, .n = n));
    for (unsigned long i = 0; i < n; i++)
        asyncx_run_task(&task.child);
    children_suspended += task.result;
}

static bool child_suspends_verify(unsigned long total) { return children_suspended == total; }

/* W2c: chains of calls, each level starts and completes. The last `depth` of these are the chain of that depth. */
static level deep_chain[DEPTH_MAX];
static unsigned long levels_of_1, levels_of_10, levels_of_1000, levels_of_100000, levels_of_1000000;

static void chain_prepare(void)
{
    for (size_t i = 0; i + 1 < DEPTH_MAX; i++)
        deep_chain[i].below = &deep_chain[i + 1];
}

static inline unsigned long chain_run(size_t depth, unsigned long n)
{
    level *top = &deep_chain[DEPTH_MAX - depth];
    unsigned long completed = 0;
    for (unsigned long i = 0; i < n; i += depth) {
        asyncx_start(ASYNC_CALL(level, top, .below = top->below));
        completed += top->result;
    }
    return completed;
}

static void run_chain_1(unsigned long n) { levels_of_1 += chain_run(1, n); }
static bool chain_1_verify(unsigned long total) { return levels_of_1 == total; }
static void run_chain_10(unsigned long n) { levels_of_10 += chain_run(10, n); }
static bool chain_10_verify(unsigned long total) { return levels_of_10 == total; }
static void run_chain_level(unsigned long n) { levels_of_1000 += chain_run(DEPTH, n); }
static bool chain_level_verify(unsigned long total) { return levels_of_1000 == total; }
static void run_chain_100000(unsigned long n) { levels_of_100000 += chain_run(100000, n); }
static bool chain_100000_verify(unsigned long total) { return levels_of_100000 == total; }
static void run_chain_1000000(unsigned long n) { levels_of_1000000 += chain_run(DEPTH_MAX, n); }
static bool chain_1000000_verify(unsigned long total) { return levels_of_1000000 == total; }

/* W2r: a leaf that is resumed under 100 levels. */
static deep deep_levels[100];

static void leaf_under_100_prepare(void)
{
    for (int i = 0; i < 99; i++)
        deep_levels[i].below = &deep_levels[i + 1];
    asyncx_start(ASYNC_CALL(deep, &deep_levels[0], .below = &deep_levels[1]));
}

static void run_leaf_under_100(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        asyncx_run_task(&deep_levels[99]);
}

static bool leaf_under_100_verify(unsigned long total) { return deep_levels[99].count == total; }

/* W3, W4: await a pending source, set it, resume inline or through a run queue. */
static consumer inline_consumer;
static queued_consumer posted_consumer;

static void source_inline_prepare(void) { asyncx_start(ASYNC_CALL(consumer, &inline_consumer, .sum = 0)); }

static void run_source_inline(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&inline_consumer.source, 1);
}

static bool source_inline_verify(unsigned long total) { return inline_consumer.sum == total; }

static void source_queued_prepare(void)
{
    asyncx_run_queue_init(&queue, NULL);
    asyncx_start(ASYNC_CALL(queued_consumer, &posted_consumer, .sum = 0));
}

static void run_source_queued(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++) {
        asyncx_set_result(&posted_consumer.source, 1);
        asyncx_run_queue_run_one(&queue);
    }
}

static bool source_queued_verify(unsigned long total) { return posted_consumer.sum == total; }

/* W3c: await a source that is complete already. */
typedef struct {
    ASYNC_FRAME(void);
    number_source source;
    unsigned long i, n, sum;
} late_consumer;

static ASYNC(late_consumer)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < self->n; self->i++) {
        AWAIT(&self->source);
        self->sum += self->source.result;
    }
    ASYNC_END();
}

static late_consumer late;

static void completed_source_prepare(void)
{
    asyncx_completion_source_init(&late.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_result(&late.source, 1);
}

static void run_completed_source(unsigned long n) { asyncx_start(ASYNC_CALL(late_consumer, &late, .n = n)); }
static bool completed_source_verify(unsigned long total) { return late.sum == total; }

/* W5c: await a value task that carries its outcome. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_task ready;
    unsigned long i, n, sum;
} ready_reader;

static ASYNC(ready_reader)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < self->n; self->i++) {
        AWAIT(self->ready);
        self->sum++;
    }
    ASYNC_END();
}

static ready_reader ready;

static void completed_value_task_prepare(void)
{
    ready.ready = asyncx_value_task_from_outcome(ASYNCX_OUTCOME_SUCCEEDED);
}

static void run_completed_value_task(unsigned long n) { asyncx_start(ASYNC_CALL(ready_reader, &ready, .n = n)); }
static bool completed_value_task_verify(unsigned long total) { return ready.sum == total; }

/* W5, W6: reset, arm, complete, consume; inline or through a run queue. */
static reader inline_reader, queued_reader;
static asyncx_run_queue reader_queue;

static void versioned_cycle_prepare(void)
{
    asyncx_value_source_init(&inline_reader.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(reader, &inline_reader, .sum = 0));
}

static void run_versioned_cycle(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&inline_reader.source, 1);
}

static bool versioned_cycle_verify(unsigned long total) { return inline_reader.sum == total; }

static value_reader value_reading;

static void value_task_cycle_prepare(void)
{
    asyncx_value_source_init(&value_reading.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(value_reader, &value_reading, .sum = 0));
}

static void run_value_task_cycle(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&value_reading.source, 1);
}

static bool value_task_cycle_verify(unsigned long total) { return value_reading.sum == total; }

static void versioned_queued_prepare(void)
{
    asyncx_run_queue_init(&reader_queue, NULL);
    asyncx_value_source_init(&queued_reader.source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &reader_queue.executor);
    asyncx_start(ASYNC_CALL(reader, &queued_reader, .sum = 0));
}

static void run_versioned_queued(unsigned long n)
{
    for (unsigned long i = 0; i < n; i++) {
        asyncx_set_result(&queued_reader.source, 1);
        asyncx_run_queue_run_one(&reader_queue);
    }
}

static bool versioned_queued_verify(unsigned long total) { return queued_reader.sum == total; }

/* W8: a ring of suspended tasks, each of which posts the next one: one queued hop each. */
static member members[RING];
static unsigned long hops, hops_done;

static void ring_start(unsigned long i)
{
    asyncx_start(ASYNC_CALL(member, &members[i], .next = &members[(i + 1) % RING], .hops = &hops));
}

static void ring_hop_prepare(void)
{
    asyncx_run_queue_init(&queue, NULL);
    for (unsigned long i = 0; i < RING; i++)
        ring_start(i);
}

static void run_ring_hop(unsigned long n)
{
    hops = n;
    asyncx_post(&queue.executor, &members[0].awaitable.task.continuation);
    asyncx_run_queue_run_until_idle(&queue);
    hops_done += n - hops;
    ring_start((n - 1) % RING); /* the one that had the last hop has returned */
}

static bool ring_hop_verify(unsigned long total) { return hops_done == total; }

/* clang-format off */
#define ROW(name, title, prepare, unit, bytes) {#name, title, prepare, run_##name, name##_verify, unit, bytes, false}
#define BASELINE(name, title, prepare, bytes) {#name, title, prepare, run_##name, name##_verify, 1, bytes, true}
/* clang-format on */

static const operation operations[] = {
    BASELINE(plain_call, "call a function", NULL, 0),
    BASELINE(pointer_call, "call through a function pointer", NULL, sizeof callee),
    BASELINE(floor_resume, "floor, written by hand: resume, suspend", floor_resume_prepare, sizeof(floor_spinner)),
    BASELINE(floor_inline, "floor, written by hand: wait, complete, continue inline", floor_inline_prepare,
             sizeof(floor_consumer)),
    BASELINE(floor_queued, "floor, written by hand: wait, complete, continue from a queue", floor_queued_prepare,
             sizeof(floor_consumer)),
    ROW(resume_suspend, "resume a task, which suspends again", resume_suspend_prepare, 1, sizeof(spinner)),
    ROW(leaf_under_100, "the same under 100 levels of callers", leaf_under_100_prepare, 1, sizeof(deep)),
    ROW(completed_source, "await a completed completion source", completed_source_prepare, 1, sizeof(late_consumer)),
    ROW(completed_value_task, "await a completed value task", completed_value_task_prepare, 1, sizeof(ready_reader)),
    ROW(child_at_once, "await a child that completes at once", NULL, 1, sizeof(caller)),
    ROW(child_suspends, "await a child that suspends once", NULL, 1, sizeof(pausing_caller)),
    ROW(source_inline, "completion source: await, complete, continue inline", source_inline_prepare, 1,
        sizeof(consumer)),
    ROW(source_queued, "completion source: await, complete, continue from a run queue", source_queued_prepare, 1,
        sizeof(queued_consumer)),
    ROW(versioned_cycle, "versioned source: reset, await, complete, continue inline", versioned_cycle_prepare, 1,
        sizeof(reader)),
    ROW(versioned_queued, "versioned source: reset, await, complete, continue from a run queue",
        versioned_queued_prepare, 1, sizeof(reader)),
    ROW(value_task_cycle, "versioned source awaited through a value task: reset, await, complete, continue inline",
        value_task_cycle_prepare, 1, sizeof(value_reader)),
    ROW(ring_hop, "one queued hop in a ring of 1,000 tasks", ring_hop_prepare, 1, sizeof(member)),
    ROW(chain_1, "one level of a chain 1 deep: start, complete", chain_prepare, 1, sizeof(level)),
    ROW(chain_10, "one level of a chain 10 deep", chain_prepare, 10, sizeof(level)),
    ROW(chain_level, "one level of a chain 1,000 deep", chain_prepare, DEPTH, sizeof(level)),
    ROW(chain_100000, "one level of a chain 100,000 deep", chain_prepare, 100000, sizeof(level)),
    ROW(chain_1000000, "one level of a chain 1,000,000 deep", chain_prepare, DEPTH_MAX, sizeof(level)),
    ROW(live_1, "resume the only live task", live_1_prepare, 1, sizeof(spinner)),
    ROW(live_1000, "resume one of 1,000 live tasks", live_1000_prepare, 1000, sizeof(spinner)),
    ROW(live_1000000, "resume one of 1,000,000 live tasks", live_1000000_prepare, 1000000, sizeof(spinner)),
};

#if defined(OPERATIONS)
extern const operation *const OPERATIONS;
extern const size_t OPERATIONS_COUNT;
const operation *const OPERATIONS = operations;
const size_t OPERATIONS_COUNT = sizeof operations / sizeof *operations;
#else
int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const operation *chosen = &operations[i];
        if (argc == 2 && !strcmp(argv[1], "list"))
            printf("%s %lu\n", chosen->name, chosen->unit);
        if (argc == 3 && !strcmp(argv[1], chosen->name)) {
            unsigned long count = strtoul(argv[2], NULL, 10);
            if (count == 0 || count % chosen->unit) {
                fprintf(stderr, "COUNT of %s must be a multiple of %lu\n", chosen->name, chosen->unit);
                return 2;
            }
            if (chosen->prepare)
                chosen->prepare();
            chosen->run(count);
            if (!chosen->verify(count)) {
                fprintf(stderr, "wrong count in %s\n", chosen->name);
                return 1;
            }
            return 0;
        }
    }
    if (argc == 2 && !strcmp(argv[1], "list"))
        return 0;
    fprintf(stderr, "usage: %s NAME COUNT | list\n", argv[0]);
    return 2;
}
#endif
