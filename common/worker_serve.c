// SPDX-License-Identifier: MIT
// The worker's side of workers.h.
#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/workers.h"

enum { HEADER = 4, READ_SIZE = 64 << 10 };

static const uint8_t begun[HEADER] = {0xff, 0xff, 0xff, 0xff}; // see workers.c

// Reads exactly n bytes and appends them. ERR_NOTFOUND: the parent closed its end.
static enum err read_all(int fd, struct buf *into, size_t n)
{
    uint8_t chunk[READ_SIZE];
    while (n > 0) {
        ssize_t got = read(fd, chunk, n < sizeof chunk ? n : sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? ERR_NOTFOUND : ERR_IO;
        enum err e = buf_add(into, chunk, (size_t)got);
        if (e != OK)
            return e;
        n -= (size_t)got;
    }
    return OK;
}

static enum err write_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return ERR_IO;
        bytes += put;
        n -= (size_t)put;
    }
    return OK;
}

static enum err write_message(int fd, const uint8_t *bytes, size_t n)
{
    const uint8_t header[HEADER] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                    (uint8_t)n};
    enum err e = write_all(fd, header, sizeof header);
    return e == OK ? write_all(fd, bytes, n) : e;
}

static enum err read_message(int fd, struct buf *into)
{
    buf_clear(into);
    enum err e = read_all(fd, into, HEADER);
    if (e != OK)
        return e;
    const uint8_t *h = into->data;
    size_t n = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
    buf_clear(into);
    return n <= into->max ? read_all(fd, into, n) : ERR_LIMIT;
}

int worker_serve(int fd, size_t task_max, size_t answer_max, work_fn *fn, void *arg)
{
    struct buf task = buf_new(task_max < HEADER ? HEADER : task_max);
    struct buf answer = buf_new(answer_max);
    enum err e = write_message(fd, NULL, 0);
    while (e == OK) {
        e = read_message(fd, &task);
        if (e == OK)
            e = write_all(fd, begun, sizeof begun);
        if (e != OK)
            break;
        buf_clear(&answer);
        fn(arg, task.data, task.size, &answer);
        e = buf_failed(&answer) ? ERR_LIMIT : write_message(fd, answer.data, answer.size);
    }
    buf_free(&task);
    buf_free(&answer);
    // A parent that is gone is the normal end.
    return e == ERR_LIMIT ? EX_DATAERR : 0;
}
