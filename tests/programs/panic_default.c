/* What a misuse does when nobody replaces ASYNCX_PANIC on a hosted system: one line on stderr that names the misuse, the
 * object and what to do, and then abort. Returns 0, or says what fails and returns 1. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asyncx.h"

#if ASYNCX_CHECKS
/* Volatile, so that no compiler knows beforehand how these end. */
static asyncx_completion_source one_source;
static asyncx_value_source one_versioned;
static asyncx_completion_source *volatile source = &one_source;
static asyncx_value_source *volatile versioned = &one_versioned;

static void set_twice(void)
{
    asyncx_completion_source_init(source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_result(source);
    asyncx_set_canceled(source);
}

static void use_a_stale_token(void)
{
    asyncx_value_task task;
    asyncx_value_source_init(versioned, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    task = asyncx_value_source_task(versioned);
    asyncx_value_source_reset(versioned);
    (void)asyncx_awaiter_get_status(asyncx_get_awaiter(task));
}

static void take_the_result_too_early(void)
{
    asyncx_completion_source_init(source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    (void)asyncx_awaiter_get_result(asyncx_get_awaiter(source));
}

static void be_asynchronous_nowhere(void)
{
    asyncx_completion_source_init(source, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, NULL);
}

static void fail_with_no_error(void)
{
    asyncx_completion_source_init(source, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_set_error(source, 0);
}

static void reset_the_uninitialised(void)
{
    memset((void *)versioned, 0, sizeof(*versioned));
    asyncx_value_source_reset(versioned);
}

static int failures;

/* Runs `misuse` in a child, which must die of it after saying so. */
static void must_panic(void (*misuse)(void), asyncx_misuse code)
{
    char said[1024];
    size_t length = 0;
    int pipe_ends[2], status = 0;
    pid_t child;
    if (pipe(pipe_ends)) {
        perror("pipe");
        exit(1);
    }
    child = fork();
    if (child < 0) {
        perror("fork");
        exit(1);
    }
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        dup2(pipe_ends[1], STDERR_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        misuse();
        _exit(0);
    }
    close(pipe_ends[1]);
    for (;;) {
        ssize_t got = read(pipe_ends[0], said + length, sizeof(said) - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    said[length] = 0;
    close(pipe_ends[0]);
    if (waitpid(child, &status, 0) != child) {
        perror("waitpid");
        exit(1);
    }
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        fprintf(stderr, "%s: did not abort, status %d\n", asyncx_misuse_name(code), status);
        failures++;
    }
    if (strncmp(said, "asyncx: ", 8) || !strstr(said, asyncx_misuse_name(code)) ||
        !strstr(said, asyncx_misuse_message(code)) || length == 0 || said[length - 1] != '\n') {
        fprintf(stderr, "%s: said \"%s\"\n", asyncx_misuse_name(code), said);
        failures++;
    }
}

int main(void)
{
    must_panic(set_twice, ASYNCX_MISUSE_ALREADY_COMPLETED);
    must_panic(use_a_stale_token, ASYNCX_MISUSE_STALE_TOKEN);
    must_panic(take_the_result_too_early, ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION);
    must_panic(be_asynchronous_nowhere, ASYNCX_MISUSE_MISSING_EXECUTOR);
    must_panic(fail_with_no_error, ASYNCX_MISUSE_BAD_ERROR);
    must_panic(reset_the_uninitialised, ASYNCX_MISUSE_UNINITIALISED);
    return failures ? 1 : 0;
}
#else
int main(void) { return 0; }
#endif
