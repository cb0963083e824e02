/* The trace hook: which events a small program emits, in which order. Exits with 0 when all of them are as expected. */
#include <stdio.h>
#include <string.h>

static void trace(int event, const void *object);
#define ASYNCX_TRACE(event, object) trace((int)(event), object)
#include "asyncx.h"

static char seen[256];
static size_t length;
static struct {
    const void *object;
    char name;
} names[4];

/* Writes the name of the object and a letter for the event: s starts, w waits, r resumes, c completes, p is posted. */
static void trace(int event, const void *object)
{
    char name = '?';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].object == object)
            name = names[i].name;
    if (length + 3 > sizeof seen)
        return;
    if (length)
        seen[length++] = ' ';
    seen[length++] = name;
    seen[length++] = "swrcp"[event];
    seen[length] = 0;
}

static void name(size_t index, const void *object, char letter)
{
    names[index].object = object;
    names[index].name = letter;
}

static int failures;
static void expect(const char *what, const char *events)
{
    if (strcmp(seen, events) != 0) {
        printf("%s:\n  expected %s\n  seen     %s\n", what, events, seen);
        failures++;
    }
    length = 0;
    seen[0] = 0;
}

typedef struct {
    ASYNC_FRAME(int);
    asyncx_completion_source *source;
} leaf;

ASYNC(leaf)
{
    ASYNC_BEGIN();
    if (self->source)
        AWAIT(self->source);
    ASYNC_RETURN(1);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(int);
    asyncx_completion_source *source;
    leaf child;
} parent;

ASYNC(parent)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(leaf, &self->child, .source = self->source));
    ASYNC_RETURN(self->child.result);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    leaf *other;
} waits_for_frame;

ASYNC(waits_for_frame)
{
    ASYNC_BEGIN();
    AWAIT(self->other);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
} yields;

ASYNC(yields)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_yield());
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(void);
    asyncx_completion_source *source;
} cleans_up;

ASYNC(cleans_up)
{
    ASYNC_BEGIN();
    ASYNC_FAIL(1);
    ASYNC_FINALLY:
    AWAIT(self->source);
    ASYNC_END();
}

int main(void)
{
    static leaf one;
    static parent two;
    static waits_for_frame three;
    static yields four;
    static cleans_up five;
    asyncx_completion_source source;
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, NULL);

    name(0, &one, 'L');
    asyncx_start(ASYNC_CALL(leaf, &one, .source = NULL));
    expect("a function that completes at once", "Ls Lc");

    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(leaf, &one, .source = &source));
    expect("a function that waits", "Ls Lw");
    asyncx_set_result(&source);
    expect("its completion", "Lr Lc");
    asyncx_start(ASYNC_CALL(leaf, &one, .source = &source));
    expect("a function whose source is complete", "Ls Lc");

    name(0, &two, 'P');
    name(1, &two.child, 'C');
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(parent, &two, .source = &source));
    expect("a function that awaits another one", "Ps Pw Cs Cw");
    asyncx_set_error(&source, 5);
    expect("the failure of both", "Cr Cc Pr Pc");

    name(0, &one, 'L');
    name(1, &three, 'W');
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(leaf, &one, .source = &source));
    asyncx_start(ASYNC_CALL(waits_for_frame, &three, .other = &one));
    expect("a function that awaits a running frame", "Ls Lw Ws Ww");
    asyncx_set_result(&source);
    expect("the completion of that frame", "Lr Lc Wr Wc");

    name(0, &four, 'Y');
    asyncx_start_on(ASYNC_CALL(yields, &four), &queue.executor);
    expect("a start on an executor", "Yp");
    asyncx_run_queue_run_until_idle(&queue);
    expect("a function that yields", "Ys Yw Yp Yr Yc");

    name(0, &one, 'L');
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
    asyncx_start(ASYNC_CALL(leaf, &one, .source = &source));
    asyncx_set_result(&source);
    expect("a source that posts its waiters", "Ls Lw Lp");
    asyncx_run_queue_run_until_idle(&queue);
    expect("the waiter on its executor", "Lr Lc");

    name(0, &five, 'F');
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(cleans_up, &five, .source = &source));
    expect("a failing function whose clean-up waits", "Fs Fw");
    asyncx_set_result(&source);
    expect("the end of the clean-up", "Fr Fc");

    if (failures == 0)
        printf("ok\n");
    return failures != 0;
}
