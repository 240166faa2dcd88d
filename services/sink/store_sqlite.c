// SPDX-License-Identifier: MIT
#include "services/sink/store_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "common/loop.h"
#include "common/mem.h"

enum { FORGET_AT_ONCE = 1000 };

// Version 1. Every table grows at its end but `ledger`, whose rows are small: the commit path is
// sequential writing. A person who queries starts with the view `announcement`.
static const char version_1[] =
    // One row: how far the store has come.
    "CREATE TABLE store("
    " epoch INTEGER NOT NULL,"         // when it was made or restored, UTC milliseconds
    " head INTEGER NOT NULL,"          // newest sequence
    " announcements INTEGER NOT NULL," // in the view `announcement`
    " committed_ms INTEGER NOT NULL);"
    // Every revision that was ever committed. Outlives the news.
    "CREATE TABLE ledger("
    " id TEXT NOT NULL, revision INTEGER NOT NULL,"
    " sequence INTEGER," // NULL: a newer revision was there already; never published
    " PRIMARY KEY(id, revision)) WITHOUT ROWID;"
    // What was published, in order. REPLAY reads `packed`, a ClassifiedNews without its epoch.
    "CREATE TABLE news("
    " sequence INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL, revision INTEGER NOT NULL,"
    " superseded_by INTEGER," // sequence of the next revision
    " label TEXT NOT NULL, score REAL NOT NULL, labels TEXT NOT NULL,"
    " title TEXT NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL, site TEXT NOT NULL,"
    " language TEXT NOT NULL, duplicate_of TEXT NOT NULL,"
    " published_ms INTEGER NOT NULL, fetched_ms INTEGER NOT NULL, committed_ms INTEGER NOT NULL,"
    " packed BLOB NOT NULL);"
    "CREATE INDEX news_by_label ON news(label);" // and by sequence, which is the rowid
    "CREATE TABLE label("
    " name TEXT PRIMARY KEY,"
    " sequence INTEGER NOT NULL," // newest
    " count INTEGER NOT NULL"     // in the view `announcement`
    ") WITHOUT ROWID;"
    // The newest revision of each announcement.
    "CREATE VIEW announcement AS SELECT sequence, id, revision, label, score, labels, title, url,"
    " source, site, language, duplicate_of,"
    " datetime(nullif(published_ms, 0) / 1000, 'unixepoch') AS published,"
    " datetime(committed_ms / 1000, 'unixepoch') AS committed,"
    " published_ms, fetched_ms, committed_ms"
    " FROM news WHERE superseded_by IS NULL;";

static const char *const migrations[] = {version_1, NULL};

static const struct sqlite_schema schema = {"newswire-store", migrations};

static struct sqlite_store *of(struct store *s)
{
    return (struct sqlite_store *)s;
}

// Opening and closing.

