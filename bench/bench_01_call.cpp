/* The yardstick: what does a call cost, and what does the least that can be called a continuation cost? */
#include "bench.hpp"

TEST_CASE("what does a call cost?")
{
    measure("plain_call");
    measure("pointer_call");
}

TEST_CASE("what does a continuation written by hand cost?")
{
    measure("floor_resume");
    measure("floor_inline");
    measure("floor_queued");
}
