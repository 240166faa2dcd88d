// SPDX-License-Identifier: MIT
#include "services/classifier/peers.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"

enum { MESSAGES_A_ROUND = 256, LOOKUP_POLL_MS = 50, LOOKUP_SOON_MS = 1000, SILENT_MS = 5000 };

struct peers {
    struct loop *loop;
    struct socket_context *context;
    char endpoint[300], host[256], port[8];
    int hwm;
    struct peers_events events;
    void *arg;
    struct peer *all[PEERS_MAX];
    size_t n;
    struct timer *timer;
    struct gaicb lookup;
    struct addrinfo hints;
    bool looking;
};

// Messages.

static struct peer *peer_of(struct peers *p, const struct socket *s)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->all[i]->socket == s)
            return p->all[i];
    panic("a message from a socket that is no peer");
}

static void on_socket(void *arg, struct socket *s)
{
    struct peers *p = arg;
    struct peer *peer = peer_of(p, s);
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        const uint8_t *bytes;
        size_t size;
        struct problem why = {"not one frame"};
        pb_envelope *e;
        enum err error = socket_receive(s, NULL, NULL, &bytes, &size);
        if (error == ERR_NOTFOUND)
            break;
        if (error || wire_envelope(bytes, size, &e, &why)) {
            log_warn("bad-message", "peer=%s problem=%s", peer->endpoint, why.text);
            continue;
        }
        peer->heard = loop_now(p->loop);
        p->events.message(p->arg, peer, &e);
        wire_envelope_free(&e);
    }
}

// Connections.

static bool known(const struct peers *p, const char *endpoint)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->all[i]->endpoint, endpoint) == 0)
            return true;
    return false;
}

static enum err add(struct peers *p, const char *endpoint, struct problem *why)
{
    if (known(p, endpoint))
        return OK;
    if (p->n == PEERS_MAX)
        return problem_set(why, ERR_LIMIT, "%s has more than %d addresses", p->endpoint, PEERS_MAX);
    struct peer *peer = mem_alloc(sizeof *peer);
    snprintf(peer->endpoint, sizeof peer->endpoint, "%s", endpoint);
    peer->socket = socket_new(p->context, SOCKET_DEALER, p->hwm);
    socket_immediate(peer->socket);
    enum err e = socket_connect(peer->socket, endpoint, why);
    if (e) {
        socket_free(&peer->socket);
        free(peer);
        return e;
    }
    p->all[p->n++] = peer;
    loop_socket(p->loop, peer->socket, on_socket, p);
    p->events.added(p->arg, peer);
    return OK;
}

static void drop(struct peers *p, size_t at)
{
    struct peer *peer = p->all[at];
    loop_socket(p->loop, peer->socket, NULL, NULL);
    socket_free(&peer->socket);
    free(peer);
    p->all[at] = p->all[--p->n];
}

// Names.

static void endpoint_of(const struct peers *p, const struct addrinfo *a, char out[300])
{
    char address[NI_MAXHOST] = "";
    getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    snprintf(out, 300, strchr(address, ':') ? "tcp://[%s]:%s" : "tcp://%s:%s", address, p->port);
}

static bool listed(const struct peers *p, const struct addrinfo *list, const char *endpoint)
{
    char one[300];
    for (; list; list = list->ai_next) {
        endpoint_of(p, list, one);
        if (strcmp(one, endpoint) == 0)
            return true;
    }
    return false;
}

static void take_addresses(struct peers *p, const struct addrinfo *list)
{
    char endpoint[300];
    struct problem why;
    for (const struct addrinfo *a = list; a; a = a->ai_next) {
        endpoint_of(p, a, endpoint);
        if (add(p, endpoint, &why))
            log_warn("peer-refused", "endpoint=%s problem=%s", endpoint, why.text);
    }
    for (size_t i = p->n; i-- > 0;) {
        struct peer *peer = p->all[i];
        if (listed(p, list, peer->endpoint) || loop_now(p->loop) - peer->heard < SILENT_MS)
            continue;
        p->events.removed(p->arg, peer);
        drop(p, i);
    }
}

static void look_up(struct peers *p)
{
    struct gaicb *one = &p->lookup;
    p->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    p->lookup = (struct gaicb){.ar_name = p->host, .ar_request = &p->hints};
    p->looking = getaddrinfo_a(GAI_NOWAIT, &one, 1, NULL) == 0;
    timer_set(p->timer, p->looking ? LOOKUP_POLL_MS : LOOKUP_SOON_MS, false);
}

static void on_timer(void *arg, struct timer *t)
{
    struct peers *p = arg;
    if (!p->looking) {
        look_up(p);
        return;
    }
    int rc = gai_error(&p->lookup);
    if (rc == EAI_INPROGRESS) {
        timer_set(t, LOOKUP_POLL_MS, false);
        return;
    }
    p->looking = false;
    if (rc == 0) {
        take_addresses(p, p->lookup.ar_result);
        freeaddrinfo(p->lookup.ar_result);
    } else if (p->n == 0) {
        log_warn("name-unknown", "name=%s problem=%s", p->host, gai_strerror(rc));
    }
    timer_set(t, p->n ? PEERS_LOOKUP_MS : LOOKUP_SOON_MS, false);
}

// Splits tcp://HOST:PORT. False: nothing to look up, connect to it as it is.
static bool split(struct peers *p)
{
    const char *host = p->endpoint + 6, *colon = strrchr(p->endpoint, ':');
    if (strncmp(p->endpoint, "tcp://", 6) != 0 || colon <= host || *host == '[')
        return false;
    snprintf(p->host, sizeof p->host, "%.*s", (int)(colon - host), host);
    snprintf(p->port, sizeof p->port, "%s", colon + 1);
    return true;
}

enum err peers_new(struct loop *l, struct socket_context *z, const char *endpoint, int hwm,
                   const struct peers_events *events, void *arg, struct peers **out,
                   struct problem *why)
{
    struct peers *p = mem_alloc(sizeof *p);
    *p = (struct peers){.loop = l,
                        .context = z,
                        .hwm = hwm,
                        .events = *events,
                        .arg = arg,
                        .timer = timer_new(l, on_timer, p)};
    snprintf(p->endpoint, sizeof p->endpoint, "%s", endpoint);
    enum err e = OK;
    if (split(p))
        timer_set(p->timer, 0, false);
    else
        e = add(p, endpoint, why);
    if (e) {
        peers_free(&p);
        return e;
    }
    *out = p;
    return OK;
}

void peers_free(struct peers **peers)
{
    struct peers *p = *peers;
    if (!p)
        return;
    if (p->looking) {
        const struct gaicb *one = &p->lookup;
        if (gai_cancel(&p->lookup) != EAI_CANCELED)
            while (gai_error(&p->lookup) == EAI_INPROGRESS)
                gai_suspend(&one, 1, NULL);
        if (gai_error(&p->lookup) == 0)
            freeaddrinfo(p->lookup.ar_result);
    }
    while (p->n)
        drop(p, p->n - 1);
    timer_free(&p->timer);
    free(p);
    *peers = NULL;
}

struct peer *peers_next(struct peers *p, struct peer *after)
{
    if (!after)
        return p->n ? p->all[0] : NULL;
    for (size_t i = 0; i + 1 < p->n; i++)
        if (p->all[i] == after)
            return p->all[i + 1];
    return NULL;
}

size_t peers_count(const struct peers *p)
{
    return p->n;
}
