// SPDX-License-Identifier: MIT
// Where a redirect leads, and what may go along. Pure.
#pragma once

#include <stdbool.h>

#include "services/fetcher/extract/url.h"

// True for the statuses that redirect a GET (RFC 9110, 15.4).
bool redirect_status(int status);

// Resolves a Location header, whose bytes beyond ASCII stand for themselves, against the URL that
// gave it. ERR_INPUT: it leads to nothing that is fetched; *why says so.
enum err redirect_target(const char *from, const char *location, char out[URL_MAX + 1],
                         struct problem *why) MUST_CHECK;

// True if what a user wants sent to the site of `source`, a key or a password, may be sent to
// `url`: it is on the same host, a leading www. aside, and port, or on the encrypted one in place
// of the plain one; and not in plain text where the source is encrypted.
bool redirect_own(const char *source, const char *url);
