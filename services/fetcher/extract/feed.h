// SPDX-License-Identifier: MIT
// Feeds: RSS 0.9x, 1.0, 2.0, Atom (RFC 4287) and JSON Feed 1.1, as they are and as they are broken.
// Pure: bytes in, entries out. Everything returned belongs to the feed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/extract/extract.h"

enum feed_kind { FEED_NONE, FEED_RSS, FEED_RDF, FEED_ATOM, FEED_JSON };

// Strings are clean UTF-8, "" when absent; URLs absolute.
struct feed_entry {
    const char *guid;    // as given: opaque
    const char *link;    // the page of the entry; "" if it has none
    const char *title;   // plain text; where there is none, the first sentence of the text
    const char *summary; // plain text, paragraphs separated by newlines
    const char *content; // the same of the full content, where the feed carries it
    const char *author;
    int64_t published_ms; // UTC; 0 if unknown
    enum date_precision precision;
    bool cut; // summary or content was longer than what is read of one
};

struct feed {
    enum feed_kind kind;
    const char *title, *link, *language;
    const char *self;    // the feed's own statement of its URL
    int64_t ttl_s;       // how long it asks to be left alone; 0 if it does not say
    uint32_t skip_hours; // bit h set: nothing new in hour h, UTC
    uint32_t skip_days;  // bit d set: nothing new on day d, UTC; 0 is Sunday
    struct charset_report charset;
    const struct feed_entry *entries; // in the feed's order
    size_t n_entries;
    const char *defect; // what was wrong and mended, for a person; "" if nothing
};

struct feed_reader;

struct feed_reader *feed_reader_new(void);
void feed_reader_free(struct feed_reader **r);

// What the bytes look like, by content alone: FEED_NONE for HTML and anything else.
enum feed_kind feed_sniff(const uint8_t *bytes, size_t size);

// Reads a feed. *out is borrowed until the next call. ERR_INPUT: this is no feed, *why says what it
// is instead. A truncated or malformed feed gives the entries that can be read and a `defect`.
enum err feed_read(struct feed_reader *r, const struct page_source *source, const struct feed **out,
                   struct problem *why) MUST_CHECK;
