// SPDX-License-Identifier: MIT
// The parts of fetch.h: whose turn it is (fetch.c), what is asked of servers (fetch_ask.c), and
// what worker processes read in the answers (fetch_read.c).
#pragma once

#include "common/map.h"
#include "common/workers.h"
#include "services/fetcher/fetch.h"
#include "services/fetcher/hosts.h"
#include "services/fetcher/record.h"
#include "services/fetcher/robots_cache.h"

struct fetch {
    struct loop *loop;
    struct ledger *ledger;
    struct flush *flush;
    struct http *http;
    struct fetch_options options;
    struct hosts *hosts;
    struct robots_cache *robots;
    struct workers *workers;
    struct map *known;   // jobs queued or under way, by fetch_key()
    struct map *running; // struct request by tag
    struct map *parked;  // struct request by fetch_key(): those that have come half their way
    struct lend *lent;
    struct timer *timer;
    uint64_t tag;
    bool draining, rescan;
    int64_t scanned; // when the ledger was last asked
    uint64_t *requests, *failures;
};

// One request, from its start until the ledger has what came of it.
struct request {
    struct fetch *fetch;
    uint64_t tag;
    struct job job;
    char host[300];
    bool answered;                                             // the host has its turn back
    enum { REQUEST_ROBOTS, REQUEST_PAGE, REQUEST_READ } stage; // what is waited for
    struct record record;
};

// Sources count from 1 and stay below 2^32; an entry's key is the first half of its hash.
uint64_t fetch_key(const struct job *job);

// Ends a request whose record has been written; or one that is as if it had never been made.
void request_end(struct request *r);
void request_free(struct request *r);
// The host is done with; what it answered may take us a while longer.
void request_answered(struct request *r);
// The request leaves the host that it was at, and waits for its turn at the host of its record's
// URL. What is known of it stays with it, in memory: after a crash the page is fetched again. It
// may end here, if too many wait.
void request_park(struct request *r);

// It is the request's turn.
void fetch_ask(struct request *r);
// The server's answer is to be understood; and what came of that.
void fetch_read(struct request *r, const struct http_response *response);
void fetch_on_read(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                   size_t size);
