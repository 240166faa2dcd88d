// SPDX-License-Identifier: MIT
// The headings of a page, with their words: read once, for finding the title and where it stands.
#pragma once

#include "services/fetcher/extract/page.h"
#include "services/fetcher/extract/tokens.h"

enum { HEADINGS_MAX = 200 };

struct heading {
    uint32_t node;
    struct html_str text; // space collapsed, in the page's arena
    struct tokens words;
};

struct headings {
    struct heading *items; // in document order
    uint32_t n;
};

// The first HEADINGS_MAX headings (h1 to h6) of the body that have text, of reasonable length.
void headings_read(const struct page *p, struct headings *out);
