// SPDX-License-Identifier: MIT
#include "common/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/socket.h"

enum { EVENTS_A_ROUND = 64 };

struct watch {
    fd_handler *fn; // NULL: not watched
    void *arg;
    uint32_t generation; // an event of an earlier owner of the descriptor is not delivered
};

struct socket_watch {
    struct socket *socket; // NULL: forgotten, the slot is free
    socket_handler *fn;
    void *arg;
    bool paused;
};

struct timer {
    struct loop *loop;
    timer_handler *fn;
    void *arg;
    int64_t at, every;
    size_t slot; // in the heap, from 1; 0: not set
};

struct signal_watch {
    signal_handler *fn;
    void *arg;
};

struct loop {
    int epoll, signals;
    bool stopped;
    int status;
    int64_t now;
    struct watch *watches; // by descriptor
    size_t watches_cap;
    uint32_t generation;
    struct socket_watch *sockets;
    size_t n_sockets, sockets_cap;
    struct timer **heap; // heap[1] is due first
    size_t n_timers, heap_cap;
    sigset_t signal_set;
    struct signal_watch signal_watches[65];
};

int64_t clock_utc_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
    struct loop *l = mem_alloc(sizeof *l);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0)
        panic("epoll_create1: %s", strerror(errno));
    l->signals = -1;
    sigemptyset(&l->signal_set);
    l->now = clock_monotonic_ms();
    return l;
}

void loop_free(struct loop **loop)
{
    struct loop *l = *loop;
    if (!l)
        return;
    if (l->signals >= 0)
        close(l->signals);
    close(l->epoll);
    free(l->watches);
    free(l->sockets);
    free(l->heap);
    free(l);
    *loop = NULL;
}

void loop_stop(struct loop *l, int status)
{
    l->stopped = true;
    l->status = status;
}

int64_t loop_now(const struct loop *l)
{
    return l->now;
}

// Descriptors.

static void watch_reserve(struct loop *l, size_t want)
{
    size_t had = l->watches_cap;
    mem_reserve((void **)&l->watches, &l->watches_cap, want, sizeof *l->watches);
    if (l->watches_cap > had)
        memset(l->watches + had, 0, (l->watches_cap - had) * sizeof *l->watches);
}

