// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/html_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/html_stream.h"

const uint8_t html_tags[LXB_TAG__LAST_ENTRY] = {[LXB_TAG__TEXT] = HTML_TEXT,
#define TAG_ENTRY(name) [LXB_TAG_##name] = HTML_##name,
                                                HTML_TAGS(TAG_ENTRY)
#undef TAG_ENTRY
};

const char *html_tag_name(enum html_tag tag)
{
    static const char *const names[] = {"?", "text",
#define TAG_NAME(name) #name,
                                        HTML_TAGS(TAG_NAME)
#undef TAG_NAME
    };
    return names[tag];
}

const bool html_blocks[HTML_TAG_COUNT] = {
    [HTML_ADDRESS] = true, [HTML_ARTICLE] = true, [HTML_ASIDE] = true,    [HTML_BLOCKQUOTE] = true,
    [HTML_BODY] = true,    [HTML_BR] = true,      [HTML_CAPTION] = true,  [HTML_CENTER] = true,
    [HTML_DD] = true,      [HTML_DETAILS] = true, [HTML_DIALOG] = true,   [HTML_DIV] = true,
    [HTML_DL] = true,      [HTML_DT] = true,      [HTML_FIELDSET] = true, [HTML_FIGCAPTION] = true,
    [HTML_FIGURE] = true,  [HTML_FOOTER] = true,  [HTML_FORM] = true,     [HTML_FRAMESET] = true,
    [HTML_H1] = true,      [HTML_H2] = true,      [HTML_H3] = true,       [HTML_H4] = true,
    [HTML_H5] = true,      [HTML_H6] = true,      [HTML_HEAD] = true,     [HTML_HEADER] = true,
    [HTML_HGROUP] = true,  [HTML_HR] = true,      [HTML_HTML] = true,     [HTML_LEGEND] = true,
    [HTML_LI] = true,      [HTML_MAIN] = true,    [HTML_MENU] = true,     [HTML_NAV] = true,
    [HTML_OL] = true,      [HTML_P] = true,       [HTML_PRE] = true,      [HTML_SEARCH] = true,
    [HTML_SECTION] = true, [HTML_SUMMARY] = true, [HTML_TABLE] = true,    [HTML_TBODY] = true,
    [HTML_TD] = true,      [HTML_TFOOT] = true,   [HTML_TH] = true,       [HTML_THEAD] = true,
    [HTML_TR] = true,      [HTML_UL] = true,
};

struct html *html_new(void)
{
    struct html *h = mem_alloc(sizeof *h);
    h->plain = true;
    return h;
}

static void document_free(struct html *h)
{
    if (h->document)
        lxb_html_document_destroy(h->document);
    h->document = NULL;
}

void html_free(struct html **h)
{
    if (!*h)
        return;
    document_free(*h);
    free((*h)->nodes);
    free((*h)->attrs);
    free(*h);
    *h = NULL;
}

// Starts a parse with the document object of the last one: its memory and tables are reused.
static bool parse_begin(struct html *h)
{
    if (!h->document) {
        h->document = lxb_html_document_create();
        h->build_tree = NULL;
    } else {
        lxb_html_document_clean(h->document);
    }
    if (h->document) // nobody listens to the events of inserting nodes
        lxb_dom_document_opt_set(&h->document->dom_document, LXB_DOM_DOCUMENT_OPT_WO_EVENTS);
    if (!h->document || lxb_html_document_parse_chunk_begin(h->document) != LXB_STATUS_OK)
        return false;
    lxb_html_parser_t *parser = h->document->dom_document.parser;
    if (!h->build_tree) {
        h->build_tree = parser->tkz->callback_token_done;
        h->tree = parser->tkz->callback_token_ctx;
        lxb_html_tokenizer_callback_token_done_set(parser->tkz, html_guard, h);
    }
    h->tokens_left = HTML_NODES_MAX;
    h->region = 0;
    h->fostered = 0;
    h->streamed = false;
    h->after_block = false;
    memset(h->attr_data, 0, sizeof h->attr_data);
    return true;
}

static void parse_lexbor(struct html *h, const char *text, size_t size)
{
    bool ok = parse_begin(h);
    if (ok)
        ok = lxb_html_document_parse_chunk(h->document, (const lxb_char_t *)text, size) ==
             LXB_STATUS_OK;
    if (ok)
        ok = lxb_html_document_parse_chunk_end(h->document) == LXB_STATUS_OK;
    if (!ok)
        document_free(h); // as after running out of memory: the next page starts afresh
}

