// SPDX-License-Identifier: MIT
// A pool of worker processes, where untrusted bytes are worked on. Each has a memory limit and dies
// with its parent; each task has a deadline. A worker that dies or stalls is replaced; the task it
// was on is tried again alone, and its third death is POISON. Tasks queued behind it in the same
// worker start anew and nothing is held against them. So one bad page takes nothing with it, itself
// at most.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/loop.h"

enum work_outcome {
    WORK_DONE,  // bytes are the worker's answer
    WORK_POISON // it killed or stalled three workers; bytes are a sentence saying how
};

// Called on the loop once per task, never from within workers_submit(). The bytes are borrowed. It
// may submit, not free the pool.
typedef void work_done(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                       size_t size);

struct workers_options {
    const char *name;    // for the log: "extract"
    int processes;       // how many
    int depth;           // tasks given to one worker at a time, >= 1
    int64_t memory;      // bytes of address space each; 0: unlimited
    int64_t deadline_ms; // for one task, from when the worker has nothing older to do
    size_t answer_max;   // bytes of an answer; more is a death
    char **argv;         // program and arguments to run; the descriptor is appended as "--fd N"
    const void *given;   // bytes that each new worker gets before any task (worker_given); copied
    size_t given_size;   // NULL: it gets none
};

struct workers;

struct workers *workers_new(struct loop *l, const struct workers_options *o, work_done *fn,
                            void *arg);
void workers_free(struct workers **pool); // ends the processes; tasks under way are forgotten

// Copies the bytes and returns; `tag` comes back with the outcome.
void workers_submit(struct workers *p, uint64_t tag, const void *bytes, size_t size);

size_t workers_waiting(const struct workers *p); // tasks submitted and not answered
uint64_t workers_deaths(const struct workers *p);

// In the worker process, before worker_serve(), if the pool was given bytes for it: reads them
// into `into`. ERR_LIMIT: it holds less; ERR_NOTFOUND, ERR_IO: the parent is gone.
enum err worker_given(int fd, struct buf *into) MUST_CHECK;

// In the worker process: reads tasks from `fd` and writes what `fn` appends to `answer`, until the
// parent closes it. Returns the exit status. Load models and the like before the call: only then
// tasks come, and dying earlier counts against none.
typedef void work_fn(void *arg, const uint8_t *task, size_t size, struct buf *answer);
int worker_serve(int fd, size_t task_max, size_t answer_max, work_fn *fn, void *arg);
