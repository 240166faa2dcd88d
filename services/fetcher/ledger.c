// SPDX-License-Identifier: MIT
#include "services/fetcher/ledger.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/socket.h"
#include "common/sqlite.h"
#include "services/fetcher/ledger_schema.h"

enum { POISONS_TO_DEATH = 3, STORY_MAX = 200, HINT_MAX = 256 << 10 };

#define SOURCE_COLUMNS                                                                             \
    "number, url, poll_url, kind, found, paused, gap_ms, backfill, title, trouble, etag, "         \
    "last_modified, body_hash, added_ms, polled_ms, next_poll_ms, schedule"

enum statement {
    SOURCE_ADD,
    SOURCE_GET,
    SOURCE_FIND,
    SOURCE_SAVE,
    SOURCE_PAUSE,
    SOURCE_REMOVE,
    SOURCE_REMOVE_PENDING,
    SOURCE_LIST,
    SOURCE_REFRESH,
    SOURCE_DUE,
    SOURCE_NEXT,
    ENTRY_FIND,
    ENTRY_ADD,
    ENTRY_HINT,
    ENTRY_GET,
    ENTRY_HOSTS,
    ENTRY_PENDING_OF,
    ENTRY_NEXT,
    ENTRY_RETRY,
    ENTRY_IDENTITY,
    ENTRY_CLAIMED,
    ENTRY_UNDERSTOOD,
    ENTRY_UNCHANGED,
    ENTRY_FAIL,
    OUTBOX_ADD,
    OUTBOX_READ,
    OUTBOX_GET,
    OUTBOX_DONE,
    OUTBOX_POISON,
    OUTBOX_POISONS,
    DEAD_LIST,
    DEAD_RETRY,
    DEAD_DROP,
    EVENT_ADD,
    EVENT_LIST,
    EVENT_FORGET,
    COUNT,
    STATEMENTS
};

