/* What does an await cost that has nothing to wait for? */
#include "bench.hpp"

TEST_CASE("what does it cost to await what is complete already?")
{
    measure("completed_source");
    measure("completed_value_task");
}
