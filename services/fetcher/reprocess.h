// SPDX-License-Identifier: MIT
// Kept pages, read again: for when extraction has learned something. A few at a time go through the
// fetcher's worker processes; what differs from what was read before is published as a new
// revision, by the same path as a page that was fetched.
#pragma once

#include "common/wire.h"
#include "services/fetcher/fetch.h"

enum {
    REPROCESS_AT_ONCE = 4,      // pages in the hands of workers
    REPROCESS_LAPSE_MS = 10000, // a job that nobody has asked about for so long ends
    REPROCESS_STEP_ROWS = 1000, // entries looked at a time
};

struct reprocess;

// Borrows everything.
struct reprocess *reprocess_new(struct loop *l, struct ledger *ledger, struct flush *flush,
                                struct pages *pages, struct fetch *fetch);
void reprocess_free(struct reprocess **r); // before fetch_free()

// Begins the job, or says how far it is if it is under way: Reprocess in control.proto. ERR_BUSY:
// another one is. ERR_NOTFOUND: no such page or source. What is reported as changed is durable once
// `done` is reported.
enum err reprocess_ask(struct reprocess *r, const Newswire__V1__Reprocess *q,
                       Newswire__V1__ReprocessProgress *out, struct problem *why) MUST_CHECK;
