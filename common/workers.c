// SPDX-License-Identifier: MIT
// The parent's side. On the socketpair each message is a length of 4 bytes, big-endian, and so many
// bytes. What the pool was given for its workers goes to each first. The worker's first message, an
// empty one, says that it is ready. For each task it sends a length of BEGUN without bytes when it
// has read it, and later the answer: so a task that was sent to a worker already dead is not blamed
// for it.
#include "common/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/run.h"
#include "common/work_queue.h"

enum {
    HEADER = 4,
    READ_SIZE = 64 << 10,
    READS_A_TURN = 8,
    START_MS = 30000, // to load a model on a slow machine
    REAP_MS = 2
};

enum worker_state {
    WORKER_DOWN,     // to be started when the timer fires
    WORKER_STARTING, // has not said that it is ready
    WORKER_UP,
    WORKER_DYING // killed, not yet reaped; its tasks are still counted as its own
};

static const size_t BEGUN = UINT32_MAX;

struct worker {
    struct workers *pool;
    size_t number;
    enum worker_state state;
    bool begun; // the oldest of its tasks
    pid_t pid;
    int fd;
    struct timer *timer;        // start, deadline or next look at the dying, by state
    struct problem fate;        // why it was killed; empty: it went by itself
    int failures;               // deaths since it last answered
    struct buf in;              // bytes of answers that are not complete
    const struct task *sending; // what is being written, NULL: nothing
    size_t sent;                // bytes of it, with its header
    bool full;                  // we wait until there is room for more of it
};

struct workers {
    struct loop *loop;
    struct workers_options options;
    char **argv; // ours, with room for --fd N
    int argc;
    work_done *done;
    void *arg;
    struct task *given; // sent first to each worker; NULL: nothing
    struct work_queue *queue;
    struct worker *workers;
    size_t n;
    uint64_t deaths;
};

static void put_length(uint8_t out[HEADER], size_t n)
{
    for (int i = 0; i < HEADER; i++)
        out[i] = (uint8_t)(n >> (24 - 8 * i));
}

static size_t get_length(const uint8_t in[HEADER])
{
    return (size_t)in[0] << 24 | (size_t)in[1] << 16 | (size_t)in[2] << 8 | in[3];
}

// Life and death.

static void on_worker(void *arg, int fd, unsigned events);
static void worker_reap(struct worker *w);
static void worker_write(struct worker *w);

static void worker_down(struct worker *w)
{
    w->state = WORKER_DOWN;
    timer_set(w->timer, backoff_ms(w->failures), false);
}

static enum err worker_spawn(struct worker *w, struct problem *why)
{
    struct workers *p = w->pool;
    int pair[2];
    char number[16];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return problem_set(why, ERR_IO, "socketpair: %s", strerror(errno));
    snprintf(number, sizeof number, "%d", pair[1]);
    p->argv[p->argc] = number;
    struct run_options run = {
        .argv = p->argv, .keep = pair[1], .error = -1, .memory = p->options.memory, .deaf = true};
    enum err e = run_start(&run, &w->pid, why);
    close(pair[1]);
    if (e != OK) {
        close(pair[0]);
        return e;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    w->fd = pair[0];
    return OK;
}

static void worker_start(struct worker *w)
{
    struct problem why;
    if (worker_spawn(w, &why) != OK) {
        w->failures++;
        log_error("worker-not-started", "pool=%s why=%s retry_ms=%" PRId64, w->pool->options.name,
                  why.text, backoff_ms(w->failures));
        worker_down(w);
        return;
    }
    w->state = WORKER_STARTING;
    w->fate.text[0] = '\0';
    w->begun = false;
    w->sending = w->pool->given;
    w->sent = 0;
    w->full = false;
    buf_clear(&w->in);
    loop_fd(w->pool->loop, w->fd, LOOP_READ, on_worker, w);
    timer_set(w->timer, START_MS, false);
    worker_write(w);
}

// Ends the process if it has not ended itself. *fate says why, NULL: it is gone already.
static void worker_end(struct worker *w, const struct problem *fate)
{
    if (fate)
        w->fate = *fate;
    loop_fd(w->pool->loop, w->fd, 0, NULL, NULL);
    close(w->fd);
    w->fd = -1;
    kill(w->pid, SIGKILL);
    w->state = WORKER_DYING;
    timer_set(w->timer, REAP_MS, true);
    worker_reap(w);
}

static void feed(struct workers *p);

static void report_poison(struct workers *p, struct task **t, const char *fate)
{
    char text[640];
    int n = snprintf(text, sizeof text, "%d workers died on it; the last one %s", DEATHS_TO_POISON,
                     fate);
    p->done(p->arg, (*t)->tag, WORK_POISON, (const uint8_t *)text, (size_t)n);
    free(*t);
    *t = NULL;
}

// The dying worker is dead: its tasks find others, and it a successor.
static void worker_buried(struct worker *w)
{
    struct workers *p = w->pool;
    const struct task *on = w->begun ? work_queue_first(p->queue, w->number) : NULL;
    p->deaths++;
    w->failures++;
    if (on)
        log_warn("worker-died", "pool=%s pid=%d how=%s task=%" PRIu64 " deaths=%d", p->options.name,
                 (int)w->pid, w->fate.text, on->tag, on->deaths + 1);
    else
        log_error("worker-died", "pool=%s pid=%d how=%s retry_ms=%" PRId64, p->options.name,
                  (int)w->pid, w->fate.text, backoff_ms(w->failures));
    w->pid = -1;
    w->sending = NULL;
    struct task *poison = work_queue_died(p->queue, w->number, w->begun);
    worker_down(w);
    if (poison)
        report_poison(p, &poison, w->fate.text);
    feed(p);
}

static void worker_reap(struct worker *w)
{
    int status;
    pid_t pid = waitpid(w->pid, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR))
        return;
    if (!w->fate.text[0])
        w->fate = run_ending(pid > 0 ? status : 0);
    worker_buried(w);
}

