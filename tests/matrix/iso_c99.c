/* The floor: ISO C99 without one extension. AWAIT cannot tell types apart there, so each operand is an asyncx_awaiter
 * from a getter; everything else reads as in C11. Built with ASYNCX_ISO_ONLY=1 and -std=c99 -pedantic-errors. */
#include "asyncx.h"

#include <stdio.h>

#if ASYNCX_GNU_ || ASYNCX_GENERIC_
#error "this file must see neither _Generic nor statement expressions"
#endif

static int failures;

#define CHECK(condition)                                           \
    do {                                                           \
        if (!(condition)) {                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                            \
        }                                                          \
    } while (0)

typedef ASYNCX_COMPLETION_SOURCE(int) int_source;

typedef struct {
    ASYNC_FRAME(int);
    int value;
} twice;

static ASYNC(twice)
{
    ASYNC_BEGIN();
    if (self->value < 0)
        ASYNC_FAIL(33);
    ASYNC_RETURN(2 * self->value);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(int);
    int_source *number;
    asyncx_value_source *tick;
    asyncx_completion_source *done;
    twice child;
    asyncx_outcome outcome;
    int cleaned;
} everything;

static ASYNC(everything)
{
    ASYNC_BEGIN();
    self->result = 0;
    AWAIT(asyncx_call_awaiter(ASYNC_CALL(twice, &self->child, .value = 4)));
    self->result += self->child.result;
    AWAIT(asyncx_completion_source_awaiter(self->number));
    self->result += self->number->result;
    AWAIT(asyncx_value_source_awaiter(self->tick));
    AWAIT(asyncx_value_task_awaiter(asyncx_value_source_task(self->tick)));
    AWAIT(asyncx_yield());
    self->result++;
    AWAIT(asyncx_suspend());
    self->result++;
    AWAIT_STATUS(self->outcome, asyncx_call_awaiter(ASYNC_CALL(twice, &self->child, .value = -1)));
    self->result += asyncx_outcome_error(self->outcome);
    AWAIT_UNTIL(self->result > 0);
    AWAIT(asyncx_completion_source_awaiter(self->done));
    self->result = -1;
ASYNC_FINALLY:
    AWAIT(asyncx_suspend());
    self->cleaned++;
    ASYNC_END();
}

int main(void)
{
    static everything e;
    int_source number;
    asyncx_value_source tick;
    asyncx_completion_source done;

    asyncx_completion_source_init(&number, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_completion_source_init(&done, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_value_source_init(&tick, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_start(ASYNC_CALL(everything, &e, .number = &number, .tick = &tick, .done = &done));
    CHECK(e.result == 8);
    asyncx_set_result(&number, 100);
    CHECK(e.result == 108 && !asyncx_try_set_result(&number, 5) && number.result == 100);
    asyncx_set_result(&tick);
    asyncx_run_task(&e);
    CHECK(e.result == 109);
    asyncx_run_task(&e);
    CHECK(e.result == 143 && asyncx_outcome_status(e.outcome) == ASYNCX_FAULTED);
    asyncx_set_error(&done, 5);
    CHECK(e.cleaned == 0 && asyncx_awaiter_get_status(asyncx_frame_awaiter(&e)) == ASYNCX_PENDING);
    asyncx_run_task(&e);
    CHECK(e.cleaned == 1 && e.result == 143);
    CHECK(asyncx_awaiter_get_result(asyncx_frame_awaiter(&e)) == asyncx_outcome_faulted(5));
    return failures != 0;
}
