// SPDX-License-Identifier: MIT
#include "services/classifier/intake.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/map.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/wire.h"
#include "services/classifier/held.h"
#include "services/classifier/labelling.h"
#include "services/classifier/link.h"
#include "services/classifier/peers.h"
#include "services/classifier/sinks.h"

enum {
    TICK_MS = 1000,
    RESEND_MS = 10000,
    BUSY_MAX_MS = 60000, // the longest pause that a sink may ask for
    RETRY_MS = 200,      // while no sink can be reached
    HWM = 4096,
    WORKER_DEPTH = 32,
    ANSWER_MAX = 512 << 10,
};

struct intake {
    struct loop *loop;
    struct intake_options options;
    struct peers *fetchers;
    struct sinks *sinks;
    struct link *links;
    struct labelling *labelling;
    struct map *held; // by tag
    struct timer *tick, *retry;
    bool draining;
    uint64_t *received, *labelled, *put, *acked, *poisoned;
};

static void forget(struct intake *in, struct held *h)
{
    map_remove(in->held, h->tag);
    held_free(h);
}

// To the fetchers.

static void hello(struct intake *in, struct link *link)
{
    link_hello(link, (uint32_t)in->options.window, (uint64_t)in->options.window_bytes,
               loop_now(in->loop));
}

static void heartbeat(struct intake *in, struct link *link)
{
    size_t n, sequences = 0;
    struct held **all = held_all(in->held, &n);
    uint64_t *held = mem_alloc(n * sizeof *held);
    for (size_t i = 0; i < n; i++)
        if (all[i]->link == link)
            held[sequences++] = all[i]->data->data->key->sequence;
    link_heartbeat(link, held, sequences);
    free(held);
    free(all);
}

static void refuse(struct intake *in, struct held *h, const char *reason)
{
    ++*in->poisoned;
    log_warn("poison", "id=%s reason=%s", h->data->data->key->id, reason);
    if (h->link)
        link_refuse(h->link, h->data->data->key, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON, reason);
    forget(in, h);
}

// To the sinks.

static void put(struct intake *in, struct held *h)
{
    enum err error = sinks_put(in->sinks, h);
    if (error == ERR_LIMIT) {
        refuse(in, h, "with its labels it is larger than a message");
        return;
    }
    h->stage = error ? WAITING : PUTTING;
    int64_t resend = in->options.resend_ms ? in->options.resend_ms : RESEND_MS;
    int64_t jitter = randombytes_uniform((uint32_t)(resend * 4 / 10 + 1));
    int64_t pause = error ? RETRY_MS : resend * 8 / 10 + jitter;
    h->again = loop_now(in->loop) + pause;
    *in->put += !error;
}

static void on_retry(void *arg, struct timer *t)
{
    struct intake *in = arg;
    size_t n;
    struct held **all = held_all(in->held, &n);
    (void)t;
    for (size_t i = 0; i < n; i++)
        if (all[i]->stage != LABELLING && all[i]->again <= loop_now(in->loop))
            put(in, all[i]);
    free(all);
}

// From the workers.

static void on_labelled(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                        size_t size)
{
    struct intake *in = arg;
    struct held *h = map_get(in->held, tag);
    ProtobufCMessage *labels;
    struct problem why;
    if (!h)
        return; // given back while it was worked on
    if (outcome == WORK_POISON) {
        char reason[300];
        snprintf(reason, sizeof reason, "%.*s", (int)(size < 299 ? size : 299),
                 (const char *)bytes);
        refuse(in, h, reason);
        return;
    }
    if (wire_unpack(&newswire__v1__classification__descriptor, bytes, size, &labels, &why)) {
        refuse(in, h, why.text);
        return;
    }
    ++*in->labelled;
    h->labels = (pb_classification *)labels;
    put(in, h);
}

// From the fetchers.

// A fetcher keeps to the window; one that does not shall not fill our memory. Twice the window,
// because a session begun anew does not know what we still hold of the one before.
static bool overfilled(const struct intake *in, const struct link *link, size_t size)
{
    return link->held >= 2 * (size_t)in->options.window ||
           (link->held > 0 && link->held_bytes + size > 2 * (size_t)in->options.window_bytes);
}

