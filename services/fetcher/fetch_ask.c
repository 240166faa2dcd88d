// SPDX-License-Identifier: MIT
// Pages and documents are fetched as robots.txt allows, wherever redirects lead them; what a user
// added as a source is asked for as he said.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "services/fetcher/fetch_parts.h"

enum { SITEMAPS_MAX = 50 };

static bool asks_robots(const struct request *r)
{
    return r->fetch->options.robots && (r->record.entry || r->record.page || r->record.step);
}

// Redirects. One within the host is followed at once if robots.txt is known to allow it; another
// host is asked in its turn.

static bool may_follow(void *arg, const char *url)
{
    struct request *r = arg;
    struct robots_ruling ruling;
    char host[300];
    if (r->record.source && !r->record.page && !r->record.step)
        return true;
    if (url_host(url, host) || strcmp(host, r->host) != 0)
        return false;
    if (!asks_robots(r))
        return true;
    robots_cache_ask(r->fetch->robots, url, clock_utc_ms(), &ruling);
    return ruling.verdict == ROBOTS_MAY;
}

static void led_on(struct request *r, const struct http_response *response)
{
    char host[300];
    if (r->fetch->draining) {
        request_free(r); // as if it had never been asked: the next start does it
        return;
    }
    record_hops(&r->record, response);
    if (url_host(record_url(&r->record), host) == OK && strcmp(host, r->host) == 0)
        fetch_ask(r);
    else
        request_park(r);
}

static void on_response(void *arg, const struct http_response *response)
{
    struct request *r = arg;
    struct fetch *f = r->fetch;
    log_debug("response", "url=%s outcome=%s status=%d bytes=%zu ms=%" PRId64,
              record_url(&r->record), http_outcome_name(response->outcome), response->status,
              response->size, response->elapsed_ms);
    if (response->outcome == HTTP_STOPPED) {
        led_on(r, response);
        return;
    }
    request_answered(r);
    int64_t now = clock_utc_ms();
    enum record_next next = r->record.page
                                ? record_document_response(&r->record, f->ledger, response, now)
                                : record_response(&r->record, f->ledger, response, now);
    if (next == RECORD_READ)
        fetch_read(r, response);
    else
        request_end(r);
    if (!f->draining)
        timer_set(f->timer, 0, false);
}

static void ask_page(struct request *r)
{
    struct http_request request = record_request(&r->record);
    request.may_follow = may_follow;
    r->stage = REQUEST_PAGE;
    ++*r->fetch->requests;
    http_get(r->fetch->http, &request, on_response, r);
}

// Waits for its turn again, for the gap's sake: from the start, if it has come no way yet.
static void wait_again(struct request *r)
{
    struct fetch *f = r->fetch;
    struct job job = r->job;
    char host[300];
    if (r->record.page || r->record.n_hops > 0) {
        request_park(r);
        return;
    }
    snprintf(host, sizeof host, "%s", r->host);
    request_free(r);
    map_set(f->known, fetch_key(&job), f);
    hosts_add(f->hosts, host, &job);
    timer_set(f->timer, 0, false);
}

static void on_robots(void *arg, const struct http_response *response)
{
    struct request *r = arg;
    struct fetch *f = r->fetch;
    char robots[URL_MAX + 1];
    if (robots_url(record_url(&r->record), robots))
        panic("robots.txt of what has none");
    robots_cache_put(f->robots, robots, response, clock_utc_ms());
    hosts_release(f->hosts, r->host);
    wait_again(r);
}

// One request at a time: nothing else is asked of the host meanwhile.
static void ask_robots(struct request *r)
{
    struct fetch *f = r->fetch;
    char robots[URL_MAX + 1];
    if (robots_url(record_url(&r->record), robots))
        panic("robots.txt of what has none");
    if (!hosts_hold(f->hosts, r->host)) {
        wait_again(r);
        return;
    }
    struct http_request request = record_request(&r->record);
    request.url = robots;
    request.etag = request.last_modified = "";
    request.n_hops = 0; // those are the page's
    request.enough = ROBOTS_ENOUGH;
    r->stage = REQUEST_ROBOTS;
    ++*f->requests;
    http_get(f->http, &request, on_robots, r);
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

static void refuse(struct request *r, int64_t now)
{
    struct record *record = &r->record;
    struct problem why;
    robots_refusal(&record->robots, record_url(record), record->n_hops > 0, &why);
    if (record->page)
        record_document_failed(record, r->fetch->ledger, why.text,
                               record->robots.verdict == ROBOTS_MUST_NOT);
    else
        record_refused(record, r->fetch->ledger, why.text, now);
    request_end(r);
}

void fetch_ask(struct request *r)
{
    struct fetch *f = r->fetch;
    struct robots_ruling *ruling = &r->record.robots;
    int64_t now = clock_utc_ms();
    if (asks_robots(r))
        robots_cache_ask(f->robots, record_url(&r->record), now, ruling);
    if (ruling->delay_ms > 0)
        hosts_delay(f->hosts, r->host, loop_now(f->loop) + ruling->delay_ms);
    if (ruling->verdict == ROBOTS_UNKNOWN)
        ask_robots(r);
    else if (take_named(r, now))
        request_end(r);
    else if (ruling->verdict == ROBOTS_MAY || ruling->verdict == ROBOTS_NOT_ASKED)
        ask_page(r);
    else
        refuse(r, now);
}
