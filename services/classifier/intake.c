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
#include "common/workers.h"
#include "services/classifier/link.h"
#include "services/classifier/peers.h"

enum {
    TICK_MS = 1000,
    RESEND_MS = 10000,
    BUSY_MAX_MS = 60000, // the longest pause that a sink may ask for
    RETRY_MS = 200,      // while no sink can be reached
    HWM = 4096,
    WORKER_DEPTH = 32,
    ANSWER_MAX = 512 << 10,
    ACKS_MAX = 1000,
};

enum stage { LABELLING, PUTTING, WAITING };

// One announcement, from DATA until the sink's answer.
struct held {
    uint64_t tag;
    struct link *link; // NULL: its fetcher is gone; the sink's answer then tells nobody
    pb_envelope *data; // the message that brought it
    pb_classification *labels;
    enum stage stage;
    int64_t again; // when to send it to a sink (again)
};

struct intake {
    struct loop *loop;
    struct intake_options options;
    struct peers *fetchers, *sinks;
    struct link *links;
    struct workers *workers;
    struct workers *retired; // finish what they have, after a renewal; usually NULL
    struct map *held;        // by tag
    struct timer *tick, *retry;
    struct peer *last_sink; // sinks take turns
    bool draining, renew_again;
    uint64_t *received, *labelled, *put, *acked, *poisoned;
};

// The same delivery always has the same tag, so that a second copy of it is seen as one.
static uint64_t tag_of(const pb_key *key)
{
    crypto_generichash_state state;
    uint64_t tag;
    crypto_generichash_init(&state, NULL, 0, sizeof tag);
    crypto_generichash_update(&state, (const uint8_t *)key->store, strlen(key->store));
    crypto_generichash_update(&state, (const uint8_t *)&key->epoch, sizeof key->epoch);
    crypto_generichash_update(&state, (const uint8_t *)&key->sequence, sizeof key->sequence);
    crypto_generichash_final(&state, (uint8_t *)&tag, sizeof tag);
    return tag;
}

static void held_free(struct held *h)
{
    wire_envelope_free(&h->data);
    if (h->labels)
        wire_free(&h->labels->base);
    free(h);
}

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

struct holding {
    const struct link *link;
    uint64_t *sequences;
    size_t n;
};

static void list_held(void *arg, uint64_t tag, void *value)
{
    struct holding *holding = arg;
    const struct held *h = value;
    (void)tag;
    if (h->link == holding->link)
        holding->sequences[holding->n++] = h->data->data->key->sequence;
}

static void heartbeat(struct intake *in, struct link *link)
{
    struct holding holding = {link, mem_alloc(map_size(in->held) * sizeof(uint64_t)), 0};
    map_each(in->held, list_held, &holding);
    link_heartbeat(link, holding.sequences, holding.n);
    free(holding.sequences);
}

static void refuse(struct intake *in, struct held *h, const char *reason)
{
    ++*in->poisoned;
    log_warn("poison", "id=%s reason=%s", h->data->data->key->id, reason);
    if (h->link)
        link_poison(h->link, h->data->data->key, reason);
    forget(in, h);
}

// To the sinks.

static enum err send_put(struct intake *in, const pb_envelope *e)
{
    size_t n = peers_count(in->sinks);
    for (size_t i = 0; i < n; i++) {
        struct peer *p = in->last_sink ? peers_next(in->sinks, in->last_sink) : NULL;
        in->last_sink = p ? p : peers_next(in->sinks, NULL);
        enum err error = wire_send(in->last_sink->socket, NULL, e);
        if (error != ERR_BUSY)
            return error;
    }
    return ERR_BUSY;
}

