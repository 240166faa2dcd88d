// SPDX-License-Identifier: MIT
#include "services/fetcher/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/text.h"
#include "common/wire.h"

enum {
    HWM = 1000,
    MESSAGES_A_ROUND = 32,
    LIST_MAX = 200,
    LIST_BYTES = 900 << 10, // in memory, which is more than in the reply: that is one message
    COUNTERS_MAX = 200,
    ALARMS_MAX = 8,
    BARREN_PAGES = 5, // of one source in a day: somebody should look
};

static const int64_t QUIET_MS = 30LL * 86400000, BARREN_MS = 86400000;

typedef Newswire__V1__ControlRequest pb_request;
typedef Newswire__V1__ControlReply pb_reply;

struct control {
    struct loop *loop;
    struct socket *socket;
    struct ledger *ledger;
    struct flush *flush;
    struct fetch *fetch;
    struct work *work;
    const char *store_url;
    int64_t started_ms;
    struct arena *arena; // of one reply
};

static void refuse(struct control *c, pb_reply *reply, const char *format, const char *what)
{
    char *error = arena_printf(c->arena, format, what); // NOLINT: constant formats
    error[text_clean(error, strlen(error))] = '\0';     // `what` may have been cut
    reply->error = error;
}

// Sources.

static Newswire__V1__SourceOptions *options_message(struct control *c,
                                                    const Newswire__V1__SourceOptions *o)
{
    if (!o)
        return NULL;
    Newswire__V1__SourceOptions *m = arena_alloc(c->arena, sizeof *m);
    *m = *o;
    m->proxy = arena_strndup(c->arena, o->proxy, strlen(o->proxy));
    m->headers = arena_alloc(c->arena, (o->n_headers + 1) * sizeof *m->headers);
    for (size_t i = 0; i < o->n_headers; i++)
        m->headers[i] = arena_strndup(c->arena, o->headers[i], strlen(o->headers[i]));
    return m;
}

static Newswire__V1__Source *source_message(struct control *c, const struct source *s)
{
    Newswire__V1__Source *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__source__init(m);
    m->number = s->number;
    m->url = arena_strndup(c->arena, s->url, strlen(s->url));
    m->kind = s->kind;
    m->found = s->found;
    m->paused = s->paused;
    m->every_s = (uint32_t)s->schedule.every_s;
    m->title = arena_strndup(c->arena, s->title, strlen(s->title));
    m->added_ms = s->added_ms;
    m->polled_ms = s->polled_ms;
    m->next_poll_ms = s->next_poll_ms;
    m->failures = s->schedule.failures;
    m->trouble = arena_strndup(c->arena, s->trouble, strlen(s->trouble));
    m->selector = arena_strndup(c->arena, s->selector, strlen(s->selector));
    m->options = options_message(c, s->options);
    m->entries = s->entries;
    m->published = s->published;
    m->pending = s->pending;
    m->failed = s->failed;
    return m;
}

struct listing {
    struct control *control;
    pb_reply *reply;
};

static void list_source(void *arg, const struct source *s)
{
    struct listing *list = arg;
    pb_reply *reply = list->reply;
    if (reply->n_sources == LIST_MAX || arena_used(list->control->arena) > LIST_BYTES) {
        reply->more = true;
        return;
    }
    reply->sources[reply->n_sources++] = source_message(list->control, s);
}

static void list(struct control *c, uint64_t after, int limit, pb_reply *reply)
{
    struct listing listing = {c, reply};
    reply->sources = arena_alloc(c->arena, LIST_MAX * sizeof *reply->sources);
    ledger_must(c->ledger, ledger_sources(c->ledger, after, limit, list_source, &listing));
}

