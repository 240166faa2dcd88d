// SPDX-License-Identifier: MIT
// What the passes of the article extractor share: a page's nodes, what each weighs, and what was
// dropped by which rule. Private to the extractor; extract.h is its public face.
//
// Lengths are counted in characters other than space, CJK ones double: about the same for the same
// matter in Chinese and in English. The good mass of an element is the length, outside of links, of
// the paragraphs in it that read like prose.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/html.h"
#include "services/fetcher/extract/words.h"

// Why a node is not part of the article. The first one that applies is kept.
enum drop {
    DROP_NONE,
    DROP_INVISIBLE, // scripts, form controls, media
    DROP_FIGURE,
    DROP_FORM,
    DROP_ROLE,   // navigation, aside, footer, by element or role
    DROP_HIDDEN, // not displayed
    DROP_WORD,   // its class or id says what it is
    DROP_LINKS,  // mostly links
    DROP_COUNT
};

struct mass {
    uint32_t length;  // of all text
    uint32_t links;   // of the text in links
    uint32_t good;    // of prose
    uint32_t n_links; // links
};

struct page {
    struct arena *arena;
    struct html *html;
    struct html_str source; // what was parsed
    const struct html_node *nodes;
    uint32_t count;
    uint32_t body;          // where the text is
    uint8_t *drop;          // enum drop of each node; its descendants need not be marked
    struct mass *own;       // of the node alone: a text's length, a block's own paragraphs
    struct mass *sum;       // of the node and all that is left below it
    struct word_set *words; // of what was not dropped before prune() read them
};

// Gives the nodes their own masses; drops what is invisible.
void page_weigh(struct page *p);

// Sums the masses again over what is left. Every pass that drops nodes ends with it.
void page_sum(struct page *p);

// The index after the subtree of `i`, for a loop that skips it.
static inline uint32_t page_skip(const struct page *p, uint32_t i)
{
    return p->nodes[i].end;
}

static inline bool page_contains(const struct page *p, uint32_t outer, uint32_t inner)
{
    return outer <= inner && inner < p->nodes[outer].end;
}

// The first node in the subtree of `root` with the tag, 0 if there is none.
uint32_t page_find(const struct page *p, uint32_t root, enum html_tag tag);

// Lowest common ancestor.
uint32_t page_common(const struct page *p, uint32_t a, uint32_t b);

// The text below a node with space collapsed, cut at `max` bytes. Returns the bytes written.
size_t page_copy_text(const struct page *p, uint32_t node, char *out, size_t max);

// The same in the page's arena, for titles and bylines.
enum { PAGE_TEXT_MAX = 2000 };
struct html_str page_text(const struct page *p, uint32_t node);

// Bytes of the white space character at s (0: none), as HTML and CJK text have it: with U+00A0,
// U+3000 and U+200B.
size_t text_space(const char *s, size_t n);

// Length and kind of a piece of text.
struct measure {
    uint32_t length;
    bool sentence; // has a comma or a full stop, or ends in punctuation
};
struct measure measure_text(const char *s, size_t n);
