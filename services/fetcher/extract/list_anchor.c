// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/list_parts.h"
#include "services/fetcher/extract/url.h"

enum {
    CELLS_MIN = 4,
    CLICK_NODES_MAX = 100, // of an element that acts as a link; the body is none
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// ---- Text ----

uint32_t list_cells(const char *s, size_t n)
{
    uint32_t cells = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += text_decode(s + i, n - i, &c);
        if (c > ' ' && c != 0xA0 && c != 0x3000)
            cells += c >= 0x2E80 ? 2 : 1;
    }
    return cells;
}

void list_squeeze(struct buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t size = text_decode(s + i, n - i, &c);
        bool blank = c <= ' ' || c == 0xA0 || c == 0x3000;
        bool whole = size > 1 || (unsigned char)s[i] < 0x80; // else cut in two
        if (!blank && whole && !text_is_forbidden(c))
            buf_add(out, s + i, size);
        else if (blank && out->size > 0 && out->data[out->size - 1] != ' ')
            buf_puts(out, " ");
        i += size;
    }
}

const char *list_keep(const struct list_page *p, struct buf *text, size_t max)
{
    while (text->size > 0 && text->data[text->size - 1] == ' ')
        text->size--;
    size_t n = text_cut(buf_str(text), text->size, max);
    const char *kept = arena_strndup(p->arena, buf_str(text), n);
    buf_free(text);
    return kept;
}

const char *list_text(const struct list_page *p, uint32_t from, uint32_t to, size_t max)
{
    struct buf text = buf_new(max + 4096);
    for (uint32_t i = from; i < to && text.size < max; i++) {
        const struct html_node *node = &p->nodes[i];
        if (node->tag == HTML_TEXT)
            list_squeeze(&text, node->text, node->text_size < max ? node->text_size : max);
        else if (html_is_block((enum html_tag)node->tag))
            list_squeeze(&text, " ", 1);
    }
    return list_keep(p, &text, max);
}

static bool begins_word(const char *s, size_t i)
{
    return i == 0 || !isalpha((unsigned char)s[i - 1]) ||
           (islower((unsigned char)s[i - 1]) && isupper((unsigned char)s[i]));
}

static bool word_at(struct html_str value, size_t i, const char *word)
{
    size_t size = strlen(word);
    bool whole = word[size - 1] == '$';
    size -= whole;
    if (i + size > value.n || strncasecmp(value.s + i, word, size) != 0)
        return false;
    return !whole || i + size == value.n || !islower((unsigned char)value.s[i + size]);
}

bool list_named(const struct list_page *p, uint32_t node, const char *const *words, size_t n)
{
    static const enum html_attr attrs[] = {HTML_ATTR_CLASS, HTML_ATTR_ID};
    if (p->nodes[node].tag == HTML_TEXT)
        return false;
    for (size_t a = 0; a < COUNT(attrs); a++) {
        struct html_str value = html_attr(p->html, &p->nodes[node], attrs[a]);
        for (size_t i = 0; i < value.n; i++) {
            if (!begins_word(value.s, i))
                continue;
            for (size_t w = 0; w < n; w++)
                if ((value.s[i] | 0x20) == words[w][0] && word_at(value, i, words[w]))
                    return true;
        }
    }
    return false;
}

// ---- Addresses ----

// The first quoted text in a script that looks like an address: open('/art/1.html').
static const char *from_script(const struct list_page *p, struct html_str script)
{
    const char *end = script.s + script.n;
    for (const char *s = script.s; s && s < end; s++) {
        if (*s != '\'' && *s != '"')
            continue;
        const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));
        if (!close)
            return "";
        const char *text = arena_strndup(p->arena, s + 1, (size_t)(close - s - 1));
        bool address = strchr(text, '/') || strcasestr(text, ".htm") || strcasestr(text, ".jsp");
        if (address && !strchr(text, ' ') && !strchr(text, '+'))
            return text;
        s = close;
    }
    return "";
}

