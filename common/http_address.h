// SPDX-License-Identifier: MIT
// Where an HTTP server listens, and by which names it may be asked for. Pure.
#pragma once

#include <stdbool.h>

#include "common/err.h"
#include "common/settings.h"

struct http_address {
    char host[256]; // without brackets; "*" for every address
    char port[6];
};

// "8080", "127.0.0.1:8080", "[::1]:8080", "*:8080". ERR_INPUT.
enum err http_address_parse(const char *text, struct http_address *out) MUST_CHECK;

// True if a request with this Host field is meant for us: a loopback name, the address bound (any
// numeric address if all are), or one of `allowed`. A name that someone else's DNS may point at us
// is none of these.
bool http_host_allowed(const char *field, const struct http_address *bound,
                       const struct setting_list *allowed);
