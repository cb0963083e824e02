/* What does it cost to call an async function and await it? */
#include "bench.hpp"

TEST_CASE("what does an async call cost?")
{
    measure("child_at_once");
    measure("child_suspends");
}
