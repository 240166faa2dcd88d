// SPDX-License-Identifier: MIT
// What a kind of store implements: the functions of store.h, without change.
#pragma once

#include "services/sink/store.h"

struct store_backend {
    const char *scheme; // "sqlite:"
    // `where` is the URL behind the scheme.
    enum err (*open)(const char *where, const struct store_options *o, struct store **out,
                     struct problem *why);
    enum err (*commit)(struct store *s, struct store_put *puts, size_t n, int64_t now_ms,
                       int64_t forget_before_ms, struct problem *why);
    enum err (*read)(struct store *s, const struct store_range *range, store_row *fn, void *arg,
                     struct store_extent *extent, struct problem *why);
    const struct store_state *(*state)(struct store *s);
    void (*close)(struct store *s);
};

// First member of each backend's own struct.
struct store {
    const struct store_backend *backend;
};

extern const struct store_backend store_sqlite;
