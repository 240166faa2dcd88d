// SPDX-License-Identifier: MIT
#include "services/fetcher/ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/ledger_parts.h"
#include "services/fetcher/ledger_schema.h"

enum { STORY_MAX = 200, DETAIL_MAX = 2048, FACTS_MAX = 128 << 10 };

struct query *ledger_query(struct ledger *l, enum statement s)
{
    if (!l->queries[s])
        l->queries[s] = query_new(l->db, ledger_statements[s]);
    return l->queries[s];
}

enum err ledger_change(struct ledger *l, enum statement s, struct query **out)
{
    if (!l->open) {
        enum err e = sqlite_begin(l->db);
        if (e)
            return e;
        l->open = true;
    }
    *out = ledger_query(l, s);
    return OK;
}

enum err ledger_earliest(struct query *q, int64_t *at_ms)
{
    enum err e = query_step(q);
    if (e)
        return e;
    *at_ms = *query_get_text(q, 0) ? query_get_int(q, 0) : INT64_MAX;
    query_reset(q);
    return OK;
}

pb_announcement *ledger_announcement(const void *bytes, size_t size)
{
    ProtobufCMessage *m;
    if (size == 0 || wire_unpack(&newswire__v1__announcement__descriptor, bytes, size, &m, NULL))
        return NULL;
    return (pb_announcement *)m;
}

// Opening.

static enum err make_identity(struct ledger *l)
{
    uint8_t random[16];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(l->store, sizeof l->store, random, sizeof random);
    l->epoch = randombytes_random() | 1u;
    struct query *q = query_new(l->db, "INSERT INTO ledger VALUES (?, ?)");
    query_text(q, 1, l->store);
    query_int(q, 2, (int64_t)l->epoch);
    enum err e = query_run(q);
    query_free(&q);
    return e;
}

static enum err read_identity(struct ledger *l)
{
    struct query *q =
        query_new(l->db, "SELECT store, epoch, coalesce((SELECT seq FROM"
                         " sqlite_sequence WHERE name = 'outbox'), 0), (SELECT count(*) FROM"
                         " outbox) FROM ledger");
    enum err e = query_step(q);
    if (!e) {
        snprintf(l->store, sizeof l->store, "%s", query_get_text(q, 0));
        l->epoch = (uint64_t)query_get_int(q, 1);
        l->added = l->flushed = (uint64_t)query_get_int(q, 2);
        l->outbox = (uint64_t)query_get_int(q, 3);
    }
    query_free(&q);
    return e == ERR_NOTFOUND ? make_identity(l) : e;
}

enum err ledger_open(const char *url, struct ledger **out, struct problem *why)
{
    static const struct sqlite_schema schema = {"newswire-ledger", ledger_migrations};
    if (sodium_init() < 0)
        panic("sodium_init");
    if (strncmp(url, "sqlite:", 7) != 0 || !url[7])
        return problem_set(
            why, ERR_CONFIG,
            "store \"%s\" is not of a kind that this newswire has: write sqlite:PATH", url);
    struct ledger *l = mem_alloc(sizeof *l);
    enum err e = sqlite_open(url + 7, &schema, true, &l->db, why);
    if (e) {
        free(l);
        return e;
    }
    if (read_identity(l)) {
        problem_set(why, ERR_CONFIG, "store %s: %s", url, sqlite_message(l->db));
        ledger_close(&l);
        return ERR_CONFIG;
    }
    *out = l;
    return OK;
}

void ledger_close(struct ledger **ledger)
{
    struct ledger *l = *ledger;
    if (!l)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        query_free(&l->queries[i]);
    sqlite_rollback(l->db);
    sqlite_close(&l->db);
    free(l);
    *ledger = NULL;
}

enum err ledger_flush(struct ledger *l)
{
    if (!l->open)
        return OK;
    enum err e = sqlite_commit(l->db);
    if (e)
        return e;
    l->open = false;
    l->flushed = l->added;
    return OK;
}

bool ledger_dirty(const struct ledger *l)
{
    return l->open;
}

const char *ledger_problem(const struct ledger *l)
{
    return sqlite_message(l->db);
}

const char *ledger_store(const struct ledger *l)
{
    return l->store;
}

uint64_t ledger_epoch(const struct ledger *l)
{
    return l->epoch;
}

// Stories.

