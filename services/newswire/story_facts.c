// SPDX-License-Identifier: MIT
#include "services/newswire/story_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/newswire/readable.h"
#include "services/newswire/when.h"

typedef Newswire__V1__Visit pb_visit;
typedef Newswire__V1__Reading pb_reading;
typedef Newswire__V1__Page pb_page;
typedef Newswire__V1__Source pb_source;

const pb_visit *story_visit(const struct story *s)
{
    for (size_t i = s->fetcher->n_events; i-- > 0;)
        if (s->fetcher->events[i]->visit)
            return s->fetcher->events[i]->visit;
    return s->fetcher->n_sources ? s->fetcher->sources[0]->visit : NULL;
}

const pb_reading *story_reading(const struct story *s)
{
    for (size_t i = s->fetcher->n_events; i-- > 0;)
        if (s->fetcher->events[i]->reading)
            return s->fetcher->events[i]->reading;
    return NULL;
}

static void at(int64_t ms, struct buf *out)
{
    char text[WHEN_SIZE];
    when_local(ms, text);
    buf_puts(out, text);
}

// Where it stands.

static void summary_backfill(const pb_page *p, struct buf *out)
{
    const Newswire__V1__Backfill *b = p->source ? p->source->backfill : NULL;
    buf_puts(out,
             "left out: it was there when its source was added, and not published because of ");
    if (!b)
        buf_puts(out, "the standard --backfill");
    else if (b->newest == 0)
        buf_puts(out, "--backfill none");
    else
        buf_printf(out, "--backfill %" PRIu32, b->newest);
    buf_puts(out, "; `newswire refresh` of this URL fetches it");
}

static void summary_delivery(const Newswire__V1__Delivery *d, const char *id, struct buf *out)
{
    if (d->dead_ms)
        buf_printf(out,
                   "given up as poison: classifiers died of it %" PRIu32
                   " times (%s); `newswire dead retry %s` sends it once more",
                   d->poisons, d->reason, id);
    else if (d->probation)
        buf_printf(out, "on probation: delivered %" PRIu32 " times in vain, now alone and rarely",
                   d->deliveries);
    else if (d->leased)
        buf_puts(out, "read, and with a classifier now");
    else
        buf_puts(out, "read, and waiting for a classifier");
    if (!d->dead_ms && d->poisons)
        buf_printf(out, "; %" PRIu32 " died of it (%s)", d->poisons, d->reason);
    if (d->next_ms) {
        buf_puts(out, "; next ");
        at(d->next_ms, out);
    }
}

// "news.example.com", without a port that goes without saying.
static void host(const char *name, struct buf *out)
{
    const char *port = strrchr(name, ':');
    bool usual = port && (strcmp(port, ":80") == 0 || strcmp(port, ":443") == 0);
    buf_printf(out, "%.*s", (int)(usual ? (size_t)(port - name) : strlen(name)), name);
}

// In a host's queue, and what keeps the host.
static void waiting_turn(const Newswire__V1__Waiting *w, struct buf *out)
{
    buf_puts(out, w->stage == NEWSWIRE__V1__WAITING__STAGE__ROBOTS ? "for robots.txt of "
                                                                   : "for its turn at ");
    host(w->host, out);
    if (w->stage == NEWSWIRE__V1__WAITING__STAGE__ROBOTS)
        buf_puts(out, ", which is being asked for");
    if (w->before)
        buf_printf(out, ", %" PRIu64 " %s before it", w->before,
                   w->before == 1 ? "request" : "requests");
    if (w->paused_ms) {
        buf_puts(out, ", the host asked to be left alone until ");
        at(w->paused_ms, out);
    } else if (w->resting_ms) {
        buf_puts(out, ", the next request there goes out at ");
        at(w->resting_ms, out);
    }
}

static void waiting_for(const pb_page *p, struct buf *out)
{
    const Newswire__V1__Waiting *w = p->waiting;
    switch (w->stage) {
    case NEWSWIRE__V1__WAITING__STAGE__TURN:
    case NEWSWIRE__V1__WAITING__STAGE__ROBOTS:
        waiting_turn(w, out);
        break;
    case NEWSWIRE__V1__WAITING__STAGE__ANSWER:
        buf_puts(out, "for the answer of ");
        host(w->host, out);
        break;
    case NEWSWIRE__V1__WAITING__STAGE__READER:
        buf_puts(out, "for a worker to read it");
        break;
    default:
        buf_puts(out, "until ");
        at(p->next_try_ms, out);
    }
}

static void summary_waiting(const pb_page *p, struct buf *out)
{
    buf_puts(out, p->attempts ? "waiting to be tried again" : "waiting to be fetched");
    if (p->waiting) {
        buf_puts(out, ": ");
        waiting_for(p, out);
    }
    if (*p->trouble)
        buf_printf(out, "; the last try failed: %s", p->trouble);
}

static void summary_given_up(const struct story *s, struct buf *out)
{
    const pb_visit *v = story_visit(s);
    bool robots = v && v->robots &&
                  v->robots->verdict == NEWSWIRE__V1__ROBOTS__VERDICT__FORBIDDEN && !v->status;
    buf_printf(out, "%s: %s; `newswire refresh` of this URL tries it once more",
               robots ? "refused by robots.txt" : "given up", s->fetcher->page->trouble);
}

