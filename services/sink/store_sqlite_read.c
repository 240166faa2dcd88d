// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/sink/store_sqlite.h"

void sqlite_reads_open(struct sqlite_store *s)
{
    struct sqlite_reads *r = &s->reads;
    r->totals = query_new(s->db, "SELECT epoch, head, announcements, committed_ms FROM store");
    r->labels = query_new(s->db, "SELECT name, sequence, count FROM label LIMIT ?");
    r->oldest = query_new(s->db, "SELECT min(sequence) FROM news");
    r->row = query_new(s->db, "SELECT label, packed FROM news WHERE sequence = ?");
    r->size = query_new(s->db, "SELECT length(packed) FROM news WHERE sequence = ?");
    r->sequence_of_id =
        query_new(s->db, "SELECT sequence FROM ledger WHERE id = ? AND sequence IS NOT NULL"
                         " ORDER BY revision DESC LIMIT 1");
    r->of_label = query_new(s->db, "SELECT sequence FROM news WHERE label = ? AND sequence > ?"
                                   " ORDER BY sequence LIMIT ?");
    r->newest_of_label = query_new(s->db, "SELECT sequence FROM news WHERE label = ?"
                                          " ORDER BY sequence DESC LIMIT ?");
    r->packed = buf_new(STORE_NEWS_MAX + 16);
}

void sqlite_reads_close(struct sqlite_store *s)
{
    struct sqlite_reads *r = &s->reads;
    query_free(&r->totals);
    query_free(&r->labels);
    query_free(&r->oldest);
    query_free(&r->row);
    query_free(&r->size);
    query_free(&r->sequence_of_id);
    query_free(&r->of_label);
    query_free(&r->newest_of_label);
    buf_free(&r->packed);
}

// The state.

static enum err read_totals(struct sqlite_store *s, struct store_state *out)
{
    struct query *q = s->reads.totals;
    enum err e = query_step(q);
    if (e)
        return ERR_IO; // the row is made with the store
    out->epoch = (uint64_t)query_get_int(q, 0);
    out->head = (uint64_t)query_get_int(q, 1);
    out->announcements = (uint64_t)query_get_int(q, 2);
    out->committed_ms = query_get_int(q, 3);
    query_reset(q);
    return OK;
}

