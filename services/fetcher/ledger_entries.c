// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/ledger_parts.h"

enum { HINT_MAX = 256 << 10 };

void entry_free(struct entry **entry)
{
    struct entry *e = *entry;
    if (!e)
        return;
    free(e->source_url);
    free(e->url);
    free(e->etag);
    free(e->last_modified);
    free(e->trouble);
    if (e->hint)
        wire_free(&e->hint->base);
    if (e->options)
        wire_free(&e->options->base);
    free(e);
    *entry = NULL;
}

static enum err entry_add(struct ledger *l, uint64_t source, const struct sighting *s,
                          const struct buf *hint, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_ADD, &q);
    if (e)
        return e;
    query_text(q, 1, s->id);
    query_int(q, 2, (int64_t)source);
    query_text(q, 3, s->url);
    query_text(q, 4, s->host);
    query_int(q, 5, s->state);
    query_bytes(q, 6, hint->data, hint->size);
    query_int(q, 7, now_ms);
    return query_run(q);
}

static enum err entry_rehint(struct ledger *l, uint64_t source, const char *id,
                             const struct buf *hint, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_HINT, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    query_bytes(q, 2, hint->data, hint->size);
    query_int(q, 3, now_ms);
    query_int(q, 4, (int64_t)source);
    return query_run(q);
}

// An entry's hint is its source's: another one that lists the page as well says it in its own
// words.
enum err ledger_entry_see(struct ledger *l, uint64_t source, const struct sighting *s,
                          int64_t now_ms, enum seen *out)
{
    struct buf hint = buf_new(HINT_MAX);
    if (s->hint && wire_pack(&s->hint->base, &hint))
        buf_free(&hint); // too large to keep: the page will say it
    struct query *q = ledger_query(l, ENTRY_FIND);
    query_text(q, 1, s->id);
    query_int(q, 2, (int64_t)source);
    enum err e = query_step(q);
    enum seen seen = SEEN_NEW;
    if (e == OK) {
        size_t size;
        const void *known = query_get_bytes(q, 0, &size);
        bool same = size == hint.size && (size == 0 || memcmp(known, hint.data, size) == 0);
        bool theirs = query_get_int(q, 1) == 0;
        seen = same || theirs || hint.size == 0 ? SEEN_KNOWN : SEEN_CHANGED;
        query_reset(q);
        e = seen == SEEN_CHANGED ? entry_rehint(l, source, s->id, &hint, now_ms) : OK;
    } else if (e == ERR_NOTFOUND) {
        e = entry_add(l, source, s, &hint, now_ms);
    }
    buf_free(&hint);
    if (!e)
        *out = seen;
    return e;
}

enum err ledger_entry_get(struct ledger *l, const char *id, struct entry **out)
{
    struct query *q = ledger_query(l, ENTRY_GET);
    query_text(q, 1, id);
    enum err error = query_step(q);
    if (error)
        return error;
    struct entry *e = mem_alloc(sizeof *e);
    snprintf(e->id, sizeof e->id, "%s", id);
    e->source = (uint64_t)query_get_int(q, 0);
    e->source_url = mem_strdup(query_get_text(q, 1));
    e->url = mem_strdup(query_get_text(q, 2));
    e->state = (enum entry_state)query_get_int(q, 3);
    size_t size;
    const void *hint = query_get_bytes(q, 4, &size);
    e->hint = ledger_announcement(hint, size);
    e->attempts = (uint32_t)query_get_int(q, 5);
    e->etag = mem_strdup(query_get_text(q, 6));
    e->last_modified = mem_strdup(query_get_text(q, 7));
    e->revision = (uint64_t)query_get_int(q, 8);
    e->gap_ms = query_get_int(q, 9);
    snprintf(e->announcement, sizeof e->announcement, "%s", query_get_text(q, 10));
    e->options = ledger_options(q, 11);
    e->trouble = mem_strdup(query_get_text(q, 12));
    e->seen_ms = query_get_int(q, 13);
    e->next_try_ms = query_get_int(q, 14);
    e->barren = (uint64_t)query_get_int(q, 15);
    query_reset(q);
    *out = e;
    return OK;
}