static void summary_page(const struct story *s, struct buf *out)
{
    const pb_page *p = s->fetcher->page;
    if (p->state == NEWSWIRE__V1__PAGE__STATE__BASELINE)
        summary_backfill(p, out);
    else if (p->delivery)
        summary_delivery(p->delivery, s->fetcher->id, out);
    else if (p->state == NEWSWIRE__V1__PAGE__STATE__WAITING)
        summary_waiting(p, out);
    else if (p->state == NEWSWIRE__V1__PAGE__STATE__GIVEN_UP)
        summary_given_up(s, out);
    else if (s->news)
        buf_printf(out, "published as number %" PRIu64, s->news->sequence);
    else if (*s->trouble)
        buf_printf(out, "read; what the store has of it is not known: %s", s->trouble);
    else
        buf_puts(out, "read, but the store does not have it: it was dropped from the dead letters, "
                      "or the store has forgotten it");
}

void story_summary(const struct story *s, struct buf *out)
{
    const pb_page *p = s->fetcher->page;
    if (p)
        summary_page(s, out);
    if (p && s->news && p->state != NEWSWIRE__V1__PAGE__STATE__DONE)
        buf_printf(out, "; number %" PRIu64 " has %s", s->news->sequence,
                   s->news->announcement->from_feed ? "what the feed says of it" : "what it was");
    if (p)
        return;
    if (s->fetcher->n_sources)
        buf_puts(out, "a source");
    else
        buf_puts(out, "not known: it is no source, and no source has listed it");
}

// The steps.

static void name(const char *what, struct buf *out)
{
    buf_printf(out, "%-12s ", what);
}

static void write_robots(const Newswire__V1__Robots *r, struct buf *out)
{
    if (r->verdict == NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED) {
        buf_puts(out, "not asked: a source is fetched as the user said");
        return;
    }
    bool allowed = r->verdict == NEWSWIRE__V1__ROBOTS__VERDICT__ALLOWED;
    if (*r->rule)
        buf_printf(out, "%s by \"%s\", line %" PRIu32 " of ", allowed ? "allowed" : "forbidden",
                   r->rule, r->line);
    else if (r->status >= 200 && r->status < 300)
        buf_puts(out, "allowed: no rule forbids it in ");
    else if (r->status)
        buf_printf(out, "%s: HTTP %" PRIu32 " from ",
                   allowed ? "allowed, there is none" : "unknown, so nothing is fetched for now",
                   r->status);
    else
        buf_printf(out, "%s (%s): ",
                   allowed ? "allowed, it cannot be read"
                           : "unreachable, so nothing is fetched for now",
                   r->problem);
    readable_url(r->url, out);
    if (r->delay_s)
        buf_printf(out, ", crawl delay %" PRIu32 " s", r->delay_s);
    if (r->delay_stated_s > r->delay_s)
        buf_printf(out, " in place of the %" PRIu32 " s that it states", r->delay_stated_s);
}

static void write_hops(const pb_visit *v, struct buf *out)
{
    for (size_t i = 0; i < v->n_redirects; i++) {
        name(i ? "" : "redirects", out);
        buf_printf(out, "%" PRIu32 " to ", v->redirects[i]->status);
        readable_url(v->redirects[i]->url, out);
        buf_puts(out, "\n");
    }
}

static void write_answer(const pb_visit *v, struct buf *out)
{
    if (v->status)
        buf_printf(out, "HTTP %" PRIu32 " in %" PRIu32 " ms, %" PRIu64 " bytes, %s", v->status,
                   v->elapsed_ms, v->size, *v->content_type ? v->content_type : "no content type");
    else
        buf_puts(out, *v->problem ? v->problem : "not asked for");
}

static void write_visit(const pb_visit *v, struct buf *out)
{
    if (v->robots) {
        name("robots.txt", out);
        write_robots(v->robots, out);
        buf_puts(out, "\n");
    }
    write_hops(v, out);
    name("answer", out);
    write_answer(v, out);
    buf_puts(out, ", ");
    at(v->at_ms, out);
    buf_puts(out, "\n");
}

static void write_validators(const char *etag, const char *modified, struct buf *out)
{
    name("validators", out);
    buf_printf(out, "%s%s%s%s%s\n", *etag ? "ETag " : "", etag, *etag && *modified ? ", " : "",
               *modified ? "Last-Modified " : "", modified);
}

static void write_charset(const pb_reading *r, struct buf *out)
{
    name("encoding", out);
    buf_printf(out, "read as %s%s, ", r->charset_used, r->charset_guessed ? " (guessed)" : "");
    if (!*r->charset_declared)
        buf_puts(out, "none declared");
    else if (strcmp(r->charset_declared, r->charset_used) == 0)
        buf_puts(out, "as declared");
    else
        buf_printf(out, "declared as %s", r->charset_declared);
    if (r->replacements)
        buf_printf(out, ", %" PRIu32 " characters unreadable", r->replacements);
    buf_puts(out, "\n");
}