static const char *const statements[STATEMENTS] = {
    [SOURCE_ADD] =
        "INSERT INTO sources(url, poll_url, kind, found, gap_ms, backfill, title, trouble,"
        " etag, last_modified, body_hash, added_ms, polled_ms, next_poll_ms, schedule)"
        " VALUES (?1, ?1, ?2, ?3, ?4, ?5, '', '', '', '', '', ?6, 0, ?7, ?8)"
        " ON CONFLICT DO NOTHING",
    [SOURCE_GET] = "SELECT " SOURCE_COLUMNS " FROM sources WHERE number = ?",
    [SOURCE_FIND] = "SELECT " SOURCE_COLUMNS " FROM sources WHERE url = ?",
    [SOURCE_SAVE] = "UPDATE sources SET poll_url = ?2, found = ?3, title = ?4, trouble = ?5,"
                    " etag = ?6, last_modified = ?7, body_hash = ?8, polled_ms = ?9,"
                    " next_poll_ms = ?10, schedule = ?11 WHERE number = ?1",
    [SOURCE_PAUSE] = "UPDATE sources SET paused = ?2 WHERE number = ?1",
    [SOURCE_REMOVE] = "DELETE FROM sources WHERE number = ?",
    [SOURCE_REMOVE_PENDING] =
        "DELETE FROM entries WHERE source = ? AND state <> 1 AND revision = 0",
    [SOURCE_LIST] = "SELECT " SOURCE_COLUMNS ","
                    " (SELECT count(*) FROM entries e WHERE e.source = number),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.revision > 0),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.state = 0),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.state = 2)"
                    " FROM sources WHERE number > ? ORDER BY number LIMIT ?",
    [SOURCE_REFRESH] = "UPDATE sources SET next_poll_ms = ?2, etag = '', last_modified = '',"
                       " body_hash = '' WHERE (number = ?1 OR ?1 = 0) AND paused = 0",
    [SOURCE_DUE] = "SELECT number, poll_url, gap_ms FROM sources WHERE paused = 0 AND"
                   " next_poll_ms <= ? ORDER BY next_poll_ms LIMIT ?",
    [SOURCE_NEXT] = "SELECT min(next_poll_ms) FROM sources WHERE paused = 0",
    [ENTRY_FIND] = "SELECT state, hint FROM entries WHERE id = ?",
    [ENTRY_ADD] = "INSERT INTO entries(id, source, url, host, state, hint, next_try_ms, seen_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    [ENTRY_HINT] = "UPDATE entries SET hint = ?2, next_try_ms = ?3, state = CASE WHEN url = '' OR"
                   " state = 3 THEN state ELSE 0 END WHERE id = ?1",
    [ENTRY_GET] =
        "SELECT e.source, coalesce(s.url, ''), e.url, e.state, e.hint, e.attempts, e.etag,"
        " e.last_modified, e.revision, coalesce(s.gap_ms, -1), e.announcement FROM entries e"
        " LEFT JOIN sources s ON s.number = e.source WHERE e.id = ?",
    [ENTRY_HOSTS] = "SELECT DISTINCT host FROM entries WHERE state = 0 AND next_try_ms <= ?",
    [ENTRY_PENDING_OF] = "SELECT e.id, coalesce(s.gap_ms, -1) FROM entries e LEFT JOIN sources s ON"
                         " s.number = e.source WHERE e.state = 0 AND e.host = ? AND"
                         " e.next_try_ms <= ? ORDER BY e.next_try_ms LIMIT ?",
    [ENTRY_NEXT] = "SELECT min(next_try_ms) FROM entries WHERE state = 0",
    [ENTRY_RETRY] = "UPDATE entries SET state = 0, next_try_ms = ?2, etag = '', last_modified = ''"
                    " WHERE id = ?1 AND url <> ''",
    [ENTRY_IDENTITY] = "SELECT announcement, revision, content_hash FROM entries WHERE id = ?",
    [ENTRY_CLAIMED] =
        "SELECT content_hash FROM entries WHERE announcement = ?1 AND id <> ?2 LIMIT 1",
    [ENTRY_UNDERSTOOD] =
        "UPDATE entries SET announcement = ?2, revision = ?3, content_hash = ?4,"
        " etag = ?5, last_modified = ?6, trouble = ?7, state = ?8, next_try_ms = ?9,"
        " attempts = CASE WHEN ?7 = '' THEN 0 ELSE attempts + 1 END WHERE id = ?1",
    [ENTRY_UNCHANGED] = "UPDATE entries SET state = 1, attempts = 0, trouble = '' WHERE id = ?",
    [ENTRY_FAIL] = "UPDATE entries SET attempts = attempts + 1, trouble = ?2, next_try_ms = ?3,"
                   " state = CASE WHEN ?3 > 0 THEN 0 WHEN revision > 0 THEN 1 ELSE 2 END"
                   " WHERE id = ?1",
    [OUTBOX_ADD] = "INSERT INTO outbox(id, revision, payload) VALUES (?, ?, ?)",
    [OUTBOX_READ] = "SELECT sequence, id, revision, payload FROM outbox WHERE sequence > ?1 AND"
                    " sequence <= ?2 AND dead_ms = 0 ORDER BY sequence LIMIT ?3",
    [OUTBOX_GET] = "SELECT sequence, id, revision, payload FROM outbox WHERE sequence = ? AND"
                   " dead_ms = 0",
    [OUTBOX_DONE] = "DELETE FROM outbox WHERE sequence = ?",
    [OUTBOX_POISON] = "UPDATE outbox SET poisons = poisons + 1, reason = ?2, dead_ms = CASE WHEN"
                      " poisons + 1 >= ?3 THEN ?4 ELSE 0 END WHERE sequence = ?1 AND dead_ms = 0",
    [OUTBOX_POISONS] = "SELECT dead_ms, id FROM outbox WHERE sequence = ?",
    [DEAD_LIST] = "SELECT sequence, id, payload, reason, dead_ms FROM outbox WHERE dead_ms > 0"
                  " ORDER BY dead_ms LIMIT ?",
    [DEAD_RETRY] = "UPDATE outbox SET dead_ms = 0, poisons = 0 WHERE dead_ms > 0 AND"
                   " (id = ?1 OR ?1 = '')",
    [DEAD_DROP] = "DELETE FROM outbox WHERE dead_ms > 0 AND (id = ?1 OR ?1 = '')",
    [EVENT_ADD] = "INSERT INTO events VALUES (?, ?, ?, ?)",
    [EVENT_LIST] = "SELECT at_ms, name, detail FROM (SELECT rowid, * FROM events WHERE subject = ?"
                   " ORDER BY at_ms DESC, rowid DESC LIMIT ?) ORDER BY at_ms, rowid",
    [EVENT_FORGET] = "DELETE FROM events WHERE at_ms < ?",
    [COUNT] = "SELECT (SELECT count(*) FROM sources),"
              " (SELECT count(*) FROM sources WHERE trouble <> ''),"
              " (SELECT count(*) FROM entries WHERE state = 0),"
              " (SELECT count(*) FROM outbox WHERE dead_ms = 0),"
              " (SELECT count(*) FROM outbox WHERE dead_ms > 0)",
};

