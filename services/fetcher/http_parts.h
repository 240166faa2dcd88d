// SPDX-License-Identifier: MIT
// The parts of http.h: requests, answers and redirects (http.c), and what libcurl is told of a
// request (http_setup.c).
#pragma once

#include <curl/curl.h>

#include "common/buf.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/http.h"

enum { HEADER_MAX = URL_MAX + 1, HEADERS_MAX = 64 << 10 };

// The headers that anyone asks for.
enum header {
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    CACHE_CONTROL,
    EXPIRES,
    DATE,
    RETRY_AFTER,
    LOCATION,
    HEADERS
};

struct transfer {
    struct http *http;
    CURL *easy;
    struct curl_slist *own; // headers for URLs of the site, NULL: the same as
    struct curl_slist *any; // for others
    char *site;
    bool old_tls;
    char url[URL_MAX + 1]; // of this hop
    struct http_hop hops[HTTP_HOPS_MAX];
    size_t n_hops;
    bool lost;    // the last of them could not be followed, see why
    bool stopped; // or was not, for the caller did not want it
    http_may_follow *may_follow;
    size_t enough; // bytes of the body, 0: all are wanted
    bool full;     // so much has come
    int64_t started_ms;
    struct buf body;
    char values[HEADERS][HEADER_MAX];
    size_t header_bytes;
    bool too_large, proxied;
    bool forbidden, allowed; // of the addresses of this hop, some were not, or were, allowed
    struct problem why;      // of the guard
    char error[CURL_ERROR_SIZE];
    http_done *fn;
    void *arg;
    struct transfer *prev, *next;
};

struct http {
    struct loop *loop;
    struct http_options options;
    CURLM *multi;
    struct timer *timer;
    struct transfer *all;
};

// Tells libcurl all that holds for the whole of a transfer, and makes its headers.
void transfer_set_up(struct transfer *t, const struct http_request *r);
// And what holds for the hop to t->url.
void transfer_set_hop(struct transfer *t, int64_t left_ms);
