// SPDX-License-Identifier: MIT
// A fetcher as the classifier knows it: the session on its connection, and what we say to it.
// Nothing here waits: what cannot be sent is said again when the session is begun anew.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"
#include "services/classifier/peers.h"

enum { LINK_SILENT_MS = 5000 };

struct link {
    struct peer *peer;
    uint64_t session;
    bool welcome;
    int64_t asked;           // when HELLO was sent; 0: it could not be
    size_t held, held_bytes; // announcements of it that we hold
    struct link *next;
    pb_key **acks; // keys to acknowledge, borrowed until link_acknowledge()
    size_t n_acks, acks_cap;
};

struct link *link_new(struct peer *p);
void link_free(struct link **l);

// Begins a session: another one, whatever was before.
void link_hello(struct link *l, uint32_t window, uint64_t window_bytes, int64_t now_ms);
// Says which outbox sequences we still hold.
void link_heartbeat(const struct link *l, uint64_t *held, size_t n);
void link_bye(const struct link *l);
// Its announcement cannot be labelled or stored (POISON), or not taken now (BUSY).
void link_refuse(const struct link *l, pb_key *key, Newswire__V1__Refusal refusal,
                 const char *reason);

// Collects what the sink has committed, then says it in one message.
void link_committed(struct link *l, pb_key *key);
void link_acknowledge(struct link *l); // nothing if nothing was collected

// The fetcher knows us, and was heard within LINK_SILENT_MS.
bool link_alive(const struct link *l, int64_t now_ms);
// A HELLO was sent and its answer may still come: asking again would make it an answer to another.
bool link_asking(const struct link *l, int64_t now_ms);
