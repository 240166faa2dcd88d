// SPDX-License-Identifier: MIT
#include "common/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/mem.h"

struct socket_context {
    void *zmq;
};

struct socket {
    void *zmq;
    enum socket_type type;
    int fd;
    zmq_msg_t body;
};

static void set(void *zmq, int option, int value)
{
    if (zmq_setsockopt(zmq, option, &value, sizeof value) != 0)
        panic("ZeroMQ option %d: %s", option, zmq_strerror(errno));
}

struct socket_context *socket_context_new(void)
{
    struct socket_context *c = mem_alloc(sizeof *c);
    c->zmq = zmq_ctx_new();
    if (!c->zmq)
        panic("zmq_ctx_new: %s", zmq_strerror(errno));
    return c;
}

void socket_context_free(struct socket_context **c)
{
    if (!*c)
        return;
    while (zmq_ctx_term((*c)->zmq) != 0 && errno == EINTR)
        ;
    free(*c);
    *c = NULL;
}

static void set_options(struct socket *s, int hwm)
{
    set(s->zmq, ZMQ_SNDHWM, hwm);
    set(s->zmq, ZMQ_RCVHWM, hwm);
    set(s->zmq, ZMQ_LINGER, 0); // what matters is acknowledged; the rest is sent again
    set(s->zmq, ZMQ_HANDSHAKE_IVL, 5000);
    set(s->zmq, ZMQ_RECONNECT_IVL, 100);
    set(s->zmq, ZMQ_RECONNECT_IVL_MAX, 10000);
    set(s->zmq, ZMQ_TCP_KEEPALIVE, 1);
    set(s->zmq, ZMQ_TCP_KEEPALIVE_IDLE, 30);
    set(s->zmq, ZMQ_IPV6, 1);
    int64_t max = MESSAGE_MAX;
    if (zmq_setsockopt(s->zmq, ZMQ_MAXMSGSIZE, &max, sizeof max) != 0)
        panic("ZMQ_MAXMSGSIZE: %s", zmq_strerror(errno));
    if (s->type == SOCKET_ROUTER)
        set(s->zmq, ZMQ_ROUTER_MANDATORY, 1);
}

struct socket *socket_new(struct socket_context *c, enum socket_type type, int hwm)
{
    static const int types[] = {ZMQ_ROUTER, ZMQ_DEALER, ZMQ_PUB, ZMQ_SUB};
    struct socket *s = mem_alloc(sizeof *s);
    s->type = type;
    s->zmq = zmq_socket(c->zmq, types[type]);
    if (!s->zmq)
        panic("zmq_socket: %s", zmq_strerror(errno));
    set_options(s, hwm);
    size_t size = sizeof s->fd;
    if (zmq_getsockopt(s->zmq, ZMQ_FD, &s->fd, &size) != 0)
        panic("ZMQ_FD: %s", zmq_strerror(errno));
    zmq_msg_init(&s->body);
    return s;
}

void socket_free(struct socket **s)
{
    if (!*s)
        return;
    zmq_msg_close(&(*s)->body);
    zmq_close((*s)->zmq);
    free(*s);
    *s = NULL;
}

void socket_immediate(struct socket *s)
{
    set(s->zmq, ZMQ_IMMEDIATE, 1);
}

static const char *mend(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "another program has it: stop that one, or choose another port (--port-base)";
    case EADDRNOTAVAIL:
    case ENODEV:
        return "this machine has no such address: use 127.0.0.1, 0.0.0.0 or one of its own";
    case EACCES:
        return "not allowed: choose a port above 1023";
    case EINVAL:
    case EPROTONOSUPPORT:
        return "not an endpoint: write tcp://ADDRESS:PORT";
    default:
        return "check the address and port";
    }
}

// libzmq takes 99999 for 34463.
static bool port_fits(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    return strncmp(endpoint, "tcp://", 6) != 0 || !colon || strtoul(colon + 1, NULL, 10) <= 65535;
}

enum err socket_bind(struct socket *s, const char *endpoint, struct problem *why)
{
    if (port_fits(endpoint) && zmq_bind(s->zmq, endpoint) == 0)
        return OK;
    int error = port_fits(endpoint) ? errno : EINVAL;
    return problem_set(why, error == EADDRINUSE ? ERR_EXISTS : ERR_CONFIG,
                       "cannot listen on %s: %s; %s", endpoint, zmq_strerror(error), mend(error));
}

