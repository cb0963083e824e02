/* How much C stack a million levels cost: chains of awaits and cascades of completions, measured on a painted stack.
 *
 * Each workload runs on a thread of its own whose stack is filled with a pattern first; what no longer holds it
 * afterwards was used. A page without access lies below: a stack that grows with the work ends the program. The use
 * must be the same for 1,000,000 levels as for 1,000, and below BOUND_BYTES. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1   /* MAP_ANONYMOUS under -std=c11 */
#endif
#include "asyncx.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* For ASYNCX_INLINE_DEPTH 16 on 64 bits; versioned sources, whose levels are the largest, come nearest. */
#ifdef __OPTIMIZE__
#define BOUND_BYTES 1024
#else
#define BOUND_BYTES 24576
#endif
#define STACK_BYTES (256 * 1024)
#define PATTERN 0xA5

static void require(int condition, const char *what)
{
    if (!condition) {
        printf("wrong: %s\n", what);
        exit(1);
    }
}

/* The memory of a workload: taken before its thread starts, so that the allocator's stack is not measured. */
#define ARENA_BYTES ((size_t)1000000 * 160)
static unsigned char *arena;

static void *zeroed(size_t count, size_t bytes)
{
    require(count * bytes <= ARENA_BYTES, "the arena is too small");
    memset(arena, 0, count * bytes);
    return arena;
}

/* -- a chain: each level awaits the next one, the last one a source, if there is one -- */

typedef struct level level;
struct level {
    ASYNC_FRAME(long);
    level *child;   /* NULL: the last level */
    asyncx_completion_source *source;
    int error;
};

static ASYNC(level)
{
    ASYNC_BEGIN();
    if (self->child) {
        AWAIT(ASYNC_CALL(level, self->child, .source = self->source, .error = self->error));
        ASYNC_RETURN(self->child->result + 1);
    }
    if (self->source)
        AWAIT(self->source);
    if (self->error)
        ASYNC_FAIL(self->error);
    ASYNC_RETURN(1);
    ASYNC_END();
}

static level *new_chain(long count)
{
    level *levels = (level *)zeroed((size_t)count, sizeof(level));
    for (long i = 0; i + 1 < count; i++)
        levels[i].child = &levels[i + 1];
    return levels;
}

static void chain_at_once(long count)
{
    level *levels = new_chain(count);
    asyncx_start(ASYNC_CALL(level, &levels[0]));
    require(levels[0].result == count, "the chain that completes at once");
}

static void chain_suspended(long count)
{
    level *levels = new_chain(count);
    asyncx_completion_source source;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(level, &levels[0], .source = &source));
    require(!asyncx_is_completed(&levels[0]), "the chain waits for its source");
    asyncx_set_result(&source);
    require(levels[0].result == count, "the chain that suspends");
}

static void chain_failing(long count)
{
    level *levels = new_chain(count);
    asyncx_completion_source source;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(level, &levels[0], .source = &source, .error = 5));
    asyncx_set_result(&source);
    require(asyncx_outcome_error(asyncx_outcome_of(&levels[0])) == 5, "the failure reaches the outermost level");
}

/* -- a cascade: each task awaits its own source and then completes the next one's -- */

typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source source;
    asyncx_completion_source *next;
} domino;

static ASYNC(domino)
{
    ASYNC_BEGIN();
    AWAIT(&self->source);
    if (self->next)
        asyncx_set_result(self->next);
    ASYNC_END();
}

static void cascade(long count)
{
    domino *dominoes = (domino *)zeroed((size_t)count, sizeof(domino));
    for (long i = 0; i < count; i++) {
        asyncx_completion_source_init(&dominoes[i].source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        dominoes[i].next = i + 1 < count ? &dominoes[i + 1].source : NULL;
        asyncx_start(ASYNC_CALL(domino, &dominoes[i]));
    }
    asyncx_set_result(&dominoes[0].source);
    for (long i = 0; i < count; i++)
        require(asyncx_is_completed(&dominoes[i]), "every task of the cascade completes");
}

typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_source source;
    asyncx_value_source *next;
} value_domino;

static ASYNC(value_domino)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_value_source_task(&self->source));
    if (self->next)
        asyncx_set_result(self->next);
    ASYNC_END();
}

