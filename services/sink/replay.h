// SPDX-License-Identifier: MIT
// Answers REPLAY, LOOKUP and SINK_STATUS_REQUEST from a thread of its own, with its own read-only
// view of the store. Chunks are given out in turn, one a subscriber, below a rate, and the thread
// yields the processor to the one that commits: a crowd of late subscribers waits, commits do not.
#pragma once

#include "common/socket.h"
#include "services/sink/store.h"

struct replay;

struct replay_options {
    int64_t bytes_a_second;
    const char *store_name; // for SINK_STATUS
};

// Starts the thread. Takes the bound ROUTER socket and the store opened for reading.
struct replay *replay_start(struct socket **router, struct store **reader,
                            const struct replay_options *o);
void replay_stop(struct replay **r);

// From any thread: why nothing can be stored at the moment, for SINK_STATUS; "" if all is well.
void replay_trouble(struct replay *r, const char *sentence);

struct replay_counts {
    uint64_t chunks, lookups, unreadable, failures;
    uint64_t waiting; // subscribers whose turn has not come
};
struct replay_counts replay_counts(const struct replay *r);