static void add_attrs(struct html *h, struct html_node *node, lxb_dom_node_t *from)
{
    node->attrs = (uint32_t)h->n_attrs;
    for (lxb_dom_attr_t *a = lxb_dom_interface_element(from)->first_attr; a; a = a->next) {
        size_t size = 0;
        int id =
            html_attr_of(lxb_dom_attr_data_by_id(from->owner_document->attrs, a->node.local_name));
        if (id < 0 || node->n_attrs == HTML_ATTR_COUNT)
            continue;
        const lxb_char_t *value = lxb_dom_attr_value(a, &size);
        mem_reserve((void **)&h->attrs, &h->attrs_cap, h->n_attrs + 1, sizeof *h->attrs);
        h->attrs[h->n_attrs++] =
            (struct attr){{value ? (const char *)value : "", size}, (enum html_attr)id};
        node->has |= 1u << id;
        node->n_attrs++;
    }
}

// Appends lexbor's node; its parent is the open node at `parent`.
static uint32_t add_node(struct html *h, lxb_dom_node_t *from, uint32_t parent)
{
    uint32_t index = (uint32_t)h->n_nodes;
    mem_reserve((void **)&h->nodes, &h->nodes_cap, h->n_nodes + 1, sizeof *h->nodes);
    struct html_node *node = &h->nodes[h->n_nodes++];
    *node = (struct html_node){.parent = parent, .end = index + 1};
    if (from->type == LXB_DOM_NODE_TYPE_TEXT) {
        const lexbor_str_t *data = &lxb_dom_interface_character_data(from)->data;
        node->tag = HTML_TEXT;
        node->text = (const char *)data->data;
        node->text_size = (uint32_t)data->length;
    } else {
        node->tag =
            from->local_name < LXB_TAG__LAST_ENTRY ? html_tags[from->local_name] : HTML_OTHER;
        add_attrs(h, node, from);
    }
    return index;
}

static bool is_kept(const lxb_dom_node_t *node)
{
    return node->type == LXB_DOM_NODE_TYPE_ELEMENT || node->type == LXB_DOM_NODE_TYPE_TEXT;
}

// Walks lexbor's tree in document order, by its own links: no recursion, no stack.
static void flatten(struct html *h, lxb_dom_node_t *root)
{
    uint32_t open = add_node(h, root, 0);
    lxb_dom_node_t *at = root->first_child, *parent = root;
    while (parent) {
        if (!at) {
            h->nodes[open].end = (uint32_t)h->n_nodes;
            at = parent == root ? NULL : parent->next;
            parent = parent == root ? NULL : parent->parent;
            open = h->nodes[open].parent;
            continue;
        }
        if (is_kept(at)) {
            uint32_t index = add_node(h, at, open);
            if (at->type == LXB_DOM_NODE_TYPE_ELEMENT && at->first_child) {
                parent = at;
                open = index;
                at = at->first_child;
                continue;
            }
        }
        at = at->next;
    }
}

const struct html_node *html_parse(struct html *h, const char *text, size_t size, uint32_t *count)
{
    h->n_nodes = h->n_attrs = 0;
    parse_lexbor(h, text, size);
    lxb_dom_element_t *root =
        h->document ? lxb_dom_document_element(&h->document->dom_document) : NULL;
    if (root) {
        if (h->streamed)
            html_stream_assemble(lxb_dom_interface_node(root));
        flatten(h, lxb_dom_interface_node(root));
    } else {
        mem_reserve((void **)&h->nodes, &h->nodes_cap, 1, sizeof *h->nodes);
        h->nodes[h->n_nodes++] = (struct html_node){.end = 1, .tag = HTML_HTML};
    }
    *count = (uint32_t)h->n_nodes;
    return h->nodes;
}

struct html_str html_attr_value(const struct html *h, const struct html_node *node,
                                enum html_attr attr)
{
    uint32_t i = node->attrs;
    while (h->attrs[i].name != attr)
        i++;
    return h->attrs[i].value;
}

struct html_str html_attr_at(const struct html *h, const struct html_node *node, uint32_t index,
                             enum html_attr *name)
{
    const struct attr *attr = &h->attrs[node->attrs + index];
    *name = attr->name;
    return attr->value;
}
