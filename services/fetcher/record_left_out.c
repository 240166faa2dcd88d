// SPDX-License-Identifier: MIT
// Entries that were on a source before it was added, beyond its backfill, wanted after all.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

struct left_out {
    char id[URL_ID_SIZE];
    int64_t at_ms;
    size_t place;
};

struct list {
    struct left_out *all;
    size_t n, cap;
};

static void on_left_out(void *arg, const char *id, const pb_announcement *hint)
{
    struct list *list = arg;
    mem_reserve((void **)&list->all, &list->cap, list->n + 1, sizeof *list->all);
    struct left_out *x = &list->all[list->n];
    *x = (struct left_out){.at_ms = hint ? hint->published_ms : 0, .place = list->n++};
    snprintf(x->id, sizeof x->id, "%s", id);
}

// By date where they have one, else as they were seen: the oldest first.
static int oldest_first(const void *a, const void *b)
{
    const struct left_out *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

static void take(struct ledger *l, const char *id, int64_t now_ms)
{
    struct record r = {.fetched_ms = now_ms};
    ledger_must(l, ledger_entry_get(l, id, &r.entry));
    ledger_must(l, ledger_tell(l, id, now_ms, "taken", "left out before, and wanted now"));
    if (*r.entry->url)
        ledger_must(l, ledger_entry_retry(l, id, now_ms));
    else if (r.entry->hint) // it has no page: it is what the feed says
        publish_hint(&r, l, id, r.entry->source_url, "", r.entry->hint, NULL, 0);
    record_clear(&r);
}

size_t record_left_out(struct ledger *l, const struct source *s, int64_t newest, int64_t now_ms)
{
    struct list list = {0};
    char subject[40], detail[100];
    ledger_must(l, ledger_left_out(l, s->number, on_left_out, &list));
    if (list.n > 1)
        qsort(list.all, list.n, sizeof *list.all, oldest_first);
    size_t n = newest == BACKFILL_ALL || (size_t)newest > list.n ? list.n : (size_t)newest;
    for (size_t i = list.n - n; i < list.n; i++)
        take(l, list.all[i].id, now_ms);
    free(list.all);
    snprintf(subject, sizeof subject, "source %" PRIu64, s->number);
    snprintf(detail, sizeof detail, "%zu of %zu entries that were left out", n, list.n);
    ledger_must(l, ledger_tell(l, subject, now_ms, "taken", detail));
    log_info("left-out-taken", "url=%s taken=%zu of=%zu", s->url, n, list.n);
    return n;
}
