// SPDX-License-Identifier: MIT
#include "services/fetcher/fetch.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"
#include "common/metrics.h"
#include "services/fetcher/fetch_parts.h"

enum {
    SCAN_MS = 1000,    // how often the ledger is asked for what is due, at least
    HURRY_MS = 50,     // and at most, while the queues run low
    DUE_LIMIT = 1000,  // sources, and pages of one host, taken from the ledger at a time
    LOW_WATER = 100,   // a host with fewer jobs queued is given more
    DEPTH = 4,         // tasks given to a worker at a time: it works on while the ledger is flushed
    PARKED_MAX = 1000, // requests that have come half their way
};

uint64_t fetch_key(const struct job *job)
{
    if (job->source > 0)
        return job->source;
    char half[17];
    snprintf(half, sizeof half, "%.16s", job->id);
    return strtoull(half, NULL, 16);
}

void request_answered(struct request *r)
{
    if (!r->answered)
        hosts_done(r->fetch->hosts, r->host, loop_now(r->fetch->loop));
    r->answered = true;
}

void request_free(struct request *r)
{
    struct fetch *f = r->fetch;
    map_remove(f->running, r->tag);
    map_remove(f->known, fetch_key(&r->job));
    request_answered(r);
    record_clear(&r->record);
    free(r);
}

void request_end(struct request *r)
{
    struct fetch *f = r->fetch;
    int64_t pause = r->record.pause_host_until_ms;
    if (pause > 0) // UTC in the ledger, the loop's clock here
        hosts_pause(f->hosts, r->host, loop_now(f->loop) + pause - clock_utc_ms());
    if (r->record.failed)
        ++*f->failures;
    f->rescan |= r->job.source > 0; // a poll may have brought entries
    request_free(r);
    flush_soon(f->flush);
    if (!f->draining)
        timer_set(f->timer, 0, false);
}

static void parked_end(struct request *r)
{
    static const char trouble[] = "too many pages wait for their turn at another host";
    if (r->record.page)
        record_document_failed(&r->record, r->fetch->ledger, trouble, false);
    else
        record_lost(&r->record, r->fetch->ledger, trouble, clock_utc_ms());
    request_end(r);
}

void request_park(struct request *r)
{
    struct fetch *f = r->fetch;
    struct job job = r->job;
    job.parked = true;
    if (map_size(f->parked) >= PARKED_MAX) {
        parked_end(r);
        return;
    }
    map_remove(f->running, r->tag);
    request_answered(r);
    map_set(f->parked, fetch_key(&job), r);
    if (url_host(record_url(&r->record), r->host))
        panic("the host of a URL that has none");
    hosts_add(f->hosts, r->host, &job);
    timer_set(f->timer, 0, false);
}

static void start_parked(struct fetch *f, const struct job *job)
{
    struct request *r = map_remove(f->parked, fetch_key(job));
    if (!r)
        panic("a parked job without its request");
    map_set(f->running, r->tag, r);
    r->answered = false; // this host has not
    fetch_ask(r);
}

static void start(struct fetch *f, const struct job *job, const char *host)
{
    if (job->parked) {
        start_parked(f, job);
        return;
    }
    struct request *r = mem_alloc(sizeof *r);
    r->fetch = f;
    r->tag = ++f->tag;
    r->job = *job;
    r->record.backfill = f->options.backfill;
    snprintf(r->host, sizeof r->host, "%s", host);
    map_set(f->running, r->tag, r);
    enum err e = job->source > 0 ? record_source(&r->record, f->ledger, job->source)
                                 : record_entry(&r->record, f->ledger, job->id);
    if (e) { // removed while it waited
        if (e != ERR_NOTFOUND)
            ledger_must(f->ledger, e);
        request_free(r);
        return;
    }
    fetch_ask(r);
}

static void on_due_source(void *arg, uint64_t number, const char *url, int64_t gap_ms)
{
    struct fetch *f = arg;
    struct job job = {.source = number, .gap_ms = gap_ms < 0 ? f->options.gap_ms : gap_ms};
    char host[300] = "";
    if (map_get(f->known, fetch_key(&job)))
        return;
    if (url_host(url, host))
        host[0] = '\0'; // queued all the same: the request fails and says why
    map_set(f->known, fetch_key(&job), f);
    hosts_add(f->hosts, host, &job);
}

struct host_scan {
    struct fetch *fetch;
    const char *host;
};

