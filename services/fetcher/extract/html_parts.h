// SPDX-License-Identifier: MIT
// What html.c and html_guard.c share: the parser's state. Only html*.c include this.
#pragma once

#include <lexbor/html/html.h>

#include "services/fetcher/extract/html.h"

enum { HTML_TAGS_MET = 64 }; // a power of two

struct attr {
    struct html_str value;
    enum html_attr name;
};

struct html {
    lxb_html_document_t *document;
    lxb_html_tokenizer_token_f build_tree; // lexbor's own token callback and its context
    void *tree;
    uint32_t tokens_left; // of a page's allowance of nodes
    bool streamed;        // parts of the page stand elsewhere than they belong
    uint32_t fostered;    // texts that were moved out of tables
    lxb_tag_id_t region;  // <svg> or <select> that the tokens are in, 0: none
    int32_t region_depth;
    lxb_html_tokenizer_state_f raw_state; // lexbor's, for the script or style being skipped
    const char *raw_close;                // its end tag
    bool after_block;                     // the last token was a block's tag
    bool plain;                           // read plain markup by html_plain
    struct {
        uint64_t name;
        lxb_tag_id_t id;
    } tags[HTML_TAGS_MET]; // by short names in lower case, of those that lexbor numbers itself
    const lxb_dom_attr_data_t *attr_data[HTML_ATTR_COUNT]; // by html_attr_data

    struct html_node *nodes;
    size_t n_nodes, nodes_cap;
    struct attr *attrs;
    size_t n_attrs, attrs_cap;
};

// Our name for lexbor's tag.
extern const uint8_t html_tags[LXB_TAG__LAST_ENTRY];

// Our name for an attribute; -1 for one that no rule reads.
int html_attr_of(const lxb_dom_attr_data_t *data);

// The same by how it is written.
int html_attr_named(const lxb_char_t *name, size_t n);

// lexbor's name for it, NULL as long as it has not met it on this page.
const lxb_dom_attr_data_t *html_attr_data(struct html *h, lexbor_hash_t *known, int attr);

// True if some rule reads the attribute (-1: none does) of this element.
bool html_attr_is_read(lxb_tag_id_t tag, int attr, const lxb_char_t *value, size_t n);

// lexbor's token callback while a page is parsed; `ctx` is the struct html. Stands between lexbor's
// tokenizer and its tree, so that the tree is bounded while it grows, and what no rule reads never
// gets there.
lxb_html_token_t *html_guard(lxb_html_tokenizer_t *tokenizer, lxb_html_token_t *token, void *ctx);

// A state of lexbor's tokenizer, for where it would be in its data state between two tokens.
const lxb_char_t *html_plain(lxb_html_tokenizer_t *tokenizer, const lxb_char_t *at,
                             const lxb_char_t *end);
