// SPDX-License-Identifier: MIT
#include "services/fetcher/lend.h"

#include <stdlib.h>

#include "common/map.h"
#include "common/mem.h"
#include "services/fetcher/fetch.h"

struct loan {
    lend_read *fn; // NULL: nobody waits any more
    void *arg;
};

struct lend {
    struct map *loans; // by tag
};

struct lend *lend_new(void)
{
    struct lend *l = mem_alloc(sizeof *l);
    l->loans = map_new();
    return l;
}

static void drop(void *arg, uint64_t tag, void *value)
{
    (void)arg, (void)tag;
    free(value);
}

void lend_free(struct lend **lend)
{
    struct lend *l = *lend;
    if (!l)
        return;
    map_each(l->loans, drop, NULL);
    map_free(&l->loans);
    free(l);
    *lend = NULL;
}

void lend_out(struct lend *l, struct workers *w, uint64_t tag,
              const Newswire__V1__ExtractTask *task, lend_read *fn, void *arg)
{
    struct buf bytes = buf_new(FETCH_TASK_MAX);
    struct loan *loan = mem_alloc(sizeof *loan);
    *loan = (struct loan){fn, arg};
    if (wire_pack(&task->base, &bytes))
        panic("a page is larger than a task");
    map_set(l->loans, tag, loan);
    workers_submit(w, tag, bytes.data, bytes.size);
    buf_free(&bytes);
}

bool lend_back(struct lend *l, uint64_t tag, const Newswire__V1__ExtractResult *result,
               const char *problem)
{
    struct loan *loan = map_get(l->loans, tag);
    if (!loan)
        return false;
    map_remove(l->loans, tag);
    if (loan->fn)
        loan->fn(loan->arg, result, problem);
    free(loan);
    return true;
}

static void forget(void *arg, uint64_t tag, void *value)
{
    struct loan *loan = value;
    (void)tag;
    if (loan->arg == arg)
        loan->fn = NULL;
}

void lend_forget(struct lend *l, const void *arg)
{
    map_each(l->loans, forget, (void *)(uintptr_t)arg);
}
