/* The workloads whose instructions are counted: `workloads NAME COUNT` runs one of them and checks its own sum. */
#include "asyncx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 1000
#define RING 1000

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "wrong count in %s\n", what);
        exit(1);
    }
}

/* W1: one task, suspended and resumed by hand. */
typedef struct {
    ASYNC_FRAME(void);
    unsigned long count;
} spinner;

static ASYNC(spinner)
{
    ASYNC_BEGIN();
    for (;;) {
        AWAIT(asyncx_suspend());
        self->count++;
    }
    ASYNC_END();
}

static void resume_suspend(unsigned long n)
{
    static spinner task;
    asyncx_start(ASYNC_CALL(spinner, &task, .count = 0));
    for (unsigned long i = 0; i < n; i++)
        asyncx_run(asyncx_continuation_of(&task));
    check(task.count == n, "resume_suspend");
}

/* W2a: a child that completes at once. */
typedef struct {
    ASYNC_FRAME(unsigned long);
    unsigned long value;
} leaf;

static ASYNC(leaf)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->value + 1);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(unsigned long);
    unsigned long i, n;
    leaf child;
} caller;

static ASYNC(caller)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < self->n;) {
        AWAIT(ASYNC_CALL(leaf, &self->child, .value = self->i));
        self->i = self->child.result;
    }
    ASYNC_RETURN(self->i);
    ASYNC_END();
}

static void child_at_once(unsigned long n)
{
    static caller task;
    asyncx_start(ASYNC_CALL(caller, &task, .n = n));
    check(task.result == n, "child_at_once");
}

/* W2b: a child that suspends once. */
typedef struct {
    ASYNC_FRAME(unsigned long);
    unsigned long value;
} pauser;

static ASYNC(pauser)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_suspend());
    ASYNC_RETURN(self->value + 1);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(unsigned long);
    unsigned long i, n;
    pauser child;
} pausing_caller;

static ASYNC(pausing_caller)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < self->n;) {
        AWAIT(ASYNC_CALL(pauser, &self->child, .value = self->i));
        self->i = self->child.result;
    }
    ASYNC_RETURN(self->i);
    ASYNC_END();
}

static void child_suspends(unsigned long n)
{
    static pausing_caller task;
    asyncx_start(ASYNC_CALL(pausing_caller, &task, .n = n));
    for (unsigned long i = 0; i < n; i++)
        asyncx_run(asyncx_continuation_of(&task.child));
    check(task.result == n, "child_suspends");
}

/* W2c: chains of DEPTH calls, each level starts and completes. */
typedef struct level {
    ASYNC_FRAME(unsigned long);
    struct level *below;
} level;

static ASYNC(level)
{
    ASYNC_BEGIN();
    if (!self->below)
        ASYNC_RETURN(1);
    AWAIT(ASYNC_CALL(level, self->below, .below = self->below->below));
    ASYNC_RETURN(self->below->result + 1);
    ASYNC_END();
}

static level chain_levels[DEPTH];

static void chain_level(unsigned long n)
{
    for (int i = 0; i < DEPTH; i++)
        chain_levels[i].below = i + 1 < DEPTH ? &chain_levels[i + 1] : NULL;
    for (unsigned long i = 0; i < n; i += DEPTH) {
        asyncx_start(ASYNC_CALL(level, &chain_levels[0], .below = &chain_levels[1]));
        check(chain_levels[0].result == DEPTH, "chain_level");
    }
}

/* W2r: a leaf that is resumed under 100 levels. */
typedef struct deep {
    ASYNC_FRAME(void);
    struct deep *below;
    unsigned long count;
} deep;

static ASYNC(deep)
{
    ASYNC_BEGIN();
    if (self->below)
        AWAIT(ASYNC_CALL(deep, self->below, .below = self->below->below));
    for (;;) {
        AWAIT(asyncx_suspend());
        self->count++;
    }
    ASYNC_END();
}

static void leaf_under_100(unsigned long n)
{
    static deep levels[100];
    for (int i = 0; i < 99; i++)
        levels[i].below = &levels[i + 1];
    asyncx_start(ASYNC_CALL(deep, &levels[0], .below = &levels[1]));
    for (unsigned long i = 0; i < n; i++)
        asyncx_run(asyncx_continuation_of(&levels[99]));
    check(levels[99].count == n, "leaf_under_100");
}

/* W3, W4: await a pending source, set it, resume inline or through a run queue. */
typedef ASYNCX_COMPLETION_SOURCE(unsigned long) number_source;

typedef struct {
    ASYNC_FRAME(void);
    number_source source;
    unsigned long sum;
} consumer;