static void on_due_entry(void *arg, const char *id, int64_t gap_ms)
{
    struct host_scan *scan = arg;
    struct fetch *f = scan->fetch;
    struct job job = {.gap_ms = gap_ms < 0 ? f->options.gap_ms : gap_ms};
    snprintf(job.id, sizeof job.id, "%s", id);
    if (map_get(f->known, fetch_key(&job)))
        return;
    map_set(f->known, fetch_key(&job), f);
    hosts_add(f->hosts, scan->host, &job);
}

static void on_pending_host(void *arg, const char *host)
{
    struct fetch *f = arg;
    struct host_scan scan = {f, host};
    if (hosts_queued(f->hosts, host) < LOW_WATER)
        ledger_must(f->ledger, ledger_pending(f->ledger, host, clock_utc_ms(), DUE_LIMIT,
                                              on_due_entry, &scan));
}

// Takes what is due from the ledger into the hosts' queues.
static void scan(struct fetch *f)
{
    int64_t now = clock_utc_ms();
    f->rescan = false;
    f->scanned = loop_now(f->loop);
    ledger_must(f->ledger, ledger_due(f->ledger, now, DUE_LIMIT, on_due_source, f));
    ledger_must(f->ledger, ledger_pending_hosts(f->ledger, now, on_pending_host, f));
}

static void pump(struct fetch *f)
{
    int64_t wake = INT64_MAX;
    struct job job;
    char host[300];
    while (!f->draining && map_size(f->running) < (size_t)f->options.at_once &&
           hosts_next(f->hosts, loop_now(f->loop), &job, host, &wake))
        start(f, &job, host);
    int64_t pause = wake == INT64_MAX ? SCAN_MS : wake - loop_now(f->loop);
    timer_set(f->timer, pause < SCAN_MS ? pause : SCAN_MS, false);
}

static void on_timer(void *arg, struct timer *t)
{
    struct fetch *f = arg;
    (void)t;
    if (f->draining)
        return;
    int64_t since = loop_now(f->loop) - f->scanned;
    bool low = hosts_waiting(f->hosts) < LOW_WATER;
    if (f->rescan || since >= SCAN_MS || (low && since >= HURRY_MS))
        scan(f);
    pump(f);
}

void fetch_wake(struct fetch *f)
{
    f->rescan = true;
    if (!f->draining)
        timer_set(f->timer, 0, false);
}

bool fetch_drain(struct fetch *f)
{
    f->draining = true;
    return map_size(f->running) == 0;
}

void fetch_lend(struct fetch *f, const Newswire__V1__ExtractTask *task, lend_read *fn, void *arg)
{
    lend_out(f->lent, f->workers, ++f->tag, task, fn, arg);
}

void fetch_take_back(struct fetch *f, const void *arg)
{
    lend_forget(f->lent, arg);
}

size_t fetch_running(const struct fetch *f)
{
    return map_size(f->running);
}

struct fetch *fetch_new(struct loop *l, struct ledger *ledger, struct flush *flush,
                        struct http *http, const struct fetch_options *o)
{
    struct fetch *f = mem_alloc(sizeof *f);
    struct workers_options workers = {.name = "extract",
                                      .processes = o->workers,
                                      .depth = DEPTH,
                                      .memory = o->worker_memory,
                                      .deadline_ms = o->worker_deadline_ms,
                                      .answer_max = FETCH_ANSWER_MAX,
                                      .argv = o->worker_argv};
    *f = (struct fetch){.loop = l,
                        .ledger = ledger,
                        .flush = flush,
                        .http = http,
                        .options = *o,
                        .hosts = hosts_new(o->per_host),
                        .robots = robots_cache_new(),
                        .known = map_new(),
                        .running = map_new(),
                        .lent = lend_new(),
                        .parked = map_new(),
                        .timer = timer_new(l, on_timer, f),
                        .requests = metric("fetcher_requests_total"),
                        .failures = metric("fetcher_failures_total")};
    metric("fetcher_gaps_total"); // shown from the start: none yet
    f->workers = workers_new(l, &workers, fetch_on_read, f);
    fetch_wake(f);
    return f;
}

static void drop_request(void *arg, uint64_t tag, void *value)
{
    struct request *r = value;
    (void)arg, (void)tag;
    record_clear(&r->record);
    free(r);
}

void fetch_free(struct fetch **fetch)
{
    struct fetch *f = *fetch;
    if (!f)
        return;
    workers_free(&f->workers);
    lend_free(&f->lent);
    map_each(f->running, drop_request, NULL);
    map_each(f->parked, drop_request, NULL);
    map_free(&f->running);
    map_free(&f->parked);
    map_free(&f->known);
    hosts_free(&f->hosts);
    robots_cache_free(&f->robots);
    timer_free(&f->timer);
    free(f);
    *fetch = NULL;
}
