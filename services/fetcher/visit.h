// SPDX-License-Identifier: MIT
// What the ledger remembers of one request: who allowed it, where it was led, what was answered;
// and what was read in the answer. For `newswire why`. Pure.
#pragma once

#include "common/mem.h"
#include "common/wire.h"
#include "services/fetcher/http.h"
#include "services/fetcher/robots_cache.h"

typedef Newswire__V1__Visit pb_visit;
typedef Newswire__V1__Reading pb_reading;

// A request that is described: `url` was asked for, `robots` allowed or refused it.
struct visit {
    const char *url;
    const char *ruled; // what `robots` is about: the URL, or where it redirected to
    const struct robots_ruling *robots;
    const struct http_hop *hops; // that led to `ruled`
    size_t n_hops;
    const struct http_response *response; // with all its hops; NULL: nothing was asked for there
    int64_t at_ms;
};

// The message, in the arena; everything in it is clean and within its bounds.
pb_visit *visit_message(const struct visit *v, struct arena *arena);

// Fills *out with what was read; strings are borrowed from the announcement. `date_from`: as
// Reading has it. `outbox`: the sequence it got there, 0 if none.
void visit_reading(const pb_announcement *a, const char *date_from, uint64_t outbox,
                   pb_reading *out);
