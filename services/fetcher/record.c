// SPDX-License-Identifier: MIT
#include "services/fetcher/record.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"
#include "services/fetcher/visit.h"

enum { VISIT_MAX = 128 << 10 };

enum err record_source(struct record *r, struct ledger *l, uint64_t number)
{
    r->removals = ledger_removals(l);
    enum err e = ledger_source_get(l, number, &r->source);
    if (!e && r->source->catch_up && r->source->catch_up->n_steps > 0)
        r->step = r->source->catch_up->steps[0];
    return !e && r->source->paused ? ERR_NOTFOUND : e;
}

enum err record_entry(struct record *r, struct ledger *l, const char *id)
{
    r->removals = ledger_removals(l);
    enum err e = ledger_entry_get(l, id, &r->entry);
    return !e && r->entry->state != ENTRY_PENDING ? ERR_NOTFOUND : e;
}

void record_clear(struct record *r)
{
    source_free(&r->source);
    entry_free(&r->entry);
    record_forget_hops(r);
    free(r->url);
    free(r->content_type);
    free(r->etag);
    free(r->last_modified);
    free(r->body_hash);
    if (r->page)
        wire_free(&r->page->base);
    *r = (struct record){0};
}

void record_forget_hops(struct record *r)
{
    for (size_t i = 0; i < r->n_hops; i++)
        free(r->hops[i].url);
    r->n_hops = 0;
}

void record_hops(struct record *r, const struct http_response *response)
{
    record_forget_hops(r);
    for (; r->n_hops < response->n_hops && r->n_hops < HTTP_HOPS_MAX; r->n_hops++)
        r->hops[r->n_hops] = (struct http_hop){response->hops[r->n_hops].status,
                                               mem_strdup(response->hops[r->n_hops].url)};
}

const char *record_url(const struct record *r)
{
    return r->n_hops > 0 ? r->hops[r->n_hops - 1].url : record_wanted(r);
}

const char *record_wanted(const struct record *r)
{
    if (r->page)
        return r->page->document;
    if (r->step)
        return r->step->url;
    return r->source ? r->source->poll_url : r->entry->url;
}

Newswire__V1__SourceKind record_kind(const struct record *r)
{
    if (!r->source || r->page)
        return NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    if (r->step)
        return r->step->kind;
    return r->source->found ? r->source->found : r->source->kind;
}

pb_announcement record_hint(const struct entry *e)
{
    pb_announcement hint = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    if (e && e->hint) {
        hint.title = e->hint->title;
        hint.published_ms = e->hint->published_ms;
        hint.published_precision = e->hint->published_precision;
    }
    return hint;
}

struct http_request record_request(const struct record *r)
{
    const Newswire__V1__SourceOptions *o = r->source ? r->source->options : r->entry->options;
    const char *source = r->source ? r->source->url : r->entry->source_url;
    struct http_request q = {.url = record_url(r),
                             .etag = "",
                             .last_modified = "",
                             .hops = r->hops,
                             .n_hops = r->n_hops};
    if (!r->page && !r->step) {
        q.etag = r->source ? r->source->etag : r->entry->etag;
        q.last_modified = r->source ? r->source->last_modified : r->entry->last_modified;
    }
    if (o)
        q.proxy = o->proxy;
    q.site = source;
    if (o) {
        q.headers = o->headers;
        q.n_headers = o->n_headers;
        q.old_tls = o->old_tls;
    }
    return q;
}

// A header value as it may be stored: clean and bounded, or nothing.
static char *validator(const char *value)
{
    size_t n = strlen(value);
    return mem_strdup(n < 512 && text_is_clean(value, n) ? value : "");
}

static char *hash_of(const uint8_t *bytes, size_t size)
{
    uint8_t hash[16];
    char *hex = mem_alloc(2 * sizeof hash + 1);
    crypto_generichash(hash, sizeof hash, bytes, size, NULL, 0);
    return sodium_bin2hex(hex, 2 * sizeof hash + 1, hash, sizeof hash);
}

// A copy for the source; it is saved with what else the poll changes.
static void keep_visit(struct source *s, const pb_visit *visit)
{
    struct buf bytes = buf_new(VISIT_MAX);
    ProtobufCMessage *copy;
    struct problem why;
    if (wire_pack(&visit->base, &bytes) ||
        wire_unpack(visit->base.descriptor, bytes.data, bytes.size, &copy, &why))
        panic("a request cannot be described: %s", why.text);
    buf_free(&bytes);
    if (s->visit)
        wire_free(&s->visit->base);
    s->visit = (pb_visit *)copy;
}

