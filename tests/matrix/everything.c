/* Uses every public name of asyncx.h and checks what it gives. The matrix compiles this file as C99 to C2x and as C++11
 * to C++23, with every option of the header, without a warning, and runs it; tests/tools/names.sh makes sure that no
 * public name is left out. The matrix also turns it into the ASYNCX_ spelling and compiles that without short names. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int failures;
static int misuses;
static int last_misuse;
static int traced[5];

#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition)) {                                               \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);        \
            failures++;                                                   \
        }                                                                 \
    } while (0)

static void on_misuse(int code, const void *object)
{
    (void)object;
    misuses++;
    last_misuse = code;
}

static void on_trace(int event, const void *object)
{
    if (object)
        traced[event]++;
}

#define ASYNCX_PANIC(code, object) on_misuse((int)(code), object)
#define ASYNCX_TRACE(event, object) on_trace((int)(event), object)

#ifdef USER_CRITICAL
/* One thread plays all the parts: what is checked is that the header pairs its calls. */
static int critical_depth;
static int critical_sections;
static int enter_critical(void)
{
    critical_sections++;
    return critical_depth++;
}
static void exit_critical(int saved) { critical_depth = saved; }
#define ASYNCX_CRITICAL_STATE int
#define ASYNCX_CRITICAL_ENTER() enter_critical()
#define ASYNCX_CRITICAL_EXIT(saved) exit_critical(saved)
#endif

#ifdef USER_INTERRUPT
static bool in_interrupt;
#define ASYNCX_IN_INTERRUPT() in_interrupt
#endif

#ifdef USER_THREAD_STATE
struct asyncx_thread_state;
static struct asyncx_thread_state *thread_state(void);
#define ASYNCX_THREAD_STATE() thread_state()
#endif

#include "asyncx.h"

#ifdef USER_THREAD_STATE
static struct asyncx_thread_state *thread_state(void)
{
    static asyncx_thread_state state;
    return &state;
}
#endif

/* Trips `code` once, where misuse is checked at all. */
#if ASYNCX_CHECKS
#define CHECK_MISUSE(code, statement)                                  \
    do {                                                               \
        misuses = 0;                                                   \
        statement;                                                     \
        CHECK(misuses == 1 && last_misuse == (int)(code));             \
        misuses = 0;                                                   \
    } while (0)
#endif

/* -- a plain callback as a continuation -- */

typedef struct {
    asyncx_continuation continuation;
    int calls;
} callback;

static asyncx_continuation *callback_resume(asyncx_continuation *self)
{
    ((callback *)(void *)self)->calls++;
    return NULL;
}

static void callback_init(callback *self, asyncx_executor *executor)
{
    asyncx_continuation_init(&self->continuation, callback_resume, executor);
    self->calls = 0;
}

/* -- an awaiter of the user's own -- */

typedef struct {
    asyncx_awaitable awaitable;
    asyncx_continuation *waiter;
    bool is_high;
} pin;

static asyncx_status pin_get_status(asyncx_awaitable *self, asyncx_token token)
{
    (void)token;
    return ((pin *)(void *)self)->is_high ? ASYNCX_SUCCEEDED : ASYNCX_PENDING;
}

static bool pin_on_completed(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                             unsigned int flags)
{
    pin *p = (pin *)(void *)self;
    (void)token;
    (void)flags;
    if (p->is_high)
        return false;
    p->waiter = continuation;
    return true;
}

static asyncx_outcome pin_get_result(asyncx_awaitable *self, asyncx_token token)
{
    (void)self;
    (void)token;
    return ASYNCX_OUTCOME_SUCCEEDED;
}

static bool pin_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    pin *p = (pin *)(void *)self;
    (void)token;
    if (p->waiter != continuation)
        return false;
    p->waiter = NULL;
    return true;
}

static const asyncx_awaiter_ops pin_ops = {pin_get_status, pin_on_completed, pin_get_result, pin_withdraw};

