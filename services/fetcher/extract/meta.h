// SPDX-License-Identifier: MIT
// What the page says about itself in its head: title, meta elements, links, JSON-LD.
#pragma once

#include "services/fetcher/extract/page.h"

enum { META_FEEDS_MAX = 16 };

// Strings point into the page; s is NULL where it says nothing.
struct meta {
    struct html_str title;    // <title>, space collapsed
    struct html_str og_title; // og:title, else twitter:title
    struct html_str site_name, author, description, image, canonical, og_url, base;
    struct html_str language;        // of <html>, else as `locale`
    struct html_str locale;          // as meta elements tell it
    struct html_str published_guess; // a meta element with "publish" in a name not known here
    struct html_str published; // the best of the meta elements that state the time of publication
    struct html_str modified;  // the same of the last revision
    struct html_str ld;        // JSON-LD that a framework has put into a meta element
    struct html_str feeds[META_FEEDS_MAX];
    uint32_t n_feeds;
};

void meta_read(const struct page *p, struct meta *out);