static ASYNC(consumer)
{
    ASYNC_BEGIN();
    for (;;) {
        asyncx_completion_source_init(&self->source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        AWAIT(&self->source);
        self->sum += self->source.result;
    }
    ASYNC_END();
}

static void source_inline(unsigned long n)
{
    static consumer task;
    asyncx_start(ASYNC_CALL(consumer, &task, .sum = 0));
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&task.source, 1);
    check(task.sum == n, "source_inline");
}

typedef struct {
    ASYNC_FRAME(void);
    number_source source;
    unsigned long sum;
} queued_consumer;

static asyncx_run_queue queue;

static ASYNC(queued_consumer)
{
    ASYNC_BEGIN();
    for (;;) {
        asyncx_completion_source_init(&self->source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
        AWAIT(&self->source);
        self->sum += self->source.result;
    }
    ASYNC_END();
}

static void source_queued(unsigned long n)
{
    static queued_consumer task;
    asyncx_run_queue_init(&queue, NULL);
    asyncx_start(ASYNC_CALL(queued_consumer, &task, .sum = 0));
    for (unsigned long i = 0; i < n; i++) {
        asyncx_set_result(&task.source, 1);
        asyncx_run_queue_run_one(&queue);
    }
    check(task.sum == n, "source_queued");
}

/* W5: reset, arm, complete, consume. */
typedef ASYNCX_VALUE_SOURCE(unsigned long) number_values;

typedef struct {
    ASYNC_FRAME(void);
    number_values source;
    unsigned long sum;
} reader;

static ASYNC(reader)
{
    ASYNC_BEGIN();
    for (;;) {
        asyncx_value_source_reset(&self->source);
        AWAIT(&self->source);
        self->sum += self->source.result;
    }
    ASYNC_END();
}

/* The same through a value task, as a function that hides its source would hand out. */
typedef struct {
    ASYNC_FRAME(void);
    number_values source;
    unsigned long sum;
} value_reader;

static ASYNC(value_reader)
{
    ASYNC_BEGIN();
    for (;;) {
        asyncx_value_source_reset(&self->source);
        AWAIT(asyncx_value_source_task(&self->source));
        self->sum += self->source.result;
    }
    ASYNC_END();
}

static void value_task_cycle(unsigned long n)
{
    static value_reader task;
    asyncx_value_source_init(&task.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(value_reader, &task, .sum = 0));
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&task.source, 1);
    check(task.sum == n, "value_task_cycle");
}

static void versioned_cycle(unsigned long n)
{
    static reader task;
    asyncx_value_source_init(&task.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(reader, &task, .sum = 0));
    for (unsigned long i = 0; i < n; i++)
        asyncx_set_result(&task.source, 1);
    check(task.sum == n, "versioned_cycle");
}

/* W8: a ring of 1000 suspended tasks, each of which posts the next one: one queued hop each. */
typedef struct member {
    ASYNC_FRAME(void);
    struct member *next;
    unsigned long *hops;
} member;

static ASYNC(member)
{
    ASYNC_BEGIN();
    for (;;) {
        AWAIT(asyncx_suspend());
        if (!--*self->hops)
            ASYNC_RETURN();
        asyncx_post(&queue.executor, asyncx_continuation_of(self->next));
    }
    ASYNC_END();
}

static void ring_hop(unsigned long n)
{
    static member members[RING];
    unsigned long hops = n;
    asyncx_run_queue_init(&queue, NULL);
    for (int i = 0; i < RING; i++) {
        asyncx_start(ASYNC_CALL(member, &members[i], .next = &members[(i + 1) % RING], .hops = &hops));
    }
    asyncx_post(&queue.executor, asyncx_continuation_of(&members[0]));
    asyncx_run_queue_run_until_idle(&queue);
    check(hops == 0, "ring_hop");
}

static const struct {
    const char *name;
    void (*run)(unsigned long);
} workloads[] = {
    {"resume_suspend", resume_suspend}, {"child_at_once", child_at_once},     {"child_suspends", child_suspends},
    {"chain_level", chain_level},       {"leaf_under_100", leaf_under_100},   {"source_inline", source_inline},
    {"source_queued", source_queued},   {"versioned_cycle", versioned_cycle}, {"value_task_cycle", value_task_cycle},
    {"ring_hop", ring_hop},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof workloads / sizeof *workloads; i++) {
        if (!strcmp(argv[1], workloads[i].name)) {
            workloads[i].run(strtoul(argv[2], NULL, 10));
            return 0;
        }
    }
    fprintf(stderr, "usage: %s NAME COUNT\n", argv[0]);
    return 2;
}