struct ledger {
    struct sqlite *db;
    struct query *queries[STATEMENTS];
    bool open;               // a group is under way
    uint64_t added, flushed; // newest outbox sequence: written, and flushed
    char store[33];
    uint64_t epoch;
};

// The prepared statement; with a group open if it is going to write.
static struct query *query(struct ledger *l, enum statement s)
{
    if (!l->queries[s])
        l->queries[s] = query_new(l->db, statements[s]);
    return l->queries[s];
}

static enum err change(struct ledger *l, enum statement s, struct query **out)
{
    if (!l->open) {
        enum err e = sqlite_begin(l->db);
        if (e)
            return e;
        l->open = true;
    }
    *out = query(l, s);
    return OK;
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
    struct query *q = query_new(l->db, "SELECT store, epoch, coalesce((SELECT seq FROM"
                                       " sqlite_sequence WHERE name = 'outbox'), 0) FROM ledger");
    enum err e = query_step(q);
    if (!e) {
        snprintf(l->store, sizeof l->store, "%s", query_get_text(q, 0));
        l->epoch = (uint64_t)query_get_int(q, 1);
        l->added = l->flushed = (uint64_t)query_get_int(q, 2);
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

// Sources.

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
    free(s);
    *source = NULL;
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
    if (schedule_read(query_get_text(q, 16), &s->schedule))
        s->schedule = (struct schedule){0}; // of an older version: learned anew
    return s;
}

enum err ledger_source_add(struct ledger *l, const struct source *s, uint64_t *number)
{
    struct query *q;
    enum err e = change(l, SOURCE_ADD, &q);
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
    e = query_run(q);
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
    struct query *q = query(l, SOURCE_GET);
    query_int(q, 1, (int64_t)number);
    return source_one(q, out);
}

enum err ledger_source_find(struct ledger *l, const char *url, struct source **out)
{
    struct query *q = query(l, SOURCE_FIND);
    query_text(q, 1, url);
    return source_one(q, out);
}

enum err ledger_source_save(struct ledger *l, const struct source *s)
{
    struct query *q;
    enum err e = change(l, SOURCE_SAVE, &q);
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
    return query_run(q);
}

enum err ledger_source_pause(struct ledger *l, uint64_t number, bool paused)
{
    struct query *q;
    enum err e = change(l, SOURCE_PAUSE, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)number);
    query_int(q, 2, paused);
    return query_run(q);
}

enum err ledger_source_remove(struct ledger *l, uint64_t number)
{
    struct query *pending, *q;
    enum err e = change(l, SOURCE_REMOVE_PENDING, &pending);
    if (!e)
        e = change(l, SOURCE_REMOVE, &q);
    if (e)
        return e;
    query_int(pending, 1, (int64_t)number);
    query_int(q, 1, (int64_t)number);
    e = query_run(pending);
    return e ? e : query_run(q);
}

