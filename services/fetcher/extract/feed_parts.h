// SPDX-License-Identifier: MIT
// What feed.c, feed_xml.c and feed_json.c share: the reader, and how a field of an entry becomes
// clean text. Nothing else includes this.
#pragma once

#include <stdbool.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/html.h"

enum {
    FEED_ENTRIES_MAX = 5000,
    FEED_HEADLINE_MAX = 80,
    FEED_TITLE_MAX = 1000, // bytes, as the next ones
    FEED_NAME_MAX = 500,
    FEED_GUID_MAX = 2000,
    FEED_TEXT_MAX = 1 << 20,   // of summary or content
    FEED_MARKUP_MAX = 2 << 20, // of one field's HTML
};

struct feed_reader {
    struct arena *arena; // the feed and its strings
    struct html *html;
    struct buf decoded, cleaned; // the document in UTF-8
    struct buf markup, plain;    // one field
    bool cut;                    // a field was longer than its bound; reset by whoever asks
    struct buf defect;
    struct feed feed;
    struct feed_entry *entries;
    size_t n, cap;
    const char *base; // of relative links
    struct date_rules dates;
};

// Starts an entry with every string "". NULL when the feed has FEED_ENTRIES_MAX already.
struct feed_entry *feed_entry_add(struct feed_reader *r);

// Appends one sentence about what was mended.
void feed_defect(struct feed_reader *r, const char *format, ...) PRINTF_LIKE(2, 3);

// Clean text of at most `max` bytes, on one line; lines are kept where `lines`.
const char *feed_plain(struct feed_reader *r, const char *text, size_t max, bool lines);

// The same of HTML.
const char *feed_html(struct feed_reader *r, const char *html, size_t size, size_t max, bool lines);

// True if text that may be either is HTML by its looks: an end tag, an element that has none, or a
// reference. A start tag alone is not enough: a title that is about <em> names it once, one that
// uses it closes it. So does the Universal Feed Parser tell.
bool feed_looks_like_html(const char *text);

// Absolute URL of a link against `base`; "" if it is none.
const char *feed_url(struct feed_reader *r, const char *base, const char *link);

// What stands for the title of an entry that has none: the first sentence of its text, at most
// FEED_HEADLINE_MAX characters.
const char *feed_headline(struct feed_reader *r, const char *text);

// The name in "name", "mail (name)" or "name <mail>".
const char *feed_person(struct feed_reader *r, const char *text);

// Reads the date into the entry. False, and unchanged, if it is none.
bool feed_date(struct feed_reader *r, const char *text, struct feed_entry *entry);

// Read the document, clean UTF-8, into the reader. ERR_INPUT if it cannot be read as such at all.
enum err feed_read_xml(struct feed_reader *r, const char *text, size_t size) MUST_CHECK;
enum err feed_read_json(struct feed_reader *r, const char *text, size_t size) MUST_CHECK;
