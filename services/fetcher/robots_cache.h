// SPDX-License-Identifier: MIT
// What each site's robots.txt said, kept for a day (RFC 9309, 2.4), or a shorter while where it
// could not be had. In memory: after a restart it is asked for again.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/http.h"

enum {
    ROBOTS_KEEP_MS = 86400000,
    ROBOTS_KEEP_MISSING_MS = 600000, // no answer, 5xx
    ROBOTS_SITES_MAX = 20000,        // beyond, the oldest go
};

struct robots_cache;

struct robots_cache *robots_cache_new(void);
void robots_cache_free(struct robots_cache **c);

enum robots_verdict {
    ROBOTS_UNKNOWN, // fetch robots_url() first, then robots_cache_put()
    ROBOTS_MAY,
    ROBOTS_MUST_NOT, // *why names the rule
    ROBOTS_LATER     // robots.txt cannot be had: nothing may be fetched for now; *why says so
};

// May this page be fetched? *delay_ms: the crawl delay that the site asks for, 0 if none.
enum robots_verdict robots_cache_ask(struct robots_cache *c, const char *url, int64_t now_ms,
                                     int64_t *delay_ms, struct problem *why);

// Where the page's site has its robots.txt. ERR_INPUT: the URL is none.
enum err robots_url(const char *url, char out[URL_MAX + 1]) MUST_CHECK;
void robots_cache_put(struct robots_cache *c, const char *robots_url, const struct http_response *r,
                      int64_t now_ms);
