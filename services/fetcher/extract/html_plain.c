// SPDX-License-Identifier: MIT
// Plain markup, which is nearly all of any page: text without references, and tags that are written
// as they should be. From it lexbor's tokens are made here, with no more than the attributes that
// some rule reads; the half of a modern page that is in others is passed over. Whatever is not
// plain is left to lexbor's own tokenizer, one token at a time.
#include <string.h>
#include <strings.h>

#include <lexbor/core/swar.h>

#include "services/fetcher/extract/html_parts.h"

static bool is_space(lxb_char_t c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_letter(lxb_char_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool begins_tag(const lxb_char_t *at, const lxb_char_t *end)
{
    return end - at > 2 && *at == '<' && is_letter(at[1] == '/' ? at[2] : at[1]);
}

// The first byte that is not simply itself: of markup, a reference, or to be replaced.
static const lxb_char_t *seek_special(const lxb_char_t *at, const lxb_char_t *end)
{
    at = lexbor_swar_seek4(at, end, '<', '&', '\r', '\0');
    while (at < end && *at != '<' && *at != '&' && *at != '\r' && *at != '\0')
        at++;
    return at;
}

static const lxb_char_t *skip_space(const lxb_char_t *at, const lxb_char_t *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

// An attribute as it is written; value is NULL if it has none.
struct written {
    const lxb_char_t *name, *value;
    size_t name_size, value_size;
};

// All that read something return where it ends, NULL if it is not plain.
static const lxb_char_t *read_value(const lxb_char_t *at, const lxb_char_t *end, struct written *a)
{
    at = skip_space(at, end);
    if (at == end || *at == '>')
        return NULL;
    if (*at == '"' || *at == '\'') {
        a->value = at + 1;
        at = memchr(a->value, *at, (size_t)(end - a->value));
        if (!at)
            return NULL;
        a->value_size = (size_t)(at++ - a->value);
        return at < end && (is_space(*at) || *at == '/' || *at == '>') ? at : NULL;
    }
    a->value = at;
    while (at < end && !is_space(*at) && *at != '>')
        at++;
    a->value_size = (size_t)(at - a->value);
    return at;
}

static bool ends_name(lxb_char_t c)
{
    return c == '=' || c == '>' || c == '/' || c == '"' || c == '\'' || c == '<';
}

static const lxb_char_t *read_attribute(const lxb_char_t *at, const lxb_char_t *end,
                                        struct written *a)
{
    *a = (struct written){.name = at};
    while (at < end && *at >= '!' && !ends_name(*at))
        at++;
    a->name_size = (size_t)(at - a->name);
    if (a->name_size == 0)
        return NULL;
    at = skip_space(at, end);
    return at < end && *at == '=' ? read_value(at + 1, end, a) : at;
}

static bool is_plain(const lxb_char_t *value, size_t n)
{
    return !memchr(value, '&', n) && !memchr(value, '\r', n) && !memchr(value, '\0', n);
}

static bool set_value(lxb_html_tokenizer_t *t, lxb_html_token_attr_t *attr, const struct written *a)
{
    attr->value = lexbor_mraw_alloc(t->attrs_mraw, a->value_size + 1);
    if (!attr->value)
        return false;
    memcpy(attr->value, a->value, a->value_size);
    attr->value[a->value_size] = '\0';
    attr->value_size = a->value_size;
    attr->value_begin = a->value;
    attr->value_end = a->value + a->value_size;
    return true;
}

// Gives the token the attribute, if a rule reads it. False: lexbor must.
static bool add_attribute(lxb_html_tokenizer_t *t, const struct written *a, uint32_t *seen)
{
    int name = html_attr_named(a->name, a->name_size);
    if (name < 0 || *seen >> name & 1) // of an attribute given twice the first counts
        return true;
    *seen |= 1u << name;
    if (a->value && !is_plain(a->value, a->value_size))
        return false;
    if (!html_attr_is_read(t->token->tag_id, name, a->value, a->value_size))
        return true;
    const lxb_dom_attr_data_t *data = html_attr_data(t->callback_token_ctx, t->attrs, name);
    lxb_html_token_attr_t *attr =
        data ? lxb_html_token_attr_append(t->token, t->dobj_token_attr) : NULL;
    if (!attr)
        return false;
    attr->name = data;
    return !a->value || set_value(t, attr, a);
}

static const lxb_char_t *read_attributes(lxb_html_tokenizer_t *t, const lxb_char_t *at,
                                         const lxb_char_t *end)
{
    bool close = t->token->type & LXB_HTML_TOKEN_TYPE_CLOSE;
    uint32_t seen = 0;
    for (at = skip_space(at, end); at < end; at = skip_space(at, end)) {
        struct written a;
        if (*at == '>')
            return at + 1;
        if (*at == '/') {
            t->token->type |= LXB_HTML_TOKEN_TYPE_CLOSE_SELF;
            return end - at > 1 && at[1] == '>' ? at + 2 : NULL;
        }
        at = read_attribute(at, end, &a);
        if (!at || (!close && !add_attribute(t, &a, &seen)))
            return NULL;
    }
    return NULL;
}

// lexbor's number for a tag, 0 if it has not met it on this page. lexbor takes as long to find one
// as everything here takes to read the tag, and pages have few.
static lxb_tag_id_t tag_named(lxb_html_tokenizer_t *t, const lxb_char_t *name, size_t n)
{
    struct html *h = t->callback_token_ctx;
    uint64_t letters = 0;
    for (size_t i = 0; i < n && n <= sizeof letters; i++)
        letters = letters << 8 | name[i] | 0x20;
    size_t slot = letters * 0x9E3779B97F4A7C15u >> 32 & (HTML_TAGS_MET - 1);
    if (letters && h->tags[slot].name == letters)
        return h->tags[slot].id;
    const lxb_tag_data_t *tag = lxb_tag_data_by_name(t->tags, name, n);
    if (!tag)
        return LXB_TAG__UNDEF;
    if (letters && tag->tag_id < LXB_TAG__LAST_ENTRY) {
        h->tags[slot].name = letters;
        h->tags[slot].id = tag->tag_id;
    }
    return tag->tag_id;
}

static const lxb_char_t *read_tag(lxb_html_tokenizer_t *t, const lxb_char_t *at,
                                  const lxb_char_t *end)
{
    if (!begins_tag(at, end))
        return NULL;
    bool close = at[1] == '/';
    const lxb_char_t *name = at + 1 + close;
    at = name;
    while (at < end && *at >= '!' && *at != '/' && *at != '>')
        at++;
    t->token->tag_id = tag_named(t, name, (size_t)(at - name));
    if (t->token->tag_id == LXB_TAG__UNDEF)
        return NULL;
    t->token->type = close ? LXB_HTML_TOKEN_TYPE_CLOSE : LXB_HTML_TOKEN_TYPE_OPEN;
    t->token->begin = name;
    t->token->end = at;
    return read_attributes(t, at, end);
}

static const lxb_char_t *read_text(lxb_html_tokenizer_t *t, const lxb_char_t *from,
                                   const lxb_char_t *end)
{
    const lxb_char_t *at = seek_special(from, end);
    if (!begins_tag(at, end))
        return NULL;
    t->token->tag_id = LXB_TAG__TEXT;
    t->token->begin = t->token->text_start = from;
    t->token->end = t->token->text_end = at;
    return at;
}

const lxb_char_t *html_plain(lxb_html_tokenizer_t *t, const lxb_char_t *at, const lxb_char_t *end)
{
    while (at < end && t->state == html_plain) {
        const lxb_char_t *next = *at == '<' ? read_tag(t, at, end) : read_text(t, at, end);
        t->state = lxb_html_tokenizer_state_data_before;
        if (next) {
            t->token = t->callback_token_done(t, t->token, t->callback_token_ctx);
            at = next;
        }
        if (!t->token) {
            t->status = LXB_STATUS_ERROR;
            return end;
        }
        lxb_html_token_clean(t->token);
        t->pos = t->start;
    }
    return at;
}
