/* The C half of the tests that mix C and C++ in one program. */
#include "test_05_c.h"

ASYNC(test_05_in_c)
{
    ASYNC_BEGIN();
    if (self->wait)
        AWAIT(self->wait);
    if (self->value < 0)
        ASYNC_FAIL((int)self->value);
    ASYNC_RETURN(self->value * 2);
    ASYNC_END();
}

ASYNC(test_05_everything)
{
    ASYNC_BEGIN();
    AWAIT(self->wait);
    self->steps++;
    AWAIT(self->typed); AWAIT(self->version); self->steps++;
    self->result.left = self->typed->result;
    AWAIT(asyncx_value_source_task(self->version));
    self->steps++;
    AWAIT(&self->task);
    self->result.right = asyncx_value_task_result(&self->task);
    if (self->custom)
        AWAIT(asyncx_awaiter_of(self->custom, 0));
    else
        AWAIT(asyncx_completed(ASYNCX_OUTCOME_SUCCEEDED));
    self->steps++;
    for (self->i = 0; self->i < 3; self->i++)
        AWAIT_STATUS(self->outcome, ASYNC_CALL(test_05_in_cpp, self->child, .wait = NULL, .error = self->i));
    if (asyncx_outcome_status(self->outcome) != ASYNCX_FAULTED || asyncx_outcome_error(self->outcome) != 2)
        ASYNC_CANCEL();
    self->steps++;
    AWAIT(asyncx_configure_await(self->child, 0));   /* failed: this function fails as well */
    self->steps += 100;
    ASYNC_FINALLY:
    self->cleanups++;
    AWAIT(asyncx_yield());
    if (self->fails)
        ASYNC_FAIL(77);
    ASYNC_END();
}

#define SIZE(type) {"sizeof(" #type ")", sizeof(type)},
#define OFFSET(type, member) {"offsetof(" #type ", " #member ")", offsetof(type, member)},
const test_05_layout_entry test_05_layout_in_c[] = {TEST_05_SIZES(SIZE) TEST_05_OFFSETS(OFFSET)};
const size_t test_05_layout_in_c_count = sizeof test_05_layout_in_c / sizeof test_05_layout_in_c[0];

void test_05_c_callback_init(asyncx_continuation *continuation,
                             asyncx_continuation *(*resume)(asyncx_continuation *self), asyncx_executor *executor)
{
    asyncx_continuation_init(continuation, resume, executor);
}

void test_05_c_run(asyncx_run_queue *queue)
{
    asyncx_run_queue_run_until_idle(queue);
}

void test_05_c_resume(asyncx_continuation *continuation)
{
    asyncx_resume(continuation);
}

int test_05_c_is_current(asyncx_run_queue *queue)
{
    return queue->executor.is_current(&queue->executor);
}

void test_05_c_complete(asyncx_completion_source *source)
{
    asyncx_set_result(source);
}

void test_05_c_start(test_05_in_c *frame, asyncx_completion_source *wait, long value)
{
    asyncx_start(ASYNC_CALL(test_05_in_c, frame, .wait = wait, .value = value));
}

const void *test_05_c_thread_state(void)
{
    return ASYNCX_THREAD_STATE();
}

/* -- a program all in C -- */

typedef struct {
    ASYNC_FRAME(void);
    int i;
} counts_to_three;

static ASYNC(counts_to_three)
{
    ASYNC_BEGIN();
    for (self->i = 0; self->i < 3; self->i++)
        AWAIT(asyncx_yield());
    AWAIT_UNTIL(++self->i >= 6);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(bool);
    asyncx_completion_source *source;
    counts_to_three child;
    test_05_in_c other;
    long sum;
    int i;
} whole_program;

static ASYNC(whole_program)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(counts_to_three, &self->child));
    for (self->i = 1; self->i <= 4; self->i++) {
        AWAIT(ASYNC_CALL(test_05_in_c, &self->other, .wait = NULL, .value = self->i));
        self->sum += self->other.result;
    }
    AWAIT(asyncx_configure_await(self->source, ASYNCX_USE_EXECUTOR));
    AWAIT(asyncx_get_awaiter(self->source));
    AWAIT(asyncx_value_task_from_outcome(ASYNCX_OUTCOME_SUCCEEDED));
    AWAIT(&self->other);
    ASYNC_RETURN(self->sum == 20);
    ASYNC_END();
}

int test_05_c_self_test(void)
{
    static whole_program frame;
    asyncx_completion_source source;
    asyncx_run_queue queue;
    int failures = 0;
    asyncx_run_queue_init(&queue, NULL);
    asyncx_completion_source_init(&source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start_on(ASYNC_CALL(whole_program, &frame, .source = &source, .sum = 0), &queue.executor);
    failures += frame.child.i != 0;
    asyncx_run_queue_run_until_idle(&queue);
    failures += frame.child.i != 6;
    failures += frame.sum != 20;
    failures += asyncx_is_completed(&frame);
    asyncx_set_result(&source);
    failures += asyncx_is_completed(&frame);
    asyncx_run_queue_run_until_idle(&queue);
    failures += asyncx_status_of(&frame) != ASYNCX_SUCCEEDED;
    failures += !frame.result;
    return failures;
}
