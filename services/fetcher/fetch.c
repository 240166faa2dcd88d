// SPDX-License-Identifier: MIT
#include "services/fetcher/fetch.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/map.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/text.h"
#include "common/workers.h"
#include "services/fetcher/hosts.h"
#include "services/fetcher/record.h"
#include "services/fetcher/robots_cache.h"

enum {
    SCAN_MS = 1000,   // how often the ledger is asked for what is due, at least
    HURRY_MS = 50,    // and at most, while the queues run low
    DUE_LIMIT = 1000, // sources, and pages of one host, taken from the ledger at a time
    LOW_WATER = 100,  // a host with fewer jobs queued is given more
    DEPTH = 4,        // tasks given to a worker at a time: it works on while the ledger is flushed
    PARKED_MAX = 500, // pages that wait for their document's turn
    SITEMAPS_MAX = 50,
};

struct fetch {
    struct loop *loop;
    struct ledger *ledger;
    struct flush *flush;
    struct http *http;
    struct fetch_options options;
    struct hosts *hosts;
    struct robots_cache *robots;
    struct workers *workers;
    struct map *known;   // jobs queued or under way, by key_of()
    struct map *running; // struct request by tag
    struct map *parked;  // struct request by key_of(): its page is the wrapper of a document
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
    bool answered; // the host has its turn back
    struct record record;
};

// A job that is queued or under way is not taken from the ledger again. Sources count from 1 and
// stay below 2^32; an entry's key is the first half of its hash.
static uint64_t key_of(const struct job *job)
{
    if (job->source > 0)
        return job->source;
    char half[17];
    snprintf(half, sizeof half, "%.16s", job->id);
    return strtoull(half, NULL, 16);
}

// The host is done with; what it answered may take us a while longer.
static void answered(struct request *r)
{
    if (!r->answered)
        hosts_done(r->fetch->hosts, r->host, loop_now(r->fetch->loop));
    r->answered = true;
}

static void request_free(struct request *r)
{
    struct fetch *f = r->fetch;
    map_remove(f->running, r->tag);
    map_remove(f->known, key_of(&r->job));
    answered(r);
    record_clear(&r->record);
    free(r);
}

// Ends a request whose record has been written.
static void request_end(struct request *r)
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

// Documents. The request leaves its page's host and waits for its turn at the document's; what the
// page said stays with it, in memory: after a crash the page is fetched again.

static void park(struct request *r)
{
    struct fetch *f = r->fetch;
    struct job job = r->job;
    job.document = true;
    map_remove(f->running, r->tag);
    answered(r);
    map_set(f->parked, key_of(&job), r);
    if (url_host(record_url(&r->record), r->host))
        panic("the host of a document that has none");
    hosts_add(f->hosts, r->host, &job);
    timer_set(f->timer, 0, false);
}

// The page's result is a wrapper's: true if the request goes on to the document, or ends here.
static bool go_on(struct request *r, Newswire__V1__ExtractResult **page)
{
    struct fetch *f = r->fetch;
    if (f->draining && *(*page)->document) {
        request_free(r); // as if it had never been asked: the next start does it
        return true;
    }
    if (!record_document(&r->record, page))
        return false;
    flush_soon(f->flush);
    if (map_size(f->parked) < PARKED_MAX) {
        park(r);
    } else {
        record_document_failed(&r->record, f->ledger, "too many documents wait for their turn",
                               false);
        request_end(r);
    }
    return true;
}

// The worker's answer.

static void keep_page(struct request *r, const Newswire__V1__ExtractResult *result)
{
    struct pages *pages = r->fetch->options.pages;
    if (!pages || !r->record.entry || !result->compressed.len)
        return;
    struct page_copy page = {.id = r->record.entry->id,
                             .fetched_ms = r->record.fetched_ms,
                             .url = r->record.url,
                             .content_type = r->record.content_type,
                             .compressed = result->compressed.data,
                             .size = result->compressed.len};
    if (pages_put(pages, &page))
        log_warn("page-not-kept", "url=%s problem=%s", page.url, pages_problem(pages));
}

static void on_work(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                    size_t size)
{
    struct fetch *f = arg;
    struct request *r = map_get(f->running, tag);
    ProtobufCMessage *m = NULL;
    struct problem why = {""};
    if (outcome == WORK_POISON)
        problem_set(&why, OK, "it cannot be read: %.*s", (int)size, (const char *)bytes);
    else if (wire_unpack(&newswire__v1__extract_result__descriptor, bytes, size, &m, &why))
        m = NULL;
    Newswire__V1__ExtractResult *result = (Newswire__V1__ExtractResult *)m;
    if (lend_back(f->lent, tag, result, why.text)) {
        wire_free(m);
        return;
    }
    if (!r)
        panic("an answer to a request that is not known");
    bool document = r->record.page != NULL;
    if (result && !document) {
        keep_page(r, result);
        if (go_on(r, &result)) {
            if (result)
                wire_free(&result->base);
            return;
        }
    }
    if (result && document)
        record_document_understood(&r->record, f->ledger, result);
    else if (result)
        record_understood(&r->record, f->ledger, result);
    else if (document)
        record_document_failed(&r->record, f->ledger, why.text, true);
    else
        record_failed(&r->record, f->ledger, why.text, true);
    if (result && !document && r->record.source)
        keep_page(r, result); // a source that is a page has its entry now
    wire_free(m);
    request_end(r);
}

// The server's answer.