// The source that was added under this URL, or under another spelling of it. ERR_NOTFOUND is
// answered.
static enum err find(struct control *c, const char *url, struct source **out, pb_reply *reply)
{
    char absolute[URL_MAX + 1];
    if (url_resolve("", url, absolute)) {
        refuse(c, reply, "\"%.300s\" is not a URL: write it whole, as in https://example.com/feed",
               url);
        return ERR_NOTFOUND;
    }
    enum err e = ledger_source_find(c->ledger, absolute, out);
    if (e == ERR_NOTFOUND)
        refuse(c, reply, "no source %.300s: `newswire sources` lists them", absolute);
    else
        ledger_must(c->ledger, e);
    return e;
}

static void add(struct control *c, const Newswire__V1__AddSource *a, pb_reply *reply)
{
    char url[URL_MAX + 1];
    if (url_resolve("", a->url, url)) {
        refuse(c, reply,
               "\"%.300s\" is not a URL that is fetched: write it whole, http or https, without "
               "user and password",
               a->url);
        return;
    }
    int64_t now = clock_utc_ms();
    struct source s = {.url = url,
                       .kind = a->kind,
                       .gap_ms = a->gap ? (int64_t)a->gap->ms : -1,
                       .backfill = !a->backfill       ? BACKFILL_STANDARD
                                   : a->backfill->all ? BACKFILL_ALL
                                                      : (int64_t)a->backfill->newest,
                       .selector = a->selector,
                       .options = a->options,
                       .added_ms = now,
                       .next_poll_ms = now,
                       .schedule = {.every_s = a->every_s}};
    uint64_t number;
    enum err e = ledger_source_add(c->ledger, &s, &number);
    if (e == ERR_EXISTS) {
        refuse(c, reply, "%.300s is a source already: `newswire sources` shows it", url);
        return;
    }
    ledger_must(c->ledger, e);
    char subject[40];
    snprintf(subject, sizeof subject, "source %" PRIu64, number);
    ledger_must(c->ledger, ledger_tell(c->ledger, subject, now, "source-added", url));
    flush_now(c->flush);
    log_info("source-added", "url=%s number=%" PRIu64, url, number);
    fetch_wake(c->fetch);
    reply->affected = 1;
    list(c, number - 1, 1, reply);
}

static void remove_source(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    if (find(c, url, &s, reply))
        return;
    ledger_must(c->ledger, ledger_source_remove(c->ledger, s->number));
    flush_now(c->flush);
    log_info("source-removed", "url=%s number=%" PRIu64, s->url, s->number);
    reply->affected = 1;
    source_free(&s);
}

static void pause_source(struct control *c, const Newswire__V1__PauseSource *p, pb_reply *reply)
{
    struct source *s = NULL;
    if (find(c, p->url, &s, reply))
        return;
    ledger_must(c->ledger, ledger_source_pause(c->ledger, s->number, p->paused));
    flush_now(c->flush);
    log_info(p->paused ? "source-paused" : "source-resumed", "url=%s", s->url);
    fetch_wake(c->fetch);
    reply->affected = 1;
    source_free(&s);
}

static void list_sources(struct control *c, const Newswire__V1__ListSources *l, pb_reply *reply)
{
    struct source *s = NULL;
    if (!*l->url) {
        list(c, l->after, LIST_MAX + 1, reply);
        return;
    }
    if (find(c, l->url, &s, reply))
        return;
    list(c, s->number - 1, 1, reply);
    source_free(&s);
}

// Entries.

// The id under which the ledger knows a URL as an entry.
static enum err entry_id(const char *url, char id[URL_ID_SIZE])
{
    char absolute[URL_MAX + 1], canonical[URL_MAX + 1];
    enum err e = url_resolve("", url, absolute);
    if (!e)
        e = url_canonical(absolute, canonical);
    if (!e)
        url_id(canonical, id);
    return e;
}

static void refresh(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    char id[URL_ID_SIZE];
    enum err e = OK;
    if (!*url) {
        e = ledger_refresh(c->ledger, 0, clock_utc_ms());
    } else if (find(c, url, &s, reply) == OK) {
        e = ledger_refresh(c->ledger, s->number, clock_utc_ms());
        source_free(&s);
    } else if (entry_id(url, id) == OK) {
        e = ledger_entry_retry(c->ledger, id, clock_utc_ms());
        if (e == ERR_NOTFOUND) {
            refuse(c, reply, "%.300s is neither a source nor a page seen on one: add it first",
                   url);
            return;
        }
        reply->error = "";
    } else {
        return;
    }
    ledger_must(c->ledger, e);
    flush_now(c->flush);
    fetch_wake(c->fetch);
    reply->affected = 1;
}

