// SPDX-License-Identifier: MIT
// Sitemaps (sitemaps.org 0.9): URL sets, indexes of further sitemaps, the news extension, plain
// lists of URLs, each also as gzip. Pure: bytes in, addresses out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/extract/extract.h"

enum { SITEMAP_ENTRIES_MAX = 50000 }; // the protocol's own bound

struct sitemap_entry {
    const char *url;      // absolute
    const char *title;    // plain text, of the news extension; "" if absent
    const char *language; // the same
    int64_t modified_ms;  // UTC; 0 if unknown
    enum date_precision modified_precision;
    int64_t published_ms; // of the news extension; 0 if unknown
    enum date_precision published_precision;
};

struct sitemap {
    bool is_index;                       // the entries are sitemaps, not pages
    const struct sitemap_entry *entries; // in the document's order
    size_t n_entries;
    struct charset_report charset;
    const char *defect; // what was wrong and mended, for a person; "" if nothing
};

struct sitemap_reader;

struct sitemap_reader *sitemap_reader_new(void);
void sitemap_reader_free(struct sitemap_reader **r);

// Reads a sitemap. *out is borrowed until the next call. ERR_INPUT: this is none, *why says what it
// is instead. A truncated or malformed one gives the entries that can be read and a `defect`.
enum err sitemap_read(struct sitemap_reader *r, const struct page_source *source,
                      const struct sitemap **out, struct problem *why) MUST_CHECK;