// Has it labelled, or refuses it for now.
static void take(struct intake *in, struct link *link, uint64_t tag, pb_envelope **e)
{
    struct buf task = buf_new(MESSAGE_MAX);
    if (wire_pack(&(*e)->data->announcement->base, &task))
        panic("an announcement is larger than the message that brought it");
    if (overfilled(in, link, task.size)) {
        link_refuse(link, (*e)->data->key, NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY,
                    "twice the window is held already");
    } else {
        map_set(in->held, tag, held_new(tag, task.size, link, e));
        labelling_submit(in->labelling, tag, task.data, task.size);
    }
    buf_free(&task);
}

static void on_data(struct intake *in, struct link *link, pb_envelope **e)
{
    const pb_key *key = (*e)->data->key;
    if (!key || !(*e)->data->announcement) {
        log_warn("bad-message", "peer=%s problem=%s", link->peer->endpoint, "DATA without content");
        return;
    }
    uint64_t tag = held_tag(key);
    struct held *h = map_get(in->held, tag);
    ++*in->received;
    if (h) { // delivered again while we have it: it now belongs to the new session
        held_assign(h, link);
        return;
    }
    if (!in->draining)
        take(in, link, tag, e);
}

static void on_fetcher(void *arg, struct peer *p, pb_envelope **message)
{
    struct intake *in = arg;
    struct link *link = p->user;
    const pb_envelope *e = *message;
    switch (e->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_WELCOME:
        if (e->welcome->session == link->session && !link->welcome) {
            link->welcome = true;
            log_info("session", "peer=%s session=%" PRIu64, p->endpoint, link->session);
        }
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_DATA:
        on_data(in, link, message);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_RESET:
        // Of an earlier session: answered already.
        if (e->reset->session == link->session && !in->draining)
            hello(in, link);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT:
        break;
    default:
        log_warn("unexpected-message", "peer=%s kind=%d", p->endpoint, (int)e->body_case);
    }
}

static void on_fetcher_added(void *arg, struct peer *p)
{
    struct intake *in = arg;
    struct link *link = link_new(p);
    link->next = in->links;
    in->links = link;
    p->user = link;
    hello(in, link);
}

static void on_fetcher_removed(void *arg, struct peer *p)
{
    struct intake *in = arg;
    struct link *link = p->user;
    size_t n;
    struct held **all = held_all(in->held, &n);
    for (size_t i = 0; i < n; i++)
        if (all[i]->link == link)
            held_assign(all[i], NULL);
    free(all);
    struct link **at = &in->links;
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    link_free(&link);
}

// From the sinks.

static void on_committed(void *arg, const Newswire__V1__PutAck *ack)
{
    struct intake *in = arg;
    struct held **done = mem_alloc(ack->n_keys * sizeof *done);
    size_t n = 0;
    for (size_t i = 0; i < ack->n_keys; i++) {
        struct held *h = map_remove(in->held, held_tag(ack->keys[i]));
        if (!h)
            continue;
        done[n++] = h;
        ++*in->acked;
        if (h->link)
            link_committed(h->link, h->data->data->key);
    }
    for (struct link *link = in->links; link; link = link->next)
        link_acknowledge(link); // before the keys go: they are the held messages' own
    for (size_t i = 0; i < n; i++)
        held_free(done[i]);
    free(done);
}

static void on_refused(void *arg, const Newswire__V1__PutNack *nack)
{
    struct intake *in = arg;
    struct held *h = map_get(in->held, held_tag(nack->key));
    if (!h || !h->labels) // it is of a PUT before this delivery: late
        return;
    if (nack->refusal == NEWSWIRE__V1__REFUSAL__REFUSAL_POISON) {
        refuse(in, h, nack->reason);
        return;
    }
    int64_t pause = nack->retry_ms < BUSY_MAX_MS ? nack->retry_ms : BUSY_MAX_MS;
    h->stage = WAITING;
    h->again = loop_now(in->loop) + pause;
}

