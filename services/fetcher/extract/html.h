// SPDX-License-Identifier: MIT
// An HTML page as one array of nodes in document order, so that every later pass is a loop. The
// tree comes from lexbor (WHATWG HTML parsing), which only html.c knows; it is guarded while it
// parses: start tags beyond HTML_DEPTH_MAX open elements or HTML_FORMATTING_MAX active formatting
// elements are skipped, and nothing is added after HTML_NODES_MAX nodes. An unguarded parser can be
// made to take seconds and gigabytes by 40 KB of markup.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum { HTML_DEPTH_MAX = 512, HTML_FORMATTING_MAX = 64, HTML_NODES_MAX = 200000 };

// The elements and attributes that some rule names; every other is HTML_OTHER, or left out.
// clang-format off
#define HTML_TAGS(X) \
    X(A) X(ADDRESS) X(APPLET) X(ARTICLE) X(ASIDE) X(AUDIO) X(B) X(BASE) X(BLOCKQUOTE) \
    X(BODY) X(BR) X(BUTTON) X(CANVAS) X(CAPTION) X(CENTER) X(DATALIST) X(DD) X(DETAILS) \
    X(DIALOG) X(DIV) X(DL) X(DT) X(EM) X(EMBED) X(FIELDSET) X(FIGCAPTION) X(FIGURE) X(FONT) \
    X(FOOTER) X(FORM) X(FRAMESET) X(H1) X(H2) X(H3) X(H4) X(H5) X(H6) X(HEAD) X(HEADER) \
    X(HGROUP) X(HR) X(HTML) X(I) X(IFRAME) X(IMG) X(INPUT) X(LABEL) X(LEGEND) X(LI) X(LINK) \
    X(MAIN) X(MAP) X(MATH) X(MENU) X(META) X(METER) X(NAV) X(NOSCRIPT) X(OBJECT) X(OL) \
    X(OPTGROUP) X(OPTION) X(OUTPUT) X(P) X(PICTURE) X(PRE) X(PROGRESS) X(Q) X(RP) X(RT) \
    X(RUBY) X(SCRIPT) X(SEARCH) X(SECTION) X(SELECT) X(SMALL) X(SPAN) X(STRONG) X(STYLE) \
    X(SUB) X(SUMMARY) X(SUP) X(SVG) X(TABLE) X(TBODY) X(TD) X(TEMPLATE) X(TEXTAREA) X(TFOOT) \
    X(TH) X(THEAD) X(TIME) X(TITLE) X(TR) X(U) X(UL) X(VIDEO)

#define HTML_ATTRS(X) \
    X(CLASS, "class") X(ID, "id") X(HREF, "href") X(STYLE, "style") X(ALIGN, "align") \
    X(TYPE, "type") X(TITLE, "title") X(CONTENT, "content") \
    X(NAME, "name") X(PROPERTY, "property") X(ITEMPROP, "itemprop") X(DATETIME, "datetime") \
    X(REL, "rel") X(ROLE, "role") X(HIDDEN, "hidden") X(ARIA_HIDDEN, "aria-hidden") \
    X(LANG, "lang") X(ONCLICK, "onclick") X(DATA_URL, "data-url") \
    X(DATA_HREF, "data-href") X(DATA_LINK, "data-link") X(DATA_DATE, "data-date") \
    X(DATA_TIME, "data-time") X(DATA_DATETIME, "data-datetime") \
    X(DATA_TIMESTAMP, "data-timestamp")
// clang-format on

#define HTML_TAG_ENUM(name)        HTML_##name,
#define HTML_ATTR_ENUM(name, text) HTML_ATTR_##name,
enum html_tag { HTML_OTHER, HTML_TEXT, HTML_TAGS(HTML_TAG_ENUM) HTML_TAG_COUNT };
enum html_attr { HTML_ATTRS(HTML_ATTR_ENUM) HTML_ATTR_COUNT };

// A piece of the page's text; not NUL-terminated.
struct html_str {
    const char *s;
    size_t n;
};

// Nodes lie in document order: the subtree of node i is the nodes from i to before nodes[i].end.
struct html_node {
    const char *text; // of a text node, text_size bytes
    uint32_t text_size;
    uint32_t end;    // one after its last descendant
    uint32_t parent; // its index; that of the root is 0
    uint32_t attrs;  // private
    uint32_t has;    // a bit for each attribute, by enum html_attr
    uint8_t n_attrs;
    uint8_t tag; // enum html_tag
};

struct html;

struct html *html_new(void);
void html_free(struct html **h);

// Parses a whole document (valid UTF-8). The nodes live until the next call; nodes[0] is <html>.
// Comments, and the text of scripts and styles other than JSON, are left out. `*count` is never 0.
const struct html_node *html_parse(struct html *h, const char *text, size_t size, uint32_t *count);

// The value, with its references resolved, of an attribute that the element has.
struct html_str html_attr_value(const struct html *h, const struct html_node *node,
                                enum html_attr attr);

// The same of one that it may have: s is NULL if it does not, as with most.
static inline struct html_str html_attr(const struct html *h, const struct html_node *node,
                                        enum html_attr attr)
{
    return node->has >> attr & 1 ? html_attr_value(h, node, attr) : (struct html_str){NULL, 0};
}

// The same by index, 0 to node->n_attrs - 1, for a pass that looks at all of them.
struct html_str html_attr_at(const struct html *h, const struct html_node *node, uint32_t index,
                             enum html_attr *name);

// Lower-case name for the explanation ("div"), "?" for HTML_OTHER.
const char *html_tag_name(enum html_tag tag);

// True for elements that begin and end a paragraph (CSS: display block, table or list-item; br).
extern const bool html_blocks[HTML_TAG_COUNT];

static inline bool html_is_block(enum html_tag tag)
{
    return html_blocks[tag];
}

// The plain text of a fragment of HTML, as feeds carry it: appends paragraphs separated by one
// newline, without markup, scripts and superfluous space. Text without markup passes as it is.
// Ends a parse: nodes of html_parse on the same `h` are gone.
void html_text(struct html *h, const char *fragment, size_t size, struct buf *out);
