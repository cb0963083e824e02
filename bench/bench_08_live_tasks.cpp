/* Does a resumption cost more the more tasks are alive? */
#include "bench.hpp"

TEST_CASE("what does a resumption cost among many live tasks?")
{
    measure("live_1");
    measure("live_1000");
    measure("live_1000000");
}
