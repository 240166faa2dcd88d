// SPDX-License-Identifier: MIT
#include "common/work_queue.h"

#include <stdlib.h>

#include "common/err.h"
#include "common/mem.h"

struct list {
    struct task *first, *last;
    size_t n;
};

struct work_queue {
    struct list waiting, suspects;
    struct list *held; // by each worker, oldest first
    size_t workers, depth, size;
};

static void push(struct list *l, struct task *t)
{
    t->next = NULL;
    if (l->last)
        l->last->next = t;
    else
        l->first = t;
    l->last = t;
    l->n++;
}

static struct task *pop(struct list *l)
{
    struct task *t = l->first;
    if (!t)
        return NULL;
    l->first = t->next;
    if (!l->first)
        l->last = NULL;
    l->n--;
    t->next = NULL;
    return t;
}

// Moves all of `from` in front of `to`.
static void prepend(struct list *to, struct list *from)
{
    if (!from->first)
        return;
    from->last->next = to->first;
    if (!to->last)
        to->last = from->last;
    to->first = from->first;
    to->n += from->n;
    *from = (struct list){0};
}

static void list_free(struct list *l)
{
    for (struct task *t = pop(l); t; t = pop(l))
        free(t);
}

struct work_queue *work_queue_new(size_t workers, size_t depth)
{
    if (workers == 0 || depth == 0)
        panic("a queue for %zu workers with %zu tasks each", workers, depth);
    struct work_queue *q = mem_alloc(sizeof *q);
    q->held = mem_alloc(workers * sizeof *q->held);
    q->workers = workers;
    q->depth = depth;
    return q;
}

void work_queue_free(struct work_queue **queue)
{
    struct work_queue *q = *queue;
    if (!q)
        return;
    list_free(&q->waiting);
    list_free(&q->suspects);
    for (size_t i = 0; i < q->workers; i++)
        list_free(&q->held[i]);
    free(q->held);
    free(q);
    *queue = NULL;
}

void work_queue_add(struct work_queue *q, struct task **t)
{
    push((*t)->deaths > 0 ? &q->suspects : &q->waiting, *t);
    q->size++;
    *t = NULL;
}

const struct task *work_queue_give(struct work_queue *q, size_t worker)
{
    struct list *held = &q->held[worker];
    bool on_suspect = held->first && held->first->deaths > 0;
    if (on_suspect || held->n >= q->depth)
        return NULL;
    // While a suspect waits nobody gets more, so that somebody is soon free for it.
    if (q->suspects.n > 0 && held->n > 0)
        return NULL;
    struct task *t = pop(q->suspects.n > 0 ? &q->suspects : &q->waiting);
    if (t)
        push(held, t);
    return t;
}

const struct task *work_queue_first(const struct work_queue *q, size_t worker)
{
    return q->held[worker].first;
}

struct task *work_queue_answered(struct work_queue *q, size_t worker)
{
    struct task *t = pop(&q->held[worker]);
    if (t)
        q->size--;
    return t;
}

struct task *work_queue_died(struct work_queue *q, size_t worker, bool begun)
{
    struct list *held = &q->held[worker];
    bool suspect = held->first && held->first->deaths > 0;
    struct task *blamed = begun ? pop(held) : NULL;
    if (suspect && !begun) // it was alone, and stays what it is
        prepend(&q->suspects, held);
    prepend(&q->waiting, &q->held[worker]);
    if (!blamed)
        return NULL;
    if (++blamed->deaths < DEATHS_TO_POISON) {
        push(&q->suspects, blamed);
        return NULL;
    }
    q->size--;
    return blamed;
}

size_t work_queue_size(const struct work_queue *q)
{
    return q->size;
}