static void tell_event(void *arg, const Newswire__V1__Event *e)
{
    struct listing *list = arg;
    if (list->reply->n_events == 2 * LIST_MAX || arena_used(list->control->arena) > LIST_BYTES)
        return;
    Newswire__V1__Event *m = arena_alloc(list->control->arena, sizeof *m);
    newswire__v1__event__init(m);
    m->at_ms = e->at_ms;
    m->name = arena_strndup(list->control->arena, e->name, strlen(e->name));
    m->detail = arena_strndup(list->control->arena, e->detail, strlen(e->detail));
    list->reply->events[list->reply->n_events++] = m;
}

static void why(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    struct entry *entry = NULL;
    struct listing listing = {c, reply};
    char id[URL_ID_SIZE], subject[40];
    reply->events = arena_alloc(c->arena, 2 * LIST_MAX * sizeof *reply->events);
    if (find(c, url, &s, reply) == OK) {
        snprintf(subject, sizeof subject, "source %" PRIu64, s->number);
        ledger_must(c->ledger, ledger_story(c->ledger, subject, tell_event, &listing));
        list(c, s->number - 1, 1, reply);
        source_free(&s);
    }
    if (entry_id(url, id) == OK && ledger_entry_get(c->ledger, id, &entry) == OK) {
        reply->error = "";
        reply->id = arena_strndup(c->arena, entry->announcement, strlen(entry->announcement));
        ledger_must(c->ledger, ledger_story(c->ledger, id, tell_event, &listing));
        entry_free(&entry);
    } else if (!reply->n_sources) {
        refuse(c, reply,
               "%.300s is not known: it is no source, and no source has listed it; "
               "`newswire add` makes it one",
               url);
    }
}

// State.

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