static enum err tell(struct ledger *l, const char *subject, const Newswire__V1__Event *event,
                     const struct buf *facts)
{
    struct query *q;
    enum err e = ledger_change(l, EVENT_ADD, &q);
    if (e)
        return e;
    char clean[DETAIL_MAX + 1];
    size_t n = strnlen(event->detail, DETAIL_MAX);
    memcpy(clean, event->detail, n);
    clean[text_clean(clean, n)] = '\0'; // it may quote anything, and end in half a character
    query_text(q, 1, subject);
    query_int(q, 2, event->at_ms);
    query_text(q, 3, event->name);
    query_text(q, 4, clean);
    query_bytes(q, 5, facts->data, facts->size);
    return query_run(q);
}

enum err ledger_tell(struct ledger *l, const char *subject, int64_t at_ms, const char *name,
                     const char *detail)
{
    Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
    struct buf none = buf_new(1);
    event.at_ms = at_ms;
    event.name = (char *)name;
    event.detail = (char *)detail;
    return tell(l, subject, &event, &none);
}

enum err ledger_tell_event(struct ledger *l, const char *subject, const Newswire__V1__Event *event)
{
    Newswire__V1__Event only = NEWSWIRE__V1__EVENT__INIT;
    struct buf facts = buf_new(FACTS_MAX);
    only.visit = event->visit;
    only.reading = event->reading;
    if (wire_pack(&only.base, &facts))
        panic("the facts of an event are larger than %d bytes", FACTS_MAX);
    enum err e = tell(l, subject, event, &facts);
    buf_free(&facts);
    return e;
}

// The event, completed with its facts where it has some.
static void tell_back(struct query *q, Newswire__V1__Event *event, event_fn *fn, void *arg)
{
    ProtobufCMessage *m = NULL;
    size_t size;
    const void *facts = query_get_bytes(q, 3, &size);
    if (size > 0 && wire_unpack(&newswire__v1__event__descriptor, facts, size, &m, NULL) == OK) {
        event->visit = ((Newswire__V1__Event *)m)->visit;
        event->reading = ((Newswire__V1__Event *)m)->reading;
    }
    fn(arg, event);
    wire_free(m);
}

enum err ledger_story(struct ledger *l, const char *subject, event_fn *fn, void *arg)
{
    struct query *q = ledger_query(l, EVENT_LIST);
    query_text(q, 1, subject);
    query_int(q, 2, STORY_MAX);
    enum err e;
    while ((e = query_step(q)) == OK) {
        Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
        event.at_ms = query_get_int(q, 0);
        event.name = (char *)query_get_text(q, 1);
        event.detail = (char *)query_get_text(q, 2);
        tell_back(q, &event, fn, arg);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_forget(struct ledger *l, int64_t before_ms)
{
    struct query *q;
    enum err e = ledger_change(l, EVENT_FORGET, &q);
    if (e)
        return e;
    query_int(q, 1, before_ms);
    return query_run(q);
}

static enum err alarm_of(struct ledger *l, enum statement s, int64_t bound,
                         struct ledger_alarm *out)
{
    struct query *q = ledger_query(l, s);
    query_int(q, 1, bound);
    enum err e = query_step(q);
    if (e)
        return e;
    out->n = (uint64_t)query_get_int(q, 0);
    snprintf(out->url, sizeof out->url, "%s", query_get_text(q, 1));
    query_reset(q);
    return OK;
}

enum err ledger_quiet(struct ledger *l, int64_t now_ms, struct ledger_alarm *out)
{
    return alarm_of(l, QUIET, now_ms, out);
}

enum err ledger_barren(struct ledger *l, int least, struct ledger_alarm *out)
{
    return alarm_of(l, BARREN, least, out);
}

enum err ledger_lost(struct ledger *l, int64_t since_ms, struct ledger_alarm *out)
{
    return alarm_of(l, LOST, since_ms, out);
}

enum err ledger_count(struct ledger *l, struct ledger_counts *out)
{
    struct query *q = ledger_query(l, COUNT);
    enum err e = query_step(q);
    if (e)
        return e;
    *out = (struct ledger_counts){(uint64_t)query_get_int(q, 0), (uint64_t)query_get_int(q, 1),
                                  (uint64_t)query_get_int(q, 2), l->outbox,
                                  (uint64_t)query_get_int(q, 3)};
    out->outbox -= out->dead;
    query_reset(q);
    return OK;
}
