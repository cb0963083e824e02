/* Frames that were never called, calls that were not started, and versions that are gone when their waiter resumes. */
#include "testing.h"

namespace {

typedef struct {
    ASYNC_FRAME(int);
} leaf;
static ASYNC(leaf)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_suspend());
    ASYNC_RETURN(1);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    leaf *child;
} awaits_frame;
static ASYNC(awaits_frame)
{
    ASYNC_BEGIN();
    AWAIT(self->child);
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME(void);
    asyncx_value_source source;
} awaits_version;
static ASYNC(awaits_version)
{
    ASYNC_BEGIN();
    AWAIT(asyncx_value_source_task(&self->source));
    ASYNC_END();
}

asyncx_continuation *do_nothing(asyncx_continuation *) { return nullptr; }

}   /* namespace */

TEST_CASE("awaiting a frame that was never called trips UNINITIALISED", "[05]")
{
    leaf never = leaf();
    awaits_frame parent = awaits_frame();
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, asyncx_start(ASYNC_CALL(awaits_frame, &parent, .child = &never)));
    REQUIRE(asyncx_status_of(&parent) == ASYNCX_PENDING);
}

TEST_CASE("running a frame by hand that was never called, or not started, or is complete, trips", "[05]")
{
    leaf frame = leaf();
    REQUIRE_MISUSE(ASYNCX_MISUSE_UNINITIALISED, asyncx_run_task(&frame));
    asyncx_call call = ASYNC_CALL(leaf, &frame);
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION, asyncx_run_task(&frame));
    asyncx_start(call);
    asyncx_run_task(&frame);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
    REQUIRE(frame.result == 1);
    REQUIRE_MISUSE(ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION, asyncx_run_task(&frame));
}

TEST_CASE("nothing can be withdrawn from a call that was not started", "[05]")
{
    leaf frame = leaf();
    asyncx_continuation callback;
    asyncx_continuation_init(&callback, do_nothing, nullptr);
    asyncx_call call = ASYNC_CALL(leaf, &frame);
    REQUIRE_FALSE(asyncx_withdraw(call, &callback));
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_PENDING);
    asyncx_start(call);
    asyncx_run_task(&frame);
}

TEST_CASE("asking for the awaiter of a call whose frame is in use trips FRAME_IN_USE", "[05]")
{
    leaf frame = leaf();
    asyncx_start(ASYNC_CALL(leaf, &frame));
    REQUIRE_MISUSE(ASYNCX_MISUSE_FRAME_IN_USE, (void)asyncx_get_awaiter(ASYNC_CALL(leaf, &frame)));
    asyncx_run_task(&frame);
    REQUIRE(asyncx_status_of(&frame) == ASYNCX_SUCCEEDED);
}

TEST_CASE("a version that is reset between completion and the queued resumption trips STALE_TOKEN and cancels", "[07]")
{
    asyncx_run_queue queue;
    asyncx_run_queue_init(&queue, nullptr);
    awaits_version waiter = awaits_version();
    asyncx_value_source_init(&waiter.source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &queue.executor);
    asyncx_start(ASYNC_CALL(awaits_version, &waiter));
    asyncx_set_result(&waiter.source);
    asyncx_value_source_reset(&waiter.source);
    REQUIRE_MISUSE(ASYNCX_MISUSE_STALE_TOKEN, asyncx_run_queue_run_until_idle(&queue));
    REQUIRE(asyncx_status_of(&waiter) == ASYNCX_CANCELED);
}
