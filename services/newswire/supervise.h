// SPDX-License-Identifier: MIT
// Keeps a set of child processes running: starts them, puts what they write into one log, replaces
// those that die (at once, then after growing pauses), and ends them in order. They die with us.
#pragma once

#include <stdint.h>

#include "common/loop.h"

struct supervised {
    const char *name;        // in the log: "classifier-2"
    char *const *argv;       // argv[0] is the path of the program
    const char *health_file; // the child keeps it (common/service.h); NULL: ready once it runs
    int stage;               // all of one stage have ended before those of the next are told to
};

struct supervisor_handlers {
    void (*ready)(void *arg); // once, when all are ready for the first time
    // All have ended: after supervisor_drain() with status 0; or because a child cannot do what it
    // was asked to, with its status 78 and its last words, "" otherwise.
    void (*ended)(void *arg, int status, const char *words);
};

struct supervisor;

// `keep`: a descriptor that every child holds as long as it lives; -1: none.
struct supervisor *supervisor_new(struct loop *l, int keep, const struct supervisor_handlers *h,
                                  void *arg);
void supervisor_free(struct supervisor **s); // kills those that still run

// Starts it. The strings are borrowed for as long as the supervisor lives.
void supervisor_add(struct supervisor *s, const struct supervised *what);

// Ends all, stage by stage, with SIGTERM; what still runs after `ms` is killed. Called again a
// second or more later: now.
void supervisor_drain(struct supervisor *s, int64_t ms);

// Milliseconds to wait before a child that died is started again: after so many deaths in a row;
// whether it had become ready before this one. Pure.
int64_t supervisor_pause_ms(int deaths, bool was_ready);
