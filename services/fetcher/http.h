// SPDX-License-Identifier: MIT
// HTTP requests on the loop: libcurl, fenced here. GET only. Whatever the other side does ends in
// one outcome within the time limit, in bounded memory. The caller decides how many run at once.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/loop.h"
#include "services/fetcher/guard.h"

enum http_outcome {
    HTTP_ANSWERED,  // a complete response; see status
    HTTP_BAD_URL,   // not a URL that is fetched
    HTTP_NO_HOST,   // the name does not resolve
    HTTP_FORBIDDEN, // the guard refused the address
    HTTP_NO_ANSWER, // refused, reset, cut short
    HTTP_TIMEOUT,
    HTTP_TLS,       // certificate or handshake
    HTTP_TOO_LARGE, // body or headers beyond the bound
    HTTP_REDIRECTS, // too many, or to what is not fetched
    HTTP_BROKEN,    // the answer is not HTTP as it should be
    HTTP_STOPPED    // a redirect that the caller did not want followed: the last of the hops
};

struct http_options {
    const char *user_agent;
    const struct guard *guard; // borrowed
    const char *proxy;         // URL; "" for none. A proxy is trusted to guard.
    int64_t connect_ms, total_ms;
    size_t body_max; // after decompression
    int redirects;   // at most HTTP_HOPS_MAX - 1
};

// A redirect that was answered with.
struct http_hop {
    int status;
    char *url; // where it led, absolute; as received, cut, if it is no URL
};

// Asked before a redirect to `url` is followed, with the `arg` of the request. False: it is not.
typedef bool http_may_follow(void *arg, const char *url);

struct http_request {
    const char *url;
    const char *etag, *last_modified; // of the response we have; "" for none
    // Keys and passwords, and doing without verification, are for the site that the user named, not
    // for whatever it links or redirects to.
    const char *site;     // the URL that the user named; NULL: `url`
    char *const *headers; // more of them, "Name: value"; for redirect_own() URLs of it
    size_t n_headers;
    bool old_tls;      // TLS 1.0, unsafe renegotiation, certificates that cannot be verified; for
                       // url_same_site() URLs of it
    const char *proxy; // instead of the options' one; NULL or "": that one
    http_may_follow *may_follow; // NULL: every redirect is followed
    const struct http_hop *hops; // those that led to `url`: they count, and are in the response
    size_t n_hops;
    size_t enough; // bytes of the body, unpacked: what is beyond is not read; 0: all is wanted
};

enum { HTTP_HOPS_MAX = 21 }; // the most redirects that are followed, and one that is not

// Strings are never NULL, and are as received: not clean, not trusted.
struct http_response {
    enum http_outcome outcome;
    int status;          // of HTTP_ANSWERED
    const char *problem; // of the others: a sentence; "" for HTTP_ANSWERED
    const char *url;     // after redirects
    int redirects;
    const struct http_hop *hops;
    size_t n_hops; // as many as the redirects, or one more where that one was refused
    const char *content_type, *etag, *last_modified, *cache_control, *expires, *date, *retry_after;
    const uint8_t *body;
    size_t size;
    int64_t elapsed_ms;
};

// Called once per request. The response is borrowed.
typedef void http_done(void *arg, const struct http_response *r);

struct http;

struct http *http_new(struct loop *l, const struct http_options *o);
void http_free(struct http **h); // requests under way are dropped, without a call

void http_get(struct http *h, const struct http_request *r, http_done *fn, void *arg);

// "answered", "no such host", … for logs and people.
const char *http_outcome_name(enum http_outcome o);
