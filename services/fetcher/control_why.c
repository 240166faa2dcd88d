// SPDX-License-Identifier: MIT
// The story of one URL: as a source, as a page that a source listed, or both.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/fetcher/control_parts.h"

enum { EVENTS_MAX = 400 };

static void tell_event(void *arg, const Newswire__V1__Event *e)
{
    struct listing *list = arg;
    pb_reply *reply = list->reply;
    if (reply->n_events == EVENTS_MAX || arena_used(list->control->arena) > CONTROL_LIST_BYTES)
        return;
    size_t at = reply->n_events++; // after those of the same time: the order of two stories
    for (; at > 0 && reply->events[at - 1]->at_ms > e->at_ms; at--)
        reply->events[at] = reply->events[at - 1];
    reply->events[at] = (Newswire__V1__Event *)control_copy_message(list->control, &e->base);
}

static void tell(struct control *c, const char *subject, event_fn *fn, pb_reply *reply)
{
    struct listing listing = {c, reply};
    ledger_must(c->tools.ledger, ledger_story(c->tools.ledger, subject, fn, &listing));
}

// The poison that an announcement was takes its id, which may be that of the canonical page.
static void tell_poison(void *arg, const Newswire__V1__Event *e)
{
    static const char *const names[] = {"poison", "dead", "dropped"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(e->name, names[i]) == 0)
            tell_event(arg, e);
}

// The outbox row that the page's last reading became, if it is still there.
static uint64_t last_sequence(const pb_reply *reply)
{
    for (size_t i = reply->n_events; i-- > 0;)
        if (reply->events[i]->reading && reply->events[i]->reading->outbox)
            return reply->events[i]->reading->outbox;
    return 0;
}

static Newswire__V1__Delivery *delivery(struct control *c, const struct entry *e,
                                        const pb_reply *reply)
{
    struct ledger_delivery row;
    struct dispatch_row leased;
    enum err error = ledger_delivery(c->tools.ledger, last_sequence(reply), e->announcement, &row);
    if (error == ERR_NOTFOUND)
        return NULL;
    ledger_must(c->tools.ledger, error);
    Newswire__V1__Delivery *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__delivery__init(m);
    m->sequence = row.sequence;
    m->poisons = row.poisons;
    m->dead_ms = row.dead_ms;
    m->reason = control_copy(c, row.reason);
    if (row.dead_ms || !dispatch_look(work_dispatch(c->tools.work), row.sequence, &leased))
        return m;
    m->leased = leased.leased;
    m->deliveries = leased.deliveries;
    m->probation = leased.deliveries >= DISPATCH_TRIES;
    if (!leased.leased && leased.at > loop_now(c->loop))
        m->next_ms = clock_utc_ms() + leased.at - loop_now(c->loop);
    return m;
}

static int64_t kept_ms(struct control *c, const char *id)
{
    int64_t at_ms = 0;
    if (c->tools.pages && pages_kept(c->tools.pages, id, &at_ms))
        at_ms = 0;
    return at_ms;
}

static Newswire__V1__Waiting *waiting(struct control *c, const struct entry *e)
{
    static const Newswire__V1__Waiting__Stage stages[] = {
        [WAIT_LATER] = NEWSWIRE__V1__WAITING__STAGE__LATER,
        [WAIT_TURN] = NEWSWIRE__V1__WAITING__STAGE__TURN,
        [WAIT_ROBOTS] = NEWSWIRE__V1__WAITING__STAGE__ROBOTS,
        [WAIT_ANSWER] = NEWSWIRE__V1__WAITING__STAGE__ANSWER,
        [WAIT_READER] = NEWSWIRE__V1__WAITING__STAGE__READER,
    };
    struct fetch_wait wait;
    fetch_look(c->tools.fetch, e, &wait);
    Newswire__V1__Waiting *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__waiting__init(m);
    m->stage = stages[wait.stage];
    m->host = control_copy(c, wait.host);
    m->before = wait.before;
    m->paused_ms = wait.paused_ms;
    m->resting_ms = wait.resting_ms;
    return m;
}

