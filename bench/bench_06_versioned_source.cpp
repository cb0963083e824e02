/* What does one whole cycle of a versioned source cost, its continuation run inline or queued? */
#include "bench.hpp"

TEST_CASE("what does a versioned cycle cost, inline?")
{
    measure("versioned_cycle");
    measure("value_task_cycle");
}

TEST_CASE("what does a versioned cycle cost, queued?") { measure("versioned_queued"); }

TEST_CASE("what does a queued hop from task to task cost?") { measure("ring_hop"); }
