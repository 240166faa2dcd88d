// SPDX-License-Identifier: MIT
// Who works on which outbox row: the fetcher's half of the delivery protocol (proto/PROTOCOL.md) as
// a pure state machine. Sessions come and go, rows are leased to them, returned, done. What happens
// to a row is decided here and nowhere else; the ledger remembers only that it is not done yet.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/socket.h"

enum {
    DISPATCH_SILENCE_MS = 5000,    // a session that says nothing is gone
    DISPATCH_LEASE_MS = 60000,     // renewed by heartbeats
    DISPATCH_TRIES = 20,           // deliveries before a row goes on probation: alone, ever rarer
    DISPATCH_PROBATION_MS = 60000, // first pause on probation, doubled up to
    DISPATCH_PROBATION_MAX_MS = 3600000,
    DISPATCH_EMPTY_MS = 10000, // how often a busy session is emptied for one of them, at most
    DISPATCH_AGAIN_RATE = 500, // redeliveries a second, at least
    DISPATCH_AGAIN_SHARE = 10, // or one for so many first deliveries
};

struct dispatch;

struct dispatch *dispatch_new(void);
void dispatch_free(struct dispatch **d);

// Sessions. `peer` is the connection; a new session on it ends the one before.
void dispatch_hello(struct dispatch *d, const struct route *peer, uint64_t session, uint32_t window,
                    uint64_t window_bytes, int64_t now_ms);
// True if this is the peer's session: it is alive, and the leases of `held` (NULL: of none) are
// renewed.
bool dispatch_alive(struct dispatch *d, const struct route *peer, uint64_t session,
                    const uint64_t *held, size_t n, int64_t now_ms);
// The session said BYE, or its connection is gone: its rows are free.
void dispatch_gone(struct dispatch *d, const struct route *peer, int64_t now_ms);
// Frees what silent sessions and expired leases hold. Call it every second.
void dispatch_tick(struct dispatch *d, int64_t now_ms);

// Rows. A row is new to us (read it from the ledger after the cursor), leased, waiting, or done.
uint64_t dispatch_cursor(const struct dispatch *d);
void dispatch_rewind(
    struct dispatch *d); // start over at the outbox's beginning; known rows are skipped
size_t dispatch_room(const struct dispatch *d); // how many more rows the sessions would take

enum lease {
    LEASE_GIVEN,   // send it to `peer`
    LEASE_KNOWN,   // leased or waiting already: nothing to do
    LEASE_NO_ROOM, // nobody can take it now; the cursor stays before it
};

// A row that the ledger gave after the cursor.
enum lease dispatch_lease(struct dispatch *d, uint64_t sequence, size_t size, int64_t now_ms,
                          struct route *peer);
// Next waiting row that may be sent now, leased to `peer`. False: none.
bool dispatch_again(struct dispatch *d, int64_t now_ms, struct route *peer, uint64_t *sequence);

// The sink has it, or it was buried. Whoever says so.
void dispatch_done(struct dispatch *d, uint64_t sequence);
// It comes back from `peer` and waits `pause_ms`. Nothing if it is not leased to that peer.
void dispatch_return(struct dispatch *d, const struct route *peer, uint64_t sequence,
                     int64_t pause_ms, int64_t now_ms);

struct dispatch_row {
    bool leased;
    unsigned deliveries;
    int64_t at; // leased: until when; waiting: from when on
};
// How a row is doing. False: it was not sent to anybody yet.
bool dispatch_look(const struct dispatch *d, uint64_t sequence, struct dispatch_row *out);

size_t dispatch_sessions(const struct dispatch *d);
size_t dispatch_leased(const struct dispatch *d);
