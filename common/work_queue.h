// SPDX-License-Identifier: MIT
// Which task is with which worker, and what becomes of it when that worker dies: the rules of
// workers.h without the processes. Pure state.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEATHS_TO_POISON = 3 };

struct task {
    struct task *next;
    uint64_t tag;
    int deaths; // how many workers died on it; from the first on it is tried alone
    size_t size;
    uint8_t bytes[];
};

struct work_queue;

// For `workers` workers (numbered from 0) with at most `depth` tasks each.
struct work_queue *work_queue_new(size_t workers, size_t depth);
void work_queue_free(struct work_queue **q); // and all tasks in it

void work_queue_add(struct work_queue *q, struct task **t); // takes it

// Gives a worker its next task and returns it (the queue keeps it), or NULL: nothing waits, or the
// worker has enough, or it works on a suspect, or it is to run empty because a suspect waits.
const struct task *work_queue_give(struct work_queue *q, size_t worker);

// The task that the worker is on: the oldest it has. NULL: it is idle.
const struct task *work_queue_first(const struct work_queue *q, size_t worker);

// The worker answered: its oldest task, now the caller's to free. NULL: it had none.
struct task *work_queue_answered(struct work_queue *q, size_t worker);

// The worker died. If it had begun the task it was on, that one is counted and becomes a suspect,
// to be tried alone before others; or after its third death it is returned, now the caller's to
// free. The others come next again, in their order.
struct task *work_queue_died(struct work_queue *q, size_t worker, bool begun);

size_t work_queue_size(const struct work_queue *q); // all tasks, wherever they are
