// SPDX-License-Identifier: MIT
// Sources: add, remove, pause, list, refresh.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "services/fetcher/control_parts.h"
#include "services/fetcher/record.h"

static Newswire__V1__Backfill *backfill_message(struct control *c, int64_t backfill)
{
    if (backfill == BACKFILL_STANDARD)
        return NULL;
    Newswire__V1__Backfill *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__backfill__init(m);
    m->all = backfill == BACKFILL_ALL;
    m->newest = m->all ? 0 : (uint32_t)backfill;
    return m;
}

static Newswire__V1__Gap *gap_message(struct control *c, int64_t gap_ms)
{
    if (gap_ms < 0)
        return NULL;
    Newswire__V1__Gap *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__gap__init(m);
    m->ms = (uint32_t)gap_ms;
    return m;
}

// How it was asked for, and how it is asked.
static void describe_asking(struct control *c, const struct source *s, Newswire__V1__Source *m)
{
    m->selector = control_copy(c, s->selector);
    m->backfill = backfill_message(c, s->backfill);
    m->gap = gap_message(c, s->gap_ms);
    m->poll_url = control_copy(c, s->poll_url);
    m->etag = control_copy(c, s->etag);
    m->last_modified = control_copy(c, s->last_modified);
    if (s->options)
        m->options = (Newswire__V1__SourceOptions *)control_copy_message(c, &s->options->base);
    if (s->visit)
        m->visit = (Newswire__V1__Visit *)control_copy_message(c, &s->visit->base);
}

static Newswire__V1__Source *source_message(struct control *c, const struct source *s)
{
    Newswire__V1__Source *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__source__init(m);
    m->number = s->number;
    m->url = control_copy(c, s->url);
    m->kind = s->kind;
    m->found = s->found;
    m->paused = s->paused;
    m->every_s = (uint32_t)s->schedule.every_s;
    m->title = control_copy(c, s->title);
    m->added_ms = s->added_ms;
    m->polled_ms = s->polled_ms;
    m->next_poll_ms = s->next_poll_ms;
    m->failures = s->schedule.failures;
    m->trouble = control_copy(c, s->trouble);
    describe_asking(c, s, m);
    m->entries = s->entries;
    m->published = s->published;
    m->pending = s->pending;
    m->failed = s->failed;
    m->left_out = s->left_out;
    return m;
}

static void list_source(void *arg, const struct source *s)
{
    struct listing *list = arg;
    pb_reply *reply = list->reply;
    if (reply->n_sources == CONTROL_LIST_MAX ||
        arena_used(list->control->arena) > CONTROL_LIST_BYTES) {
        reply->more = true;
        return;
    }
    reply->sources[reply->n_sources++] = source_message(list->control, s);
}

void control_list_from(struct control *c, uint64_t after, int limit, pb_reply *reply)
{
    struct listing listing = {c, reply};
    reply->sources = arena_alloc(c->arena, CONTROL_LIST_MAX * sizeof *reply->sources);
    ledger_must(c->tools.ledger,
                ledger_sources(c->tools.ledger, after, limit, list_source, &listing));
}

enum err control_find(struct control *c, const char *url, struct source **out, pb_reply *reply)
{
    char absolute[URL_MAX + 1];
    if (url_resolve("", url, absolute)) {
        control_refuse(c, reply,
                       "\"%.300s\" is not a URL: write it whole, as in https://example.com/feed",
                       url);
        return ERR_NOTFOUND;
    }
    enum err e = ledger_source_find(c->tools.ledger, absolute, out);
    if (e == ERR_NOTFOUND)
        control_refuse(c, reply, "no source %.300s: `newswire sources` lists them", absolute);
    else
        ledger_must(c->tools.ledger, e);
    return e;
}

static int64_t backfill_of(const Newswire__V1__Backfill *b)
{
    return !b ? BACKFILL_STANDARD : b->all ? BACKFILL_ALL : (int64_t)b->newest;
}

// Of a source that is there already, what was left out at first.
static void take_left_out(struct control *c, const char *url, const Newswire__V1__AddSource *a,
                          pb_reply *reply)
{
    struct source *s = NULL;
    bool else_too = a->kind || a->every_s || a->gap || *a->selector || a->options || a->paused;
    if (!a->take_left_out || !a->backfill || else_too) {
        control_refuse(c, reply,
                       a->take_left_out && a->backfill
                           ? "%.300s is a source already: only --backfill, and nothing beside, can "
                             "be given for it again, to take what was left out"
                           : "%.300s is a source already: `newswire sources` shows it; with "
                             "--backfill, what was left out of it is taken",
                       url);
        return;
    }
    if (control_find(c, url, &s, reply))
        return;
    reply->known = true;
    reply->affected = record_left_out(c->tools.ledger, s, backfill_of(a->backfill), clock_utc_ms());
    flush_now(c->tools.flush);
    fetch_wake(c->tools.fetch);
    control_list_from(c, s->number - 1, 1, reply);
    source_free(&s);
}

