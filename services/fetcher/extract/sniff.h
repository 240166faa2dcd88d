// SPDX-License-Identifier: MIT
// What a document is, by its first bytes alone: servers' content types are wrong too often to
// count. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum sniff {
    SNIFF_EMPTY,
    SNIFF_RSS,
    SNIFF_RDF, // RSS 0.90 and 1.0
    SNIFF_ATOM,
    SNIFF_JSON_FEED,
    SNIFF_SITEMAP,
    SNIFF_SITEMAP_INDEX,
    SNIFF_OPML,
    SNIFF_HTML,
    SNIFF_JSON,
    SNIFF_XML, // any other
    SNIFF_GZIP,
    SNIFF_PDF,
    SNIFF_TEXT,
    SNIFF_BINARY,
};

enum sniff sniff_document(const uint8_t *bytes, size_t size);

// "an HTML page", "a sitemap", …
const char *sniff_name(enum sniff kind);
