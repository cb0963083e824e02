// The C++ half, and the comparison; see link.h.
#include "link.h"

#include <cstdio>

static const unsigned int layout[LINK_FACTS] = {LINK_LAYOUT(LINK_FACT)};
static const char *const texts[LINK_FACTS] = {LINK_LAYOUT(LINK_TEXT)};

ASYNC(from_cpp)
{
    ASYNC_BEGIN();
    AWAIT(ASYNC_CALL(from_c, &self->child, .wait = self->wait, .value = self->value));
    ASYNC_RETURN(self->child.result * 10);
ASYNC_FINALLY:
    self->value = 0;
    ASYNC_END();
}

int main()
{
    int failures = 0;
    for (int i = 0; i < LINK_FACTS; i++)
        if (layout[i] != link_c_layout[i]) {
            std::printf("%s: %u in C++, %u in C\n", texts[i], layout[i], link_c_layout[i]);
            failures++;
        }
    if (ASYNCX_THREAD_STATE() != link_c_thread_state()) {
        std::printf("C and C++ do not share the state of the thread\n");
        failures++;
    }

    static from_cpp task;
    asyncx_completion_source wait;
    asyncx_completion_source_init(&wait, ASYNCX_RUN_CONTINUATIONS_INLINE, nullptr);
    asyncx_start(ASYNC_CALL(from_cpp, &task, .wait = &wait, .value = 4));
    if (asyncx_is_completed(&task))
        failures++;
    asyncx_set_result(&wait);
    if (!asyncx_is_completed(&task) || task.result != 50 || task.value != 0) {
        std::printf("awaiting across the languages gave %d\n", task.result);
        failures++;
    }
    return failures != 0;
}
