// SPDX-License-Identifier: MIT
// What the passes of list discovery share: list_anchor.c gathers the links that may be entries,
// list_title.c says what they are called, list_place.c where they stand, list_item.c what belongs
// to each, list_date.c what their dates are, list_group.c chooses among the repeated structures,
// list_select.c does as a selector says. Private to them and list.c. Lengths are in cells:
// characters other than space, CJK ones double.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/html.h"

enum { LIST_ANCHORS_MAX = 5000, LIST_TITLE_MAX = 500, LABEL_CELLS_MAX = 14 };

struct anchor {
    uint32_t node;
    uint64_t make;      // equal for links in like places
    uint32_t item;      // the largest element that holds one link of each make; or the link itself
    uint32_t container; // its parent
    const char *url;
    uint64_t url_hash;
    uint64_t shape; // of the URL: equal for URLs that differ in numbers only
    const char *title;
    uint32_t cells;
    bool more;     // its text is "more" or the like: the title stands elsewhere in the item
    bool heading;  // it is one
    bool article;  // the URL looks like an article's
    bool document; // … like that of a file
    bool same_site;
    bool nav, side; // within navigation; within what stands beside the matter
    bool dropped;
    struct date date, before, after; // in the item; in the text before, and after it
    struct date in_url;
    int year; // of the heading above it; 0 if there is none
    uint32_t group;
};

struct list_page {
    struct arena *arena;
    struct html *html;
    const struct html_node *nodes;
    uint32_t count;
    const char *url, *base;
    struct date_rules dates;
    struct anchor *anchors;
    size_t n, cap;
    const char *next;
    bool has_nav;   // links stand in navigation
    bool day_first; // 10/11/2026 is in November
};

// FNV-1a.
#define LIST_HASH_START UINT64_C(14695981039346656037)
static inline uint64_t list_hash(uint64_t h, unsigned char c)
{
    return (h ^ c) * UINT64_C(1099511628211);
}

// ---- list_anchor.c ----

// Fills the anchors, in document order, and `next`; those in navigation too if `all`.
void list_anchors(struct list_page *p, bool all);

uint32_t list_cells(const char *s, size_t n);

// Appends with white space collapsed.
void list_squeeze(struct buf *out, const char *s, size_t n);

// Ends the text, at most `max` bytes, and brings it into the arena; frees the buffer.
const char *list_keep(const struct list_page *p, struct buf *text, size_t max);

// The text of the nodes [from, to) with space collapsed, at most `max` bytes, in the arena.
const char *list_text(const struct list_page *p, uint32_t from, uint32_t to, size_t max);

// True if the element's class or id has a word that begins with one of the n, or is one of them
// that is written with a $ after it.
bool list_named(const struct list_page *p, uint32_t node, const char *const *words, size_t n);

// ---- list_title.c ----

// The text that stands for the title among the pieces of [from, to): a heading, an element named
// so, else the longest; "" if there is none.
const char *list_title(const struct list_page *p, uint32_t from, uint32_t to);

// The title of a link: its text, or its attribute, which says in full what the text shortens.
const char *list_link_title(const struct list_page *p, uint32_t node);

// True if it ends in "…".
bool list_is_shortened(const char *title);

// True if the text is a date, a time or a number and nothing else.
bool list_is_date_only(const struct list_page *p, const char *text);

// True if it says "more" and the like, so that the title stands elsewhere; "PDF" and the like;
// "next page"; what no article is called.
bool list_says_more(const char *title);
bool list_says_file(const char *title);
bool list_says_next(const char *title);
bool list_is_plain(const char *title);

// ---- list_place.c ----

// Says of each anchor whether it stands in navigation or in a margin, and removes those that are no
// entries by where they stand: in navigation (unless `all`), repeated, attached to another.
void list_places(struct list_page *p, bool all);

// ---- list_item.c ----

// The make of a link: what it and the elements around it are. The titles of a list are of one make,
// their categories, authors and pictures of others. Rows may be classed "odd" and "even".
uint64_t list_make(const struct list_page *p, uint32_t node);

// Finds every anchor's item, container and dates.
void list_items(struct list_page *p);

// ---- list_date.c ----

// The date in a piece of a list: also "20 2026-11" and "11-20". False if there is none.
bool list_date(const char *text, const struct date_rules *rules, struct date *out);

// One date of the texts in [from, to), the title's own words aside.
bool list_date_in(const struct list_page *p, uint32_t from, uint32_t to, const char *title,
                  struct date *out);

bool list_date_in_url(const char *url, const struct date_rules *rules, struct date *out);

// Fills `day_first`: some date of the page can be read in no other way.
void list_day_first(struct list_page *p);

// Says of each anchor, whose item is known, the year that stands as a heading over it.
void list_years(struct list_page *p);

// The last moment of a year that is not to come; false if it is.
bool list_year_end(int year, const struct date_rules *rules, struct date *out);

// ---- list_group.c ----

// How much is asked of a list before it is taken for one.
enum list_bar {
    LIST_APART, // it stands apart from the margins
    LIST_ANY,   // it may be in a margin
    LIST_LOW,   // a few titles without dates are enough
};

// Drops what is no entry of the page's lists; a finding for a person. False if there is no list.
bool list_choose(struct list_page *p, enum list_bar bar, const char **finding, bool *sure);

// ---- list_select.c ----

// Drops what the selector does not choose. ERR_INPUT: malformed; ERR_NOTFOUND: it chooses none.
enum err list_select(struct list_page *p, const char *selector) MUST_CHECK;
