// SPDX-License-Identifier: MIT
// The sink as a service: its settings, and what is done with them. Binds ingest, topic and replay
// first, then opens the store, so that a port that is taken touches no store.
#pragma once

#include "common/service.h"

struct sink_settings {
    struct service_settings service;
    const char *store;
    int64_t keep_ms;       // 0: for ever
    int64_t replay_bytes;  // a second
    int64_t duplicates_ms; // how far back the same story is looked for; 0: not at all
    bool new_epoch;
};
extern const struct setting sink_settings_table[];

// The hooks of service.h.
enum err sink_start(struct loop *l, struct socket_context *z, const void *settings, void **state,
                    struct problem *why);
bool sink_health(void *state, char *line, size_t size);
bool sink_drain(void *state);
void sink_stop(void **state);