static void on_timer(void *arg, struct timer *t)
{
    struct worker *w = arg;
    struct problem fate;
    (void)t;
    switch (w->state) {
    case WORKER_DOWN:
        worker_start(w);
        break;
    case WORKER_STARTING:
        problem_set(&fate, OK, "was not ready after %d ms", START_MS);
        worker_end(w, &fate);
        break;
    case WORKER_UP:
        problem_set(&fate, OK, "was not done after %" PRId64 " ms", w->pool->options.deadline_ms);
        worker_end(w, &fate);
        break;
    case WORKER_DYING:
        worker_reap(w);
        break;
    }
}

// Tasks out.

static ssize_t send_some(struct worker *w)
{
    uint8_t header[HEADER];
    const struct task *t = w->sending;
    put_length(header, t->size);
    size_t in_header = w->sent < HEADER ? w->sent : HEADER;
    size_t in_bytes = w->sent - in_header;
    // The task is only read; iovec is not const because it serves readv() as well.
    struct iovec parts[] = {{header + in_header, HEADER - in_header},
                            {(uint8_t *)(uintptr_t)t->bytes + in_bytes, t->size - in_bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    return sendmsg(w->fd, &message, MSG_NOSIGNAL);
}

static void worker_write(struct worker *w)
{
    while (w->sending) {
        ssize_t n = send_some(w);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; // full; or dead, which reading will find
        w->sent += (size_t)n;
        if (w->sent == HEADER + w->sending->size) {
            w->sending = w->sending->next;
            w->sent = 0;
        }
    }
    bool full = w->sending != NULL;
    if (full != w->full)
        loop_fd(w->pool->loop, w->fd, LOOP_READ | (full ? LOOP_WRITE : 0u), on_worker, w);
    w->full = full;
}

static void worker_feed(struct worker *w)
{
    struct workers *p = w->pool;
    bool idle = !work_queue_first(p->queue, w->number), any = false;
    for (const struct task *t; (t = work_queue_give(p->queue, w->number)) != NULL; any = true)
        if (!w->sending) {
            w->sending = t;
            w->sent = 0;
        }
    if (any && idle)
        timer_set(w->timer, p->options.deadline_ms, false);
    if (any)
        worker_write(w);
}

static void feed(struct workers *p)
{
    for (size_t i = 0; i < p->n && work_queue_size(p->queue) > 0; i++)
        if (p->workers[i].state == WORKER_UP)
            worker_feed(&p->workers[i]);
}

// Answers in.

static bool worker_unasked(struct worker *w)
{
    struct problem fate;
    problem_set(&fate, OK, "answered what it was not asked");
    worker_end(w, &fate);
    return false;
}

static bool worker_answered(struct worker *w, const uint8_t *bytes, size_t size)
{
    struct workers *p = w->pool;
    if (!w->begun)
        return worker_unasked(w);
    struct task *t = work_queue_answered(p->queue, w->number);
    w->failures = 0;
    w->begun = false;
    if (work_queue_first(p->queue, w->number))
        timer_set(w->timer, p->options.deadline_ms, false);
    else
        timer_stop(w->timer);
    p->done(p->arg, t->tag, WORK_DONE, bytes, size);
    free(t);
    return true;
}

static bool worker_began(struct worker *w)
{
    const struct task *on = work_queue_first(w->pool->queue, w->number);
    if (w->begun || !on || on == w->sending)
        return worker_unasked(w);
    w->begun = true;
    return true;
}

static bool worker_ready(struct worker *w)
{
    if (w->sending) // without having read what it was given
        return worker_unasked(w);
    timer_stop(w->timer);
    w->state = WORKER_UP;
    return true;
}

static bool worker_too_long(struct worker *w, size_t size)
{
    struct problem fate;
    problem_set(&fate, OK, "answered with %zu bytes (the limit is %zu)", size,
                w->pool->options.answer_max);
    worker_end(w, &fate);
    return false;
}

// Takes the complete messages out of what was read. False: the worker was ended.
static bool worker_messages(struct worker *w)
{
    size_t at = 0;
    bool goes_on = true;
    while (goes_on && w->in.size - at >= HEADER) {
        const uint8_t *bytes = w->in.data + at + HEADER;
        size_t size = get_length(w->in.data + at);
        at += HEADER;
        if (w->state == WORKER_STARTING)
            goes_on = size == 0 ? worker_ready(w) : worker_unasked(w);
        else if (size == BEGUN)
            goes_on = worker_began(w);
        else if (size > w->pool->options.answer_max)
            goes_on = worker_too_long(w, size);
        else if (w->in.size - at < size) {
            at -= HEADER;
            break;
        } else {
            at += size;
            goes_on = worker_answered(w, bytes, size);
        }
    }
    if (!goes_on)
        return false;
    buf_consume(&w->in, at);
    return true;
}

static void worker_read(struct worker *w)
{
    uint8_t chunk[READ_SIZE];
    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t n = read(w->fd, chunk, sizeof chunk);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n <= 0) {
            worker_end(w, NULL);
            return;
        }
        if (buf_add(&w->in, chunk, (size_t)n) != OK)
            panic("an answer of %zu bytes outgrew its buffer", w->in.size);
        if (!worker_messages(w))
            return;
    }
    feed(w->pool);
}

