// SPDX-License-Identifier: MIT
// What html.c and html_guard.c share: the parser's state. Only html*.c include this.
#pragma once

#include <lexbor/html/html.h>

#include "services/fetcher/extract/html.h"

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

    struct html_node *nodes;
    size_t n_nodes, nodes_cap;
    struct attr *attrs;
    size_t n_attrs, attrs_cap;
};

// Our name for lexbor's tag.
extern const uint8_t html_tags[LXB_TAG__LAST_ENTRY];

// Our name for an attribute; -1 for one that no rule reads.
int html_attr_of(const lxb_dom_attr_data_t *data);

// lexbor's token callback while a page is parsed; `ctx` is the struct html. Stands between lexbor's
// tokenizer and its tree, so that the tree is bounded while it grows, and what no rule reads never
// gets there.
lxb_html_token_t *html_guard(lxb_html_tokenizer_t *tokenizer, lxb_html_token_t *token, void *ctx);
