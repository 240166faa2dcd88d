// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/socket.h"
#include "common/text.h"
#include "services/fetcher/ledger_parts.h"

enum { POISONS_TO_DEATH = 3 };

enum err ledger_outbox_add(struct ledger *l, const pb_announcement *a)
{
    struct buf payload = buf_new(MESSAGE_MAX);
    struct query *q;
    enum err e = wire_pack(&a->base, &payload);
    if (e)
        panic("announcement %s is larger than a message", a->id);
    e = ledger_change(l, OUTBOX_ADD, &q);
    if (!e) {
        query_text(q, 1, a->id);
        query_int(q, 2, (int64_t)a->revision);
        query_bytes(q, 3, payload.data, payload.size);
        e = query_run(q);
    }
    buf_free(&payload);
    if (!e) {
        l->added = (uint64_t)sqlite_last_row(l->db);
        l->outbox++;
    }
    return e;
}

static void outbox_row(struct query *q, outbox_fn *fn, void *arg)
{
    struct outbox_row row = {.sequence = (uint64_t)query_get_int(q, 0),
                             .id = query_get_text(q, 1),
                             .revision = (uint64_t)query_get_int(q, 2)};
    row.payload = query_get_bytes(q, 3, &row.size);
    fn(arg, &row);
}

enum err ledger_outbox_read(struct ledger *l, uint64_t after, int limit, outbox_fn *fn, void *arg)
{
    if (after >= l->flushed)
        return OK;
    struct query *q = ledger_query(l, OUTBOX_READ);
    query_int(q, 1, (int64_t)after);
    query_int(q, 2, (int64_t)l->flushed);
    query_int(q, 3, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        outbox_row(q, fn, arg);
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_outbox_get(struct ledger *l, uint64_t sequence, outbox_fn *fn, void *arg)
{
    struct query *q = ledger_query(l, OUTBOX_GET);
    query_int(q, 1, (int64_t)sequence);
    enum err e = query_step(q);
    if (e)
        return e;
    outbox_row(q, fn, arg);
    query_reset(q);
    return OK;
}

enum err ledger_outbox_done(struct ledger *l, uint64_t sequence)
{
    struct query *q;
    enum err e = ledger_change(l, OUTBOX_DONE, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)sequence);
    e = query_run(q);
    if (!e)
        l->outbox -= (uint64_t)sqlite_changes(l->db);
    return e;
}

enum err ledger_outbox_poison(struct ledger *l, uint64_t sequence, const char *reason,
                              int64_t now_ms, bool *dead)
{
    struct query *q;
    enum err e = ledger_change(l, OUTBOX_POISON, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)sequence);
    query_text(q, 2, reason);
    query_int(q, 3, POISONS_TO_DEATH);
    query_int(q, 4, now_ms);
    e = query_run(q);
    if (e)
        return e;
    q = ledger_query(l, OUTBOX_POISONS);
    query_int(q, 1, (int64_t)sequence);
    e = query_step(q);
    if (e)
        return e; // also ERR_NOTFOUND: another classifier had it and was done with it
    *dead = query_get_int(q, 0) > 0;
    char id[URL_ID_SIZE];
    snprintf(id, sizeof id, "%s", query_get_text(q, 1));
    query_reset(q);
    return ledger_tell(l, id, now_ms, *dead ? "dead" : "poison", reason);
}

enum err ledger_delivery(struct ledger *l, uint64_t sequence, const char *id,
                         struct ledger_delivery *out)
{
    struct query *q = ledger_query(l, OUTBOX_DELIVERY);
    query_int(q, 1, (int64_t)sequence);
    enum err e = query_step(q);
    if (e == ERR_NOTFOUND) {
        q = ledger_query(l, OUTBOX_BURIED);
        query_text(q, 1, id);
        e = query_step(q);
    }
    if (e)
        return e;
    out->sequence = (uint64_t)query_get_int(q, 0);
    out->poisons = (uint32_t)query_get_int(q, 1);
    out->dead_ms = query_get_int(q, 2);
    snprintf(out->reason, sizeof out->reason, "%s", query_get_text(q, 3));
    out->reason[text_clean(out->reason, strlen(out->reason))] = '\0';
    query_reset(q);
    return OK;
}

enum err ledger_dead(struct ledger *l, int limit, dead_fn *fn, void *arg)
{
    struct query *q = ledger_query(l, DEAD_LIST);
    query_int(q, 1, limit);
    enum err e;
    while ((e = query_step(q)) == OK) {
        size_t size;
        const void *payload = query_get_bytes(q, 2, &size);
        pb_announcement *a = ledger_announcement(payload, size);
        Newswire__V1__DeadLetter d = NEWSWIRE__V1__DEAD_LETTER__INIT;
        d.sequence = (uint64_t)query_get_int(q, 0);
        d.id = (char *)query_get_text(q, 1);
        d.reason = (char *)query_get_text(q, 3);
        d.at_ms = query_get_int(q, 4);
        if (a) {
            d.url = a->url;
            d.title = a->title;
        }
        fn(arg, &d);
        if (a)
            wire_free(&a->base);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_dead_retry(struct ledger *l, const char *id, uint64_t *n)
{
    struct query *q;
    enum err e = ledger_change(l, DEAD_RETRY, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    e = query_run(q);
    if (!e)
        *n = (uint64_t)sqlite_changes(l->db);
    return e;
}

enum err ledger_dead_drop(struct ledger *l, const char *id, int64_t now_ms, uint64_t *n)
{
    struct query *q;
    enum err e = ledger_change(l, DEAD_DROP, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    e = query_run(q);
    if (e)
        return e;
    *n = (uint64_t)sqlite_changes(l->db);
    l->outbox -= *n;
    return *id && *n ? ledger_tell(l, id, now_ms, "dropped", "by the user") : OK;
}