static void alarms(struct control *c, Newswire__V1__FetcherStatus *s)
{
    uint64_t quiet, barren;
    int64_t now = clock_utc_ms();
    s->alarms = arena_alloc(c->arena, ALARMS_MAX * sizeof *s->alarms);
    ledger_must(c->ledger, ledger_quiet(c->ledger, now - QUIET_MS, &quiet));
    ledger_must(c->ledger, ledger_barren(c->ledger, now - BARREN_MS, BARREN_PAGES, &barren));
    if (quiet)
        add_alarm(c, s,
                  "%" PRIu64 " sources have listed nothing new for 30 days: `newswire sources`",
                  quiet);
    if (barren)
        add_alarm(c, s,
                  "of %" PRIu64 " sources, pages of the last day cannot be read: `newswire why`",
                  barren);
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

static void status(struct control *c, pb_reply *reply)
{
    struct ledger_counts counts;
    struct listing listing = {c, reply};
    Newswire__V1__FetcherStatus *s = arena_alloc(c->arena, sizeof *s);
    newswire__v1__fetcher_status__init(s);
    ledger_must(c->ledger, ledger_count(c->ledger, &counts));
    s->sources = counts.sources;
    s->sources_failing = counts.sources_failing;
    s->pending = counts.pending;
    s->outbox = counts.outbox;
    s->dead = counts.dead;
    s->leased = dispatch_leased(work_dispatch(c->work));
    s->sessions = dispatch_sessions(work_dispatch(c->work));
    s->in_flight = fetch_running(c->fetch);
    s->started_ms = c->started_ms;
    s->store = (char *)c->store_url;
    s->counters = arena_alloc(c->arena, COUNTERS_MAX * sizeof *s->counters);
    reply->status = s;
    metrics_each(add_counter, &listing);
    alarms(c, s);
}

static void list_dead(void *arg, const Newswire__V1__DeadLetter *d)
{
    struct listing *list = arg;
    struct arena *a = list->control->arena;
    if (arena_used(a) > LIST_BYTES) {
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

static void dead(struct control *c, const Newswire__V1__DeadRequest *d, pb_reply *reply)
{
    struct listing listing = {c, reply};
    switch (d->verb) {
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST:
        reply->dead = arena_alloc(c->arena, LIST_MAX * sizeof *reply->dead);
        ledger_must(c->ledger, ledger_dead(c->ledger, LIST_MAX, list_dead, &listing));
        reply->affected = reply->n_dead;
        return;
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__RETRY:
        ledger_must(c->ledger, ledger_dead_retry(c->ledger, d->id, &reply->affected));
        flush_now(c->flush);
        work_rewind(c->work);
        break;
    case NEWSWIRE__V1__DEAD_REQUEST__VERB__DROP:
        ledger_must(c->ledger,
                    ledger_dead_drop(c->ledger, d->id, clock_utc_ms(), &reply->affected));
        flush_now(c->flush);
        break;
    default:
        reply->error = "this version does not know that request: update the fetcher";
        return;
    }
    if (*d->id && reply->affected == 0)
        refuse(c, reply, "no dead letter %.64s: `newswire dead list` shows them", d->id);
}

// The socket.

static void answer(struct control *c, const pb_request *q, pb_reply *reply)
{
    switch (q->body_case) {
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD:
        add(c, q->add, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_REMOVE:
        remove_source(c, q->remove->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_PAUSE:
        pause_source(c, q->pause, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST:
        list_sources(c, q->list, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_REFRESH:
        refresh(c, q->refresh->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_WHY:
        why(c, q->why->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_STATUS:
        status(c, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_DEAD:
        dead(c, q->dead, reply);
        break;
    default:
        reply->error = "this version does not know that request: update the fetcher";
    }
}

static void on_request(struct control *c, const struct route *from, const pb_envelope *e)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    arena_reset(c->arena);
    if (e->body_case != NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REQUEST)
        reply.error = "this is the fetcher's control socket: it takes ControlRequest";
    else
        answer(c, e->control_request, &reply);
    pb_envelope out = NEWSWIRE__V1__ENVELOPE__INIT;
    out.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REPLY;
    out.control_reply = &reply;
    enum err error = wire_send(c->socket, from, &out);
    if (error)
        log_warn("reply-lost", "socket=control reason=%s", err_name(error));
}

static void on_socket(void *arg, struct socket *s)
{
    struct control *c = arg;
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        struct route from;
        const uint8_t *bytes;
        size_t size;
        struct problem problem = {"not one frame"};
        pb_envelope *e;
        enum err error = socket_receive(s, &from, NULL, &bytes, &size);
        if (error == ERR_NOTFOUND)
            return;
        if (error || wire_envelope(bytes, size, &e, &problem)) {
            log_warn("bad-message", "socket=control problem=%s", problem.text);
            continue;
        }
        on_request(c, &from, e);
        wire_envelope_free(&e);
    }
}

enum err control_new(struct loop *l, struct socket_context *z, const char *endpoint,
                     struct ledger *ledger, struct flush *flush, struct fetch *fetch,
                     struct work *work, const char *store_url, struct control **out,
                     struct problem *why_not)
{
    struct socket *socket = socket_new(z, SOCKET_ROUTER, HWM);
    enum err e = socket_bind(socket, endpoint, why_not);
    if (e) {
        socket_free(&socket);
        return e;
    }
    struct control *c = mem_alloc(sizeof *c);
    *c = (struct control){
        l, socket, ledger, flush, fetch, work, store_url, clock_utc_ms(), arena_new(64 << 10)};
    loop_socket(l, socket, on_socket, c);
    *out = c;
    return OK;
}

void control_free(struct control **control)
{
    struct control *c = *control;
    if (!c)
        return;
    loop_socket(c->loop, c->socket, NULL, NULL);
    socket_free(&c->socket);
    arena_free(&c->arena);
    free(c);
    *control = NULL;
}
