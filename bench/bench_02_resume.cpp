/* What does it cost to resume a task that suspends again, whoever waits for it? */
#include "bench.hpp"

TEST_CASE("what does a resumption cost?")
{
    measure("resume_suspend");
    measure("leaf_under_100");
}
