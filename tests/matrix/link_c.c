/* The C half; see link.h. */
#include "link.h"

const unsigned int link_c_layout[LINK_FACTS] = {LINK_LAYOUT(LINK_FACT)};

asyncx_thread_state *link_c_thread_state(void) { return ASYNCX_THREAD_STATE(); }

ASYNC(from_c)
{
    ASYNC_BEGIN();
    AWAIT(self->wait);
    ASYNC_RETURN(self->value + 1);
    ASYNC_END();
}
