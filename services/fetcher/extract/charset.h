// SPDX-License-Identifier: MIT
// From bytes to UTF-8, by the order of evidence that real pages and feeds call for: BOM, the NULs
// of UTF-16 and UTF-32 (XML 1.0, appendix F), valid UTF-8, what HTTP, then the document itself
// declare, and a guess where nothing was declared or the declaration is plainly wrong. The decoders
// are those of the WHATWG Encoding Standard (lexbor), and UTF-32. Pure functions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "services/fetcher/extract/extract.h"

struct charset_text {
    const char *text; // valid UTF-8 (but not yet clean: text.h), not NUL-terminated
    size_t size;
    struct charset_report report; // its strings are static
};

// Decodes a document. `content_type` is the HTTP header as received, "" if there was none; the
// document's own declaration is sought in its first 4096 bytes (<?xml encoding=…>, <meta …>).
// The result points into `bytes` where they are UTF-8 already, else into `scratch`, which is
// cleared; it lives as long as both. What does not fit into scratch->max is cut off.
struct charset_text charset_decode(const uint8_t *bytes, size_t size, const char *content_type,
                                   struct buf *scratch);