static void on_worker(void *arg, int fd, unsigned events)
{
    struct worker *w = arg;
    (void)fd;
    if (events & LOOP_WRITE && w->sending)
        worker_write(w);
    if (events & LOOP_READ)
        worker_read(w);
}

// The pool.

static struct task *task_new(uint64_t tag, const void *bytes, size_t size)
{
    struct task *t = mem_alloc(sizeof *t + size);
    t->tag = tag;
    t->size = size;
    if (size)
        memcpy(t->bytes, bytes, size);
    return t;
}

static void copy_argv(struct workers *p, char *const *argv)
{
    while (argv[p->argc])
        p->argc++;
    p->argv = mem_alloc(((size_t)p->argc + 3) * sizeof *p->argv);
    for (int i = 0; i < p->argc; i++)
        p->argv[i] = mem_strdup(argv[i]);
    p->argv[p->argc++] = mem_strdup("--fd");
}

struct workers *workers_new(struct loop *l, const struct workers_options *o, work_done *fn,
                            void *arg)
{
    struct workers *p = mem_alloc(sizeof *p);
    *p = (struct workers){.loop = l, .options = *o, .done = fn, .arg = arg};
    if (o->processes < 1 || o->depth < 1)
        panic("a pool of %d workers with %d tasks each", o->processes, o->depth);
    p->n = (size_t)o->processes;
    p->options.name = mem_strdup(o->name);
    copy_argv(p, o->argv);
    p->given = o->given ? task_new(0, o->given, o->given_size) : NULL;
    p->queue = work_queue_new(p->n, (size_t)o->depth);
    p->workers = mem_alloc(p->n * sizeof *p->workers);
    for (size_t i = 0; i < p->n; i++) {
        struct worker *w = &p->workers[i];
        *w = (struct worker){.pool = p, .number = i, .pid = -1, .fd = -1};
        w->in = buf_new(o->answer_max + HEADER + READ_SIZE);
        w->timer = timer_new(l, on_timer, w);
        worker_start(w);
    }
    return p;
}

static void worker_free(struct worker *w)
{
    if (w->fd >= 0) {
        loop_fd(w->pool->loop, w->fd, 0, NULL, NULL);
        close(w->fd);
    }
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    timer_free(&w->timer);
    buf_free(&w->in);
}

void workers_free(struct workers **pool)
{
    struct workers *p = *pool;
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        worker_free(&p->workers[i]);
    work_queue_free(&p->queue);
    free(p->workers);
    free(p->given);
    for (int i = 0; i < p->argc; i++)
        free(p->argv[i]);
    free(p->argv);
    free((char *)(uintptr_t)p->options.name);
    free(p);
    *pool = NULL;
}

void workers_submit(struct workers *p, uint64_t tag, const void *bytes, size_t size)
{
    struct task *t = task_new(tag, bytes, size);
    work_queue_add(p->queue, &t);
    feed(p);
}

size_t workers_waiting(const struct workers *p)
{
    return work_queue_size(p->queue);
}

uint64_t workers_deaths(const struct workers *p)
{
    return p->deaths;
}
