// SPDX-License-Identifier: MIT
// Connections to every address of a service: one DEALER each, because a DEALER with several peers
// deals messages out in turn and an acknowledgement would reach the wrong one. Names are looked up
// again and again, without blocking, so that replicas that come and go are found; libzmq itself
// would use only the first address of a name.
#pragma once

#include <stdbool.h>

#include "common/loop.h"
#include "common/socket.h"
#include "common/wire.h"

enum { PEERS_LOOKUP_MS = 10000, PEERS_MAX = 64 };

struct peer {
    struct socket *socket;
    char endpoint[300]; // with the address instead of the name
    int64_t heard;      // loop time of the last message; 0: none yet
    void *user;         // the owner's
};

struct peers;

struct peers_events {
    void (*added)(void *arg, struct peer *p);
    // The peer's name no longer gives its address, and it has been silent: it is freed on return.
    void (*removed)(void *arg, struct peer *p);
    // The handler may keep the message: it then sets *e to NULL and frees it later.
    void (*message)(void *arg, struct peer *p, pb_envelope **e);
};

// Connects to `endpoint` (tcp://NAME:PORT, an address, or ipc://PATH). ERR_CONFIG: it is none.
enum err peers_new(struct loop *l, struct socket_context *z, const char *endpoint, int hwm,
                   const struct peers_events *events, void *arg, struct peers **out,
                   struct problem *why) MUST_CHECK;
void peers_free(struct peers **p); // without calls to removed()

struct peer *peers_next(struct peers *p,
                        struct peer *after); // NULL: the first; NULL again: no more
size_t peers_count(const struct peers *p);