static bool is_script(struct html_str href)
{
    return href.n >= 11 && strncasecmp(href.s, "javascript:", 11) == 0;
}

// What a script of the page's own goes to when the element is clicked.
static const char *from_data(const struct list_page *p, uint32_t node)
{
    static const enum html_attr attrs[] = {HTML_ATTR_DATA_URL, HTML_ATTR_DATA_HREF,
                                           HTML_ATTR_DATA_LINK};
    static const char *const images[] = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".mp4"};
    for (size_t i = 0; i < COUNT(attrs); i++) {
        struct html_str value = html_attr(p->html, &p->nodes[node], attrs[i]);
        if (value.n == 0 || value.n > URL_MAX || is_script(value))
            continue;
        const char *text = arena_strndup(p->arena, value.s, value.n);
        bool address = *text != '#' && !strchr(text, ' ') &&
                       (strchr(text, '/') || strchr(text, '?') || strcasestr(text, ".htm"));
        for (size_t k = 0; k < COUNT(images); k++)
            address = address && !strcasestr(text, images[k]);
        if (address)
            return text;
    }
    return "";
}

static const char *address_of(const struct list_page *p, uint32_t node)
{
    struct html_str href = html_attr(p->html, &p->nodes[node], HTML_ATTR_HREF);
    struct html_str click = html_attr(p->html, &p->nodes[node], HTML_ATTR_ONCLICK);
    while (href.n > 0 && isspace((unsigned char)*href.s))
        href.s++, href.n--;
    bool real = href.n > 0 && *href.s != '#' && !is_script(href);
    if (real)
        return href.n > URL_MAX ? "" : arena_strndup(p->arena, href.s, href.n);
    const char *of_href = is_script(href) ? from_script(p, href) : "";
    const char *of_data = *of_href ? of_href : from_data(p, node);
    return *of_data || !click.s ? of_data : from_script(p, click);
}

static bool is_template(const char *url)
{
    return strstr(url, "{{") || strstr(url, "${") || strstr(url, "<%") || strstr(url, "%7B%7B");
}

static uint64_t hash_text(const char *s)
{
    uint64_t h = LIST_HASH_START;
    for (; *s; s++)
        h = list_hash(h, (unsigned char)*s);
    return h;
}

// Folder with numbers made equal; of the last segment, its kind alone; of the query, its names.
static uint64_t shape_of(const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    if (!path)
        return 0;
    const char *query = path + strcspn(path, "?#"), *last = query;
    last -= last > path + 1 && last[-1] == '/'; // a folder is named by its own last segment
    while (last > path && last[-1] != '/')
        last--;
    uint64_t h = LIST_HASH_START;
    for (const char *s = url; s < last; s++)
        if (!isdigit((unsigned char)*s) || (s > url && !isdigit((unsigned char)s[-1])))
            h = list_hash(h, isdigit((unsigned char)*s) ? '#' : (unsigned char)*s);
    bool digits = false, in_value = false;
    const char *dot = NULL;
    for (const char *s = last; s < query; s++) {
        digits = digits || isdigit((unsigned char)*s);
        dot = *s == '.' ? s : dot;
    }
    h = list_hash(h, digits ? '#' : 'a');
    for (const char *s = dot; s && s < query; s++)
        h = list_hash(h, (unsigned char)*s);
    for (const char *s = query; *s && *s != '#'; s++) {
        in_value = *s == '=' ? true : *s == '&' ? false : in_value;
        if (!in_value)
            h = list_hash(h, (unsigned char)*s);
    }
    return h;
}

static bool ends_in(const char *s, size_t n, const char *tail)
{
    size_t size = strlen(tail);
    return n >= size && strncasecmp(s + n - size, tail, size) == 0;
}