static void pin_rise(pin *p)
{
    asyncx_continuation *waiter = p->waiter;
    p->is_high = true;
    p->waiter = NULL;
    if (waiter)
        asyncx_release(waiter, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
}

/* -- async functions: results, failure, cancellation, clean-up -- */

typedef struct {
    ASYNC_FRAME(int);
    int a, b;
} add;
ASYNC_DECLARE(add);
ASYNCX_FRAME_BUDGET(add, 256);

ASYNC(add)
{
    ASYNC_BEGIN();
    ASYNC_RETURN(self->a + self->b);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    int how;
} ending;

static ASYNC(ending)
{
    ASYNC_BEGIN();
    if (self->how == 1)
        ASYNC_RETURN();
    else if (self->how == 2)
        ASYNC_FAIL(7);
    else if (self->how == 3)
        ASYNC_CANCEL();
    else if (self->how == 4)
        ASYNCX_RETURN_OUTCOME(asyncx_outcome_faulted(-8));
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(int);
    int how;
    int cleaned;
    ending child;
} careful;

static ASYNC(careful)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(ending, &self->child, .how = self->how));
    ASYNC_RETURN(5);
ASYNC_FINALLY:
    AWAIT(asyncx_suspend());
    self->cleaned++;
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(int);
    int v[14];
} many;

static ASYNC(many)
{
    int i;
    ASYNC_BEGIN();
    self->result = 0;
    for (i = 0; i < 14; i++)
        self->result += self->v[i];
    ASYNC_RETURN(self->result);
    ASYNC_END();
}

/* -- every kind of operand -- */

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;
typedef ASYNCX_VALUE_SOURCE(long) long_source;
typedef ASYNCX_VALUE_TASK(long) long_task;

typedef struct {
    ASYNC_FRAME(int);
    asyncx_completion_source *done;
    int_source *number;
    asyncx_value_source *tick;
    long_source *sample;
    pin *button;
    ending *other;
    careful *cleaner;
    bool *is_ready;
    asyncx_outcome outcome;
    long_task task;
    add sum;
    ending end;
    int steps;
} operands;

static ASYNC(operands)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(add, &self->sum, .a = 2, .b = 3));
    self->steps = self->sum.result;
    AWAIT(self->other);
    AWAIT(self->cleaner);
    self->steps += self->cleaner->result;
    AWAIT(self->done);
    self->steps++;
    AWAIT(self->number);
    self->steps += self->number->result;
    AWAIT(self->tick);
    self->steps++;
    AWAIT(asyncx_value_source_task(self->tick));
    self->steps++;
    AWAIT(self->sample);
    self->steps += (int)self->sample->result;
    asyncx_value_task_from_source(&self->task, self->sample);
    AWAIT(&self->task);
    self->steps += (int)asyncx_value_task_result(&self->task);
    asyncx_value_task_from_result(&self->task, 100L);
    AWAIT(&self->task);
    self->steps += (int)asyncx_value_task_result(&self->task);
    AWAIT(asyncx_value_task_from_outcome(ASYNCX_OUTCOME_SUCCEEDED));
    AWAIT(asyncx_completed(ASYNCX_OUTCOME_SUCCEEDED));
    AWAIT(asyncx_get_awaiter(self->number));
    AWAIT(asyncx_configure_await(self->number, 0));
    AWAIT(self->button);
    self->steps++;
    AWAIT(asyncx_awaiter_of(&self->button->awaitable, 0));
    AWAIT(asyncx_value_task_of(&self->button->awaitable, 0));
    AWAIT(asyncx_yield());
    self->steps++;
    AWAIT(asyncx_suspend());
    self->steps++;
    AWAIT_UNTIL(*self->is_ready);
    AWAIT_STATUS(self->outcome, ASYNC_CALL(ending, &self->end, .how = 2));
    self->steps += asyncx_outcome_error(self->outcome);
#ifdef __COUNTER__
    /* Where the compiler counts, a line may hold two. */
    AWAIT(asyncx_suspend()); self->steps++; AWAIT(asyncx_suspend()); self->steps++;
#else
    AWAIT(asyncx_suspend());
    self->steps++;
    AWAIT(asyncx_suspend());
    self->steps++;
#endif
    if (self->steps > 0)
        AWAIT(asyncx_completed(ASYNCX_OUTCOME_SUCCEEDED));
    else
        AWAIT(asyncx_suspend());
    AWAIT(asyncx_completed(ASYNCX_OUTCOME_CANCELED));
    self->steps = -1;
    ASYNC_END();
}

