// SPDX-License-Identifier: MIT
// ZeroMQ sockets, fenced here: the only file that includes <zmq.h>. Options are those of
// PROTOCOL.md, "Socket options". Sending never blocks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum socket_type { SOCKET_ROUTER, SOCKET_DEALER, SOCKET_PUB, SOCKET_SUB };
enum { ROUTE_MAX = 255, MESSAGE_MAX = 1 << 20 };

// The process's ZeroMQ context. Not for use across fork(). socket_context_free() drops what is
// unsent.
struct socket_context;
struct socket_context *socket_context_new(void);
void socket_context_free(struct socket_context **c);

struct socket;

// `hwm`: messages queued a peer, each direction.
struct socket *socket_new(struct socket_context *c, enum socket_type type, int hwm);
void socket_free(struct socket **s);

// Sends only over connections that stand, rather than queueing for one that may never come: a send
// without any is ERR_BUSY. Call it before socket_connect().
void socket_immediate(struct socket *s);

// Endpoint "tcp://ADDRESS:PORT" or "ipc://PATH". *why names the endpoint and the mend (port taken,
// …).
enum err socket_bind(struct socket *s, const char *endpoint, struct problem *why) MUST_CHECK;
enum err socket_connect(struct socket *s, const char *endpoint, struct problem *why) MUST_CHECK;
enum err socket_subscribe(struct socket *s, const char *prefix) MUST_CHECK;

// For the loop.
int socket_fd(const struct socket *s);
bool socket_readable(struct socket *s);

// A routing id as a ROUTER sees it: names one connection, chosen by libzmq.
struct route {
    uint8_t size; // 0: none
    uint8_t id[ROUTE_MAX];
};
bool route_equal(const struct route *a, const struct route *b);

// Takes one message. OK; ERR_NOTFOUND if none is there; ERR_INPUT if it does not have the frames
// that this socket type expects (it is then gone). On ROUTER `from` says who sent it; on SUB
// `topic` is filled (NUL-terminated). *body is borrowed until the next receive on this socket.
enum err socket_receive(struct socket *s, struct route *from, char topic[256], const uint8_t **body,
                        size_t *size) MUST_CHECK;

// Sends one message: on ROUTER to `to`, on PUB under `topic`; NULL otherwise. ERR_NOTFOUND: that
// peer is gone. ERR_BUSY: its queue is full; nothing was sent.
enum err socket_send(struct socket *s, const struct route *to, const char *topic, const void *body,
                     size_t size) MUST_CHECK;