void loop_fd(struct loop *l, int fd, unsigned events, fd_handler *fn, void *arg)
{
    if (fd < 0)
        panic("loop_fd on descriptor %d", fd);
    watch_reserve(l, (size_t)fd + 1);
    struct watch *w = &l->watches[fd];
    if (events == 0) {
        // Fails if the descriptor was closed already, which took it out as well.
        if (w->fn)
            epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
        w->fn = NULL;
        return;
    }
    bool known = w->fn != NULL;
    *w = (struct watch){fn, arg, known ? w->generation : ++l->generation};
    struct epoll_event e = {
        .events = (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u),
        .data.u64 = (uint64_t)w->generation << 32 | (uint32_t)fd,
    };
    int rc = epoll_ctl(l->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e);
    // A library may close a descriptor and get the same number again without our noticing.
    if (rc != 0 && (errno == ENOENT || errno == EEXIST))
        rc = epoll_ctl(l->epoll, errno == ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
    if (rc != 0)
        panic("epoll_ctl on descriptor %d: %s", fd, strerror(errno));
}

static void deliver(struct loop *l, const struct epoll_event *e)
{
    int fd = (int)(uint32_t)e->data.u64;
    struct watch *w = &l->watches[fd];
    if (!w->fn || w->generation != (uint32_t)(e->data.u64 >> 32))
        return;
    unsigned events = 0;
    if (e->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        events |= LOOP_READ;
    if (e->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        events |= LOOP_WRITE;
    w->fn(w->arg, fd, events);
}

// ZeroMQ sockets. Their descriptor is edge-triggered and says only "look again": so after each
// wake-up every socket is asked, and as long as one has something, the loop does not sleep.

static void on_socket_fd(void *arg, int fd, unsigned events)
{
    (void)arg, (void)fd, (void)events;
}

static struct socket_watch *find_socket(struct loop *l, const struct socket *s)
{
    for (size_t i = 0; i < l->n_sockets; i++)
        if (l->sockets[i].socket == s)
            return &l->sockets[i];
    return NULL;
}

void loop_socket(struct loop *l, struct socket *s, socket_handler *fn, void *arg)
{
    struct socket_watch *w = find_socket(l, s);
    if (!fn) {
        if (w) {
            loop_fd(l, socket_fd(s), 0, NULL, NULL);
            w->socket = NULL;
        }
        return;
    }
    if (!w)
        w = find_socket(l, NULL);
    if (!w) {
        mem_reserve((void **)&l->sockets, &l->sockets_cap, l->n_sockets + 1, sizeof *l->sockets);
        w = &l->sockets[l->n_sockets++];
    }
    *w = (struct socket_watch){.socket = s, .fn = fn, .arg = arg};
    loop_fd(l, socket_fd(s), LOOP_READ, on_socket_fd, NULL);
}

void loop_socket_pause(struct loop *l, struct socket *s, bool paused)
{
    struct socket_watch *w = find_socket(l, s);
    if (w)
        w->paused = paused;
}

// Returns whether any socket had something.
static bool serve_sockets(struct loop *l)
{
    bool any = false;
    for (size_t i = 0; i < l->n_sockets && !l->stopped; i++) {
        // Copied, because a handler may add sockets and move the array.
        struct socket_watch w = l->sockets[i];
        // A paused one is asked as well: its descriptor would else stay readable and keep us awake.
        if (!w.socket || !socket_readable(w.socket) || w.paused)
            continue;
        any = true;
        w.fn(w.arg, w.socket);
    }
    return any;
}

// Timers: a binary heap by due time.

static void place(struct loop *l, size_t slot, struct timer *t)
{
    l->heap[slot] = t;
    t->slot = slot;
}

static void sift_up(struct loop *l, size_t slot, struct timer *t)
{
    while (slot > 1 && l->heap[slot / 2]->at > t->at) {
        place(l, slot, l->heap[slot / 2]);
        slot /= 2;
    }
    place(l, slot, t);
}

static void sift_down(struct loop *l, size_t slot, struct timer *t)
{
    for (;;) {
        size_t child = slot * 2;
        if (child > l->n_timers)
            break;
        if (child < l->n_timers && l->heap[child + 1]->at < l->heap[child]->at)
            child++;
        if (l->heap[child]->at >= t->at)
            break;
        place(l, slot, l->heap[child]);
        slot = child;
    }
    place(l, slot, t);
}

struct timer *timer_new(struct loop *l, timer_handler *fn, void *arg)
{
    struct timer *t = mem_alloc(sizeof *t);
    *t = (struct timer){.loop = l, .fn = fn, .arg = arg};
    return t;
}

void timer_stop(struct timer *t)
{
    if (t->slot == 0)
        return;
    struct loop *l = t->loop;
    size_t slot = t->slot;
    struct timer *last = l->heap[l->n_timers--];
    t->slot = 0;
    if (last == t)
        return;
    if (slot > 1 && l->heap[slot / 2]->at > last->at)
        sift_up(l, slot, last);
    else
        sift_down(l, slot, last);
}

void timer_set(struct timer *t, int64_t ms, bool repeat)
{
    struct loop *l = t->loop;
    timer_stop(t);
    t->at = clock_monotonic_ms() + (ms > 0 ? ms : 0);
    t->every = repeat ? (ms > 0 ? ms : 1) : 0;
    mem_reserve((void **)&l->heap, &l->heap_cap, l->n_timers + 2, sizeof *l->heap);
    sift_up(l, ++l->n_timers, t);
}

bool timer_is_set(const struct timer *t)
{
    return t->slot != 0;
}

void timer_free(struct timer **t)
{
    if (!*t)
        return;
    timer_stop(*t);
    free(*t);
    *t = NULL;
}

static void fire_timers(struct loop *l)
{
    // Those that become due while others run wait for the next round, so that sockets get their
    // turn.
    int64_t now = l->now;
    while (l->n_timers > 0 && l->heap[1]->at <= now && !l->stopped) {
        struct timer *t = l->heap[1];
        timer_stop(t);
        if (t->every) {
            // After a long pause one call makes up for all that were missed.
            t->at = t->at + t->every > now ? t->at + t->every : now + t->every;
            sift_up(l, ++l->n_timers, t);
        }
        t->fn(t->arg, t);
    }
}

// Signals.

static void on_signal(void *arg, int fd, unsigned events)
{
    struct loop *l = arg;
    struct signalfd_siginfo info;
    (void)events;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        struct signal_watch w = l->signal_watches[info.ssi_signo];
        if (w.fn)
            w.fn(w.arg, (int)info.ssi_signo);
    }
}

void loop_signal(struct loop *l, int signo, signal_handler *fn, void *arg)
{
    sigaddset(&l->signal_set, signo);
    l->signal_watches[signo] = (struct signal_watch){fn, arg};
    pthread_sigmask(SIG_BLOCK, &l->signal_set, NULL);
    int fd = signalfd(l->signals, &l->signal_set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        panic("signalfd: %s", strerror(errno));
    if (l->signals < 0)
        loop_fd(l, fd, LOOP_READ, on_signal, l);
    l->signals = fd;
}

static int sleep_ms(const struct loop *l, bool busy)
{
    if (busy)
        return 0;
    if (l->n_timers == 0)
        return -1;
    int64_t left = l->heap[1]->at - clock_monotonic_ms();
    return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

int loop_run(struct loop *l)
{
    l->stopped = false;
    bool busy = true;
    while (!l->stopped) {
        struct epoll_event events[EVENTS_A_ROUND];
        int n = epoll_wait(l->epoll, events, EVENTS_A_ROUND, sleep_ms(l, busy));
        if (n < 0 && errno != EINTR)
            panic("epoll_wait: %s", strerror(errno));
        l->now = clock_monotonic_ms();
        for (int i = 0; i < n && !l->stopped; i++)
            deliver(l, &events[i]);
        fire_timers(l);
        // Last, because sending on a socket may take the edge that announced something to read.
        busy = !l->stopped && serve_sockets(l);
    }
    return l->status;
}
