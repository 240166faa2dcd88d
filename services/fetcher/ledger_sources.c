// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"
#include "services/fetcher/ledger_parts.h"

enum { OPTIONS_MAX = 64 << 10, VISIT_MAX = 128 << 10, CATCH_UP_MAX = 256 << 10 };

Newswire__V1__SourceOptions *ledger_options(struct query *q, int column)
{
    size_t size;
    ProtobufCMessage *m;
    const void *bytes = query_get_bytes(q, column, &size);
    if (size == 0 || wire_unpack(&newswire__v1__source_options__descriptor, bytes, size, &m, NULL))
        return NULL;
    return (Newswire__V1__SourceOptions *)m;
}

static Newswire__V1__Visit *visit_read(struct query *q, int column)
{
    size_t size;
    ProtobufCMessage *m;
    const void *bytes = query_get_bytes(q, column, &size);
    if (size == 0 || wire_unpack(&newswire__v1__visit__descriptor, bytes, size, &m, NULL))
        return NULL;
    return (Newswire__V1__Visit *)m;
}

void source_free(struct source **source)
{
    struct source *s = *source;
    if (!s)
        return;
    free(s->url);
    free(s->poll_url);
    free(s->title);
    free(s->trouble);
    free(s->etag);
    free(s->last_modified);
    free(s->body_hash);
    free(s->selector);
    if (s->options)
        wire_free(&s->options->base);
    if (s->visit)
        wire_free(&s->visit->base);
    if (s->catch_up)
        wire_free(&s->catch_up->base);
    free(s);
    *source = NULL;
}

static Newswire__V1__CatchUp *catch_up_read(struct query *q, int column)
{
    size_t size;
    ProtobufCMessage *m;
    const void *bytes = query_get_bytes(q, column, &size);
    if (size == 0 || wire_unpack(&newswire__v1__catch_up__descriptor, bytes, size, &m, NULL))
        return NULL;
    return (Newswire__V1__CatchUp *)m;
}

static struct source *source_read(struct query *q)
{
    struct source *s = mem_alloc(sizeof *s);
    s->number = (uint64_t)query_get_int(q, 0);
    s->url = mem_strdup(query_get_text(q, 1));
    s->poll_url = mem_strdup(query_get_text(q, 2));
    s->kind = (Newswire__V1__SourceKind)query_get_int(q, 3);
    s->found = (Newswire__V1__SourceKind)query_get_int(q, 4);
    s->paused = query_get_int(q, 5) != 0;
    s->gap_ms = query_get_int(q, 6);
    s->backfill = query_get_int(q, 7);
    s->title = mem_strdup(query_get_text(q, 8));
    s->trouble = mem_strdup(query_get_text(q, 9));
    s->etag = mem_strdup(query_get_text(q, 10));
    s->last_modified = mem_strdup(query_get_text(q, 11));
    s->body_hash = mem_strdup(query_get_text(q, 12));
    s->added_ms = query_get_int(q, 13);
    s->polled_ms = query_get_int(q, 14);
    s->next_poll_ms = query_get_int(q, 15);
    s->selector = mem_strdup(query_get_text(q, 17));
    s->options = ledger_options(q, 18);
    s->visit = visit_read(q, 19);
    s->catch_up = catch_up_read(q, 20);
    s->newest_ms = query_get_int(q, 21);
    s->lost_ms = query_get_int(q, 22);
    s->quiet_ms = query_get_int(q, 23);
    if (schedule_read(query_get_text(q, 16), &s->schedule))
        s->schedule = (struct schedule){0}; // of an older version: learned anew
    return s;
}

enum err ledger_source_add(struct ledger *l, const struct source *s, uint64_t *number)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_ADD, &q);
    if (e)
        return e;
    char schedule[SCHEDULE_TEXT_SIZE];
    schedule_write(&s->schedule, schedule);
    query_text(q, 1, s->url);
    query_int(q, 2, s->kind);
    query_int(q, 3, s->found);
    query_int(q, 4, s->gap_ms);
    query_int(q, 5, s->backfill);
    query_int(q, 6, s->added_ms);
    query_int(q, 7, s->next_poll_ms);
    query_text(q, 8, schedule);
    query_text(q, 9, s->selector ? s->selector : "");
    struct buf options = buf_new(OPTIONS_MAX);
    if (s->options && wire_pack(&s->options->base, &options)) {
        buf_free(&options);
        return ERR_LIMIT;
    }
    query_bytes(q, 10, options.data, options.size);
    query_int(q, 11, s->paused);
    e = query_run(q);
    buf_free(&options);
    if (!e && sqlite_changes(l->db) == 0)
        return ERR_EXISTS;
    struct source *added;
    if (!e)
        e = ledger_source_find(l, s->url, &added);
    if (e)
        return e;
    *number = added->number;
    source_free(&added);
    return OK;
}

static enum err source_one(struct query *q, struct source **out)
{
    enum err e = query_step(q);
    if (e)
        return e;
    *out = source_read(q);
    query_reset(q);
    return OK;
}