static Newswire__V1__Page *page_message(struct control *c, const struct entry *e,
                                        const pb_reply *reply)
{
    static const Newswire__V1__Page__State states[] = {
        [ENTRY_PENDING] = NEWSWIRE__V1__PAGE__STATE__WAITING,
        [ENTRY_DONE] = NEWSWIRE__V1__PAGE__STATE__DONE,
        [ENTRY_FAILED] = NEWSWIRE__V1__PAGE__STATE__GIVEN_UP,
        [ENTRY_BASELINE] = NEWSWIRE__V1__PAGE__STATE__BASELINE,
    };
    Newswire__V1__Page *m = arena_alloc(c->arena, sizeof *m);
    newswire__v1__page__init(m);
    m->id = control_copy(c, e->id);
    m->url = control_copy(c, e->url);
    m->state = states[e->state];
    m->title = control_copy(c, e->hint ? e->hint->title : "");
    m->seen_ms = e->seen_ms;
    m->attempts = e->attempts;
    m->trouble = control_copy(c, e->trouble);
    m->next_try_ms = e->state == ENTRY_PENDING ? e->next_try_ms : 0;
    m->waiting = e->state == ENTRY_PENDING ? waiting(c, e) : NULL;
    m->etag = control_copy(c, e->etag);
    m->last_modified = control_copy(c, e->last_modified);
    m->revision = e->revision;
    m->kept_ms = kept_ms(c, e->id);
    m->delivery = *e->announcement ? delivery(c, e, reply) : NULL;
    pb_reply source = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    control_list_from(c, e->source - 1, 1, &source);
    if (source.n_sources == 1 && source.sources[0]->number == e->source)
        m->source = source.sources[0];
    return m;
}

// The page of that URL, or the one whose announcement that URL names: the canonical one.
static enum err find_page(struct control *c, const char *url, struct entry **out)
{
    char id[URL_ID_SIZE], own[URL_ID_SIZE];
    enum err e = control_entry_id(url, id);
    if (e)
        return ERR_NOTFOUND;
    e = ledger_entry_get(c->tools.ledger, id, out);
    if (e == ERR_NOTFOUND && (e = ledger_entry_published(c->tools.ledger, id, own)) == OK)
        e = ledger_entry_get(c->tools.ledger, own, out);
    return e;
}

void control_why(struct control *c, const char *url, pb_reply *reply)
{
    struct source *source = NULL;
    struct entry *entry = NULL;
    char absolute[URL_MAX + 1], subject[40];
    if (url_resolve("", url, absolute)) {
        control_refuse(c, reply,
                       "\"%.300s\" is not a URL: write it whole, as in https://example.com/feed",
                       url);
        return;
    }
    reply->events = arena_alloc(c->arena, EVENTS_MAX * sizeof *reply->events);
    enum err e = ledger_source_find(c->tools.ledger, absolute, &source);
    if (!e) {
        snprintf(subject, sizeof subject, "source %" PRIu64, source->number);
        tell(c, subject, tell_event, reply);
        control_list_from(c, source->number - 1, 1, reply);
        source_free(&source);
    } else if (e != ERR_NOTFOUND) {
        ledger_must(c->tools.ledger, e);
    }
    e = find_page(c, absolute, &entry);
    if (!e) {
        tell(c, entry->id, tell_event, reply);
        if (*entry->announcement && strcmp(entry->announcement, entry->id) != 0)
            tell(c, entry->announcement, tell_poison, reply);
        reply->id = control_copy(c, entry->announcement);
        reply->page = page_message(c, entry, reply);
        entry_free(&entry);
    } else if (e != ERR_NOTFOUND) {
        ledger_must(c->tools.ledger, e);
    }
    if (!reply->page && !reply->n_sources)
        control_near(c, absolute, reply);
}