static enum err read_labels(struct sqlite_store *s, struct store_state *out)
{
    struct query *q = s->reads.labels;
    query_int(q, 1, STORE_LABELS_MAX);
    enum err e;
    out->n_labels = 0;
    while (!(e = query_step(q))) {
        struct store_label *label = &out->labels[out->n_labels++];
        *label = (struct store_label){.sequence = (uint64_t)query_get_int(q, 1),
                                      .count = (uint64_t)query_get_int(q, 2)};
        strncpy(label->name, query_get_text(q, 0), sizeof label->name - 1);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err sqlite_read_state(struct sqlite_store *s, struct store_state *out)
{
    enum err e = sqlite_exec(s->db, "BEGIN");
    if (!e)
        e = read_totals(s, out);
    if (!e)
        e = read_labels(s, out);
    if (!e)
        e = sqlite_exec(s->db, "COMMIT");
    if (e)
        sqlite_rollback(s->db);
    return e;
}

// A range: first which sequences, then how many of them fit, then the rows.

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct list {
    uint64_t *items;
    size_t n, cap;
};

static void list_add(struct list *l, uint64_t sequence)
{
    mem_reserve((void **)&l->items, &l->cap, l->n + 1, sizeof *l->items);
    l->items[l->n++] = sequence;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Keeps the first `limit`, or the last.
static void list_cut(struct list *l, size_t limit, bool last)
{
    if (l->n <= limit)
        return;
    if (last)
        memmove(l->items, l->items + (l->n - limit), limit * sizeof *l->items);
    l->n = limit;
}

static enum err list_label(struct sqlite_store *s, const struct store_range *range,
                           const char *label, struct list *out)
{
    struct query *q = range->newest ? s->reads.newest_of_label : s->reads.of_label;
    int at = 1;
    query_text(q, at++, label);
    if (!range->newest)
        query_int(q, at++, (int64_t)smaller(range->after, INT64_MAX));
    query_int(q, at, (int64_t)range->limit);
    enum err e;
    while (!(e = query_step(q)))
        list_add(out, (uint64_t)query_get_int(q, 0));
    return e == ERR_NOTFOUND ? OK : e;
}

static enum err list_labels(struct sqlite_store *s, const struct store_range *range,
                            struct store_extent *extent, struct list *out)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < range->n_labels; i++)
        e = list_label(s, range, range->labels[i], out);
    if (out->n)
        qsort(out->items, out->n, sizeof *out->items, compare);
    bool cut = out->n > 0 && out->n >= range->limit;
    list_cut(out, range->limit, range->newest);
    extent->through = cut && !range->newest ? out->items[out->n - 1] : extent->head;
    return e;
}

// Sequences have no gap but at the beginning, where news is forgotten.
static void list_all(const struct store_range *range, struct store_extent *extent, struct list *out)
{
    uint64_t limit = range->limit;
    uint64_t after = smaller(range->after, extent->head);
    if (range->newest)
        after = extent->head > limit ? extent->head - limit : 0;
    if (after + 1 < extent->oldest)
        after = extent->oldest - 1;
    for (uint64_t i = after + 1; i <= extent->head && i <= after + limit; i++)
        list_add(out, i);
    extent->through = out->n ? out->items[out->n - 1] : extent->head;
}

static enum err list_id(struct sqlite_store *s, const char *id, struct list *out)
{
    struct query *q = s->reads.sequence_of_id;
    query_text(q, 1, id);
    enum err e = query_step(q);
    if (e)
        return e == ERR_NOTFOUND ? OK : e;
    list_add(out, (uint64_t)query_get_int(q, 0));
    query_reset(q);
    return OK;
}

// Drops from the front what would not fit, so that the newest are given.
static enum err fit_newest(struct sqlite_store *s, size_t room, struct list *l)
{
    struct query *q = s->reads.size;
    size_t keep = 0;
    for (; keep < l->n; keep++) {
        query_int(q, 1, (int64_t)l->items[l->n - 1 - keep]);
        enum err e = query_step(q);
        if (e && e != ERR_NOTFOUND)
            return e;
        size_t size = e ? 0 : (size_t)query_get_int(q, 0) + 16;
        if (!e)
            query_reset(q);
        if (size > room && keep > 0)
            break;
        room -= size < room ? size : room;
    }
    list_cut(l, keep, true);
    return OK;
}

// The row as a whole ClassifiedNews. The epoch is not stored with it, for the store may get another
// one; fields of a message may come in any order, so it is put before the others.
static void assemble(struct buf *out, uint64_t epoch, const void *packed, size_t size)
{
    enum { TAG_EPOCH = 1 << 3 };
    uint8_t head[11] = {TAG_EPOCH};
    size_t n = 1;
    for (; epoch > 0x7F; epoch >>= 7)
        head[n++] = (uint8_t)(epoch | 0x80);
    head[n++] = (uint8_t)epoch;
    buf_clear(out);
    buf_add(out, head, n);
    buf_add(out, packed, size);
}

struct giving {
    const struct store_range *range;
    store_row *fn;
    void *arg;
    size_t given, bytes;
};

// ERR_LIMIT: it does not fit any more. ERR_NOTFOUND: it was forgotten.
static enum err give_row(struct sqlite_store *s, struct giving *g, uint64_t epoch,
                         uint64_t sequence)
{
    struct query *q = s->reads.row;
    query_int(q, 1, (int64_t)sequence);
    enum err e = query_step(q);
    if (e)
        return e;
    size_t size;
    const void *packed = query_get_bytes(q, 1, &size);
    if (g->given && g->bytes + size + 16 > g->range->bytes) {
        e = ERR_LIMIT;
    } else {
        assemble(&s->reads.packed, epoch, packed, size);
        g->fn(g->arg, sequence, query_get_text(q, 0), s->reads.packed.data, s->reads.packed.size);
        g->given++;
        g->bytes += size + 16;
    }
    query_reset(q);
    return e;
}

static enum err give(struct sqlite_store *s, struct giving *g, const struct list *l,
                     struct store_extent *extent)
{
    for (size_t i = 0; i < l->n; i++) {
        enum err e = give_row(s, g, extent->epoch, l->items[i]);
        if (e == ERR_LIMIT) {
            extent->through = l->items[i] - 1;
            return OK;
        }
        if (e && e != ERR_NOTFOUND)
            return e;
    }
    return OK;
}

static enum err read_extent(struct sqlite_store *s, const struct store_range *range,
                            struct store_extent *out)
{
    struct query *q = s->reads.totals;
    if (query_step(q))
        return ERR_IO;
    out->epoch = (uint64_t)query_get_int(q, 0);
    out->head = (uint64_t)query_get_int(q, 1);
    query_reset(q);
    q = s->reads.oldest;
    if (query_step(q))
        return ERR_IO;
    uint64_t oldest = (uint64_t)query_get_int(q, 0);
    query_reset(q);
    out->oldest = oldest ? oldest : out->head + 1;
    out->after = range->after;
    out->through = out->head;
    return OK;
}

static enum err read_range(struct sqlite_store *s, struct giving *g, struct store_extent *extent)
{
    struct list list = {0};
    const struct store_range *range = g->range;
    enum err e = read_extent(s, range, extent);
    if (!e && range->id)
        e = list_id(s, range->id, &list);
    else if (!e && range->n_labels)
        e = list_labels(s, range, extent, &list);
    else if (!e)
        list_all(range, extent, &list);
    if (!e && range->newest) {
        e = fit_newest(s, range->bytes, &list);
        extent->after = list.n ? list.items[0] - 1 : extent->head;
    }
    if (!e)
        e = give(s, g, &list, extent);
    free(list.items);
    return e;
}

enum err sqlite_store_read(struct store *store, const struct store_range *range, store_row *fn,
                           void *arg, struct store_extent *extent, struct problem *why)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    struct giving g = {.range = range, .fn = fn, .arg = arg};
    struct store_extent found;
    enum err e = sqlite_exec(s->db, "BEGIN");
    if (!e)
        e = read_range(s, &g, &found);
    if (!e)
        e = sqlite_exec(s->db, "COMMIT");
    if (e) {
        problem_set(why, ERR_IO, "the store cannot be read: %s", sqlite_message(s->db));
        sqlite_rollback(s->db);
        return ERR_IO;
    }
    *extent = found;
    return OK;
}
