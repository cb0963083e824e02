/* Lines over a socket: two async functions that server and client share. */
#ifndef LINES_H
#define LINES_H

#include "poll_loop.h"

#include <sys/socket.h>

enum { LINE_BYTES = 128 };   /* the longest line, its newline included */

/* A non-blocking socket and what was read from it so far. */
typedef struct line_stream {
    poll_loop *loop;
    int fd;
    size_t filled, line_bytes;   /* bytes in `buffer`; how many of them are the line that was read last */
    readiness ready;
    char buffer[LINE_BYTES];
} line_stream;

static inline void line_stream_init(line_stream *stream, poll_loop *loop, int fd)
{
    stream->loop = loop;
    stream->fd = fd;
    stream->filled = stream->line_bytes = 0;
}

/* Reads one line into the start of the stream's buffer. Its result is the length, newline included; 0 at the end of the
 * stream. Fails with EMSGSIZE when a line is too long, EPIPE when the stream ends within one, and read's errors. */
typedef struct {
    ASYNC_FRAME(size_t);
    line_stream *stream;
} read_line;

static ASYNC(read_line)
{
    line_stream *stream = self->stream;
    const char *newline;
    ssize_t count;

    ASYNC_BEGIN();
    stream->filled -= stream->line_bytes;
    memmove(stream->buffer, stream->buffer + stream->line_bytes, stream->filled);
    stream->line_bytes = 0;
    while ((newline = (const char *)memchr(stream->buffer, '\n', stream->filled)) == NULL) {
        if (stream->filled == LINE_BYTES)
            ASYNC_FAIL(EMSGSIZE);
        count = read(stream->fd, stream->buffer + stream->filled, LINE_BYTES - stream->filled);
        if (count > 0)
            stream->filled += (size_t)count;
        else if (count == 0 && stream->filled == 0)
            ASYNC_RETURN(0);
        else if (count == 0)
            ASYNC_FAIL(EPIPE);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            AWAIT(readable(&stream->ready, stream->loop, stream->fd));
        else if (errno != EINTR)
            ASYNC_FAIL(errno);
    }
    stream->line_bytes = (size_t)(newline - stream->buffer) + 1;
    ASYNC_RETURN(stream->line_bytes);
    ASYNC_END();
}

/* Writes `size` bytes, however often the socket is full meanwhile. */
typedef struct {
    ASYNC_FRAME(void);
    line_stream *stream;
    const char *data;
    size_t size;
} write_all;

static ASYNC(write_all)
{
    line_stream *stream = self->stream;
    ssize_t count;

    ASYNC_BEGIN();
    while (self->size > 0) {
        count = send(stream->fd, self->data, self->size, MSG_NOSIGNAL);
        if (count >= 0) {
            self->data += count;
            self->size -= (size_t)count;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            AWAIT(writable(&stream->ready, stream->loop, stream->fd));
        } else if (errno != EINTR) {
            ASYNC_FAIL(errno);
        }
    }
    ASYNC_END();
}

#endif
