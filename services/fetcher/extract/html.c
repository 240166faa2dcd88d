// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>

#include "common/mem.h"
#include "common/text.h"

struct attr {
    struct html_str value;
    enum html_attr name;
};

struct html {
    lxb_html_document_t *document;
    lxb_html_tokenizer_token_f build_tree; // lexbor's own token callback and its context
    void *tree;
    uint32_t tokens_left;                 // of a page's allowance of nodes
    uint32_t svg_depth;                   // open <svg> elements
    lxb_html_tokenizer_state_f raw_state; // lexbor's, for the script or style being skipped
    const char *raw_close;                // its end tag
    bool after_block;                     // the last token was a block's tag

    struct html_node *nodes;
    size_t n_nodes, nodes_cap;
    struct attr *attrs;
    size_t n_attrs, attrs_cap;
};

static const uint8_t tag_of[LXB_TAG__LAST_ENTRY] = {[LXB_TAG__TEXT] = HTML_TEXT,
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

bool html_is_block(enum html_tag tag)
{
    switch (tag) {
    case HTML_ADDRESS:
    case HTML_ARTICLE:
    case HTML_ASIDE:
    case HTML_BLOCKQUOTE:
    case HTML_BODY:
    case HTML_BR:
    case HTML_CAPTION:
    case HTML_CENTER:
    case HTML_DD:
    case HTML_DETAILS:
    case HTML_DIALOG:
    case HTML_DIV:
    case HTML_DL:
    case HTML_DT:
    case HTML_FIELDSET:
    case HTML_FIGCAPTION:
    case HTML_FIGURE:
    case HTML_FOOTER:
    case HTML_FORM:
    case HTML_FRAMESET:
    case HTML_H1:
    case HTML_H2:
    case HTML_H3:
    case HTML_H4:
    case HTML_H5:
    case HTML_H6:
    case HTML_HEAD:
    case HTML_HEADER:
    case HTML_HGROUP:
    case HTML_HR:
    case HTML_HTML:
    case HTML_LEGEND:
    case HTML_LI:
    case HTML_MAIN:
    case HTML_MENU:
    case HTML_NAV:
    case HTML_OL:
    case HTML_P:
    case HTML_PRE:
    case HTML_SEARCH:
    case HTML_SECTION:
    case HTML_SUMMARY:
    case HTML_TABLE:
    case HTML_TBODY:
    case HTML_TD:
    case HTML_TFOOT:
    case HTML_TH:
    case HTML_THEAD:
    case HTML_TR:
    case HTML_UL:
        return true;
    default:
        return false;
    }
}

static int attr_of(const lxb_char_t *name, size_t n)
{
    static const struct {
        const char *text;
        size_t n;
    } names[] = {
#define ATTR_ENTRY(name, text) {text, sizeof text - 1},
        HTML_ATTRS(ATTR_ENTRY)
#undef ATTR_ENTRY
    };
    if (n < 2 || n > 11 || *name < 'a' || *name > 't') // "id" to "aria-hidden"
        return -1;
    for (int i = 0; i < HTML_ATTR_COUNT; i++)
        if (names[i].n == n && memcmp(names[i].text, name, n) == 0)
            return i;
    return -1;
}

static const lxb_char_t *token_attr_name(const lxb_html_token_attr_t *attr, size_t *n)
{
    *n = attr->name->entry.length;
    return lexbor_hash_entry_str(&attr->name->entry);
}

// Attributes that no rule reads are most of a modern page's markup: they never reach the tree.
static void drop_unread_attributes(lxb_html_token_t *token)
{
    for (lxb_html_token_attr_t *a = token->attr_first, *next; a; a = next) {
        size_t n;
        next = a->next;
        const lxb_char_t *name = token_attr_name(a, &n);
        if (attr_of(name, n) < 0)
            lxb_html_token_attr_remove(token, a);
    }
}

// True for a script that holds data (JSON-LD) and not code.
static bool is_data_script(lxb_dom_node_t *script)
{
    for (lxb_dom_attr_t *a = lxb_dom_interface_element(script)->first_attr; a; a = a->next) {
        size_t n;
        const lxb_char_t *value = lxb_dom_attr_value(a, &n);
        if (a->node.local_name == LXB_DOM_ATTR_TYPE && value && n >= 7)
            return memmem(value, n, "ld+json", 7) != NULL;
    }
    return false;
}

// The script or style that has just been opened, if its text is not read.
static lxb_dom_node_t *unread_element(const lxb_html_tree_t *tree)
{
    size_t depth = tree->open_elements->length;
    lxb_dom_node_t *in = depth ? tree->open_elements->list[depth - 1] : NULL;
    if (!in || in->ns != LXB_NS_HTML)
        return NULL;
    bool unread = in->local_name == LXB_TAG_STYLE ||
                  (in->local_name == LXB_TAG_SCRIPT && !is_data_script(in));
    return unread ? in : NULL;
}

static bool begins(const lxb_char_t *s, const lxb_char_t *end, const char *with)
{
    size_t n = strlen(with);
    return (size_t)(end - s) >= n && strncasecmp((const char *)s, with, n) == 0;
}

// A tokenizer state that runs over the text of a script or style, most of a modern page, at the
// speed of memory, and hands over to lexbor's own state at the end tag; also where a comment may
// hide end tags, and at a '<' so close to the end of this piece of input that it cannot be judged.
static const lxb_char_t *skip_raw_text(lxb_html_tokenizer_t *tokenizer, const lxb_char_t *data,
                                       const lxb_char_t *end)
{
    enum { LONGEST = sizeof "</script" - 1 };
    struct html *h = tokenizer->callback_token_ctx;
    if (!tokenizer->is_eof) {
        const lxb_char_t *at = memchr(data, '<', (size_t)(end - data));
        while (at && end - at >= LONGEST && !begins(at, end, h->raw_close) &&
               !begins(at, end, "<!--"))
            at = memchr(at + 1, '<', (size_t)(end - at - 1));
        if (!at)
            return end; // and on with the next piece
        data = at;
    }
    tokenizer->state = h->raw_state;
    return data;
}

static void skip_unread(struct html *h, lxb_html_tokenizer_t *tokenizer)
{
    const lxb_dom_node_t *opened = unread_element(h->tree);
    if (!opened)
        return;
    h->raw_close = opened->local_name == LXB_TAG_STYLE ? "</style" : "</script";
    h->raw_state = tokenizer->state;
    lxb_html_tokenizer_state_set(tokenizer, skip_raw_text);
}

// White space after a tag that begins or ends a block is never shown: half of all text nodes.
static bool is_layout_space(struct html *h, const lxb_html_token_t *token)
{
    bool after_block = h->after_block;
    h->after_block = false;
    if (token->tag_id != LXB_TAG__TEXT) {
        enum html_tag tag =
            token->tag_id < LXB_TAG__LAST_ENTRY ? tag_of[token->tag_id] : HTML_OTHER;
        h->after_block = html_is_block(tag) && tag != HTML_PRE;
        return false;
    }
    if (!after_block)
        return false;
    for (const lxb_char_t *c = token->text_start; c < token->text_end; c++)
        if (*c != ' ' && *c != '\n' && *c != '\t' && *c != '\r')
            return false;
    h->after_block = true;
    return true;
}

// Inside <svg> nothing is read. HTML elements end it, closed or not, as in the standard ("any other
// start tag" of the rules for foreign content excepted): so an unclosed one hides nothing.
static bool is_drawing(struct html *h, const lxb_html_token_t *token)
{
    bool close = token->type & LXB_HTML_TOKEN_TYPE_CLOSE;
    if (token->tag_id == LXB_TAG_SVG) {
        bool inside = h->svg_depth > 0;
        if (close)
            h->svg_depth -= inside;
        else
            h->svg_depth += !(token->type & LXB_HTML_TOKEN_TYPE_CLOSE_SELF);
        return inside && (h->svg_depth > 0);
    }
    if (h->svg_depth == 0)
        return false;
    bool html = token->tag_id < LXB_TAG__LAST_ENTRY && tag_of[token->tag_id] != HTML_OTHER &&
                token->tag_id != LXB_TAG__TEXT && token->tag_id != LXB_TAG_TITLE &&
                token->tag_id != LXB_TAG_A && token->tag_id != LXB_TAG_STYLE &&
                token->tag_id != LXB_TAG_SCRIPT && token->tag_id != LXB_TAG_FONT;
    if (html || token->tag_id == LXB_TAG__END_OF_FILE)
        h->svg_depth = 0;
    return h->svg_depth > 0;
}

// Stands between lexbor's tokenizer and its tree, so that the tree is bounded while it grows, and
// what no rule reads never gets there.
static lxb_html_token_t *guard(lxb_html_tokenizer_t *tokenizer, lxb_html_token_t *token, void *ctx)
{
    struct html *h = ctx;
    const lxb_html_tree_t *tree = h->tree;
    bool start = (token->type & LXB_HTML_TOKEN_TYPE_CLOSE) == 0;
    if (token->tag_id == LXB_TAG__EM_COMMENT || is_drawing(h, token) || is_layout_space(h, token))
        return token;
    if (token->tag_id == LXB_TAG__TEXT && unread_element(tree))
        return token;
    if (start && token->tag_id >= LXB_TAG__BEGIN) {
        if (tree->open_elements->length >= HTML_DEPTH_MAX ||
            tree->active_formatting->length >= HTML_FORMATTING_MAX)
            return token;
        if (token->attr_first)
            drop_unread_attributes(token);
    }
    if (start && token->tag_id != LXB_TAG__END_OF_FILE) {
        // A token may add several elements (reopened formatting): those are counted with it.
        uint32_t cost = 1 + (uint32_t)tree->active_formatting->length / 4;
        if (h->tokens_left < cost)
            return token;
        h->tokens_left -= cost;
    }
    bool raw = start && (token->tag_id == LXB_TAG_SCRIPT || token->tag_id == LXB_TAG_STYLE);
    token = h->build_tree(tokenizer, token, h->tree);
    if (raw && token)
        skip_unread(h, tokenizer);
    return token;
}

struct html *html_new(void)
{
    struct html *h = mem_alloc(sizeof *h);
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
    if (!h->document || lxb_html_document_parse_chunk_begin(h->document) != LXB_STATUS_OK)
        return false;
    lxb_html_parser_t *parser = h->document->dom_document.parser;
    if (!h->build_tree) {
        h->build_tree = parser->tkz->callback_token_done;
        h->tree = parser->tkz->callback_token_ctx;
        lxb_html_tokenizer_callback_token_done_set(parser->tkz, guard, h);
    }
    h->tokens_left = HTML_NODES_MAX;
    h->svg_depth = 0;
    h->after_block = false;
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
        size_t n, size = 0;
        const lxb_char_t *name = lxb_dom_attr_local_name(a, &n);
        int id = attr_of(name, n);
        if (id < 0 || node->n_attrs == HTML_ATTR_COUNT)
            continue;
        const lxb_char_t *value = lxb_dom_attr_value(a, &size);
        mem_reserve((void **)&h->attrs, &h->attrs_cap, h->n_attrs + 1, sizeof *h->attrs);
        h->attrs[h->n_attrs++] =
            (struct attr){{value ? (const char *)value : "", size}, (enum html_attr)id};
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
        node->tag = from->local_name < LXB_TAG__LAST_ENTRY ? tag_of[from->local_name] : HTML_OTHER;
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
        flatten(h, lxb_dom_interface_node(root));
    } else {
        mem_reserve((void **)&h->nodes, &h->nodes_cap, 1, sizeof *h->nodes);
        h->nodes[h->n_nodes++] = (struct html_node){.end = 1, .tag = HTML_HTML};
    }
    *count = (uint32_t)h->n_nodes;
    return h->nodes;
}

struct html_str html_attr(const struct html *h, const struct html_node *node, enum html_attr attr)
{
    for (uint32_t i = node->attrs; i < node->attrs + node->n_attrs; i++)
        if (h->attrs[i].name == attr)
            return h->attrs[i].value;
    return (struct html_str){NULL, 0};
}