enum err ledger_sources(struct ledger *l, uint64_t after, int limit,
                        void (*fn)(void *arg, const struct source *s), void *arg)
{
    struct query *q = query(l, SOURCE_LIST);
    query_int(q, 1, (int64_t)after);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK) {
        struct source *s = source_read(q);
        s->entries = (uint64_t)query_get_int(q, 17);
        s->published = (uint64_t)query_get_int(q, 18);
        s->pending = (uint64_t)query_get_int(q, 19);
        s->failed = (uint64_t)query_get_int(q, 20);
        fn(arg, s);
        source_free(&s);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_refresh(struct ledger *l, uint64_t number, int64_t now_ms)
{
    struct query *q;
    enum err e = change(l, SOURCE_REFRESH, &q);
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
    struct query *q = query(l, SOURCE_DUE);
    query_int(q, 1, now_ms);
    query_int(q, 2, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, (uint64_t)query_get_int(q, 0), query_get_text(q, 1), query_get_int(q, 2));
    return e == ERR_NOTFOUND ? OK : e;
}

// The one number a query gives; INT64_MAX where it gives NULL.
static enum err earliest(struct query *q, int64_t *at_ms)
{
    enum err e = query_step(q);
    if (e)
        return e;
    *at_ms = *query_get_text(q, 0) ? query_get_int(q, 0) : INT64_MAX;
    query_reset(q);
    return OK;
}

enum err ledger_next_poll(struct ledger *l, int64_t *at_ms)
{
    return earliest(query(l, SOURCE_NEXT), at_ms);
}

// Entries.

void entry_free(struct entry **entry)
{
    struct entry *e = *entry;
    if (!e)
        return;
    free(e->source_url);
    free(e->url);
    free(e->etag);
    free(e->last_modified);
    if (e->hint)
        wire_free(&e->hint->base);
    free(e);
    *entry = NULL;
}

static enum err entry_add(struct ledger *l, uint64_t source, const struct sighting *s,
                          const struct buf *hint, int64_t now_ms)
{
    struct query *q;
    enum err e = change(l, ENTRY_ADD, &q);
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

static enum err entry_rehint(struct ledger *l, const char *id, const struct buf *hint,
                             int64_t now_ms)
{
    struct query *q;
    enum err e = change(l, ENTRY_HINT, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    query_bytes(q, 2, hint->data, hint->size);
    query_int(q, 3, now_ms);
    return query_run(q);
}

enum err ledger_entry_see(struct ledger *l, uint64_t source, const struct sighting *s,
                          int64_t now_ms, enum seen *out)
{
    struct buf hint = buf_new(HINT_MAX);
    if (s->hint && wire_pack(&s->hint->base, &hint))
        buf_free(&hint); // too large to keep: the page will say it
    struct query *q = query(l, ENTRY_FIND);
    query_text(q, 1, s->id);
    enum err e = query_step(q);
    enum seen seen = SEEN_NEW;
    if (e == OK) {
        size_t size;
        const void *known = query_get_bytes(q, 1, &size);
        bool same = size == hint.size && (size == 0 || memcmp(known, hint.data, size) == 0);
        seen = same || hint.size == 0 ? SEEN_KNOWN : SEEN_CHANGED;
        query_reset(q);
        e = seen == SEEN_CHANGED ? entry_rehint(l, s->id, &hint, now_ms) : OK;
    } else if (e == ERR_NOTFOUND) {
        e = entry_add(l, source, s, &hint, now_ms);
    }
    buf_free(&hint);
    if (!e)
        *out = seen;
    return e;
}

static pb_announcement *hint_read(const void *bytes, size_t size)
{
    ProtobufCMessage *m;
    if (size == 0 || wire_unpack(&newswire__v1__announcement__descriptor, bytes, size, &m, NULL))
        return NULL;
    return (pb_announcement *)m;
}

enum err ledger_entry_get(struct ledger *l, const char *id, struct entry **out)
{
    struct query *q = query(l, ENTRY_GET);
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
    e->hint = hint_read(hint, size);
    e->attempts = (uint32_t)query_get_int(q, 5);
    e->etag = mem_strdup(query_get_text(q, 6));
    e->last_modified = mem_strdup(query_get_text(q, 7));
    e->revision = (uint64_t)query_get_int(q, 8);
    e->gap_ms = query_get_int(q, 9);
    snprintf(e->announcement, sizeof e->announcement, "%s", query_get_text(q, 10));
    query_reset(q);
    *out = e;
    return OK;
}

enum err ledger_pending_hosts(struct ledger *l, int64_t now_ms,
                              void (*fn)(void *arg, const char *host), void *arg)
{
    struct query *q = query(l, ENTRY_HOSTS);
    query_int(q, 1, now_ms);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, query_get_text(q, 0));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_pending(struct ledger *l, const char *host, int64_t now_ms, int limit,
                        void (*fn)(void *arg, const char *id, int64_t gap_ms), void *arg)
{
    struct query *q = query(l, ENTRY_PENDING_OF);
    query_text(q, 1, host);
    query_int(q, 2, now_ms);
    query_int(q, 3, limit);
    enum err e;
    while ((e = query_step(q)) == OK)
        fn(arg, query_get_text(q, 0), query_get_int(q, 1));
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_next_try(struct ledger *l, int64_t *at_ms)
{
    return earliest(query(l, ENTRY_NEXT), at_ms);
}

enum err ledger_entry_retry(struct ledger *l, const char *id, int64_t now_ms)
{
    struct query *q;
    enum err e = change(l, ENTRY_RETRY, &q);
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
    enum err e = change(l, ENTRY_UNCHANGED, &q);
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
    enum err e = change(l, ENTRY_FAIL, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    query_text(q, 2, trouble);
    query_int(q, 3, again_ms);
    e = query_run(q);
    return e ? e : ledger_tell(l, id, now_ms, again_ms ? "failed" : "given-up", trouble);
}

// Articles.

static void content_hash(const pb_announcement *a, char out[33])
{
    crypto_generichash_state state;
    uint8_t hash[16];
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    const char *const parts[] = {a->title, a->standfirst, a->text};
    for (int i = 0; i < 3; i++) // with the NUL, so that nothing moves between the parts
        crypto_generichash_update(&state, (const uint8_t *)parts[i], strlen(parts[i]) + 1);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(out, 33, hash, sizeof hash);
}

// What an entry is published under, what was published last.
struct identity {
    char announcement[URL_ID_SIZE];
    uint64_t revision;
    char content_hash[33];
};

static enum err identity_read(struct ledger *l, const char *id, struct identity *out)
{
    struct query *q = query(l, ENTRY_IDENTITY);
    query_text(q, 1, id);
    enum err e = query_step(q);
    if (e)
        return e;
    snprintf(out->announcement, sizeof out->announcement, "%s", query_get_text(q, 0));
    out->revision = (uint64_t)query_get_int(q, 1);
    snprintf(out->content_hash, sizeof out->content_hash, "%s", query_get_text(q, 2));
    query_reset(q);
    return OK;
}

// Chooses the id of an entry that has none yet: that of the canonical page, unless another entry
// has it with other content (then the pages lie, and each keeps its own).
static enum err identity_choose(struct ledger *l, const char *id, const char *canonical,
                                const char *hash, struct identity *i, bool *duplicate)
{
    char canonical_id[URL_ID_SIZE];
    snprintf(i->announcement, sizeof i->announcement, "%s", id);
    if (!*canonical)
        return OK;
    url_id(canonical, canonical_id);
    struct query *q = query(l, ENTRY_CLAIMED);
    query_text(q, 1, canonical_id);
    query_text(q, 2, id);
    enum err e = query_step(q);
    if (e && e != ERR_NOTFOUND)
        return e;
    if (e == OK) {
        *duplicate = strcmp(query_get_text(q, 0), hash) == 0;
        query_reset(q);
    }
    if (e == ERR_NOTFOUND || *duplicate)
        snprintf(i->announcement, sizeof i->announcement, "%s", canonical_id);
    return OK;
}

static enum err outbox_add(struct ledger *l, const pb_announcement *a)
{
    struct buf payload = buf_new(MESSAGE_MAX);
    struct query *q;
    enum err e = wire_pack(&a->base, &payload);
    if (e)
        panic("announcement %s is larger than a message", a->id);
    e = change(l, OUTBOX_ADD, &q);
    if (!e) {
        query_text(q, 1, a->id);
        query_int(q, 2, (int64_t)a->revision);
        query_bytes(q, 3, payload.data, payload.size);
        e = query_run(q);
    }
    buf_free(&payload);
    if (!e)
        l->added = (uint64_t)sqlite_last_row(l->db);
    return e;
}

enum err ledger_outbox_add(struct ledger *l, const pb_announcement *a, int64_t now_ms)
{
    (void)now_ms;
    return outbox_add(l, a);
}

static enum err entry_understood(struct ledger *l, const struct understood *u,
                                 const struct identity *i)
{
    struct query *q;
    enum err e = change(l, ENTRY_UNDERSTOOD, &q);
    if (e)
        return e;
    query_text(q, 1, u->id);
    query_text(q, 2, i->announcement);
    query_int(q, 3, (int64_t)i->revision);
    query_text(q, 4, i->content_hash);
    query_text(q, 5, u->etag);
    query_text(q, 6, u->last_modified);
    query_text(q, 7, u->trouble ? u->trouble : "");
    query_int(q, 8, u->trouble ? ENTRY_PENDING : ENTRY_DONE);
    query_int(q, 9, u->again_ms);
    return query_run(q);
}

static enum err tell_article(struct ledger *l, const struct understood *u, enum article outcome,
                             int64_t now_ms)
{
    const pb_announcement *a = u->announcement;
    char detail[300];
    snprintf(detail, sizeof detail, "revision %" PRIu64 ", %zu bytes of text, %s%s%s", a->revision,
             strlen(a->text), a->charset_used, a->charset_guessed ? " (guessed)" : "",
             a->from_feed ? ", from the feed" : "");
    static const char *const names[] = {"queued", "unchanged", "duplicate"};
    return ledger_tell(l, u->id, now_ms, names[outcome], detail);
}

enum err ledger_article(struct ledger *l, const struct understood *u, int64_t now_ms,
                        enum article *out)
{
    pb_announcement *a = u->announcement;
    struct identity i;
    char hash[33];
    bool duplicate = false;
    enum err e = identity_read(l, u->id, &i);
    if (e)
        return e;
    content_hash(a, hash);
    if (!*i.announcement)
        e = identity_choose(l, u->id, u->canonical, hash, &i, &duplicate);
    if (e)
        return e;
    enum article outcome = duplicate                                             ? ARTICLE_DUPLICATE
                           : i.revision > 0 && strcmp(hash, i.content_hash) == 0 ? ARTICLE_UNCHANGED
                                                                                 : ARTICLE_QUEUED;
    if (outcome == ARTICLE_QUEUED)
        i.revision =
            i.revision + 1 > (uint64_t)a->fetched_ms ? i.revision + 1 : (uint64_t)a->fetched_ms;
    snprintf(i.content_hash, sizeof i.content_hash, "%s", hash);
    // Borrowed strings: the message is packed or thrown away before they go.
    char canonical_id[URL_ID_SIZE] = "";
    char *own_url = a->canonical_url;
    if (*u->canonical)
        url_id(u->canonical, canonical_id);
    if (strcmp(canonical_id, i.announcement) == 0)
        a->canonical_url = (char *)u->canonical;
    a->id = i.announcement;
    a->revision = i.revision;
    a->content_hash = hash;
    if (outcome == ARTICLE_QUEUED)
        e = outbox_add(l, a);
    if (!e)
        e = entry_understood(l, u, &i);
    if (!e)
        e = tell_article(l, u, outcome, now_ms);
    a->id = a->content_hash = (char *)protobuf_c_empty_string;
    a->canonical_url = own_url;
    if (!e)
        *out = outcome;
    return e;
}

// Outbox.

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
    struct query *q = query(l, OUTBOX_READ);
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
    struct query *q = query(l, OUTBOX_GET);
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
    enum err e = change(l, OUTBOX_DONE, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)sequence);
    return query_run(q);
}

enum err ledger_outbox_poison(struct ledger *l, uint64_t sequence, const char *reason,
                              int64_t now_ms, bool *dead)
{
    struct query *q;
    enum err e = change(l, OUTBOX_POISON, &q);
    if (e)
        return e;
    query_int(q, 1, (int64_t)sequence);
    query_text(q, 2, reason);
    query_int(q, 3, POISONS_TO_DEATH);
    query_int(q, 4, now_ms);
    e = query_run(q);
    if (e)
        return e;
    q = query(l, OUTBOX_POISONS);
    query_int(q, 1, (int64_t)sequence);
    e = query_step(q);
    if (e)
        return e;
    *dead = query_get_int(q, 0) > 0;
    char id[URL_ID_SIZE];
    snprintf(id, sizeof id, "%s", query_get_text(q, 1));
    query_reset(q);
    return ledger_tell(l, id, now_ms, *dead ? "dead" : "poison", reason);
}

enum err ledger_dead(struct ledger *l, int limit, dead_fn *fn, void *arg)
{
    struct query *q = query(l, DEAD_LIST);
    query_int(q, 1, limit);
    enum err e;
    while ((e = query_step(q)) == OK) {
        size_t size;
        const void *payload = query_get_bytes(q, 2, &size);
        pb_announcement *a = hint_read(payload, size);
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
    enum err e = change(l, DEAD_RETRY, &q);
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
    enum err e = change(l, DEAD_DROP, &q);
    if (e)
        return e;
    query_text(q, 1, id);
    e = query_run(q);
    if (e)
        return e;
    *n = (uint64_t)sqlite_changes(l->db);
    return *id && *n ? ledger_tell(l, id, now_ms, "dropped", "by the user") : OK;
}

// Stories.

enum err ledger_tell(struct ledger *l, const char *subject, int64_t at_ms, const char *name,
                     const char *detail)
{
    struct query *q;
    enum err e = change(l, EVENT_ADD, &q);
    if (e)
        return e;
    query_text(q, 1, subject);
    query_int(q, 2, at_ms);
    query_text(q, 3, name);
    query_text(q, 4, detail);
    return query_run(q);
}

enum err ledger_story(struct ledger *l, const char *subject, event_fn *fn, void *arg)
{
    struct query *q = query(l, EVENT_LIST);
    query_text(q, 1, subject);
    query_int(q, 2, STORY_MAX);
    enum err e;
    while ((e = query_step(q)) == OK) {
        Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
        event.at_ms = query_get_int(q, 0);
        event.name = (char *)query_get_text(q, 1);
        event.detail = (char *)query_get_text(q, 2);
        fn(arg, &event);
    }
    return e == ERR_NOTFOUND ? OK : e;
}

enum err ledger_forget(struct ledger *l, int64_t before_ms)
{
    struct query *q;
    enum err e = change(l, EVENT_FORGET, &q);
    if (e)
        return e;
    query_int(q, 1, before_ms);
    return query_run(q);
}

enum err ledger_count(struct ledger *l, struct ledger_counts *out)
{
    struct query *q = query(l, COUNT);
    enum err e = query_step(q);
    if (e)
        return e;
    *out = (struct ledger_counts){(uint64_t)query_get_int(q, 0), (uint64_t)query_get_int(q, 1),
                                  (uint64_t)query_get_int(q, 2), (uint64_t)query_get_int(q, 3),
                                  (uint64_t)query_get_int(q, 4)};
    query_reset(q);
    return OK;
}