enum err socket_connect(struct socket *s, const char *endpoint, struct problem *why)
{
    if (port_fits(endpoint) && zmq_connect(s->zmq, endpoint) == 0)
        return OK;
    int error = port_fits(endpoint) ? errno : EINVAL;
    return problem_set(why, ERR_CONFIG, "cannot connect to %s: %s; %s", endpoint,
                       zmq_strerror(error), mend(error));
}

enum err socket_subscribe(struct socket *s, const char *prefix)
{
    return zmq_setsockopt(s->zmq, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) == 0 ? OK : ERR_INPUT;
}

int socket_fd(const struct socket *s)
{
    return s->fd;
}

bool socket_readable(struct socket *s)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(s->zmq, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLIN);
}

bool route_equal(const struct route *a, const struct route *b)
{
    return a->size == b->size && memcmp(a->id, b->id, a->size) == 0;
}

// Reads one frame into *m. ERR_NOTFOUND if there is none.
static enum err take(struct socket *s, zmq_msg_t *m)
{
    while (zmq_msg_recv(m, s->zmq, ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN)
            return ERR_NOTFOUND;
        if (errno != EINTR)
            return ERR_IO;
    }
    return OK;
}

// Reads away what is left of a message after *m.
static enum err take_rest(struct socket *s, zmq_msg_t *m)
{
    enum err e = OK;
    while (!e && zmq_msg_more(m))
        e = take(s, m);
    return e;
}

// Reads the frame before the body: routing id or topic. ERR_INPUT if nothing follows it or it is
// too long; the message is then gone.
static enum err take_head(struct socket *s, struct route *from, char topic[256])
{
    zmq_msg_t head;
    zmq_msg_init(&head);
    enum err e = take(s, &head);
    size_t size = zmq_msg_size(&head);
    if (!e && (!zmq_msg_more(&head) || size > ROUTE_MAX)) {
        e = take_rest(s, &head);
        e = e ? e : ERR_INPUT;
    }
    if (!e && from) {
        from->size = (uint8_t)size;
        memcpy(from->id, zmq_msg_data(&head), size);
    }
    if (!e && topic) {
        memcpy(topic, zmq_msg_data(&head), size);
        topic[size] = '\0';
    }
    zmq_msg_close(&head);
    return e;
}

// A message has one body: frames beyond it are read away and the message is refused.
static enum err take_body(struct socket *s)
{
    enum err e = take(s, &s->body);
    if (e || !zmq_msg_more(&s->body))
        return e;
    e = take_rest(s, &s->body);
    return e ? e : ERR_INPUT;
}

enum err socket_receive(struct socket *s, struct route *from, char topic[256], const uint8_t **body,
                        size_t *size)
{
    struct route ignored_route;
    char ignored_topic[256];
    enum err e = OK;
    if (s->type == SOCKET_ROUTER)
        e = take_head(s, from ? from : &ignored_route, NULL);
    else if (s->type == SOCKET_SUB)
        e = take_head(s, NULL, topic ? topic : ignored_topic);
    if (!e)
        e = take_body(s);
    if (e)
        return e;
    *body = zmq_msg_data(&s->body);
    *size = zmq_msg_size(&s->body);
    return OK;
}

static enum err put(struct socket *s, const void *bytes, size_t size, int flags)
{
    while (zmq_send(s->zmq, bytes, size, ZMQ_DONTWAIT | flags) < 0) {
        if (errno == EHOSTUNREACH)
            return ERR_NOTFOUND;
        if (errno == EAGAIN)
            return ERR_BUSY;
        if (errno != EINTR)
            panic("zmq_send: %s", zmq_strerror(errno));
    }
    return OK;
}

enum err socket_send(struct socket *s, const struct route *to, const char *topic, const void *body,
                     size_t size)
{
    enum err e = OK;
    if (s->type == SOCKET_ROUTER)
        e = put(s, to->id, to->size, ZMQ_SNDMORE);
    else if (s->type == SOCKET_PUB)
        e = put(s, topic, strlen(topic), ZMQ_SNDMORE);
    return e ? e : put(s, body, size, 0);
}