static void put(struct intake *in, struct held *h)
{
    Newswire__V1__Put put = NEWSWIRE__V1__PUT__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    put.key = h->data->data->key;
    put.announcement = h->data->data->announcement;
    put.classification = h->labels;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT;
    e.put = &put;
    enum err error = send_put(in, &e);
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

struct due {
    struct intake *intake;
    struct held **all;
    size_t n;
};

static void list_due(void *arg, uint64_t tag, void *value)
{
    struct due *due = arg;
    struct held *h = value;
    (void)tag;
    if (h->stage != LABELLING && h->again <= loop_now(due->intake->loop))
        due->all[due->n++] = h;
}

static void on_retry(void *arg, struct timer *t)
{
    struct intake *in = arg;
    struct due due = {in, mem_alloc(map_size(in->held) * sizeof(struct held *)), 0};
    (void)t;
    map_each(in->held, list_due, &due);
    for (size_t i = 0; i < due.n; i++)
        put(in, due.all[i]);
    free(due.all);
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

static void submit(struct intake *in, const struct held *h)
{
    struct buf task = buf_new(MESSAGE_MAX);
    if (wire_pack(&h->data->data->announcement->base, &task))
        panic("an announcement is larger than the message that brought it");
    workers_submit(in->workers, h->tag, task.data, task.size);
    buf_free(&task);
}

static void on_data(struct intake *in, struct link *link, pb_envelope **e)
{
    const pb_key *key = (*e)->data->key;
    if (!key || !(*e)->data->announcement) {
        log_warn("bad-message", "peer=%s problem=%s", link->peer->endpoint, "DATA without content");
        return;
    }
    uint64_t tag = tag_of(key);
    struct held *h = map_get(in->held, tag);
    ++*in->received;
    if (h) { // delivered again while we have it: it now belongs to the new session
        h->link = link;
        return;
    }
    if (in->draining)
        return;
    h = mem_alloc(sizeof *h);
    h->tag = tag;
    h->link = link;
    h->data = *e;
    *e = NULL;
    map_set(in->held, tag, h);
    submit(in, h);
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

static void unlink_held(void *arg, uint64_t tag, void *value)
{
    struct held *h = value;
    (void)tag;
    if (h->link == arg)
        h->link = NULL;
}

static void on_fetcher_removed(void *arg, struct peer *p)
{
    struct intake *in = arg;
    struct link *link = p->user;
    map_each(in->held, unlink_held, link);
    struct link **at = &in->links;
    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    link_free(&link);
}

// From the sinks.

static void on_committed(struct intake *in, const Newswire__V1__PutAck *ack)
{
    struct held **done = mem_alloc(ack->n_keys * sizeof *done);
    size_t n = 0;
    for (size_t i = 0; i < ack->n_keys; i++) {
        struct held *h = map_remove(in->held, tag_of(ack->keys[i]));
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

static void refused_by_sink(struct intake *in, struct held *h, const Newswire__V1__PutNack *nack)
{
    if (nack->refusal == NEWSWIRE__V1__REFUSAL__REFUSAL_POISON) {
        refuse(in, h, nack->reason);
        return;
    }
    int64_t pause = nack->retry_ms < BUSY_MAX_MS ? nack->retry_ms : BUSY_MAX_MS;
    h->stage = WAITING;
    h->again = loop_now(in->loop) + pause;
}

static void on_sink(void *arg, struct peer *p, pb_envelope **message)
{
    struct intake *in = arg;
    const pb_envelope *e = *message;
    switch (e->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK:
        on_committed(in, e->put_ack);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK: {
        struct held *h = e->put_nack->key ? map_get(in->held, tag_of(e->put_nack->key)) : NULL;
        if (h && h->labels) // or it is of a PUT before this delivery: late
            refused_by_sink(in, h, e->put_nack);
        break;
    }
    default:
        log_warn("unexpected-message", "peer=%s kind=%d", p->endpoint, (int)e->body_case);
    }
}

static void on_sink_added(void *arg, struct peer *p)
{
    (void)arg, (void)p;
}

static void on_sink_removed(void *arg, struct peer *p)
{
    struct intake *in = arg;
    if (in->last_sink == p)
        in->last_sink = NULL;
}

// The worker processes.

static void start_workers(struct intake *in)
{
    const struct intake_options *o = &in->options;
    struct workers_options options = {.name = "label",
                                      .processes = o->workers,
                                      .depth = WORKER_DEPTH,
                                      .memory = o->worker_memory,
                                      .deadline_ms = o->worker_deadline_ms,
                                      .answer_max = ANSWER_MAX,
                                      .argv = o->worker_argv};
    in->workers = workers_new(in->loop, &options, on_labelled, in);
}

void intake_renew_workers(struct intake *in)
{
    if (in->retired) {
        in->renew_again = true; // when these are gone
        return;
    }
    in->renew_again = false;
    in->retired = in->workers;
    start_workers(in);
}

static void dismiss_retired(struct intake *in)
{
    if (!in->retired || workers_waiting(in->retired) > 0)
        return;
    workers_free(&in->retired);
    if (in->renew_again)
        intake_renew_workers(in);
}

// Every second.

static void on_tick(void *arg, struct timer *t)
{
    struct intake *in = arg;
    (void)t;
    dismiss_retired(in);
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

static void list_unsent(void *arg, uint64_t tag, void *value)
{
    struct due *due = arg;
    struct held *h = value;
    (void)tag;
    if (h->stage != PUTTING)
        due->all[due->n++] = h;
}

bool intake_drain(struct intake *in)
{
    if (!in->draining) {
        in->draining = true;
        for (struct link *link = in->links; link; link = link->next)
            link_bye(link);
        // What no sink has seen is free for another classifier as of now.
        struct due due = {in, mem_alloc(map_size(in->held) * sizeof(struct held *)), 0};
        map_each(in->held, list_unsent, &due);
        for (size_t i = 0; i < due.n; i++)
            forget(in, due.all[i]);
        free(due.all);
    }
    return map_size(in->held) == 0;
}

static enum err connect_peers(struct intake *in, struct socket_context *z, struct problem *why)
{
    static const struct peers_events fetchers = {on_fetcher_added, on_fetcher_removed, on_fetcher};
    static const struct peers_events sinks = {on_sink_added, on_sink_removed, on_sink};
    enum err e = peers_new(in->loop, z, in->options.ingest, HWM, &sinks, in, &in->sinks, why);
    return e ? e : peers_new(in->loop, z, in->options.work, HWM, &fetchers, in, &in->fetchers, why);
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
    start_workers(in);
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

static void drop_held(void *arg, uint64_t tag, void *value)
{
    (void)arg, (void)tag;
    held_free(value);
}

void intake_free(struct intake **intake)
{
    struct intake *in = *intake;
    if (!in)
        return;
    workers_free(&in->workers);
    workers_free(&in->retired);
    peers_free(&in->fetchers);
    peers_free(&in->sinks);
    while (in->links) {
        struct link *next = in->links->next;
        link_free(&in->links);
        in->links = next;
    }
    map_each(in->held, drop_held, NULL);
    map_free(&in->held);
    timer_free(&in->tick);
    timer_free(&in->retry);
    free(in);
    *intake = NULL;
}
