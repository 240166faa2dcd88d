// SPDX-License-Identifier: MIT
// What the tests of the ledger say in short, on a place.h.
#pragma once

#include "tests/unit/fetcher/place.h"

#define MAIN   "http://example.com/main"
#define MOBILE "http://m.example.com/main"
#define PRINT  "http://example.com/print/main"

uint64_t add_source(struct ledger *l, const char *url);
enum seen see(struct ledger *l, uint64_t source, const char *url, const char *hint);

// What comes of the page at `url` with this text; "" for a canonical URL that it does not name.
enum article article(struct ledger *l, const char *url, const char *canonical, const char *text,
                     int64_t fetched_ms);
void see_and_read(struct ledger *l, uint64_t source, const char *url, const char *canonical,
                  const char *text, int64_t fetched_ms, enum article want);

struct rows {
    size_t n;
    uint64_t sequence[64], revision[64];
    char id[64][URL_ID_SIZE];
};

struct rows outbox(struct ledger *l);
struct rows flushed_outbox(struct ledger *l);
void queue_one(struct ledger *l, int n);