static void write_date(const pb_reading *r, struct buf *out)
{
    char text[WHEN_SIZE];
    when_published(r->published_ms,
                   r->published_precision == NEWSWIRE__V1__PRECISION__PRECISION_DAY, text);
    name("date", out);
    if (!r->published_ms)
        buf_puts(out, "unknown\n");
    else
        buf_printf(out, "%s%s%s\n", text, *r->date_from ? ", from: " : "", r->date_from);
}

static void write_reading(const pb_reading *r, struct buf *out)
{
    name("title", out);
    buf_printf(out, "%s\n", *r->title ? r->title : "none found");
    name("text", out);
    buf_printf(out, "%" PRIu32 " characters, %s%s%s\n", r->characters, r->language,
               r->cut ? ", cut short" : "", r->from_feed ? ", the feed's own words" : "");
    write_date(r, out);
    if (*r->charset_used)
        write_charset(r, out);
}

static void write_labels(const pb_classification *c, struct buf *out)
{
    name("labels", out);
    for (size_t i = 0; i < c->n_labels; i++)
        buf_printf(out, "%s%s %.0f %%", i ? ", " : "", c->labels[i]->name,
                   (double)c->labels[i]->score * 100);
    buf_puts(out, "\n");
}

static void write_poll(const pb_source *s, struct buf *out)
{
    name("next poll", out);
    if (s->paused)
        buf_puts(out, "none: it is paused");
    else
        at(s->next_poll_ms, out);
    if (s->every_s)
        buf_printf(out, ", every %" PRIu32 " s as asked", s->every_s);
    buf_puts(out, "\n");
}

// When the page, or the source that leads to it, is asked for again.
static void write_next(const pb_source *source, const pb_page *p, struct buf *out)
{
    if (source) {
        write_poll(source, out);
    } else if (p && p->next_try_ms) {
        name("next try", out);
        at(p->next_try_ms, out);
        buf_puts(out, "\n");
    } else if (p && p->source && !p->source->paused) {
        name("next", out);
        buf_puts(out, "again if its source lists it changed; that is asked ");
        at(p->source->next_poll_ms, out);
        buf_puts(out, "\n");
    }
}

static void write_origin(const pb_page *p, struct buf *out)
{
    name("found", out);
    at(p->seen_ms, out);
    if (p->source) {
        buf_puts(out, " on ");
        readable_url(p->source->url, out);
    } else {
        buf_puts(out, " on a source that was removed");
    }
    buf_puts(out, "\n");
}

static void write_store(const struct story *s, struct buf *out)
{
    const pb_news *n = s->news;
    write_labels(n->classification, out);
    name("store", out);
    buf_printf(out, "number %" PRIu64 ", committed ", n->sequence);
    at(n->committed_ms, out);
    if (*n->duplicate_of)
        buf_printf(out, ", the same story as %s", n->duplicate_of);
    buf_puts(out, "\n");
}

void story_facts(const struct story *s, struct buf *out)
{
    const pb_page *p = s->fetcher->page;
    const pb_source *source = s->fetcher->n_sources ? s->fetcher->sources[0] : NULL;
    const pb_visit *visit = story_visit(s);
    const pb_reading *reading = story_reading(s);
    if (p)
        write_origin(p, out);
    if (source && *source->poll_url && strcmp(source->poll_url, source->url) != 0) {
        name("asks", out);
        readable_url(source->poll_url, out);
        buf_puts(out, ", the feed that it announces\n");
    }
    if (visit)
        write_visit(visit, out);
    if (source && (*source->etag || *source->last_modified))
        write_validators(source->etag, source->last_modified, out);
    else if (p && (*p->etag || *p->last_modified))
        write_validators(p->etag, p->last_modified, out);
    if (reading)
        write_reading(reading, out);
    if (s->news)
        write_store(s, out);
    write_next(source, p, out);
    if (p && p->kept_ms) {
        name("kept", out);
        buf_puts(out, "the page as it came, ");
        at(p->kept_ms, out);
        buf_puts(out, "; `newswire reprocess` reads it again\n");
    }
}

// Events.

static void event_reading(const pb_reading *r, struct buf *out)
{
    buf_printf(out, "%" PRIu32 " characters, %s", r->characters, r->language);
    if (*r->charset_used)
        buf_printf(out, ", read as %s%s", r->charset_used, r->charset_guessed ? " (guessed)" : "");
    if (r->outbox)
        buf_printf(out, ", revision %" PRIu64, r->revision);
    buf_puts(out, r->from_feed ? ", from the feed" : "");
}

void story_event(const Newswire__V1__Event *e, struct buf *out)
{
    if (*e->detail) {
        bool url = strncmp(e->detail, "http", 4) == 0 && !strchr(e->detail, ' ');
        if (url)
            readable_url(e->detail, out);
        else
            buf_puts(out, e->detail);
    } else if (e->visit && !e->visit->status && e->visit->robots && !*e->visit->problem) {
        write_robots(e->visit->robots, out);
    } else if (e->visit) {
        write_answer(e->visit, out);
    } else if (e->reading) {
        event_reading(e->reading, out);
    }
}
