// SPDX-License-Identifier: MIT
// List pages: the page of a ministry or a company that lists its announcements and has no feed.
// Found by repeated structure, dates and the shape of URLs, without rules for single sites; also
// where the list waits in <script type="text/xml"><datastore> for a script to show it.
// Pure: bytes in, links out.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/extract/extract.h"

enum { LIST_LINKS_MAX = 1000 };

struct list_link {
    const char *url;      // absolute, http or https
    const char *title;    // as the list gives it, perhaps shortened by it
    int64_t published_ms; // as the list or the URL says; UTC; 0 if unknown
    enum date_precision precision;
};

struct list {
    const struct list_link *links; // in the page's order, each URL once
    size_t n_links;
    const char *next;    // the page of older ones; "" if none is linked
    const char *finding; // for a person: "20 links in ul.news > li, all dated"
    bool sure;           // the page is mainly this list: what `--kind auto` goes by
    struct charset_report charset;
};

struct list_reader;

struct list_reader *list_reader_new(void);
void list_reader_free(struct list_reader **r);

// Finds the links to articles. `selector` is "" or says where they are, for the page on which
// guessing fails: a CSS selector of type, class, id, descendant and child ("#news ul.list > li a");
// elements other than links stand for the links in them. In JSON, which is read too, it names the
// array and the fields: see list_json.h. *out is borrowed until the next call.
// ERR_INPUT: no list was found, or the selector is malformed or matches nothing; *why says which.
enum err list_read(struct list_reader *r, const struct page_source *source, const char *selector,
                   const struct list **out, struct problem *why) MUST_CHECK;

// Whether a selector is one, of CSS or for JSON.
bool list_selector_is_valid(const char *selector);

// The same for a page that may be an article: only a list that the page is mainly made of, and that
// it shows. NULL if there is none.
const struct list *list_read_sure(struct list_reader *r, const struct page_source *source);
