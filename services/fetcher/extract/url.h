// SPDX-License-Identifier: MIT
// URLs by the WHATWG URL Standard, and the canonical form that gives an announcement its identity.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { URL_MAX = 2048, URL_ID_SIZE = 33 };

// Parses `url` against `base` ("" for none) and writes the absolute http(s) URL, fragment kept.
// ERR_INPUT: not a URL, not http(s), with a user or password, or longer than URL_MAX bytes.
enum err url_resolve(const char *base, const char *url, char out[URL_MAX + 1]) MUST_CHECK;

// Canonical form of an absolute URL: host in lower case, default port off, known tracking
// parameters off, fragment off unless it is a route (#/ or #!). ERR_INPUT as url_resolve.
enum err url_canonical(const char *url, char out[URL_MAX + 1]) MUST_CHECK;

// Writes the identity of what stands at a canonical URL: 128 bits of BLAKE2b, 32 lower-case hex
// digits.
void url_id(const char *canonical, char out[URL_ID_SIZE]);

// Identity of an entry without a page: its source and GUID.
void url_entry_id(const char *source, const char *guid, char out[URL_ID_SIZE]);

// "host:port" of an absolute URL, the unit of politeness. ERR_INPUT if it is none.
enum err url_host(const char *url, char out[300]) MUST_CHECK;

// True if both URLs are of one site: the same registrable part of the host name, by a short
// built-in rule (two labels, three below .com.cn, .gov.cn, .co.uk and their like).
bool url_same_site(const char *a, const char *b);
