// SPDX-License-Identifier: MIT
// A small HTTP server on the loop, for pages that are made on request: libmicrohttpd, fenced here.
// GET and HEAD only, nothing is uploaded; connections, header bytes and idle time are bounded.
// Against DNS rebinding only known Host names are answered: loopback names, the address bound, and
// those allowed.
#pragma once

#include <stddef.h>

#include "common/buf.h"
#include "common/loop.h"
#include "common/settings.h"

enum { HTTP_REPLY_HEADERS = 8, HTTP_REPLY_MAX = 8 << 20 };

struct http_call {
    const char *path;              // decoded, starts with "/", without the query; not clean text
    const char *host;              // of the Host field, as it is; "" if there is none
    const char *if_none_match;     // "" if there is none
    const char *if_modified_since; // "" if there is none
};

struct http_reply {
    int status; // 200
    const char *content_type;
    struct buf body; // at most HTTP_REPLY_MAX
    struct {
        const char *name; // borrowed until the handler returns, and after it: a constant
        char value[200];
    } headers[HTTP_REPLY_HEADERS];
    size_t n_headers;
};

// Makes the reply, on the loop. What is not set is 200, text/plain, and empty.
typedef void http_answer(void *arg, const struct http_call *call, struct http_reply *reply);

void http_reply_header(struct http_reply *r, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

struct http_server_options {
    const char *listen; // "PORT" (on 127.0.0.1), "HOST:PORT", "[v6]:PORT" or "*:PORT"
    struct setting_list allowed_hosts;
    const char *setting; // what the user sets `listen` with, for messages: "--http"
};

struct http_server;

// ERR_CONFIG, and *why names the address and the mend: port taken, no such address, …
enum err http_server_new(struct loop *l, const struct http_server_options *o, http_answer *fn,
                         void *arg, struct http_server **out, struct problem *why) MUST_CHECK;
void http_server_free(struct http_server **s);
