// SPDX-License-Identifier: MIT
// The sinks: who of them gets what is labelled, and what they answer. They take turns, and one that
// cannot be reached is passed over.
#pragma once

#include "common/wire.h"
#include "services/classifier/held.h"

struct sinks;

struct sinks_events {
    void (*committed)(void *arg, const Newswire__V1__PutAck *ack);
    void (*refused)(void *arg, const Newswire__V1__PutNack *nack); // with its key
};

// Connects to `endpoint`, as peers_new().
enum err sinks_new(struct loop *l, struct socket_context *z, const char *endpoint, int hwm,
                   const struct sinks_events *events, void *arg, struct sinks **out,
                   struct problem *why) MUST_CHECK;
void sinks_free(struct sinks **s);

// Sends what is held, with its labels, to the next sink that takes it. ERR_BUSY: none does now;
// ERR_LIMIT: it is larger than a message.
enum err sinks_put(struct sinks *s, const struct held *h) MUST_CHECK;