static void keep_response(struct record *r, const struct http_response *response, int64_t now_ms)
{
    char url[URL_MAX + 1];
    r->fetched_ms = now_ms;
    r->url = mem_strdup(url_resolve("", response->url, url) == OK ? url : record_url(r));
    r->content_type = validator(response->content_type);
    r->etag = validator(response->etag);
    r->last_modified = validator(response->last_modified);
    r->poll.status = response->status;
    r->poll.retry_after_s = schedule_retry_after(response->retry_after, now_ms);
    if (r->entry)
        return; // the rest is what a source is compared and scheduled by
    r->body_hash = hash_of(response->body, response->size);
    r->poll.fresh_for_s =
        schedule_fresh_for(response->cache_control, response->expires, response->date, now_ms);
}

// Of a page each request is told; of a source the last one is kept, and what it brought is told
// (record_poll.c).
static void tell_visit(struct record *r, struct ledger *l, const struct http_response *response)
{
    const char *wanted = record_wanted(r);
    struct visit visit = {wanted,    record_url(r), &r->robots,   r->hops,
                          r->n_hops, response,      r->fetched_ms};
    struct arena *arena = arena_new(4096);
    Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
    event.at_ms = r->fetched_ms;
    event.visit = visit_message(&visit, arena);
    event.name = (char *)(!response ? "refused" : response->status ? "fetched" : "unanswered");
    if (r->entry)
        ledger_must(l, ledger_tell_event(l, r->entry->id, &event));
    else if (!r->step) // a step is told by what it brought
        keep_visit(r->source, event.visit);
    arena_free(&arena);
}

bool record_gone(const struct record *r, struct ledger *l)
{
    struct source *source = NULL;
    struct entry *entry = NULL;
    if (r->removals == ledger_removals(l))
        return false;
    enum err e = r->source ? ledger_source_get(l, r->source->number, &source)
                           : ledger_entry_get(l, r->entry->id, &entry);
    source_free(&source);
    entry_free(&entry);
    if (e != ERR_NOTFOUND)
        ledger_must(l, e);
    return e == ERR_NOTFOUND;
}

enum record_next record_response(struct record *r, struct ledger *l,
                                 const struct http_response *response, int64_t now_ms)
{
    if (record_gone(r, l))
        return RECORD_DONE;
    keep_response(r, response, now_ms);
    struct http_request asked = record_request(r);
    struct outcome o = outcome_of(response, r->poll.retry_after_s);
    if (o.verdict == VERDICT_UNCHANGED && !*asked.etag && !*asked.last_modified) {
        o.verdict = VERDICT_FAILED;
        problem_set(&o.trouble, OK, "HTTP 304, though nothing was known of the page before");
    }
    if (o.verdict == VERDICT_READ && r->source && !r->step &&
        strcmp(r->source->body_hash, r->body_hash) == 0)
        o.verdict = VERDICT_UNCHANGED; // the same bytes, from a server without validators
    tell_visit(r, l, response);
    if (o.verdict == VERDICT_READ)
        return RECORD_READ;
    if (o.verdict == VERDICT_UNCHANGED && r->source)
        poll_unchanged(r, l);
    else if (o.verdict == VERDICT_UNCHANGED)
        ledger_must(l, ledger_entry_unchanged(l, r->entry->id, now_ms));
    else
        record_failed(r, l, o.trouble.text, o.lasting);
    if (o.pause_host && r->pause_host_until_ms == 0)
        r->pause_host_until_ms =
            now_ms + (r->poll.retry_after_s ? r->poll.retry_after_s : 60) * 1000;
    return RECORD_DONE;
}

void record_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting)
{
    if (record_gone(r, l))
        return;
    r->failed = true;
    log_warn("failed", "url=%s problem=%s", record_url(r), trouble);
    if (r->step)
        catch_up_failed(r, l, trouble);
    else if (r->source)
        poll_failed(r, l, trouble, lasting);
    else
        page_failed(r, l, trouble, lasting);
}

void record_understood(struct record *r, struct ledger *l,
                       const Newswire__V1__ExtractResult *result)
{
    bool page = result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    if (record_gone(r, l))
        return;
    r->date_from = result->date_from;
    if (page && !result->announcement) // a worker may be in the hands of what it read
        record_failed(r, l, "the worker's answer has no content", true);
    else if (r->step)
        catch_up_understood(r, l, result);
    else if (r->source)
        poll_understood(r, l, result);
    else if (page)
        page_understood(r, l, result->announcement, result->problem);
    else
        record_failed(r, l, result->problem, true);
    r->date_from = NULL;
}

void record_refused(struct record *r, struct ledger *l, const char *why, int64_t now_ms)
{
    r->fetched_ms = now_ms;
    tell_visit(r, l, NULL);
    record_failed(r, l, why, r->robots.verdict == ROBOTS_MUST_NOT);
}

void record_lost(struct record *r, struct ledger *l, const char *why, int64_t now_ms)
{
    r->fetched_ms = now_ms;
    record_failed(r, l, why, false);
}
