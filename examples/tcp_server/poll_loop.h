/* An event loop over poll(2): an executor, a table of file descriptors, and an awaitable that waits for one of them.
 *
 *     AWAIT(readable(&self->ready, &loop, fd));
 *     count = read(fd, ...);
 *
 * One thread runs the loop; readable, writable and everything that awaits them stay on it. Only the executor
 * (&loop.queue.executor) takes continuations from other threads and from signal handlers. There is no heap.
 */
#ifndef POLL_LOOP_H
#define POLL_LOOP_H

#include "asyncx.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { POLL_LOOP_CAPACITY = 2048 };   /* file descriptors that are waited for at the same time */

typedef struct poll_loop poll_loop;

/* Waits until a file descriptor is ready; lives in the frame that awaits it. One waiter at a time. */
typedef struct readiness {
    asyncx_awaitable awaitable;   /* first, and of this name: AWAIT takes a pointer to the struct */
    poll_loop *loop;
    int fd;
    short events;
    nfds_t slot;                         /* where it is in the loop's table, while it has a continuation */
    asyncx_continuation *continuation;   /* who waits; NULL before, and once handed on */
    asyncx_outcome outcome;              /* 0 while pending */
} readiness;

struct poll_loop {
    asyncx_run_queue queue;   /* first: poll_loop_wake finds the loop by it */
    struct pollfd fds[POLL_LOOP_CAPACITY + 1];
    readiness *waiting[POLL_LOOP_CAPACITY + 1];   /* who waits for fds[i]; 0 is the pipe that wakes the loop */
    nfds_t count;
    int wake_pipe[2];
    volatile sig_atomic_t is_dispatching;   /* the thread is awake and looks into the queue before it sleeps */
    bool is_canceled;
};

/* The hook of the run queue: called by the post that finds it idle, on any thread or in a signal handler. */
static inline void poll_loop_wake(asyncx_run_queue *queue)
{
    poll_loop *loop = (poll_loop *)(void *)queue;
    if (!loop->is_dispatching) {
        int saved = errno;
        ssize_t written = write(loop->wake_pipe[1], "", 1);
        (void)written;   /* a full pipe wakes the loop just as well */
        errno = saved;
    }
}

/* Returns false, with errno, when it cannot. */
static inline bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* Returns false, with errno, when there is no pipe to be had. */
static inline bool poll_loop_init(poll_loop *loop)
{
    asyncx_run_queue_init(&loop->queue, poll_loop_wake);
    if (pipe(loop->wake_pipe) != 0)
        return false;
    loop->fds[0].fd = loop->wake_pipe[0];
    loop->fds[0].events = POLLIN;
    loop->waiting[0] = NULL;
    loop->count = 1;
    loop->is_dispatching = 0;
    loop->is_canceled = false;
    return set_nonblocking(loop->wake_pipe[0]) && set_nonblocking(loop->wake_pipe[1]);
}

static inline void poll_loop_destroy(poll_loop *loop)
{
    close(loop->wake_pipe[0]);
    close(loop->wake_pipe[1]);
}

/* -- the awaitable: its four functions, and the two ways to make one -- */

static inline asyncx_status readiness_get_status(asyncx_awaitable *self, asyncx_token token)
{
    (void)token;
    return asyncx_outcome_status(((readiness *)self)->outcome);
}

static inline bool readiness_on_completed(asyncx_awaitable *self, asyncx_token token,
                                          asyncx_continuation *continuation, unsigned int flags)
{
    readiness *ready = (readiness *)self;
    poll_loop *loop = ready->loop;
    (void)token;
    (void)flags;   /* every waiter is posted to its own executor, or else to the loop */
    if (ready->continuation)
        ASYNCX_PANIC(ASYNCX_MISUSE_SECOND_CONTINUATION, ready);
    if (loop->is_canceled)
        ready->outcome = ASYNCX_OUTCOME_CANCELED;
    else if (loop->count > POLL_LOOP_CAPACITY)
        ready->outcome = asyncx_outcome_faulted(ENOBUFS);
    if (ready->outcome)
        return false;   /* complete: the caller goes on and takes the outcome */
    ready->continuation = continuation;
    ready->slot = loop->count++;
    loop->fds[ready->slot].fd = ready->fd;
    loop->fds[ready->slot].events = ready->events;
    loop->fds[ready->slot].revents = 0;
    loop->waiting[ready->slot] = ready;
    return true;
}

