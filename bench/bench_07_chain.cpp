/* Does a level of a chain of awaiting functions cost more the deeper the chain is? */
#include "bench.hpp"

TEST_CASE("what does one level of a chain cost?")
{
    measure("chain_1");
    measure("chain_10");
    measure("chain_level");
    measure("chain_100000");
    measure("chain_1000000");
}
