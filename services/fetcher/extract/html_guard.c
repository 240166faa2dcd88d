// SPDX-License-Identifier: MIT
#include <string.h>
#include <strings.h>

#include <lexbor/dom/interfaces/character_data.h>

#include "services/fetcher/extract/html_parts.h"

enum { TEXT_APPEND_MAX = 1024, FOSTERED_MAX = 1000 };

// Attributes that no rule reads are most of a modern page's markup: they never reach the tree.
static void drop_unread_attributes(struct html *h, lxb_html_token_t *token)
{
    uint32_t seen = 0; // of an attribute given twice the first counts
    for (lxb_html_token_attr_t *a = token->attr_first, *next; a; a = next) {
        next = a->next;
        int name = html_attr_of(a->name);
        bool again = name >= 0 && seen >> name & 1;
        seen |= name >= 0 ? 1u << name : 0;
        if (again || !html_attr_is_read(token->tag_id, name, a->value, a->value_size))
            lxb_html_token_attr_remove(token, a);
        else if (name == HTML_ATTR_ID && a->value_size > 2 && memcmp(a->value, "S:", 2) == 0)
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
    return token->tag_id < LXB_TAG__LAST_ENTRY ? html_tags[token->tag_id] : HTML_OTHER;
}

static bool is_space(lxb_char_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

// White space after a tag that begins or ends a block is never shown: half of all text nodes.
static bool is_layout_space(struct html *h, const lxb_html_token_t *token)
{
    bool after_block = h->after_block;
    h->after_block = false;
    if (token->tag_id != LXB_TAG__TEXT) {
        enum html_tag tag =
            token->tag_id < LXB_TAG__LAST_ENTRY ? html_tags[token->tag_id] : HTML_OTHER;
        h->after_block = html_is_block(tag) && tag != HTML_PRE;
        return false;
    }
    if (!after_block)
        return false;
    for (const lxb_char_t *c = token->text_start; c < token->text_end; c++)
        if (!is_space(*c))
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

static lxb_html_token_t *admit(struct html *h, lxb_html_tokenizer_t *tokenizer,
                               lxb_html_token_t *token)
{
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

lxb_html_token_t *html_guard(lxb_html_tokenizer_t *tokenizer, lxb_html_token_t *token, void *ctx)
{
    struct html *h = ctx;
    token = admit(h, tokenizer, token);
    if (h->plain && tokenizer->state == lxb_html_tokenizer_state_data_before)
        tokenizer->state = html_plain;
    return token;
}