void control_add(struct control *c, const Newswire__V1__AddSource *a, pb_reply *reply)
{
    char url[URL_MAX + 1];
    if (url_resolve("", a->url, url)) {
        control_refuse(
            c, reply,
            "\"%.300s\" is not a URL that is fetched: write it whole, http or https, without "
            "user and password",
            a->url);
        return;
    }
    int64_t now = clock_utc_ms();
    struct source s = {.url = url,
                       .kind = a->kind,
                       .paused = a->paused,
                       .gap_ms = a->gap ? (int64_t)a->gap->ms : -1,
                       .backfill = backfill_of(a->backfill),
                       .selector = a->selector,
                       .options = a->options,
                       .added_ms = now,
                       .next_poll_ms = now,
                       .schedule = {.every_s = a->every_s}};
    uint64_t number;
    enum err e = ledger_source_add(c->tools.ledger, &s, &number);
    if (e == ERR_EXISTS) {
        take_left_out(c, url, a, reply);
        return;
    }
    ledger_must(c->tools.ledger, e);
    char subject[40];
    snprintf(subject, sizeof subject, "source %" PRIu64, number);
    ledger_must(c->tools.ledger, ledger_tell(c->tools.ledger, subject, now, "source-added", url));
    flush_now(c->tools.flush);
    log_info("source-added", "url=%s number=%" PRIu64, url, number);
    fetch_wake(c->tools.fetch);
    reply->affected = 1;
    control_list_from(c, number - 1, 1, reply);
}

void control_remove(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    if (control_find(c, url, &s, reply))
        return;
    ledger_must(c->tools.ledger, ledger_source_remove(c->tools.ledger, s->number));
    flush_now(c->tools.flush);
    log_info("source-removed", "url=%s number=%" PRIu64, s->url, s->number);
    reply->affected = 1;
    source_free(&s);
}

void control_pause(struct control *c, const Newswire__V1__PauseSource *p, pb_reply *reply)
{
    struct source *s = NULL;
    if (control_find(c, p->url, &s, reply))
        return;
    ledger_must(c->tools.ledger, ledger_source_pause(c->tools.ledger, s->number, p->paused));
    flush_now(c->tools.flush);
    log_info(p->paused ? "source-paused" : "source-resumed", "url=%s", s->url);
    fetch_wake(c->tools.fetch);
    reply->affected = 1;
    source_free(&s);
}

void control_list(struct control *c, const Newswire__V1__ListSources *l, pb_reply *reply)
{
    struct source *s = NULL;
    if (!*l->url) {
        control_list_from(c, l->after, CONTROL_LIST_MAX + 1, reply);
        return;
    }
    if (control_find(c, l->url, &s, reply))
        return;
    control_list_from(c, s->number - 1, 1, reply);
    source_free(&s);
}

enum err control_entry_id(const char *url, char id[URL_ID_SIZE])
{
    char absolute[URL_MAX + 1], canonical[URL_MAX + 1];
    enum err e = url_resolve("", url, absolute);
    if (!e)
        e = url_canonical(absolute, canonical);
    if (!e)
        url_id(canonical, id);
    return e;
}

void control_refresh(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    char id[URL_ID_SIZE];
    enum err e = OK;
    if (!*url) {
        e = ledger_refresh(c->tools.ledger, 0, clock_utc_ms());
    } else if (control_find(c, url, &s, reply) == OK) {
        e = ledger_refresh(c->tools.ledger, s->number, clock_utc_ms());
        source_free(&s);
    } else if (control_entry_id(url, id) == OK) {
        e = ledger_entry_retry(c->tools.ledger, id, clock_utc_ms());
        if (e == ERR_NOTFOUND) {
            control_refuse(c, reply,
                           "%.300s is neither a source nor a page seen on one: add it first", url);
            return;
        }
        reply->error = "";
    } else {
        return;
    }
    ledger_must(c->tools.ledger, e);
    flush_now(c->tools.flush);
    fetch_wake(c->tools.fetch);
    reply->affected = 1;
}