static void open_writes(struct sqlite_store *s)
{
    struct sqlite_writes *w = &s->writes;
    w->newest_revision = query_new(
        s->db, "SELECT revision, sequence FROM ledger WHERE id = ? AND sequence IS NOT NULL"
               " ORDER BY revision DESC LIMIT 1");
    w->add_revision = query_new(s->db, "INSERT OR IGNORE INTO ledger VALUES (?, ?, ?)");
    w->add_news = query_new(s->db, "INSERT INTO news VALUES"
                                   " (?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    w->supersede = query_new(s->db, "UPDATE news SET superseded_by = ? WHERE sequence = ?");
    w->label_of = query_new(s->db, "SELECT label FROM news WHERE sequence = ?");
    w->set_totals =
        query_new(s->db, "UPDATE store SET head = ?, announcements = ?, committed_ms = ?");
    w->set_label = query_new(s->db, "INSERT OR REPLACE INTO label VALUES (?, ?, ?)");
    w->expired = query_new(s->db, "SELECT sequence, committed_ms, label, superseded_by IS NULL"
                                  " FROM news ORDER BY sequence LIMIT ?");
    w->forget = query_new(s->db, "DELETE FROM news WHERE sequence <= ?");
    w->packed = buf_new(STORE_NEWS_MAX);
}

static void close_writes(struct sqlite_store *s)
{
    struct sqlite_writes *w = &s->writes;
    query_free(&w->newest_revision);
    query_free(&w->add_revision);
    query_free(&w->add_news);
    query_free(&w->supersede);
    query_free(&w->label_of);
    query_free(&w->set_totals);
    query_free(&w->set_label);
    query_free(&w->expired);
    query_free(&w->forget);
    buf_free(&w->packed);
}

static void sqlite_store_close(struct store *store)
{
    struct sqlite_store *s = of(store);
    close_writes(s);
    sqlite_reads_close(s);
    sqlite_close(&s->db);
    free(s);
}

// The epoch is the time at which the store was made or restored, so it is never given out twice.
static enum err set_epoch(struct sqlite_store *s, bool renew)
{
    struct query *make = query_new(
        s->db, "INSERT INTO store SELECT ?, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM store)");
    query_int(make, 1, clock_utc_ms());
    enum err e = query_run(make);
    query_free(&make);
    if (e || !renew)
        return e;
    struct query *change = query_new(s->db, "UPDATE store SET epoch = max(epoch + 1, ?)");
    query_int(change, 1, clock_utc_ms());
    e = query_run(change);
    query_free(&change);
    return e;
}

static enum err open_database(struct sqlite_store *s, const char *path,
                              const struct store_options *o, struct problem *why)
{
    enum err e = o->reader ? sqlite_open_reader(path, &s->db, why)
                           : sqlite_open(path, &schema, true, &s->db, why);
    if (e)
        return e;
    if (!o->reader && set_epoch(s, o->new_epoch))
        return problem_set(why, ERR_IO, "store %s: %s", path, sqlite_message(s->db));
    sqlite_reads_open(s);
    if (!o->reader)
        open_writes(s);
    if (sqlite_read_state(s, &s->state))
        return problem_set(why, ERR_IO, "store %s: %s", path, sqlite_message(s->db));
    return OK;
}

static enum err sqlite_store_open(const char *where, const struct store_options *o,
                                  struct store **out, struct problem *why)
{
    struct sqlite_store *s = mem_alloc(sizeof *s);
    s->base.backend = &store_sqlite;
    s->reader = o->reader;
    enum err e = open_database(s, where, o, why);
    if (e) {
        sqlite_store_close(&s->base);
        return e;
    }
    *out = &s->base;
    return OK;
}

// Committing.

// The label's entry in the state to be, made if need be; NULL if there are too many.
static struct store_label *label_entry(struct store_state *state, const char *name)
{
    for (size_t i = 0; i < state->n_labels; i++)
        if (strcmp(state->labels[i].name, name) == 0)
            return &state->labels[i];
    if (state->n_labels == STORE_LABELS_MAX || strlen(name) >= sizeof state->labels[0].name)
        return NULL;
    struct store_label *label = &state->labels[state->n_labels++];
    *label = (struct store_label){.name = ""};
    memcpy(label->name, name, strlen(name) + 1);
    return label;
}

// Takes one off the counts. Its label is known, for it was counted.
static void uncount(struct store_state *state, const char *label)
{
    struct store_label *entry = label_entry(state, label);
    if (entry && entry->count > 0)
        entry->count--;
    if (state->announcements > 0)
        state->announcements--;
}

struct newest {
    uint64_t revision, sequence; // sequence 0: nothing was published
};

static enum err find_newest(struct sqlite_store *s, const char *id, struct newest *out)
{
    struct query *q = s->writes.newest_revision;
    query_text(q, 1, id);
    enum err e = query_step(q);
    *out = (struct newest){0};
    if (e == ERR_NOTFOUND)
        return OK;
    if (e)
        return e;
    *out = (struct newest){(uint64_t)query_get_int(q, 0), (uint64_t)query_get_int(q, 1)};
    query_reset(q);
    return OK;
}

static enum err add_revision(struct sqlite_store *s, const pb_announcement *a, uint64_t sequence)
{
    struct query *q = s->writes.add_revision;
    query_text(q, 1, a->id);
    query_int(q, 2, (int64_t)a->revision);
    if (sequence)
        query_int(q, 3, (int64_t)sequence);
    else
        query_text(q, 3, NULL);
    return query_run(q);
}

// Takes the older revision out of the view and of the counts. It may have been forgotten.
static enum err supersede(struct sqlite_store *s, uint64_t old, uint64_t sequence)
{
    struct query *q = s->writes.label_of;
    query_int(q, 1, (int64_t)old);
    enum err e = query_step(q);
    if (e)
        return e == ERR_NOTFOUND ? OK : e;
    uncount(&s->writes.next, query_get_text(q, 0));
    query_reset(q);
    q = s->writes.supersede;
    query_int(q, 1, (int64_t)sequence);
    query_int(q, 2, (int64_t)old);
    return query_run(q);
}

static float primary_score(const pb_classification *c)
{
    for (size_t i = 0; i < c->n_labels; i++)
        if (strcmp(c->labels[i]->name, c->primary) == 0)
            return c->labels[i]->score;
    return 0;
}

static void join_labels(const pb_classification *c, struct buf *out)
{
    for (size_t i = 0; i < c->n_labels; i++) {
        buf_puts(out, i ? "," : "");
        buf_puts(out, c->labels[i]->name);
    }
}

static enum err add_news(struct sqlite_store *s, const pb_news *news, const struct buf *packed)
{
    const pb_announcement *a = news->announcement;
    struct query *q = s->writes.add_news;
    struct buf labels = buf_new(32 * 65);
    join_labels(news->classification, &labels);
    int at = 1;
    query_int(q, at++, (int64_t)news->sequence);
    query_text(q, at++, a->id);
    query_int(q, at++, (int64_t)a->revision);
    query_text(q, at++, news->classification->primary);
    query_real(q, at++, primary_score(news->classification));
    query_text(q, at++, buf_str(&labels));
    query_text(q, at++, a->title);
    query_text(q, at++, *a->canonical_url ? a->canonical_url : a->url);
    query_text(q, at++, a->source);
    query_text(q, at++, a->site);
    query_text(q, at++, a->language);
    query_text(q, at++, news->duplicate_of);
    query_int(q, at++, a->published_ms);
    query_int(q, at++, a->fetched_ms);
    query_int(q, at++, news->committed_ms);
    query_bytes(q, at, packed->data, packed->size);
    enum err e = query_run(q);
    buf_free(&labels);
    return e;
}

// Gives it the next sequence. STORE_REFUSED before anything was changed.
static enum err publish(struct sqlite_store *s, struct store_put *put, uint64_t old, int64_t now_ms)
{
    struct store_state *next = &s->writes.next;
    struct buf *packed = &s->writes.packed;
    struct store_label *label = label_entry(next, put->classification->primary);
    pb_news news = NEWSWIRE__V1__CLASSIFIED_NEWS__INIT; // epoch 0: readers put in the store's
    news.sequence = next->head + 1;
    news.previous = label ? label->sequence : 0;
    news.announcement = (pb_announcement *)put->announcement;
    news.classification = (pb_classification *)put->classification;
    news.duplicate_of = (char *)put->duplicate_of;
    news.committed_ms = now_ms;
    buf_clear(packed);
    put->outcome = STORE_REFUSED;
    if (!label || wire_pack(&news.base, packed))
        return OK;
    put->outcome = STORE_NEW;
    put->sequence = news.sequence;
    enum err e = old ? supersede(s, old, news.sequence) : OK;
    if (!e)
        e = add_news(s, &news, packed);
    next->head = label->sequence = news.sequence;
    next->committed_ms = now_ms;
    next->announcements++;
    label->count++;
    return e;
}

static enum err commit_one(struct sqlite_store *s, struct store_put *put, int64_t now_ms)
{
    struct newest newest;
    enum err e = find_newest(s, put->announcement->id, &newest);
    if (e)
        return e;
    if (newest.sequence && newest.revision >= put->announcement->revision) {
        e = add_revision(s, put->announcement, 0);
        put->outcome = sqlite_changes(s->db) ? STORE_LATE : STORE_KNOWN;
        return e;
    }
    e = publish(s, put, newest.sequence, now_ms);
    if (e || put->outcome == STORE_REFUSED)
        return e;
    return add_revision(s, put->announcement, put->sequence);
}

// Sequence up to which everything is older than that; 0: nothing is. Takes it off the counts.
static enum err find_expired(struct sqlite_store *s, int64_t before_ms, uint64_t *last)
{
    struct query *q = s->writes.expired;
    query_int(q, 1, FORGET_AT_ONCE);
    enum err e = OK;
    *last = 0;
    while (!(e = query_step(q)) && query_get_int(q, 1) < before_ms) {
        *last = (uint64_t)query_get_int(q, 0);
        if (query_get_int(q, 3))
            uncount(&s->writes.next, query_get_text(q, 2));
    }
    query_reset(q);
    return e == ERR_NOTFOUND ? OK : e;
}

static enum err forget(struct sqlite_store *s, int64_t before_ms)
{
    uint64_t last = 0;
    enum err e = before_ms > 0 ? find_expired(s, before_ms, &last) : OK;
    if (e || last == 0)
        return e;
    query_int(s->writes.forget, 1, (int64_t)last);
    return query_run(s->writes.forget);
}

static enum err write_label(struct sqlite_store *s, const struct store_label *label)
{
    struct query *q = s->writes.set_label;
    query_text(q, 1, label->name);
    query_int(q, 2, (int64_t)label->sequence);
    query_int(q, 3, (int64_t)label->count);
    return query_run(q);
}

static enum err write_state(struct sqlite_store *s)
{
    const struct store_state *next = &s->writes.next, *old = &s->state;
    struct query *q = s->writes.set_totals;
    query_int(q, 1, (int64_t)next->head);
    query_int(q, 2, (int64_t)next->announcements);
    query_int(q, 3, next->committed_ms);
    enum err e = query_run(q);
    for (size_t i = 0; !e && i < next->n_labels; i++)
        if (i >= old->n_labels || next->labels[i].sequence != old->labels[i].sequence ||
            next->labels[i].count != old->labels[i].count)
            e = write_label(s, &next->labels[i]);
    return e;
}

static enum err commit_all(struct sqlite_store *s, struct store_put *puts, size_t n, int64_t now_ms,
                           int64_t forget_before_ms)
{
    enum err e = sqlite_begin(s->db);
    for (size_t i = 0; !e && i < n; i++)
        e = commit_one(s, &puts[i], now_ms);
    if (!e)
        e = forget(s, forget_before_ms);
    if (!e)
        e = write_state(s);
    return e ? e : sqlite_commit(s->db);
}

static enum err sqlite_store_commit(struct store *store, struct store_put *puts, size_t n,
                                    int64_t now_ms, int64_t forget_before_ms, struct problem *why)
{
    struct sqlite_store *s = of(store);
    if (s->reader)
        panic("commit to a store that was opened for reading");
    s->writes.next = s->state;
    if (!commit_all(s, puts, n, now_ms, forget_before_ms)) {
        s->state = s->writes.next;
        return OK;
    }
    bool full = sqlite_full(s->db);
    enum err e = problem_set(why, full ? ERR_BUSY : ERR_IO, "the store cannot be written: %s%s",
                             sqlite_message(s->db), full ? "; make room on its disk" : "");
    sqlite_rollback(s->db);
    return e;
}

static const struct store_state *sqlite_store_state(struct store *store)
{
    struct sqlite_store *s = of(store);
    if (s->reader && sqlite_read_state(s, &s->state))
        return NULL;
    return &s->state;
}

const struct store_backend store_sqlite = {
    .scheme = "sqlite:",
    .open = sqlite_store_open,
    .commit = sqlite_store_commit,
    .read = sqlite_store_read,
    .state = sqlite_store_state,
    .close = sqlite_store_close,
};