static inline asyncx_outcome readiness_get_result(asyncx_awaitable *self, asyncx_token token)
{
    (void)token;
    return ((readiness *)self)->outcome;
}

/* Takes the registration back: the loop forgets the file descriptor, and nobody is resumed. Returns false when the
 * continuation was handed on already. */
static inline bool readiness_withdraw(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    readiness *ready = (readiness *)self;
    poll_loop *loop = ready->loop;
    (void)token;
    if (!continuation || ready->continuation != continuation)
        return false;
    ready->continuation = NULL;
    if (ready->slot != --loop->count) {   /* the last one moves into the gap */
        loop->fds[ready->slot] = loop->fds[loop->count];
        loop->waiting[ready->slot] = loop->waiting[loop->count];
        loop->waiting[ready->slot]->slot = ready->slot;
    }
    return true;
}

static const asyncx_awaiter_ops readiness_ops = {readiness_get_status, readiness_on_completed, readiness_get_result,
                                                 readiness_withdraw};

static inline readiness *readiness_init(readiness *ready, poll_loop *loop, int fd, short events)
{
    ready->awaitable.ops = &readiness_ops;
    ready->loop = loop;
    ready->fd = fd;
    ready->events = events;
    ready->continuation = NULL;
    ready->outcome = 0;
    return ready;
}

static inline readiness *readable(readiness *ready, poll_loop *loop, int fd)
{
    return readiness_init(ready, loop, fd, POLLIN);
}

static inline readiness *writable(readiness *ready, poll_loop *loop, int fd)
{
    return readiness_init(ready, loop, fd, POLLOUT);
}

/* -- the loop -- */

/* Takes `ready` out of the table and posts its waiter, with `outcome`. */
static inline void readiness_complete(readiness *ready, asyncx_outcome outcome)
{
    asyncx_continuation *continuation = ready->continuation;
    if (asyncx_withdraw(ready, continuation)) {
        ready->outcome = outcome;
        asyncx_release(continuation, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, &ready->loop->queue.executor);
    }
}

/* Ends every wait in this loop as canceled, and every wait to come. */
static inline void poll_loop_cancel(poll_loop *loop)
{
    loop->is_canceled = true;
    while (loop->count > 1)
        readiness_complete(loop->waiting[loop->count - 1], ASYNCX_OUTCOME_CANCELED);
}

/* Waits for file descriptors and posts whoever waits for those that are ready. */
static inline void poll_loop_wait(poll_loop *loop, int timeout_ms)
{
    nfds_t slot = 1;
    char drain[64];
    if (poll(loop->fds, loop->count, timeout_ms) <= 0)
        return;   /* interrupted: what the signal handler posted is in the queue */
    loop->is_dispatching = 1;
    while (loop->fds[0].revents && read(loop->wake_pipe[0], drain, sizeof drain) > 0) {
    }
    while (slot < loop->count) {
        short revents = loop->fds[slot].revents;
        if (revents & POLLNVAL)
            readiness_complete(loop->waiting[slot], asyncx_outcome_faulted(EBADF));
        else if (revents)   /* an error or a hang-up too: the read or write that follows reports it */
            readiness_complete(loop->waiting[slot], ASYNCX_OUTCOME_SUCCEEDED);
        else
            slot++;         /* after the others the slot holds the one that was last */
    }
    loop->is_dispatching = 0;
}

/* Runs the loop on this thread until a continuation sets *is_done. */
static inline void poll_loop_run(poll_loop *loop, const bool *is_done)
{
    for (;;) {
        bool is_busy = asyncx_run_queue_run_pass(&loop->queue);
        if (*is_done)
            break;
        poll_loop_wait(loop, is_busy ? 0 : -1);
    }
}

/* Lets this process have up to `count` open file descriptors, or as many as the system allows. Returns whether that is
 * enough. */
static inline bool allow_descriptors(rlim_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    if (limit.rlim_cur < count) {
        limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            return false;
    }
    return limit.rlim_cur >= count;
}

#endif
