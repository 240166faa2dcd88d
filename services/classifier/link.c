// SPDX-License-Identifier: MIT
#include "services/classifier/link.h"

#include <sodium.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"

struct link *link_new(struct peer *p)
{
    struct link *l = mem_alloc(sizeof *l);
    l->peer = p;
    return l;
}

void link_free(struct link **l)
{
    if (!*l)
        return;
    free((*l)->acks);
    free(*l);
    *l = NULL;
}

// Not sent means not connected: the session is begun anew when the fetcher is back.
static bool tell(const struct link *l, const pb_envelope *e)
{
    enum err error = wire_send(l->peer->socket, NULL, e);
    if (error)
        log_debug("fetcher-unreachable", "peer=%s reason=%s", l->peer->endpoint, err_name(error));
    return error == OK;
}

void link_hello(struct link *l, uint32_t window, uint64_t window_bytes, int64_t now_ms)
{
    Newswire__V1__Hello hello = NEWSWIRE__V1__HELLO__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    randombytes_buf(&l->session, sizeof l->session);
    l->welcome = false;
    hello.session = l->session;
    hello.window = window;
    hello.window_bytes = window_bytes;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_HELLO;
    e.hello = &hello;
    l->asked = tell(l, &e) ? now_ms : 0;
}

void link_heartbeat(const struct link *l, uint64_t *held, size_t n)
{
    Newswire__V1__Heartbeat heartbeat = NEWSWIRE__V1__HEARTBEAT__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    heartbeat.session = l->session;
    heartbeat.held = held;
    heartbeat.n_held = n;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT;
    e.heartbeat = &heartbeat;
    tell(l, &e);
}

void link_bye(const struct link *l)
{
    Newswire__V1__Bye bye = NEWSWIRE__V1__BYE__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    bye.session = l->session;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_BYE;
    e.bye = &bye;
    tell(l, &e);
}

void link_refuse(const struct link *l, pb_key *key, Newswire__V1__Refusal refusal,
                 const char *reason)
{
    Newswire__V1__Nack nack = NEWSWIRE__V1__NACK__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    nack.session = l->session;
    nack.key = key;
    nack.refusal = refusal;
    nack.reason = (char *)reason;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_NACK;
    e.nack = &nack;
    tell(l, &e);
}

void link_committed(struct link *l, pb_key *key)
{
    mem_reserve((void **)&l->acks, &l->acks_cap, l->n_acks + 1, sizeof *l->acks);
    l->acks[l->n_acks++] = key;
}

void link_acknowledge(struct link *l)
{
    Newswire__V1__Ack ack = NEWSWIRE__V1__ACK__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    if (l->n_acks == 0)
        return;
    ack.session = l->session;
    ack.keys = l->acks;
    ack.n_keys = l->n_acks;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_ACK;
    e.ack = &ack;
    // Lost, the row is delivered again and the sink says once more that it has it.
    tell(l, &e);
    l->n_acks = 0;
}

bool link_alive(const struct link *l, int64_t now_ms)
{
    return l->welcome && now_ms - l->peer->heard < LINK_SILENT_MS;
}

bool link_asking(const struct link *l, int64_t now_ms)
{
    return l->asked && now_ms - l->asked < LINK_SILENT_MS;
}