// Every second.

static void on_tick(void *arg, struct timer *t)
{
    struct intake *in = arg;
    (void)t;
    for (struct link *link = in->links; link && !in->draining; link = link->next) {
        if (link_alive(link, loop_now(in->loop)))
            heartbeat(in, link);
        else if (!link_asking(link, loop_now(in->loop)))
            hello(in, link);
    }
}

size_t intake_sessions(const struct intake *in)
{
    size_t n = 0;
    for (const struct link *link = in->links; link; link = link->next)
        n += link_alive(link, loop_now(in->loop));
    return n;
}

size_t intake_held(const struct intake *in)
{
    return map_size(in->held);
}

bool intake_drain(struct intake *in)
{
    if (!in->draining) {
        in->draining = true;
        for (struct link *link = in->links; link; link = link->next)
            link_bye(link);
        // What no sink has seen is free for another classifier as of now.
        size_t n;
        struct held **all = held_all(in->held, &n);
        for (size_t i = 0; i < n; i++)
            if (all[i]->stage != PUTTING)
                forget(in, all[i]);
        free(all);
    }
    return map_size(in->held) == 0;
}

static enum err connect_peers(struct intake *in, struct socket_context *z, struct problem *why)
{
    static const struct peers_events fetchers = {on_fetcher_added, on_fetcher_removed, on_fetcher};
    static const struct sinks_events sinks = {on_committed, on_refused};
    enum err e = sinks_new(in->loop, z, in->options.ingest, HWM, &sinks, in, &in->sinks, why);
    return e ? e : peers_new(in->loop, z, in->options.work, HWM, &fetchers, in, &in->fetchers, why);
}

static struct labelling *start_labelling(struct intake *in)
{
    const struct intake_options *o = &in->options;
    struct workers_options options = {.name = "label",
                                      .processes = o->workers,
                                      .depth = WORKER_DEPTH,
                                      .memory = o->worker_memory,
                                      .deadline_ms = o->worker_deadline_ms,
                                      .answer_max = ANSWER_MAX,
                                      .argv = o->worker_argv};
    return labelling_new(in->loop, &options, o->labels, on_labelled, in);
}

void intake_renew_workers(struct intake *in, struct buf *labels)
{
    labelling_renew(in->labelling, labels);
}

enum err intake_new(struct loop *l, struct socket_context *z, const struct intake_options *o,
                    struct intake **out, struct problem *why)
{
    struct intake *in = mem_alloc(sizeof *in);
    *in = (struct intake){.loop = l,
                          .options = *o,
                          .held = map_new(),
                          .tick = timer_new(l, on_tick, in),
                          .retry = timer_new(l, on_retry, in),
                          .received = metric("classifier_received_total"),
                          .labelled = metric("classifier_labelled_total"),
                          .put = metric("classifier_put_total"),
                          .acked = metric("classifier_acknowledged_total"),
                          .poisoned = metric("classifier_poisoned_total")};
    in->labelling = start_labelling(in);
    in->options.labels = NULL; // was borrowed
    enum err e = connect_peers(in, z, why);
    if (e) {
        intake_free(&in);
        return e;
    }
    timer_set(in->tick, TICK_MS, true);
    timer_set(in->retry, RETRY_MS, true);
    *out = in;
    return OK;
}

void intake_free(struct intake **intake)
{
    struct intake *in = *intake;
    if (!in)
        return;
    labelling_free(&in->labelling);
    peers_free(&in->fetchers);
    sinks_free(&in->sinks);
    size_t n;
    struct held **all = held_all(in->held, &n);
    for (size_t i = 0; i < n; i++)
        forget(in, all[i]);
    free(all);
    map_free(&in->held);
    while (in->links) {
        struct link *next = in->links->next;
        link_free(&in->links);
        in->links = next;
    }
    timer_free(&in->tick);
    timer_free(&in->retry);
    free(in);
    *intake = NULL;
}