static bool is_file(const char *path, size_t n)
{
    static const char *const files[] = {".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".rar"};
    bool file = false;
    for (size_t i = 0; i < COUNT(files); i++)
        file = file || ends_in(path, n, files[i]);
    return file;
}

static void judge_url(struct anchor *a)
{
    static const char *const lists[] = {"index", "list", "default", "node_", "channel", "column"};
    const char *path = strchr(strstr(a->url, "://") + 3, '/');
    size_t size = strcspn(path, "?#"), digits = 0, hyphens = 0;
    const char *last = path + size;
    while (last > path && last[-1] != '/')
        last--;
    a->document = is_file(path, size);
    for (const char *s = path; *s && *s != '#'; s++)
        digits += isdigit((unsigned char)*s) != 0;
    for (const char *s = last; s < path + size; s++)
        hyphens += *s == '-' || *s == '_';
    bool list = last == path + size; // a folder
    for (size_t i = 0; i < COUNT(lists); i++)
        list = list || strncasecmp(last, lists[i], strlen(lists[i])) == 0;
    const char *folder = last; // of a folder, its own name: /news/board-proposes-dividend/
    while (list && folder - 1 > path && folder[-2] != '/')
        hyphens += *--folder == '-';
    bool by_query = path[size] == '?' && digits >= 1;
    a->article = (!list && (digits >= 4 || hyphens >= 2 || a->document)) || by_query ||
                 (list && (digits >= 6 || hyphens >= 3));
}

// ---- Gathering ----

static bool in_heading(const struct list_page *p, uint32_t node)
{
    enum html_tag tag = (enum html_tag)p->nodes[p->nodes[node].parent].tag;
    return tag >= HTML_H1 && tag <= HTML_H6;
}

static void add_anchor(struct list_page *p, uint32_t node)
{
    char url[URL_MAX + 1], own[URL_MAX + 1];
    const char *address = address_of(p, node);
    if (p->n == LIST_ANCHORS_MAX || !*address || is_template(address) ||
        url_resolve(p->base, address, url) != OK)
        return;
    const char *title = list_link_title(p, node);
    if (!*p->next && list_says_next(title))
        p->next = arena_strndup(p->arena, url, strlen(url));
    uint32_t cells = list_cells(title, strlen(title));
    bool file = list_says_file(title) && is_file(url, strcspn(url, "?#"));
    bool more = file || list_says_more(title);
    bool plain = !more && (cells < CELLS_MIN || list_is_plain(title));
    if (plain || list_is_date_only(p, title))
        return;
    if (url_canonical(url, own) != OK || strcmp(own, p->url) == 0)
        return;
    mem_reserve((void **)&p->anchors, &p->cap, p->n + 1, sizeof *p->anchors);
    struct anchor *a = &p->anchors[p->n++];
    *a = (struct anchor){.node = node, .title = title, .cells = cells, .more = more};
    a->url = arena_strndup(p->arena, url, strlen(url));
    a->url_hash = hash_text(own);
    a->shape = shape_of(url);
    a->same_site = url_same_site(url, p->url);
    a->make = list_make(p, node);
    a->heading = in_heading(p, node);
    judge_url(a);
}

// An element that acts as a link: by a script of its own, or by the page's where it has no other.
static bool acts_as_link(const struct list_page *p, uint32_t i)
{
    const struct html_node *node = &p->nodes[i];
    if (node->tag == HTML_A)
        return true;
    if (node->tag == HTML_TEXT || node->n_attrs == 0 || node->end - i >= CLICK_NODES_MAX)
        return false;
    if (html_attr(p->html, node, HTML_ATTR_ONCLICK).n > 0)
        return true;
    if (!*from_data(p, i))
        return false;
    for (uint32_t k = i + 1; k < node->end; k++)
        if (p->nodes[k].tag == HTML_A)
            return false;
    return true;
}

void list_anchors(struct list_page *p, bool all)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (acts_as_link(p, i))
            add_anchor(p, i);
    list_places(p, all);
}