static void value_cascade(long count)
{
    value_domino *dominoes = (value_domino *)zeroed((size_t)count, sizeof(value_domino));
    for (long i = 0; i < count; i++) {
        asyncx_value_source_init(&dominoes[i].source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        dominoes[i].next = i + 1 < count ? &dominoes[i + 1].source : NULL;
        asyncx_start(ASYNC_CALL(value_domino, &dominoes[i]));
    }
    asyncx_set_result(&dominoes[0].source);
    for (long i = 0; i < count; i++)
        require(asyncx_is_completed(&dominoes[i]), "every task of the versioned cascade completes");
}

/* Plain callbacks that complete each other's sources: no async function takes part. */
typedef struct {
    asyncx_continuation continuation;
    asyncx_completion_source source;
    asyncx_completion_source *next;
    long *completed;
} relay;

static asyncx_continuation *relay_resume(asyncx_continuation *self)
{
    relay *l = (relay *)(void *)self;
    ++*l->completed;
    if (l->next)
        asyncx_set_result(l->next);
    return NULL;
}

static void callback_cascade(long count)
{
    relay *relays = (relay *)zeroed((size_t)count, sizeof(relay));
    long completed = 0;
    for (long i = 0; i < count; i++) {
        asyncx_completion_source_init(&relays[i].source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
        asyncx_continuation_init(&relays[i].continuation, relay_resume, NULL);
        relays[i].next = i + 1 < count ? &relays[i + 1].source : NULL;
        relays[i].completed = &completed;
        require(asyncx_on_completed(&relays[i].source, &relays[i].continuation, 0), "a pending source takes a waiter");
    }
    asyncx_set_result(&relays[0].source);
    require(completed == count, "every callback of the cascade runs");
}

/* One source with as many waiters as there are levels. */
static void many_waiters(long count)
{
    relay *relays = (relay *)zeroed((size_t)count, sizeof(relay));
    asyncx_completion_source source;
    long completed = 0;
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    for (long i = 0; i < count; i++) {
        asyncx_continuation_init(&relays[i].continuation, relay_resume, NULL);
        relays[i].completed = &completed;
        require(asyncx_on_completed(&source, &relays[i].continuation, 0), "a pending source takes a waiter");
    }
    asyncx_set_result(&source);
    require(completed == count, "every waiter is resumed");
}

/* Awaiting what is complete already, over and over. */
typedef struct {
    ASYNC_FRAME(void);
    asyncx_completion_source source;
    long left;
} eager;

static ASYNC(eager)
{
    ASYNC_BEGIN();
    for (; self->left; self->left--)
        AWAIT(&self->source);
    ASYNC_END();
}

static void completed_awaits(long count)
{
    eager e;
    memset(&e, 0, sizeof(e));
    asyncx_completion_source_init(&e.source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_result(&e.source);
    asyncx_start(ASYNC_CALL(eager, &e, .left = count));
    require(asyncx_is_completed(&e) && e.left == 0, "awaits of a completed source");
}

/* The cascade again, through a run queue. */
static void queued_cascade(long count)
{
    domino *dominoes = (domino *)zeroed((size_t)count, sizeof(domino));
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, NULL);
    for (long i = 0; i < count; i++) {
        asyncx_completion_source_init(&dominoes[i].source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
        dominoes[i].next = i + 1 < count ? &dominoes[i + 1].source : NULL;
        asyncx_start_on(ASYNC_CALL(domino, &dominoes[i]), &queue.executor);
    }
    asyncx_set_result(&dominoes[0].source);
    asyncx_run_queue_run_until_idle(&queue);
    for (long i = 0; i < count; i++)
        require(asyncx_is_completed(&dominoes[i]), "every task of the queued cascade completes");
}

/* -- the measurement -- */

typedef struct {
    void (*run)(long count);
    long count;
    unsigned char *stack;
    size_t used;
} job;

/* Bytes below the caller's frame that are not painted: the calls that paint and look need them themselves. */
#define SPARED_BYTES 256

static void *run_job(void *argument)
{
    job *j = (job *)argument;
    unsigned char here = 0;
    unsigned char *top = &here;
    size_t untouched = 0;
    memset(j->stack, PATTERN, (size_t)(top - j->stack) - SPARED_BYTES);
    j->run(j->count);
    while (j->stack[untouched] == PATTERN)
        untouched++;
    j->used = (size_t)(top - j->stack) - untouched;
    return NULL;
}

/* Returns how many bytes of stack run(count) used. */
static size_t measure(void (*run)(long count), long count)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *memory = (unsigned char *)mmap(NULL, page + STACK_BYTES, PROT_READ | PROT_WRITE,
                                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    job j = {run, count, memory + page, 0};

    require(memory != (unsigned char *)MAP_FAILED && mprotect(memory, page, PROT_NONE) == 0, "mmap");
    require(pthread_attr_init(&attributes) == 0, "pthread_attr_init");
    require(pthread_attr_setstack(&attributes, j.stack, STACK_BYTES) == 0, "pthread_attr_setstack");
    require(pthread_create(&thread, &attributes, run_job, &j) == 0, "pthread_create");
    require(pthread_join(thread, NULL) == 0, "pthread_join");
    pthread_attr_destroy(&attributes);
    munmap(memory, page + STACK_BYTES);
    return j.used;
}

static int passed, failed;

static void compare(const char *name, void (*run)(long count))
{
    /* The first call of a library function goes through the linker, which needs a stack of its own. */
    size_t first = measure(run, 10);
    size_t little = measure(run, 1000);
    size_t much = measure(run, 1000000);
    int constant = much <= little && first > 0;
    int bounded = much <= BOUND_BYTES;
    printf("%-32s %6ld bytes at 1,000  %6ld bytes at 1,000,000%s%s\n", name, (long)little, (long)much,
           constant ? "" : "  grows", bounded ? "" : "  above the bound");
    if (constant && bounded)
        passed++;
    else
        failed++;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);   /* a stack overflow must not take the numbers with it */
    arena = (unsigned char *)malloc(ARENA_BYTES);
    require(arena != NULL, "out of memory");
    compare("chain, completes at once", chain_at_once);
    compare("chain, suspends once", chain_suspended);
    compare("chain, fails", chain_failing);
    compare("cascade of completion sources", cascade);
    compare("cascade of versioned sources", value_cascade);
    compare("cascade of callbacks", callback_cascade);
    compare("cascade through a run queue", queued_cascade);
    compare("waiters of one source", many_waiters);
    compare("awaits of a completed source", completed_awaits);
    free(arena);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