static void submit(struct request *r, const struct http_response *response)
{
    struct buf task = buf_new(FETCH_TASK_MAX);
    Newswire__V1__ExtractTask t = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    t.kind = record_kind(&r->record);
    t.url = r->record.url;
    t.content_type = mem_strdup(response->content_type);
    t.content_type[text_clean(t.content_type, strlen(t.content_type))] = '\0';
    t.body.data = (uint8_t *)response->body;
    t.body.len = response->size;
    t.now_ms = r->record.fetched_ms;
    Newswire__V1__Announcement hint = record_hint(r->record.entry);
    if (r->record.source)
        t.selector = r->record.source->selector;
    t.hint = &hint;
    t.document = r->record.page != NULL;
    t.keep = r->fetch->options.pages && !t.document;
    if (wire_pack(&t.base, &task))
        panic("a response is larger than a task");
    workers_submit(r->fetch->workers, r->tag, task.data, task.size);
    free(t.content_type);
    buf_free(&task);
}

static void on_response(void *arg, const struct http_response *response)
{
    struct request *r = arg;
    struct fetch *f = r->fetch;
    log_debug("response", "url=%s outcome=%s status=%d bytes=%zu ms=%" PRId64,
              record_url(&r->record), http_outcome_name(response->outcome), response->status,
              response->size, response->elapsed_ms);
    answered(r);
    int64_t now = clock_utc_ms();
    enum record_next next = r->record.page
                                ? record_document_response(&r->record, f->ledger, response, now)
                                : record_response(&r->record, f->ledger, response, now);
    if (next == RECORD_READ)
        submit(r, response);
    else
        request_end(r);
    if (!f->draining)
        timer_set(f->timer, 0, false);
}

// Starting.

static void ask_page(struct request *r)
{
    struct http_request request = record_request(&r->record);
    ++*r->fetch->requests;
    http_get(r->fetch->http, &request, on_response, r);
}

static void on_robots(void *arg, const struct http_response *response)
{
    struct request *r = arg;
    struct fetch *f = r->fetch;
    char robots[URL_MAX + 1];
    if (robots_url(record_url(&r->record), robots))
        panic("robots.txt of what has none");
    robots_cache_put(f->robots, robots, response, clock_utc_ms());
    if (r->record.page) {
        park(r);
        return;
    }
    // The page waits its turn again, for the gap's sake.
    struct job job = r->job;
    char host[300];
    snprintf(host, sizeof host, "%s", r->host);
    request_free(r);
    map_set(f->known, key_of(&job), f);
    hosts_add(f->hosts, host, &job);
    timer_set(f->timer, 0, false);
}

// The sitemaps that a site names itself are asked for in place of the one that was guessed.
static bool take_named(struct request *r, int64_t now)
{
    const char *names[SITEMAPS_MAX];
    if (!r->record.step || !r->record.step->guess)
        return false;
    size_t n = robots_cache_sitemaps(r->fetch->robots, record_url(&r->record), names, SITEMAPS_MAX);
    return record_sitemaps(&r->record, r->fetch->ledger, names, n, now);
}

// Pages and documents are fetched as robots.txt allows; what a user added as a source is asked for
// as he said.
static void ask(struct request *r)
{
    struct fetch *f = r->fetch;
    struct robots_ruling *ruling = &r->record.robots;
    int64_t now = clock_utc_ms();
    char robots[URL_MAX + 1];
    if (f->options.robots && (r->record.entry || r->record.page || r->record.step))
        robots_cache_ask(f->robots, record_url(&r->record), now, ruling);
    if (ruling->delay_ms > 0)
        hosts_pause(f->hosts, r->host, loop_now(f->loop) + ruling->delay_ms);
    if (ruling->verdict != ROBOTS_UNKNOWN && take_named(r, now)) {
        request_end(r);
    } else if (ruling->verdict == ROBOTS_MAY || ruling->verdict == ROBOTS_NOT_ASKED) {
        ask_page(r);
    } else if (ruling->verdict == ROBOTS_UNKNOWN &&
               robots_url(record_url(&r->record), robots) == OK) {
        struct http_request request = record_request(&r->record);
        request.url = robots;
        request.etag = request.last_modified = "";
        ++*f->requests;
        http_get(f->http, &request, on_robots, r);
    } else if (r->record.page) {
        struct problem why;
        robots_refusal(ruling, &why);
        record_document_failed(&r->record, f->ledger, why.text, ruling->verdict == ROBOTS_MUST_NOT);
        request_end(r);
    } else {
        record_refused(&r->record, f->ledger, now);
        request_end(r);
    }
}

static void start_document(struct fetch *f, const struct job *job)
{
    struct request *r = map_remove(f->parked, key_of(job));
    if (!r)
        panic("a document without its page");
    map_set(f->running, r->tag, r);
    r->answered = false; // this host has not
    ask(r);
}

static void start(struct fetch *f, const struct job *job, const char *host)
{
    if (job->document) {
        start_document(f, job);
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
    ask(r);
}

static void on_due_source(void *arg, uint64_t number, const char *url, int64_t gap_ms)
{
    struct fetch *f = arg;
    struct job job = {.source = number, .gap_ms = gap_ms < 0 ? f->options.gap_ms : gap_ms};
    char host[300] = "";
    if (map_get(f->known, key_of(&job)))
        return;
    if (url_host(url, host))
        host[0] = '\0'; // queued all the same: the request fails and says why
    map_set(f->known, key_of(&job), f);
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
    if (map_get(f->known, key_of(&job)))
        return;
    map_set(f->known, key_of(&job), f);
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
    f->workers = workers_new(l, &workers, on_work, f);
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
