/* The client that proves the server: many connections at once, each of which checks every reply.
 *
 *     tcp_client port [connections] [messages] [hold]
 *
 * Every connection exchanges one line, waits until all of them have done so and are open, then exchanges `messages`
 * more. With `hold` they stay open until the server closes them. One thread, the same library, no heap.
 */
#define _POSIX_C_SOURCE 200809L

#include "lines.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum { MAX_SESSIONS = 1500 };

/* What all sessions share. */
static struct {
    poll_loop loop;
    struct sockaddr_in address;
    int sessions, messages;
    bool is_holding, is_done;
    int open, most_open;                  /* connections that the server answered, and that are not closed */
    int finished, failed, first_error;
    int held;
    long replies;
    asyncx_completion_source all_open;    /* one source, as many waiters as there are sessions */
} client;

/* Sends one line, numbered, and checks the reply. */
typedef struct {
    ASYNC_FRAME(void);
    line_stream *stream;
    int session, number;   /* the number counts from 1 */
    size_t size;
    read_line read;
    write_all write;
    char line[64];
    char expected[96];
} exchange;

static ASYNC(exchange)
{
    ASYNC_BEGIN();
    self->size = (size_t)snprintf(self->line, sizeof self->line, "session %d, line %d\n", self->session, self->number);
    AWAIT(ASYNC_CALL(write_all, &self->write, .stream = self->stream, .data = self->line, .size = self->size));
    AWAIT(ASYNC_CALL(read_line, &self->read, .stream = self->stream));
    self->size = (size_t)snprintf(self->expected, sizeof self->expected, "%d %s", self->number, self->line);
    if (self->read.result != self->size || memcmp(self->stream->buffer, self->expected, self->size) != 0)
        ASYNC_FAIL(EBADMSG);
    client.replies++;
    ASYNC_END();
}

typedef struct {
    ASYNC_FRAME_FINALLY(void);
    int number, i, error;
    bool is_open;
    line_stream stream;
    exchange exchange;
    read_line read;
    asyncx_continuation on_end;
} session;

static ASYNC(session)
{
    socklen_t size;

    ASYNC_BEGIN();
    self->is_open = false;
    line_stream_init(&self->stream, &client.loop, socket(AF_INET, SOCK_STREAM, 0));
    if (self->stream.fd < 0 || !set_nonblocking(self->stream.fd))
        ASYNC_FAIL(errno);
    if (connect(self->stream.fd, (struct sockaddr *)&client.address, sizeof client.address) != 0) {
        if (errno != EINPROGRESS)
            ASYNC_FAIL(errno);
        AWAIT(writable(&self->stream.ready, &client.loop, self->stream.fd));
        size = sizeof self->error;
        if (getsockopt(self->stream.fd, SOL_SOCKET, SO_ERROR, &self->error, &size) != 0)
            ASYNC_FAIL(errno);
        if (self->error)
            ASYNC_FAIL(self->error);
    }
    AWAIT(ASYNC_CALL(exchange, &self->exchange, .stream = &self->stream, .session = self->number, .number = 1));

    self->is_open = true;   /* the server accepted it, for it answered */
    if (++client.open > client.most_open)
        client.most_open = client.open;
    if (client.open == client.sessions)
        (void)asyncx_try_set_result(&client.all_open);   /* false when a session failed */
    AWAIT(&client.all_open);

    for (self->i = 0; self->i < client.messages; self->i++)
        AWAIT(ASYNC_CALL(exchange, &self->exchange, .number = self->i + 2));   /* the rest stays as it was */
    if (client.is_holding) {
        if (++client.held == client.sessions) {
            printf("holding %d connections\n", client.held);
            fflush(stdout);
        }
        AWAIT(ASYNC_CALL(read_line, &self->read, .stream = &self->stream));
        if (self->read.result != 0)
            ASYNC_FAIL(EBADMSG);
    }
ASYNC_FINALLY:
    if (self->stream.fd >= 0)
        close(self->stream.fd);
    client.open -= self->is_open;
    ASYNC_END();
}

/* Runs when a session is complete. */
static asyncx_continuation *session_on_end(asyncx_continuation *continuation)
{
    session *ended = (session *)(void *)((char *)continuation - offsetof(session, on_end));
    if (asyncx_status_of(ended) != ASYNCX_SUCCEEDED) {
        int error = asyncx_outcome_error(asyncx_outcome_of(ended));
        if (client.failed++ == 0)
            client.first_error = error;
        (void)asyncx_try_set_error(&client.all_open, ECONNABORTED);   /* the others do not wait for it */
    }
    client.is_done = ++client.finished == client.sessions;
    return NULL;
}

static int argument(int argc, char **argv, int index, int otherwise)
{
    return argc > index ? atoi(argv[index]) : otherwise;
}

int main(int argc, char **argv)
{
    static session sessions[MAX_SESSIONS];
    asyncx_executor *executor = &client.loop.queue.executor;
    bool succeeded;

    client.address.sin_family = AF_INET;
    client.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client.address.sin_port = htons((unsigned short)argument(argc, argv, 1, 0));
    client.sessions = argument(argc, argv, 2, 1000);
    client.messages = argument(argc, argv, 3, 5);
    client.is_holding = argc > 4 && strcmp(argv[4], "hold") == 0;
    if (argc < 2 || client.sessions < 1 || client.sessions > MAX_SESSIONS || client.messages < 0) {
        fprintf(stderr, "usage: tcp_client port [1 to %d connections] [messages] [hold]\n", (int)MAX_SESSIONS);
        return 2;
    }
    if (!allow_descriptors((rlim_t)client.sessions + 8)) {
        fprintf(stderr, "tcp_client: the limit of open files is too low for %d connections\n", client.sessions);
        return 1;
    }
    if (!poll_loop_init(&client.loop)) {
        perror("tcp_client");
        return 1;
    }
    asyncx_completion_source_init(&client.all_open, ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY, executor);
    for (int i = 0; i < client.sessions; i++) {
        asyncx_continuation_init(&sessions[i].on_end, session_on_end, NULL);
        asyncx_start_then(ASYNC_CALL(session, &sessions[i], .number = i), executor, &sessions[i].on_end);
    }
    poll_loop_run(&client.loop, &client.is_done);
    poll_loop_destroy(&client.loop);

    succeeded = client.failed == 0 && client.most_open == client.sessions && client.open == 0 &&
                client.replies == (long)client.sessions * (client.messages + 1);
    printf("%d connections, %d open at the same time, %ld replies checked, %d failed\n", client.sessions,
           client.most_open, client.replies, client.failed);
    if (client.failed)
        fprintf(stderr, "tcp_client: first failure: %s\n",
                client.first_error ? strerror(client.first_error) : "canceled");
    return succeeded ? 0 : 1;
}