enum err ledger_entry_published(struct ledger *l, const char *announcement, char id[URL_ID_SIZE])
{
    struct query *q = ledger_query(l, ENTRY_PUBLISHED);
    query_text(q, 1, announcement);
    enum err e = query_step(q);
    if (e)
        return e;
    snprintf(id, URL_ID_SIZE, "%s", query_get_text(q, 0));
    query_reset(q);
    return OK;
}

enum err ledger_entry_urls(struct ledger *l, uint64_t source, int limit,
                           void (*fn)(void *arg, const char *url), void *arg)
{
    struct query *q = ledger_query(l, ENTRY_URLS);
    query_int(q, 1, (int64_t)source);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, query_get_text(q, 0));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_left_out(struct ledger *l, uint64_t source,
                         void (*fn)(void *arg, const char *id, const pb_announcement *hint),
                         void *arg)
{
    struct query *q = ledger_query(l, ENTRY_LEFT_OUT);
    query_int(q, 1, (int64_t)source);
    enum err e;
    while ((e = query_step(q)) == OK) {
        size_t size;
        const void *bytes = query_get_bytes(q, 1, &size);
        pb_announcement *hint = ledger_announcement(bytes, size);
        fn(arg, query_get_text(q, 0), hint);
        if (hint)
            wire_free(&hint->base);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_row(struct ledger *l, const char *id, uint64_t *row)
{
    struct query *q = ledger_query(l, ENTRY_ROW);
    query_text(q, 1, id);
    enum err e = query_step(q);
    if (e)
        return e;
    *row = (uint64_t)query_get_int(q, 0);
    query_reset(q);
    return *id && *row == 0 ? ERR_NOTFOUND : OK;
}

enum err ledger_candidates(struct ledger *l, struct ledger_range *range,
                           void (*fn)(void *arg, const struct ledger_candidate *c), void *arg)
{
    struct query *q = ledger_query(l, ENTRY_CANDIDATES);
    uint64_t last = range->after + range->rows;
    int given = 0;
    query_int(q, 1, (int64_t)range->after);
    query_int(q, 2, (int64_t)last);
    query_int(q, 3, (int64_t)range->source);
    query_int(q, 4, range->since_ms);
    query_int(q, 5, range->limit);
    enum err e;
    for (; (e = query_step(q)) == OK; given++) {
        struct ledger_candidate c = {.row = (uint64_t)query_get_int(q, 0),
                                     .id = query_get_text(q, 1),
                                     .pending = query_get_int(q, 2) == ENTRY_PENDING,
                                     .published = query_get_int(q, 3) > 0};
        range->after = c.row;
        fn(arg, &c);
    }
    if (e != ERR_NOTFOUND)
        return e;
    if (given < range->limit)
        range->after = last;
    return OK;
}

enum err ledger_pending_hosts(struct ledger *l, int64_t now_ms,
                              void (*fn)(void *arg, const char *host), void *arg)
{
    struct query *q = ledger_query(l, ENTRY_HOSTS);
    query_int(q, 1, now_ms);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, query_get_text(q, 0));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_pending(struct ledger *l, const char *host, int64_t now_ms, int limit,
                        void (*fn)(void *arg, const char *id, int64_t gap_ms), void *arg)
{
    struct query *q = ledger_query(l, ENTRY_PENDING_OF);
    query_text(q, 1, host);
    query_int(q, 2, now_ms);
    query_int(q, 3, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, query_get_text(q, 0), query_get_int(q, 1));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_entry_retry(struct ledger *l, const char *id, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_RETRY, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    query_int(q, 2, now_ms);
    e = query_run(q);
    return !e && sqlite_changes(l->db) == 0 ? ERR_NOTFOUND : e;
}

enum err ledger_entry_unchanged(struct ledger *l, const char *id, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_UNCHANGED, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    e = query_run(q);
    return e ? e : ledger_tell(l, id, now_ms, "unchanged", "304: as it was");
}

enum err ledger_entry_failed(struct ledger *l, const char *id, const char *trouble,
                             int64_t again_ms, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_FAIL, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    query_text(q, 2, trouble);
    query_int(q, 3, again_ms);
    e = query_run(q);
    return e ? e : ledger_tell(l, id, now_ms, again_ms ? "failed" : "given-up", trouble);
}
