// SPDX-License-Identifier: MIT
#include "services/classifier/sinks.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/classifier/peers.h"

struct sinks {
    struct peers *peers;
    struct peer *last; // who was sent something last
    const struct sinks_events *events;
    void *arg;
};

static void on_message(void *arg, struct peer *p, pb_envelope **message)
{
    struct sinks *s = arg;
    const pb_envelope *e = *message;
    switch (e->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK:
        s->events->committed(s->arg, e->put_ack);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK:
        if (e->put_nack->key)
            s->events->refused(s->arg, e->put_nack);
        break;
    default:
        log_warn("unexpected-message", "peer=%s kind=%d", p->endpoint, (int)e->body_case);
    }
}

static void on_added(void *arg, struct peer *p)
{
    (void)arg, (void)p;
}

static void on_removed(void *arg, struct peer *p)
{
    struct sinks *s = arg;
    if (s->last == p)
        s->last = NULL;
}

enum err sinks_new(struct loop *l, struct socket_context *z, const char *endpoint, int hwm,
                   const struct sinks_events *events, void *arg, struct sinks **out,
                   struct problem *why)
{
    static const struct peers_events on = {on_added, on_removed, on_message};
    struct sinks *s = mem_alloc(sizeof *s);
    s->events = events;
    s->arg = arg;
    enum err e = peers_new(l, z, endpoint, hwm, &on, s, &s->peers, why);
    if (e)
        sinks_free(&s);
    else
        *out = s;
    return e;
}

void sinks_free(struct sinks **sinks)
{
    struct sinks *s = *sinks;
    if (!s)
        return;
    peers_free(&s->peers);
    free(s);
    *sinks = NULL;
}

enum err sinks_put(struct sinks *s, const struct held *h)
{
    Newswire__V1__Put put = NEWSWIRE__V1__PUT__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    put.key = h->data->data->key;
    put.announcement = h->data->data->announcement;
    put.classification = h->labels;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT;
    e.put = &put;
    size_t n = peers_count(s->peers);
    for (size_t i = 0; i < n; i++) {
        struct peer *p = s->last ? peers_next(s->peers, s->last) : NULL;
        s->last = p ? p : peers_next(s->peers, NULL);
        enum err error = wire_send(s->last->socket, NULL, &e);
        if (error != ERR_BUSY)
            return error;
    }
    return ERR_BUSY;
}