enum err ledger_source_get(struct ledger *l, uint64_t number, struct source **out)
{
    struct query *q = ledger_query(l, SOURCE_GET);
    query_int(q, 1, (int64_t)number);
    return source_one(q, out);
}

enum err ledger_source_find(struct ledger *l, const char *url, struct source **out)
{
    struct query *q = ledger_query(l, SOURCE_FIND);
    query_text(q, 1, url);
    return source_one(q, out);
}

enum err ledger_source_urls(struct ledger *l, const char *part, int limit,
                            void (*fn)(void *arg, uint64_t number, const char *url), void *arg)
{
    struct query *q = ledger_query(l, SOURCE_URLS);
    query_text(q, 1, part);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, (uint64_t)query_get_int(q, 0), query_get_text(q, 1));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_source_save(struct ledger *l, const struct source *s)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_SAVE, &q);
    if (e)
        return e;
    char schedule[SCHEDULE_TEXT_SIZE];
    schedule_write(&s->schedule, schedule);
    query_int(q, 1, (int64_t)s->number);
    query_text(q, 2, s->poll_url);
    query_int(q, 3, s->found);
    query_text(q, 4, s->title);
    query_text(q, 5, s->trouble);
    query_text(q, 6, s->etag);
    query_text(q, 7, s->last_modified);
    query_text(q, 8, s->body_hash);
    query_int(q, 9, s->polled_ms);
    query_int(q, 10, s->next_poll_ms);
    query_text(q, 11, schedule);
    query_int(q, 13, s->newest_ms);
    query_int(q, 14, s->lost_ms);
    query_int(q, 15, s->quiet_ms);
    query_int(q, 16, s->kind);
    struct buf visit = buf_new(VISIT_MAX);
    if (s->visit && wire_pack(&s->visit->base, &visit))
        panic("a poll is larger than %d bytes", VISIT_MAX);
    query_bytes(q, 12, visit.data, visit.size);
    e = query_run(q);
    buf_free(&visit);
    return e;
}

enum err ledger_source_catch_up(struct ledger *l, uint64_t number, const Newswire__V1__CatchUp *c)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_CATCH_UP, &q);
    if (e)
        return e;
    struct buf bytes = buf_new(CATCH_UP_MAX);
    if (c && wire_pack(&c->base, &bytes)) {
        buf_free(&bytes);
        return ERR_LIMIT;
    }
    query_int(q, 1, (int64_t)number);
    query_bytes(q, 2, bytes.data, bytes.size);
    e = query_run(q);
    buf_free(&bytes);
    return e;
}

enum err ledger_source_barren(struct ledger *l, uint64_t number, bool given_up)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_BARREN, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)number);
    query_int(q, 2, given_up);
    return query_run(q);
}

enum err ledger_source_pause(struct ledger *l, uint64_t number, bool paused)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_PAUSE, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)number);
    query_int(q, 2, paused);
    return query_run(q);
}

enum err ledger_source_remove(struct ledger *l, uint64_t number)
{
    static const enum statement steps[] = {SOURCE_REMOVE_PENDING, SOURCE_REMOVE_AGAIN,
                                           SOURCE_REMOVE};
    l->removals++;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct query *q;
        enum err e = ledger_change(l, steps[i], &q);
        if (e)
            return e;
        query_int(q, 1, (int64_t)number);
        e = query_run(q);
        if (e)
            return e;
    }
    return OK;
}

uint64_t ledger_removals(const struct ledger *l)
{
    return l->removals;
}

enum err ledger_sources(struct ledger *l, uint64_t after, int limit,
                        void (*fn)(void *arg, const struct source *s), void *arg)
{
    struct query *q = ledger_query(l, SOURCE_LIST);
    query_int(q, 1, (int64_t)after);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK) {
        struct source *s = source_read(q);
        s->entries = (uint64_t)query_get_int(q, 24);
        s->published = (uint64_t)query_get_int(q, 25);
        s->pending = (uint64_t)query_get_int(q, 26);
        s->failed = (uint64_t)query_get_int(q, 27);
        s->left_out = (uint64_t)query_get_int(q, 28);
        fn(arg, s);
        source_free(&s);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_refresh(struct ledger *l, uint64_t number, int64_t now_ms)
{
    struct query *q;
    enum err e = ledger_change(l, SOURCE_REFRESH, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)number);
    query_int(q, 2, now_ms);
    return query_run(q);
}

enum err ledger_due(struct ledger *l, int64_t now_ms, int limit,
                    void (*fn)(void *arg, uint64_t number, const char *poll_url, int64_t gap_ms),
                    void *arg)
{
    struct query *q = ledger_query(l, SOURCE_DUE);
    query_int(q, 1, now_ms);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, (uint64_t)query_get_int(q, 0), query_get_text(q, 1), query_get_int(q, 2));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_next_poll(struct ledger *l, int64_t *at_ms)
{
    return ledger_earliest(ledger_query(l, SOURCE_NEXT), at_ms);
}
