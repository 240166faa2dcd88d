// SPDX-License-Identifier: MIT
// What a feed, a sitemap or a list page links: what comes of adding it, shown without a stack.
#pragma once

#include <stdbool.h>

#include "services/fetcher/extract/extract.h"

struct links_options {
    const char *selector; // as of `newswire add`; "" to find the list
    bool json;            // one object a line: url, title, published_at
};

// Prints each link with its date and title to standard output, and to standard error how they were
// found. ERR_INPUT: there are none; *why says so.
enum err links_print(const struct page_source *source, const struct links_options *options,
                     struct problem *why) MUST_CHECK;
