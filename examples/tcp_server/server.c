/* A TCP server: it answers every line with the line's number in this connection and the line itself.
 *
 *     tcp_server [port]      listens on 127.0.0.1; port 0, the default, lets the system choose
 *
 * Prints the port, serves until SIGTERM or SIGINT, then ends every connection and prints what it did. One thread, one
 * async function for each connection, all frames from a fixed pool: no heap.
 */
#define _POSIX_C_SOURCE 200809L

#include "lines.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { MAX_CONNECTIONS = 1500 };

typedef struct connection connection;

struct connection {
    ASYNC_FRAME_FINALLY(void);
    long lines;
    line_stream stream;
    read_line read;
    write_all write;
    char reply[LINE_BYTES + 24];
    asyncx_continuation on_end;   /* gives the frame back to the pool */
    connection *next_free;
};

/* One in a process: the signal handler has to find it. */
static struct {
    poll_loop loop;
    connection pool[MAX_CONNECTIONS];
    connection *free;
    asyncx_value_source freed;       /* completed when a connection goes back to the pool */
    asyncx_completion_source stop;   /* completed by the signal handler */
    asyncx_continuation on_accept_end;
    bool is_accepting, is_done;
    int open, most_open, accept_error;
    long served, lines, canceled, failed;
} server;

static ASYNC(connection)
{
    int size;

    ASYNC_BEGIN();
    for (;;) {
        AWAIT(ASYNC_CALL(read_line, &self->read, .stream = &self->stream));
        if (self->read.result == 0)
            ASYNC_RETURN();
        self->lines++;
        size = snprintf(self->reply, sizeof self->reply, "%ld %.*s", self->lines, (int)self->read.result,
                        self->stream.buffer);
        AWAIT(ASYNC_CALL(write_all, &self->write, .stream = &self->stream, .data = self->reply, .size = (size_t)size));
    }
ASYNC_FINALLY:   /* the client is gone, the connection failed, or the server stops */
    close(self->stream.fd);
    ASYNC_END();
}

static void check_done(void)
{
    server.is_done = !server.is_accepting && server.open == 0;
}

/* Runs when a connection's async function is complete: not before this may its frame serve another. */
static asyncx_continuation *connection_on_end(asyncx_continuation *continuation)
{
    connection *ended = (connection *)(void *)((char *)continuation - offsetof(connection, on_end));

    server.lines += ended->lines;
    server.canceled += asyncx_status_of(ended) == ASYNCX_CANCELED;
    server.failed += asyncx_status_of(ended) == ASYNCX_FAULTED;
    server.open--;
    ended->next_free = server.free;
    server.free = ended;
    (void)asyncx_try_set_result(&server.freed);   /* false: the accept loop did not ask */
    check_done();
    return NULL;
}

static void start_connection(int fd)
{
    connection *started = server.free;

    server.free = started->next_free;
    server.served++;
    if (++server.open > server.most_open)
        server.most_open = server.open;
    line_stream_init(&started->stream, &server.loop, fd);
    asyncx_continuation_init(&started->on_end, connection_on_end, NULL);
    asyncx_start_then(ASYNC_CALL(connection, started, .lines = 0), &server.loop.queue.executor, &started->on_end);
}

/* Accepts connections for as long as the loop is not canceled; pauses while frames or descriptors run out. */
typedef struct {
    ASYNC_FRAME_FINALLY(void);
    int listener;
    readiness ready;
} accept_connections;

static ASYNC(accept_connections)
{
    int fd;

    ASYNC_BEGIN();
    for (;;) {
        fd = server.free ? accept(self->listener, NULL, NULL) : -1;
        if (fd >= 0 && set_nonblocking(fd)) {
            start_connection(fd);
        } else if (fd >= 0) {
            close(fd);
        } else if (!server.free || ((errno == EMFILE || errno == ENFILE) && server.open > 0)) {
            asyncx_value_source_reset(&server.freed);
            AWAIT(&server.freed);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            AWAIT(readable(&self->ready, &server.loop, self->listener));
        } else if (errno != EINTR && errno != ECONNABORTED) {
            ASYNC_FAIL(errno);
        }
    }
ASYNC_FINALLY:
    close(self->listener);
    ASYNC_END();
}

static accept_connections acceptor;

static asyncx_continuation *accept_on_end(asyncx_continuation *continuation)
{
    (void)continuation;
    server.accept_error = asyncx_outcome_error(asyncx_outcome_of(&acceptor));   /* 0 when it was canceled */
    server.is_accepting = false;
    if (server.accept_error)
        poll_loop_cancel(&server.loop);
    check_done();
    return NULL;
}

/* Waits for the signal, then ends every wait: each connection takes its way out through ASYNC_FINALLY. */
typedef struct {
    ASYNC_FRAME(void);
} stop_on_signal;

static ASYNC(stop_on_signal)
{
    ASYNC_BEGIN();
    AWAIT(&server.stop);
    poll_loop_cancel(&server.loop);
    ASYNC_END();
}

static stop_on_signal stopper;

static void on_signal(int signal_number)
{
    (void)signal_number;
    (void)asyncx_try_set_result(&server.stop);   /* posts to the loop; allowed in a signal handler */
}

/* Returns a listening socket and its port, or -1 with errno. */
static int listen_on(unsigned short port, unsigned short *actual_port)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 || !set_nonblocking(fd)) {
        close(fd);
        return -1;
    }
    *actual_port = ntohs(address.sin_port);
    return fd;
}

static void handle_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
    asyncx_executor *executor = &server.loop.queue.executor;
    unsigned short port = argc > 1 ? (unsigned short)atoi(argv[1]) : 0;
    int listener;

    (void)allow_descriptors(MAX_CONNECTIONS + 16);   /* with fewer, the accept loop pauses when it runs out */
    if (!poll_loop_init(&server.loop) || (listener = listen_on(port, &port)) < 0) {
        perror("tcp_server");
        return 1;
    }
    for (int i = 0; i < MAX_CONNECTIONS; i++) {
        server.pool[i].next_free = server.free;
        server.free = &server.pool[i];
    }
    asyncx_value_source_init(&server.freed, ASYNCX_RUN_CONTINUATIONS_INLINE, NULL);
    asyncx_completion_source_init(&server.stop, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, executor);
    asyncx_continuation_init(&server.on_accept_end, accept_on_end, NULL);
    handle_signals();
    printf("listening on 127.0.0.1:%u\n", (unsigned int)port);
    fflush(stdout);

    server.is_accepting = true;
    asyncx_start_on(ASYNC_CALL(stop_on_signal, &stopper), executor);
    asyncx_start_then(ASYNC_CALL(accept_connections, &acceptor, .listener = listener), executor,
                      &server.on_accept_end);
    poll_loop_run(&server.loop, &server.is_done);
    poll_loop_destroy(&server.loop);

    printf("served %ld connections, at most %d at a time, %ld lines; %ld canceled, %ld failed\n", server.served,
           server.most_open, server.lines, server.canceled, server.failed);
    if (server.accept_error)
        fprintf(stderr, "tcp_server: accept: %s\n", strerror(server.accept_error));
    return server.accept_error ? 1 : 0;
}
