// SPDX-License-Identifier: MIT
// How the fetcher is doing, and its dead letters.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/metrics.h"
#include "services/fetcher/control_parts.h"

enum {
    COUNTERS_MAX = 200,
    ALARMS_MAX = 8,
    BARREN_PAGES = 5, // of one source in a row: somebody should look
};

static const int64_t LOST_MS = 86400000;

static void add_counter(void *arg, const char *name, uint64_t value)
{
    struct listing *list = arg;
    Newswire__V1__FetcherStatus *status = list->reply->status;
    if (status->n_counters == COUNTERS_MAX)
        return;
    Newswire__V1__Counter *m = arena_alloc(list->control->arena, sizeof *m);
    newswire__v1__counter__init(m);
    m->name = (char *)name;
    m->value = value;
    status->counters[status->n_counters++] = m;
}

static void add_alarm(struct control *c, Newswire__V1__FetcherStatus *s, const char *format,
                      uint64_t n)
{
    s->alarms[s->n_alarms++] = arena_printf(c->arena, format, n); // NOLINT: constant formats
}

// "URL", or "URL and 3 more"; then what is the matter with them, and what to do.
static void add_source_alarm(struct control *c, Newswire__V1__FetcherStatus *s,
                             const struct ledger_alarm *a, const char *what)
{
    char more[40] = "";
    if (a->n == 0)
        return;
    if (a->n > 1)
        snprintf(more, sizeof more, " and %" PRIu64 " more", a->n - 1);
    s->alarms[s->n_alarms++] = arena_printf(c->arena, "%s%s: %s", a->url, more, what);
}

static void source_alarms(struct control *c, Newswire__V1__FetcherStatus *s)
{
    struct ledger *l = c->tools.ledger;
    struct ledger_alarm quiet, barren, lost;
    int64_t now = clock_utc_ms();
    ledger_must(l, ledger_quiet(l, now, &quiet));
    ledger_must(l, ledger_barren(l, BARREN_PAGES, &barren));
    ledger_must(l, ledger_lost(l, now - LOST_MS, &lost));
    add_source_alarm(
        c, s, &quiet,
        "nothing new for three times its longest silence, or for 30 days; look at it in "
        "a browser: has it moved? Then `newswire add` its new address");
    add_source_alarm(c, s, &barren,
                     "its last pages could not be read; `newswire fetch` one of them to see why: a "
                     "--header, --proxy or --old-tls may help");
    add_source_alarm(c, s, &lost,
                     "it moved on too far between two polls, entries were missed that no sitemap "
                     "shows; `newswire remove` it and add it with a shorter --every");
}

static void alarms(struct control *c, Newswire__V1__FetcherStatus *s)
{
    s->alarms = arena_alloc(c->arena, ALARMS_MAX * sizeof *s->alarms);
    source_alarms(c, s);
    if (s->sources_failing)
        add_alarm(c, s, "sources in trouble: %" PRIu64 "; `newswire sources` says why",
                  s->sources_failing);
    if (s->dead)
        add_alarm(c, s, "dead letters: %" PRIu64 "; `newswire dead list` shows them", s->dead);
    if (s->outbox && !s->sessions)
        add_alarm(c, s,
                  "no classifier is connected: start newswire-classifier; announcements "
                  "that wait for it: %" PRIu64,
                  s->outbox);
}

void control_status(struct control *c, pb_reply *reply)
{
    struct ledger_counts counts;
    struct listing listing = {c, reply};
    Newswire__V1__FetcherStatus *s = arena_alloc(c->arena, sizeof *s);
    newswire__v1__fetcher_status__init(s);
    ledger_must(c->tools.ledger, ledger_count(c->tools.ledger, &counts));
    s->sources = counts.sources;
    s->sources_failing = counts.sources_failing;
    s->pending = counts.pending;
    s->outbox = counts.outbox;
    s->dead = counts.dead;
    s->leased = dispatch_leased(work_dispatch(c->tools.work));
    s->sessions = dispatch_sessions(work_dispatch(c->tools.work));
    s->in_flight = fetch_running(c->tools.fetch);
    s->started_ms = c->started_ms;
    s->store = (char *)c->tools.store_url;
    s->counters = arena_alloc(c->arena, COUNTERS_MAX * sizeof *s->counters);
    reply->status = s;
    metrics_each(add_counter, &listing);
    alarms(c, s);
}

static void list_dead(void *arg, const Newswire__V1__DeadLetter *d)
{
    struct listing *list = arg;
    struct arena *a = list->control->arena;
    if (arena_used(a) > CONTROL_LIST_BYTES) {
        list->reply->more = true;
        return;
    }
    Newswire__V1__DeadLetter *m = arena_alloc(a, sizeof *m);
    *m = *d;
    m->id = arena_strndup(a, d->id, strlen(d->id));
    m->url = arena_strndup(a, d->url, strlen(d->url));
    m->title = arena_strndup(a, d->title, strlen(d->title));
    m->reason = arena_strndup(a, d->reason, strlen(d->reason));
    list->reply->dead[list->reply->n_dead++] = m;
}

void control_dead(struct control *c, const Newswire__V1__DeadRequest *d, pb_reply *reply)
{
    struct listing listing = {c, reply};
    switch (d->verb) {
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST:
        reply->dead = arena_alloc(c->arena, CONTROL_LIST_MAX * sizeof *reply->dead);
        ledger_must(c->tools.ledger,
                    ledger_dead(c->tools.ledger, CONTROL_LIST_MAX, list_dead, &listing));
        reply->affected = reply->n_dead;
        return;
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__RETRY:
        ledger_must(c->tools.ledger, ledger_dead_retry(c->tools.ledger, d->id, &reply->affected));
        flush_now(c->tools.flush);
        work_rewind(c->tools.work);
        break;
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__DROP:
        ledger_must(c->tools.ledger,
                    ledger_dead_drop(c->tools.ledger, d->id, clock_utc_ms(), &reply->affected));
        flush_now(c->tools.flush);
        break;
    default:
        reply->error = "this version does not know that request: update the fetcher";
        return;
    }
    if (*d->id && reply->affected == 0)
        control_refuse(c, reply, "no dead letter %.64s: `newswire dead list` shows them", d->id);
}

void control_reprocess(struct control *c, const Newswire__V1__Reprocess *q, pb_reply *reply)
{
    struct problem why;
    Newswire__V1__ReprocessProgress *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__reprocess_progress__init(m);
    if (reprocess_ask(c->tools.reprocess, q, m, &why))
        control_refuse(c, reply, "%s", why.text);
    else
        reply->reprocess = m;
}
