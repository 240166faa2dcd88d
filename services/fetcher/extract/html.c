// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/html_stream.h"

enum { TEXT_APPEND_MAX = 1024, FOSTERED_MAX = 1000 };

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

static const struct {
    const char *text;
    size_t n;
} attr_names[] = {
#define ATTR_ENTRY(name, text) {text, sizeof text - 1},
    HTML_ATTRS(ATTR_ENTRY)
#undef ATTR_ENTRY
};

static int attr_of(const lxb_dom_attr_data_t *data)
{
    const lxb_char_t *name = lexbor_hash_entry_str(&data->entry);
    size_t n = data->entry.length;
    if (n < 2 || n > 11 || *name < 'a' || *name > 't') // "id" to "aria-hidden"
        return -1;
    for (int i = 0; i < HTML_ATTR_COUNT; i++)
        if (attr_names[i].n == n && *attr_names[i].text == (char)*name &&
            memcmp(attr_names[i].text, name, n) == 0)
            return i;
    return -1;
}

// Attributes that no rule reads are most of a modern page's markup: they never reach the tree.
static void drop_unread_attributes(struct html *h, lxb_html_token_t *token)
{
    for (lxb_html_token_attr_t *a = token->attr_first, *next; a; a = next) {
        next = a->next;
        int id = attr_of(a->name);
        if (id < 0)
            lxb_html_token_attr_remove(token, a);
        else if (id == HTML_ATTR_ID && a->value_size > 2 && memcmp(a->value, "S:", 2) == 0)
            h->streamed = true;
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

static enum html_tag token_tag(const lxb_html_token_t *token)
{
    return token->tag_id < LXB_TAG__LAST_ENTRY ? tag_of[token->tag_id] : HTML_OTHER;
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

// Inside <svg> and <select> nothing is read (and lexbor's time for options is quadratic). A block's
// tag ends them, closed or not, so that an unclosed one hides no article.
static bool is_unread_region(struct html *h, const lxb_html_token_t *token)
{
    bool close = token->type & LXB_HTML_TOKEN_TYPE_CLOSE;
    bool empty = token->tag_id == LXB_TAG_SVG && (token->type & LXB_HTML_TOKEN_TYPE_CLOSE_SELF);
    if (h->region == 0) {
        if (token->tag_id != LXB_TAG_SVG && token->tag_id != LXB_TAG_SELECT)
            return false;
        if (!close && !empty) {
            h->region = token->tag_id;
            h->region_depth = 1;
        }
        return true;
    }
    if (token->tag_id == h->region) {
        if (!empty)
            h->region_depth += close ? -1 : h->region == LXB_TAG_SVG;
        if (h->region_depth <= 0)
            h->region = 0;
        return true;
    }
    if (h->region == LXB_TAG_SELECT && token->tag_id == LXB_TAG_SCRIPT)
        return false; // its text must be read as a script's
    if (html_is_block(token_tag(token)) || token->tag_id == LXB_TAG__END_OF_FILE)
        h->region = 0;
    return h->region != 0;
}

// Empty elements that no rule reads.
static bool is_unread_void(const lxb_html_token_t *token)
{
    switch (token->tag_id) {
    case LXB_TAG_IMG:
    case LXB_TAG_INPUT:
    case LXB_TAG_SOURCE:
    case LXB_TAG_TRACK:
    case LXB_TAG_PARAM:
    case LXB_TAG_COL:
    case LXB_TAG_WBR:
    case LXB_TAG_AREA:
    case LXB_TAG_EMBED:
        return true;
    default:
        return false;
    }
}

// lexbor appends text to the text node before it by copying both, which takes quadratic time and
// memory where tags between them come to nothing ("x</b>x</b>x…"). An empty comment parts them.
static void part_texts(struct html *h, lxb_html_tokenizer_t *tokenizer,
                       const lxb_html_token_t *token, const lxb_dom_node_t *in)
{
    lxb_dom_node_t *last = in->last_child;
    if (!last || last->type != LXB_DOM_NODE_TYPE_TEXT ||
        lxb_dom_interface_character_data(last)->data.length < TEXT_APPEND_MAX)
        return;
    lxb_html_token_t comment = *token;
    comment.tag_id = LXB_TAG__EM_COMMENT;
    comment.text_end = comment.text_start;
    h->build_tree(tokenizer, &comment, h->tree);
}

static bool is_table_part(const lxb_dom_node_t *node)
{
    return node->local_name == LXB_TAG_TABLE || node->local_name == LXB_TAG_TBODY ||
           node->local_name == LXB_TAG_TR || node->local_name == LXB_TAG_THEAD ||
           node->local_name == LXB_TAG_TFOOT;
}

// False if the text is not to be added: text right in a table is moved before it, where it cannot
// be parted, so that only so much of it is let through.
static bool admit_text(struct html *h, lxb_html_tokenizer_t *tokenizer,
                       const lxb_html_token_t *token)
{
    const lxb_html_tree_t *tree = h->tree;
    size_t depth = tree->open_elements->length;
    if (unread_element(tree))
        return false;
    if (depth == 0)
        return true;
    const lxb_dom_node_t *in = tree->open_elements->list[depth - 1];
    if (is_table_part(in))
        return h->fostered++ < FOSTERED_MAX;
    part_texts(h, tokenizer, token, in);
    return true;
}

// Stands between lexbor's tokenizer and its tree, so that the tree is bounded while it grows, and
// what no rule reads never gets there.
static lxb_html_token_t *guard(lxb_html_tokenizer_t *tokenizer, lxb_html_token_t *token, void *ctx)
{
    struct html *h = ctx;
    const lxb_html_tree_t *tree = h->tree;
    bool start = (token->type & LXB_HTML_TOKEN_TYPE_CLOSE) == 0;
    if (token->tag_id == LXB_TAG__EM_COMMENT || is_unread_region(h, token) ||
        is_layout_space(h, token) || is_unread_void(token))
        return token;
    if (token->tag_id == LXB_TAG__TEXT && !admit_text(h, tokenizer, token))
        return token;
    if (start && token->tag_id >= LXB_TAG__BEGIN) {
        if (tree->open_elements->length >= HTML_DEPTH_MAX ||
            tree->active_formatting->length >= HTML_FORMATTING_MAX)
            return token;
        if (token->attr_first)
            drop_unread_attributes(h, token);
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
    if (h->document) // nobody listens to the events of inserting nodes
        lxb_dom_document_opt_set(&h->document->dom_document, LXB_DOM_DOCUMENT_OPT_WO_EVENTS);
    if (!h->document || lxb_html_document_parse_chunk_begin(h->document) != LXB_STATUS_OK)
        return false;
    lxb_html_parser_t *parser = h->document->dom_document.parser;
    if (!h->build_tree) {
        h->build_tree = parser->tkz->callback_token_done;
        h->tree = parser->tkz->callback_token_ctx;
        lxb_html_tokenizer_callback_token_done_set(parser->tkz, guard, h);
    }
    h->tokens_left = HTML_NODES_MAX;
    h->region = 0;
    h->fostered = 0;
    h->streamed = false;
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
        size_t size = 0;
        int id = attr_of(lxb_dom_attr_data_by_id(from->owner_document->attrs, a->node.local_name));
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

struct html_str html_attr(const struct html *h, const struct html_node *node, enum html_attr attr)
{
    for (uint32_t i = node->attrs; i < node->attrs + node->n_attrs; i++)
        if (h->attrs[i].name == attr)
            return h->attrs[i].value;
    return (struct html_str){NULL, 0};
}

struct html_str html_attr_at(const struct html *h, const struct html_node *node, uint32_t index,
                             enum html_attr *name)
{
    const struct attr *attr = &h->attrs[node->attrs + index];
    *name = attr->name;
    return attr->value;
}
