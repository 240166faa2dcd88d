// SPDX-License-Identifier: MIT
// The article extractor: the bytes of a page in, its announcement out. Pure: no I/O, no clock, the
// same bytes always give the same article. One extractor serves one thread; it reuses its memory
// from page to page, so an article lives until the next call.
// Bounded whatever the page: see the limits in html.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum date_precision { DATE_NONE, DATE_DAY, DATE_MINUTE, DATE_SECOND };

// How the bytes were read. Names are those of the WHATWG Encoding Standard, in lower case, and
// "utf-32le" and "utf-32be".
enum { CHARSET_LABEL_SIZE = 41 };

struct charset_report {
    // By HTTP header, BOM or the page itself: the encoding's name, or the label as it stands there
    // (printable, cut) if no encoding has it; "" if nothing was declared.
    char declared[CHARSET_LABEL_SIZE];
    const char *used;      // what the bytes were decoded as
    bool guessed;          // nothing valid was declared: chosen by the bytes
    uint32_t replacements; // characters that could not be decoded, now U+FFFD
};

struct attachment {
    const char *url;   // absolute
    const char *title; // the link's text
};

// Every string is clean UTF-8 (text.h), "" when absent, and belongs to the extractor.
struct article {
    const char *title, *standfirst;
    const char *text; // paragraphs separated by one newline
    size_t text_size; // bytes of text
    const char *author, *site_name;
    const char *canonical_url; // absolute, as the page says it; "" if it says none
    const char *image;         // absolute URL of the main image
    const char *language;      // zh-Hans, zh-Hant, en, another BCP 47 tag, or "und"
    int64_t published_ms;      // UTC; 0 if unknown. DATE_DAY: midnight UTC of that day
    enum date_precision precision;
    const char *date_rule; // what told it: static, "" if it is unknown
    int zone; // minutes east of UTC that the page's time was given in, or taken to be in
    struct charset_report charset;
    const struct attachment *attachments;
    size_t n_attachments;
    const char *const *feeds; // absolute URLs of feeds that the page announces
    size_t n_feeds;
};

struct page_source {
    const uint8_t *bytes;
    size_t size;
    const char *url;          // where the bytes came from; base of relative links; "" if unknown
    const char *content_type; // HTTP header as received, with its charset; "" if unknown
    int64_t now_ms;           // later dates than a day after this are not believed
};

struct extractor;

struct extractor *extractor_new(void);
void extractor_free(struct extractor **x);

// Never fails: a page without an article gives an empty text. The article is borrowed until the
// next call on this extractor. `explain`, if not NULL, receives what was kept and dropped and by
// which rule, as lines for a person.
const struct article *extractor_page(struct extractor *x, const struct page_source *source,
                                     struct buf *explain);
