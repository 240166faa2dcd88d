// SPDX-License-Identifier: MIT
// The fetcher's heart: what is due is requested, host by host; what comes back is understood by a
// worker process; what was understood goes into the ledger.
#pragma once

#include "common/loop.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/http.h"
#include "services/fetcher/ledger.h"
#include "services/fetcher/lend.h"
#include "services/fetcher/pages.h"

// Bytes of a task for a worker process, and of its answer.
enum { FETCH_TASK_MAX = 9 << 20, FETCH_ANSWER_MAX = 15 << 20 };

struct fetch_options {
    int64_t gap_ms;      // between two requests to one host, where the source does not say
    int at_once;         // requests under way, over all hosts
    int per_host;        // of them to one host
    int64_t backfill;    // newest entries published of a new source
    bool robots;         // pages are fetched as robots.txt allows
    struct pages *pages; // where fetched pages are kept; NULL: nowhere
    int workers;         // worker processes
    int64_t worker_memory, worker_deadline_ms;
    char **worker_argv;
};

struct fetch;

// Borrows everything.
struct fetch *fetch_new(struct loop *l, struct ledger *ledger, struct flush *flush,
                        struct http *http, const struct fetch_options *o);
void fetch_free(struct fetch **f);

// Looks for what is due now rather than at the next round: a source was added or refreshed.
void fetch_wake(struct fetch *f);
// Starts nothing more. True when nothing is under way.
bool fetch_drain(struct fetch *f);

// Has a page understood by a worker process. `fn` is called once, later, on the loop.
void fetch_lend(struct fetch *f, const Newswire__V1__ExtractTask *task, lend_read *fn, void *arg);
// Whoever lent with this `arg` is gone: it is not called.
void fetch_take_back(struct fetch *f, const void *arg);

// What an entry that is to be fetched waits for. Times are UTC.
struct fetch_wait {
    enum { WAIT_LATER, WAIT_TURN, WAIT_ROBOTS, WAIT_ANSWER, WAIT_READER } stage;
    char host[300];                // "name:port", where it is or will be asked for
    size_t before;                 // requests that go before it
    int64_t paused_ms, resting_ms; // as in struct hosts_look; 0: not, or not any more
};
void fetch_look(const struct fetch *f, const struct entry *e, struct fetch_wait *out);

size_t fetch_running(const struct fetch *f);
