// SPDX-License-Identifier: MIT
// JSON-LD (schema.org) as pages carry it: read by scanning, so that a missing comma or a stray
// newline costs nothing. Keys count wherever they stand; the first value of each is taken, one from
// an object that is an article before one from any other.
#pragma once

#include "services/fetcher/extract/page.h"

// Raw JSON strings, still escaped; s is NULL where there is none.
struct ld {
    struct html_str published, modified, headline, author, publisher, body;
};

// From the scripts, then from `in_meta`, what a meta element carries.
void ld_read(const struct page *p, struct html_str in_meta, struct ld *out);

// Decodes a JSON string's escapes into the page's arena, markup taken out.
struct html_str ld_text(const struct page *p, struct html_str raw);
