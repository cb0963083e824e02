/* What does a continuation of a completion source cost, run inline or queued? */
#include "bench.hpp"

TEST_CASE("what does an inline continuation cost?") { measure("source_inline"); }

TEST_CASE("what does a queued continuation cost?") { measure("source_queued"); }
