// SPDX-License-Identifier: MIT
// The worker's side of workers.h.
#include <errno.h>
#include <sys/uio.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/workers.h"

enum { HEADER = 4 };

// Reads exactly n bytes and appends them. ERR_NOTFOUND: the parent closed its end.
static enum err read_all(int fd, struct buf *into, size_t n)
{
    uint8_t *room = buf_extend(into, n);
    if (!room)
        return ERR_LIMIT;
    while (n > 0) {
        ssize_t got = read(fd, room, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 ? ERR_NOTFOUND : ERR_IO;
        room += got;
        n -= (size_t)got;
    }
    return OK;
}

// All of both parts. Each call wakes the parent: so it is one where the socket has room.
static enum err write_all(int fd, struct iovec parts[2])
{
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t put = writev(fd, parts, 2);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return ERR_IO;
        for (size_t i = 0, left = (size_t)put; i < 2; i++) {
            size_t n = left < parts[i].iov_len ? left : parts[i].iov_len;
            parts[i].iov_base = (uint8_t *)parts[i].iov_base + n;
            parts[i].iov_len -= n;
            left -= n;
        }
    }
    return OK;
}

static enum err write_message(int fd, const struct buf *answer)
{
    size_t n = answer ? answer->size : 0;
    uint8_t header[HEADER] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                              (uint8_t)n};
    struct iovec parts[2] = {{header, HEADER}, {n ? answer->data : header, n}};
    return write_all(fd, parts);
}

static enum err write_begun(int fd) // see workers.c
{
    uint8_t header[HEADER] = {0xff, 0xff, 0xff, 0xff};
    struct iovec parts[2] = {{header, HEADER}, {header, 0}};
    return write_all(fd, parts);
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

enum err worker_given(int fd, struct buf *into)
{
    return read_message(fd, into);
}

int worker_serve(int fd, size_t task_max, size_t answer_max, work_fn *fn, void *arg)
{
    struct buf task = buf_new(task_max < HEADER ? HEADER : task_max);
    struct buf answer = buf_new(answer_max);
    enum err e = write_message(fd, NULL);
    while (e == OK) {
        e = read_message(fd, &task);
        if (e == OK)
            e = write_begun(fd);
        if (e != OK)
            break;
        buf_clear(&answer);
        fn(arg, task.data, task.size, &answer);
        e = buf_failed(&answer) ? ERR_LIMIT : write_message(fd, &answer);
    }
    buf_free(&task);
    buf_free(&answer);
    // A parent that is gone is the normal end.
    return e == ERR_LIMIT ? EX_DATAERR : 0;
}
