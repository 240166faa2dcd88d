// SPDX-License-Identifier: MIT
// JSON Feed 1.0 and 1.1 (jsonfeed.org).
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "services/fetcher/extract/feed_parts.h"
#include "services/fetcher/extract/json_guard.h"

// The string at `key`; "" if there is none. A number, which some use as id, is written out.
static const char *string_at(struct feed_reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return arena_printf(r->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    const char *s = json_string_value(value);
    return s ? s : "";
}

static const char *url_at(struct feed_reader *r, const json_t *object, const char *key)
{
    const char *s = string_at(r, object, key);
    return *s ? feed_url(r, r->base, s) : "";
}

static const char *plain_at(struct feed_reader *r, const json_t *object, const char *key,
                            size_t max, bool lines)
{
    return feed_plain(r, string_at(r, object, key), max, lines);
}

// 1.1 has "authors", 1.0 "author".
static const char *author_of(struct feed_reader *r, const json_t *object)
{
    const json_t *author = json_array_get(json_object_get(object, "authors"), 0);
    if (!author)
        author = json_object_get(object, "author");
    return feed_person(r, json_is_string(author) ? json_string_value(author)
                                                 : string_at(r, author, "name"));
}

static const char *content_of(struct feed_reader *r, const json_t *item)
{
    const char *html = string_at(r, item, "content_html");
    const char *text = *html ? feed_html(r, html, strlen(html), FEED_TEXT_MAX, true) : "";
    return *text ? text : plain_at(r, item, "content_text", FEED_TEXT_MAX, true);
}

static const char *link_of(struct feed_reader *r, const json_t *item)
{
    static const char *const keys[] = {"url", "external_url"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *url = url_at(r, item, keys[i]);
        if (*url)
            return url;
    }
    return feed_url(r, "", string_at(r, item, "id"));
}

static void read_item(struct feed_reader *r, const json_t *item, const char *author)
{
    struct feed_entry *e = feed_entry_add(r);
    if (!e)
        return;
    e->guid = plain_at(r, item, "id", FEED_GUID_MAX, false);
    e->link = link_of(r, item);
    e->title = plain_at(r, item, "title", FEED_TITLE_MAX, false);
    r->cut = false;
    e->summary = plain_at(r, item, "summary", FEED_TEXT_MAX, true);
    e->content = content_of(r, item);
    e->cut = r->cut;
    const char *own = author_of(r, item);
    e->author = *own ? own : author;
    if (!feed_date(r, string_at(r, item, "date_published"), e))
        feed_date(r, string_at(r, item, "date_modified"), e);
}

// Where the last whole element of the array within the object ends; 0 if there is none.
static size_t last_whole(const char *s, size_t n)
{
    size_t depth = 0, end = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted && s[i] == '\\') {
            i++; // and what it escapes
        } else if (s[i] == '"') {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (s[i] == '{' || s[i] == '[') {
            depth++;
        } else if ((s[i] == '}' || s[i] == ']') && depth > 0) {
            depth--;
            if (depth == 2 && s[i] == '}')
                end = i + 1;
        }
    }
    return end;
}

static json_t *parse(const char *s, size_t n)
{
    return json_loadb(s, n, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
}

// A document cut off: the items before the cut.
static json_t *parse_cut(struct feed_reader *r, const char *s, size_t n)
{
    size_t end = last_whole(s, n);
    if (end == 0)
        return NULL;
    struct buf whole = buf_new(end + 2);
    buf_add(&whole, s, end);
    buf_puts(&whole, "]}");
    json_t *root = parse(buf_str(&whole), whole.size);
    buf_free(&whole);
    if (root)
        feed_defect(r, "the document is cut off or malformed: what stands before that was read");
    return root;
}

static void read_meta(struct feed_reader *r, const json_t *root)
{
    struct feed *f = &r->feed;
    f->self = url_at(r, root, "feed_url");
    f->link = url_at(r, root, "home_page_url");
    f->title = plain_at(r, root, "title", FEED_TITLE_MAX, false);
    f->language = plain_at(r, root, "language", FEED_NAME_MAX, false);
    if (!*r->base)
        r->base = *f->self ? f->self : f->link;
}

enum err feed_read_json(struct feed_reader *r, const char *text, size_t size)
{
    const char *start = memchr(text, '{', size);
    if (!start)
        return ERR_INPUT;
    size -= (size_t)(start - text);
    if (!json_is_bounded(start, size))
        return ERR_INPUT;
    json_t *root = parse(start, size);
    if (!root)
        root = parse_cut(r, start, size);
    if (!root)
        return ERR_INPUT;
    read_meta(r, root);
    const char *author = author_of(r, root);
    const json_t *items = json_object_get(root, "items"), *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        read_item(r, item, author);
    }
    if (json_array_size(items) > FEED_ENTRIES_MAX)
        feed_defect(r, "more than %d entries: the rest was left out", FEED_ENTRIES_MAX);
    json_decref(root);
    return OK;
}
