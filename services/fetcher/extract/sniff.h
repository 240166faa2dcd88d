// SPDX-License-Identifier: MIT
// What a document is, by its first bytes: servers' content types are wrong too often to count, but
// where they tell what bytes cannot. After the WHATWG's MIME Sniffing. Pure.
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
    SNIFF_URLS, // plain text: an absolute URL a line
    SNIFF_TEXT,
    SNIFF_BINARY,
};

enum sniff sniff_document(const uint8_t *bytes, size_t size);

// "an HTML page", "a sitemap", …
const char *sniff_name(enum sniff kind);

// What a document is that nobody would read as a page: "JSON", "image/png", "binary data". NULL for
// HTML and plain text.
const char *sniff_no_page(const uint8_t *bytes, size_t size, const char *content_type);