static void test_operands(void)
{
    static operands o;
    static ending other;
    static careful cleaner;
    asyncx_completion_source done;
    int_source number;
    asyncx_value_source tick;
    long_source sample;
    pin button = {{&pin_ops}, NULL, false};
    bool is_ready = false;

    asyncx_completion_source_init(&done, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_completion_source_init(&number, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_value_source_init(&tick, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_value_source_init(&sample, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    (void)ASYNC_CALL(ending, &other, .how = 0);
    (void)ASYNC_CALL(careful, &cleaner, .how = 1);

    asyncx_start(ASYNC_CALL(operands, &o, .done = &done, .number = &number, .tick = &tick, .sample = &sample,
                            .button = &button, .other = &other, .cleaner = &cleaner, .is_ready = &is_ready));
    CHECK(asyncx_status_of(&other) == ASYNCX_SUCCEEDED && asyncx_status_of(&cleaner) == ASYNCX_PENDING);
    CHECK(o.steps == 5);
    asyncx_run_task(&cleaner);
    CHECK(cleaner.cleaned == 1 && o.steps == 10 && !asyncx_is_completed(&o));
    asyncx_set_result(&done);
    CHECK(o.steps == 11);
    CHECK(!asyncx_try_set_result(&done) && !asyncx_try_set_error(&done, 1) && !asyncx_try_set_canceled(&done));
    asyncx_set_result(&number, 20);
    CHECK(o.steps == 31 && !asyncx_try_set_result(&number, 21) && number.result == 20);
    asyncx_set_result(&tick);
    CHECK(o.steps == 33);
    CHECK(asyncx_try_set_result(&sample, 40L));
    CHECK(o.steps == 33 + 40 + 40 + 100);
    pin_rise(&button);
    CHECK(o.steps == 214);
    asyncx_run_task(&o);
    CHECK(o.steps == 215);
    asyncx_run_task(&o);
    CHECK(o.steps == 216);
    asyncx_run_task(&o);
    CHECK(o.steps == 216);
    is_ready = true;
    asyncx_run_task(&o);
    CHECK(o.steps == 223 && asyncx_outcome_status(o.outcome) == ASYNCX_FAULTED);
    asyncx_run_task(&o);
    CHECK(o.steps == 224 && !asyncx_is_completed(&o));
    asyncx_run_task(&o);
    CHECK(o.steps == 225 && asyncx_is_completed(&o));
    CHECK(asyncx_outcome_of(&o) == ASYNCX_OUTCOME_CANCELED);

    asyncx_completion_source_destroy(&done);
    asyncx_completion_source_destroy(&number);
    asyncx_value_source_destroy(&tick);
    asyncx_value_source_destroy(&sample);
    asyncx_frame_destroy(&o);
}

static void test_endings(void)
{
    static careful c;
    static many m;
    int how;
    for (how = 0; how <= 4; how++) {
        asyncx_start(ASYNC_CALL(careful, &c, .how = how));
        CHECK(!asyncx_is_completed(&c) && c.cleaned == how);
        asyncx_run_task(&c);
        CHECK(asyncx_is_completed(&c) && c.cleaned == how + 1);
        if (how < 2)
            CHECK(asyncx_status_of(&c) == ASYNCX_SUCCEEDED && c.result == 5);
        else if (how == 3)
            CHECK(asyncx_status_of(&c) == ASYNCX_CANCELED);
        else
            CHECK(asyncx_outcome_error(asyncx_outcome_of(&c)) == (how == 2 ? 7 : -8));
    }
    asyncx_start(ASYNC_CALL(many, &m));
    CHECK(m.result == 0);
    asyncx_start(ASYNC_CALL(many, &m, .v[0] = 1));
    asyncx_start(ASYNC_CALL(many, &m, .v[0] = 1, .v[1] = 2));
    CHECK(m.result == 3);
    asyncx_start(ASYNC_CALL(many, &m, .v[0] = 1, .v[1] = 2, .v[2] = 3));
    CHECK(m.result == 6);
    asyncx_start(ASYNC_CALL(many, &m, .v[0] = 1, .v[1] = 2, .v[2] = 3, .v[3] = 4, .v[4] = 5, .v[5] = 6, .v[6] = 7));
    asyncx_start(ASYNC_CALL(many, &m, .v[0] = 1, .v[1] = 2, .v[2] = 3, .v[3] = 4, .v[4] = 5, .v[5] = 6, .v[6] = 7,
                            .v[7] = 8, .v[8] = 9, .v[9] = 10, .v[10] = 11, .v[11] = 12, .v[12] = 13, .v[13] = 14));
    CHECK(m.result == 105);
}

/* -- sources: every way to complete, to ask, to wait and to take back -- */

static void test_sources(void)
{
    asyncx_completion_source s;
    int_source typed;
    callback first, second;

    callback_init(&first, NULL);
    callback_init(&second, NULL);
    asyncx_completion_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_on_completed(&s, &first.continuation, ASYNCX_USE_EXECUTOR));
    CHECK(asyncx_on_completed(&s, &second.continuation, ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT));
    CHECK(asyncx_withdraw(&s, &first.continuation) && !asyncx_withdraw(&s, &first.continuation));
    CHECK(asyncx_try_set_error(&s, 9));
    CHECK(first.calls == 0 && second.calls == 1);
    CHECK(asyncx_outcome_of(&s) == asyncx_outcome_faulted(9));
    CHECK(!asyncx_on_completed(&s, &first.continuation, 0));

    asyncx_completion_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_error(&s, ASYNCX_ERROR_MIN);
    CHECK(asyncx_outcome_error(asyncx_outcome_of(&s)) == ASYNCX_ERROR_MIN);
    asyncx_completion_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_error(&s, ASYNCX_ERROR_MAX);
    CHECK(asyncx_outcome_error(asyncx_outcome_of(&s)) == ASYNCX_ERROR_MAX);
    asyncx_completion_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_canceled(&s);
    CHECK(asyncx_status_of(&s) == ASYNCX_CANCELED);
    asyncx_completion_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_try_set_result(&s) && asyncx_outcome_of(&s) == ASYNCX_OUTCOME_SUCCEEDED);
    asyncx_completion_source_init(&typed, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_try_set_canceled(&typed));

    CHECK(asyncx_awaiter_get_status(asyncx_completion_source_awaiter(&typed)) == ASYNCX_CANCELED);
    CHECK(asyncx_awaiter_get_result(asyncx_completion_source_awaiter(&typed)) == ASYNCX_OUTCOME_CANCELED);
    CHECK(!asyncx_awaiter_on_completed(asyncx_completion_source_awaiter(&typed), &first.continuation, 0));
    CHECK(!asyncx_awaiter_withdraw(asyncx_completion_source_awaiter(&typed), &first.continuation));
}

static void test_versions(void)
{
    asyncx_value_source s;
    asyncx_token version;
    asyncx_value_task old;
    callback c;

    callback_init(&c, NULL);
    asyncx_value_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    version = asyncx_value_source_version(&s);
    old = asyncx_value_source_task(&s);
    CHECK(asyncx_on_completed(old, &c.continuation, 0) && asyncx_withdraw(old, &c.continuation));
    CHECK(asyncx_on_completed(old, &c.continuation, 0));
    asyncx_set_result(&s);
    CHECK(c.calls == 1 && asyncx_awaiter_get_status(asyncx_value_task_awaiter(old)) == ASYNCX_SUCCEEDED);
    asyncx_value_source_reset(&s);
    CHECK(asyncx_value_source_version(&s) == (asyncx_token)(version + 1));
    CHECK(asyncx_awaiter_get_status(asyncx_value_source_awaiter(&s)) == ASYNCX_PENDING);
#if ASYNCX_CHECKS
    CHECK_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, (void)asyncx_status_of(old));
    CHECK_MISUSE(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, (void)asyncx_outcome_of(&s));
    CHECK(asyncx_try_set_result(&s));
    CHECK_MISUSE(ASYNCX_MISUSE_ALREADY_COMPLETED, asyncx_set_result(&s));
    CHECK_MISUSE(ASYNCX_MISUSE_BAD_ERROR, (void)asyncx_outcome_faulted(0));
#endif
}

static void test_protocol(void)
{
    static add sum;
    static ending end;
    pin button = {{&pin_ops}, NULL, false};
    callback c;
    asyncx_awaiter awaiter;

    callback_init(&c, NULL);
    awaiter = asyncx_get_awaiter(&button);
    CHECK(asyncx_awaiter_on_completed(awaiter, &c.continuation, 0));
    CHECK(asyncx_awaiter_withdraw(awaiter, &c.continuation));
    CHECK(asyncx_awaiter_on_completed(awaiter, &c.continuation, 0) && !asyncx_is_completed(&button));
    pin_rise(&button);
    CHECK(c.calls == 1 && asyncx_awaiter_get_status(awaiter) == ASYNCX_SUCCEEDED);

    awaiter = asyncx_call_awaiter(ASYNC_CALL(add, &sum, .a = 1, .b = 1));
    CHECK(asyncx_awaiter_get_status(awaiter) == ASYNCX_PENDING);
    CHECK(!asyncx_awaiter_on_completed(awaiter, &c.continuation, 0) && sum.result == 2);
    CHECK(asyncx_awaiter_get_result(asyncx_frame_awaiter(&sum)) == ASYNCX_OUTCOME_SUCCEEDED);

    callback_init(&c, NULL);
    asyncx_start_then(ASYNC_CALL(ending, &end, .how = 1), NULL, &c.continuation);
    CHECK(c.calls == 1);
    asyncx_resume(&c.continuation);
    asyncx_run(&c.continuation);
    CHECK(c.calls == 3);
    CHECK(asyncx_status_of(asyncx_completed(asyncx_outcome_faulted(3))) == ASYNCX_FAULTED);
}

/* -- the run queue -- */

static int wakes;
static void on_wake(asyncx_run_queue *queue)
{
    (void)queue;
    wakes++;
}

typedef struct {
    ASYNC_FRAME(void);
    int_source *number;
    int rounds;
} worker;

static ASYNC(worker)
{
    ASYNC_BEGIN();
    AWAIT(self->number);
    for (; self->rounds < 3; self->rounds++)
        AWAIT(asyncx_yield());
    ASYNC_END();
}

static void test_run_queue(void)
{
    static worker w;
    asyncx_run_queue queue;
    int_source number;
    asyncx_completion_source asynchronous;
    callback c, plain;
    int passes = 0;

    asyncx_run_queue_init(&queue, on_wake);
    asyncx_completion_source_init(&number, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start_on(ASYNC_CALL(worker, &w, .number = &number, .rounds = 0), &queue.executor);
    CHECK(wakes == 1 && asyncx_run_queue_run_one(&queue) && !asyncx_run_queue_run_one(&queue));
    asyncx_set_result(&number, 1);
    CHECK(wakes == 2 && w.rounds == 0);
    while (asyncx_run_queue_run_pass(&queue))
        passes++;
    CHECK(passes == 3 && w.rounds == 3 && asyncx_is_completed(&w));

    callback_init(&c, &queue.executor);
    callback_init(&plain, NULL);
    asyncx_completion_source_init(&asynchronous, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
    CHECK(asyncx_on_completed(&asynchronous, &c.continuation, ASYNCX_USE_EXECUTOR));
    CHECK(asyncx_on_completed(&asynchronous, &plain.continuation, 0));
    asyncx_set_result(&asynchronous);
    CHECK(c.calls == 0 && plain.calls == 0);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(c.calls == 1 && plain.calls == 1);
    asyncx_post(&queue.executor, &c.continuation);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(c.calls == 2);

#ifdef USER_INTERRUPT
    callback_init(&c, &queue.executor);
    asyncx_completion_source_init(&asynchronous, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    CHECK(asyncx_on_completed(&asynchronous, &c.continuation, ASYNCX_USE_EXECUTOR));
    in_interrupt = true;
    asyncx_set_result(&asynchronous);
    in_interrupt = false;
    CHECK(c.calls == 0);
    asyncx_run_queue_run_until_idle(&queue);
    CHECK(c.calls == 1);
#endif
#if ASYNCX_CHECKS
    CHECK_MISUSE(ASYNCX_MISUSE_MISSING_EXECUTOR, asyncx_post(NULL, &c.continuation));
#endif
}

/* -- names, contexts, traces -- */

#define COUNT_ONE(code, message) +1
#define CHECK_NAME(code, message)                                                   \
    CHECK(strcmp(asyncx_misuse_name(ASYNCX_MISUSE_##code), #code) == 0);            \
    CHECK(strcmp(asyncx_misuse_message(ASYNCX_MISUSE_##code), message) == 0);

/* The types of what the macros give have names, for functions that pass them on. */
static asyncx_yield_awaiter give_way(void) { return asyncx_yield(); }
static asyncx_suspend_awaiter stand_still(void) { return asyncx_suspend(); }

typedef struct {
    ASYNC_FRAME(void);
    asyncx_configured_awaiter configured;
    asyncx_call call;
} named;

static ASYNC(named)
{
    ASYNC_BEGIN();
    AWAIT(give_way());
    AWAIT(stand_still());
    AWAIT(self->configured);
    AWAIT(self->call);
    ASYNC_END();
}

static void test_types(void)
{
    static named n;
    static ending end;
    asyncx_value_source s;
    asyncx_token token;
    asyncx_misuse none = ASYNCX_MISUSE_NONE;
    asyncx_trace_event start = ASYNCX_TRACE_START;
    callback c;

    callback_init(&c, NULL);
    asyncx_value_source_init(&s, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    token = asyncx_value_source_version(&s);
    asyncx_start(ASYNC_CALL(named, &n, .configured = asyncx_configure_await(&s, 0),
                            .call = ASYNC_CALL(ending, &end, .how = 0)));
    asyncx_run_task(&n);
    asyncx_run(asyncx_continuation_of(&n));
    CHECK(!asyncx_is_completed(&n) && asyncx_value_source_get_status(&s, token) == ASYNCX_PENDING);
    asyncx_set_result(&s);
    CHECK(asyncx_is_completed(&n) && asyncx_is_completed(&end));
    CHECK(asyncx_value_source_get_result(&s, token) == ASYNCX_OUTCOME_SUCCEEDED);
    CHECK(!asyncx_value_source_on_completed(&s, token, &c.continuation, 0));
    CHECK(strcmp(asyncx_misuse_name(none), "UNKNOWN") == 0 && traced[start] > 0);
}

static void test_names(void)
{
    CHECK(ASYNCX_MISUSE_COUNT == 1 ASYNCX_MISUSE_LIST(COUNT_ONE));
    ASYNCX_MISUSE_LIST(CHECK_NAME)
    CHECK(strcmp(asyncx_misuse_name(ASYNCX_MISUSE_NONE), "UNKNOWN") == 0);
    CHECK(ASYNCX_VERSION_MAJOR >= 0 && ASYNCX_VERSION_MINOR >= 0 && ASYNCX_VERSION_PATCH >= 0);
    CHECK(ASYNCX_INLINE_DEPTH >= 1 && ASYNCX_TOKEN_BITS == 8 * sizeof(asyncx_token));
    CHECK(ASYNCX_SINGLE_THREADED + ASYNCX_CHECKS + ASYNCX_COMPUTED_GOTO + ASYNCX_LINT <= 4);
}

#if ASYNCX_EXECUTION_CONTEXT
typedef struct {
    ASYNC_FRAME(void);
    void *mine;
    void *seen;
} contextual;

static ASYNC(contextual)
{
    ASYNC_BEGIN();
    asyncx_set_execution_context(self->mine);
    AWAIT(asyncx_suspend());
    self->seen = asyncx_execution_context();
    ASYNC_END();
}

static void test_context(void)
{
    static contextual c;
    int outer, inner;
    asyncx_set_execution_context(&outer);
    asyncx_start(ASYNC_CALL(contextual, &c, .mine = &inner));
    CHECK(asyncx_execution_context() == &outer);
    asyncx_run_task(&c);
    CHECK(c.seen == &inner && asyncx_execution_context() == &outer);
    asyncx_set_execution_context(NULL);
}
#endif

#if ASYNCX_DIAGNOSTICS
static void on_level(const asyncx_stack_frame *frame, void *context)
{
    char *text = (char *)context;
    strcat(text, frame->function ? frame->function : "callback");
    strcat(text, ";");
}

typedef struct {
    ASYNC_FRAME(void);
    worker child;
    int_source *number;
} boss;

static ASYNC(boss)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(worker, &self->child, .number = self->number, .rounds = 3));
    ASYNC_END();
}

static void test_stack_trace(void)
{
    static boss b;
    int_source number;
    callback c;
    char text[200] = "";
    callback_init(&c, NULL);
    asyncx_completion_source_init(&number, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start_then(ASYNC_CALL(boss, &b, .number = &number), NULL, &c.continuation);
    CHECK(asyncx_walk_stack(&b.child.awaitable.task, on_level, text) == 3);
    CHECK(strcmp(text, "worker;boss;callback;") == 0);
    asyncx_print_stack(&b.child, stdout);
    asyncx_set_result(&number, 1);
    CHECK(c.calls == 1);
}
#endif

int main(void)
{
    test_operands();
    test_endings();
    test_sources();
    test_versions();
    test_protocol();
    test_run_queue();
    test_names();
    test_types();
#if ASYNCX_EXECUTION_CONTEXT
    test_context();
#endif
#if ASYNCX_DIAGNOSTICS
    test_stack_trace();
#endif
#if !ASYNCX_CHECKS
    on_misuse(ASYNCX_MISUSE_NONE, NULL);   /* nothing else calls it then */
    misuses = 0;
#endif
    CHECK(misuses == 0);
    CHECK(traced[ASYNCX_TRACE_START] > 0 && traced[ASYNCX_TRACE_SUSPEND] > 0 && traced[ASYNCX_TRACE_RESUME] > 0);
    CHECK(traced[ASYNCX_TRACE_COMPLETE] > 0 && traced[ASYNCX_TRACE_POST] > 0);
#ifdef USER_CRITICAL
    CHECK(critical_depth == 0 && critical_sections > 0);
#endif
    return failures != 0;
}
