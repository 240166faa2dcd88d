// SPDX-License-Identifier: MIT
// What each site's robots.txt said, kept for a day (RFC 9309, 2.4), or a shorter while where it
// could not be had. In memory: after a restart it is asked for again.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/http.h"
#include "services/fetcher/robots.h"

enum {
    ROBOTS_KEEP_MS = 86400000,
    ROBOTS_KEEP_MISSING_MS = 600000, // no answer, 5xx
    ROBOTS_SITES_MAX = 20000,        // beyond, the oldest go
};

enum {
    ROBOTS_ENOUGH = ROBOTS_SIZE_MAX + 1
}; // bytes to be read of a file: one more tells that it is cut

struct robots_cache;

struct robots_cache *robots_cache_new(void);
void robots_cache_free(struct robots_cache **c);

enum robots_verdict {
    ROBOTS_NOT_ASKED,
    ROBOTS_UNKNOWN, // fetch robots_url() first, then robots_cache_put()
    ROBOTS_MAY,
    ROBOTS_MUST_NOT,
    ROBOTS_LATER // robots.txt cannot be had: nothing may be fetched for now
};

// May this page be fetched, and who says so? A zeroed one is of a page that nobody asked about.
enum { ROBOTS_TEXT_SIZE = 256 };

struct robots_ruling {
    enum robots_verdict verdict;
    int64_t delay_ms;               // the crawl delay that is kept to, 0 if none
    int delay_stated_s;             // that the site asks for, which may be more
    char rule[ROBOTS_TEXT_SIZE];    // the line that decided, clean, cut; "" for none
    int line;                       // its number, 0 for none
    int status;                     // of robots.txt; 0: no answer
    char problem[ROBOTS_TEXT_SIZE]; // why there was none
};

// `verdict` UNKNOWN: nothing else is filled.
void robots_cache_ask(struct robots_cache *c, const char *url, int64_t now_ms,
                      struct robots_ruling *out);
// MUST_NOT or LATER as a sentence. `url`: what was ruled on; `redirected`: another URL led there.
void robots_refusal(const struct robots_ruling *r, const char *url, bool redirected,
                    struct problem *out);

// Stores the sitemaps that the site of `url` names in its robots.txt, at most `max`; the strings
// live until the next robots_cache_put(). Returns how many.
size_t robots_cache_sitemaps(const struct robots_cache *c, const char *url, const char **out,
                             size_t max);

// Where the page's site has its robots.txt. ERR_INPUT: the URL is none.
enum err robots_url(const char *url, char out[URL_MAX + 1]) MUST_CHECK;
void robots_cache_put(struct robots_cache *c, const char *robots_url, const struct http_response *r,
                      int64_t now_ms);
