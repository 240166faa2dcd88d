// SPDX-License-Identifier: MIT
// The topic: what was committed, as the store has it, and every second how far it has come. What a
// subscriber cannot take in time is dropped by ZeroMQ; the subscriber notices and asks REPLAY.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "services/sink/store.h"

struct publisher;

// Takes the bound PUB socket; borrows the store. What the store has already was published by an
// earlier process, or will be noticed by the beacon.
struct publisher *publisher_new(struct loop *l, struct socket **pub, struct store *store);
void publisher_free(struct publisher **p);

// Publishes what was committed since the last time.
void publisher_committed(struct publisher *p);
