// SPDX-License-Identifier: MIT
// The event loop of a process: file descriptors, ZeroMQ sockets, timers, signals. One thread.
// Handlers run one at a time, never block, and may add or remove anything, themselves included.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;
struct timer;
struct socket;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop *loop_new(void);
void loop_free(struct loop **l);

// Runs until loop_stop(). Returns what loop_stop() was given.
int loop_run(struct loop *l);
void loop_stop(struct loop *l, int status);

// Time: monotonic for deadlines, UTC for what people see. Both in milliseconds; the monotonic one
// is read once per round.
int64_t loop_now(const struct loop *l);
int64_t clock_utc_ms(void);
int64_t clock_monotonic_ms(void);

// Watches a descriptor for LOOP_READ | LOOP_WRITE; 0 forgets it. Setting it again replaces events
// and handler. Errors and hang-ups are reported as both events.
typedef void fd_handler(void *arg, int fd, unsigned events);
void loop_fd(struct loop *l, int fd, unsigned events, fd_handler *fn, void *arg);

// Calls `fn` as long as the socket has something to read and reading is not paused. A handler
// should take several messages and return, so that others get their turn. NULL forgets the socket.
typedef void socket_handler(void *arg, struct socket *s);
void loop_socket(struct loop *l, struct socket *s, socket_handler *fn, void *arg);
void loop_socket_pause(struct loop *l, struct socket *s, bool paused);

// Calls `fn` once after `ms` milliseconds, or every `ms` if `repeat`. Returned timers belong to the
// caller; a one-shot timer stays valid until freed and may be set again.
typedef void timer_handler(void *arg, struct timer *t);
struct timer *timer_new(struct loop *l, timer_handler *fn, void *arg);
void timer_set(struct timer *t, int64_t ms, bool repeat);
void timer_stop(struct timer *t);
bool timer_is_set(const struct timer *t);
void timer_free(struct timer **t);

// Calls `fn` when the process gets the signal. Call it before any thread starts.
typedef void signal_handler(void *arg, int signo);
void loop_signal(struct loop *l, int signo, signal_handler *fn, void *arg);
