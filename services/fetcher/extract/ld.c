// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/ld.h"

#include <string.h>
#include <strings.h>

#include "common/text.h"

enum { DEPTH_MAX = 32 };

// One level of the document: the key whose value it is, and what was read in it.
struct level {
    struct html_str key;  // of the value being read in this object
    struct html_str name; // its "name"
    bool is_array;
    bool is_article;
};

struct scanner {
    const char *at, *end;
    struct level levels[DEPTH_MAX + 1];
    uint32_t depth;
    uint32_t article_depth; // of the innermost article that is open; 0: none
    struct ld article;      // from articles
    struct ld other;        // from anything else
};

static bool is_str(struct html_str a, const char *b)
{
    return a.s && a.n == strlen(b) && memcmp(a.s, b, a.n) == 0;
}

static bool ends_with(struct html_str a, const char *b)
{
    size_t n = strlen(b);
    return a.n >= n && memcmp(a.s + a.n - n, b, n) == 0;
}

// The string at the opening quote; leaves `at` after the closing one.
static struct html_str read_string(struct scanner *s)
{
    const char *from = ++s->at;
    while (s->at < s->end && *s->at != '"')
        s->at += *s->at == '\\' && s->at + 1 < s->end ? 2 : 1;
    struct html_str str = {from, (size_t)(s->at - from)};
    if (s->at < s->end)
        s->at++;
    return str;
}

static void set(struct html_str *field, struct html_str value)
{
    if (!field->s && value.n > 0)
        *field = value;
}

static bool is_article_type(struct html_str type)
{
    return ends_with(type, "Article") || ends_with(type, "Posting") || is_str(type, "Report");
}

// The key that an object or array is the value of: arrays in between are looked through.
static struct html_str parent_key(const struct scanner *s)
{
    for (uint32_t d = s->depth; d > 0; d--)
        if (!s->levels[d - 1].is_array)
            return s->levels[d - 1].key;
    return (struct html_str){NULL, 0};
}

static void take_value(struct scanner *s, struct html_str value)
{
    struct level *level = &s->levels[s->depth];
    struct html_str key = level->is_array ? parent_key(s) : level->key;
    struct ld *out = s->article_depth ? &s->article : &s->other;
    if (is_str(key, "@type")) {
        if (is_article_type(value) && !s->article_depth)
            s->article_depth = level->is_array ? s->depth - 1 : s->depth;
    } else if (is_str(key, "datePublished")) {
        set(&out->published, value);
    } else if (is_str(key, "dateModified")) {
        set(&out->modified, value);
    } else if (is_str(key, "headline")) {
        set(&out->headline, value);
    } else if (is_str(key, "articleBody")) {
        if (value.n > out->body.n)
            out->body = value;
    } else if (is_str(key, "author")) {
        set(&out->author, value);
    } else if (is_str(key, "name") && s->depth > 0) {
        struct html_str of = parent_key(s);
        if (is_str(of, "author"))
            set(&out->author, value);
        else if (is_str(of, "publisher"))
            set(&out->publisher, value);
    }
}

static void open_level(struct scanner *s, bool is_array)
{
    if (s->depth < DEPTH_MAX)
        s->depth++;
    s->levels[s->depth] = (struct level){.is_array = is_array};
}

static void close_level(struct scanner *s)
{
    if (s->article_depth == s->depth)
        s->article_depth = 0;
    if (s->depth > 0)
        s->depth--;
}

static bool is_key(const struct scanner *s)
{
    const char *at = s->at;
    while (at < s->end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at < s->end && *at == ':' && !s->levels[s->depth].is_array;
}

static void scan(struct scanner *s)
{
    while (s->at < s->end) {
        switch (*s->at) {
        case '"': {
            struct html_str str = read_string(s);
            if (is_key(s))
                s->levels[s->depth].key = str;
            else
                take_value(s, str);
            continue;
        }
        case '{':
        case '[':
            open_level(s, *s->at == '[');
            break;
        case '}':
        case ']':
            close_level(s);
            break;
        default:
            break;
        }
        s->at++;
    }
}

static bool is_ld(const struct page *p, const struct html_node *script)
{
    struct html_str type = html_attr(p->html, script, HTML_ATTR_TYPE);
    return type.s && type.n >= 7 && memmem(type.s, type.n, "ld+json", 7);
}

static void scan_text(struct scanner *s, struct html_str text)
{
    s->at = text.s;
    s->end = text.s + text.n;
    s->depth = s->article_depth = 0;
    scan(s);
}

void ld_read(const struct page *p, struct html_str in_meta, struct ld *out)
{
    struct scanner s = {0};
    for (uint32_t i = 0; i + 1 < p->count; i++) {
        const struct html_node *text = &p->nodes[i + 1];
        if (p->nodes[i].tag != HTML_SCRIPT || text->tag != HTML_TEXT || !is_ld(p, &p->nodes[i]))
            continue;
        scan_text(&s, (struct html_str){text->text, text->text_size});
    }
    if (in_meta.n)
        scan_text(&s, in_meta);
    *out = s.article;
    set(&out->published, s.other.published);
    set(&out->modified, s.other.modified);
    set(&out->headline, s.other.headline);
    set(&out->author, s.other.author);
    set(&out->publisher, s.other.publisher);
    set(&out->body, s.other.body);
}

static uint32_t read_hex(const char *s, size_t n)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4 && i < n; i++) {
        char c = s[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 0;
        value = value * 16 + digit;
    }
    return value;
}

// Decodes the escape at s (after the backslash) and returns how many bytes it took.
static size_t unescape(const char *s, size_t n, char out[4], size_t *size)
{
    *size = 1;
    if (s[0] != 'u' || n < 5) {
        *out = s[0] == 'n' || s[0] == 'r' ? '\n' : s[0] == 't' || s[0] == 'b' ? ' ' : s[0];
        return 1;
    }
    uint32_t c = read_hex(s + 1, n - 1);
    size_t taken = 5;
    if (c >= 0xD800 && c < 0xDC00 && n >= 11 && s[5] == '\\' && s[6] == 'u') {
        uint32_t low = read_hex(s + 7, n - 7);
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            taken = 11;
        }
    }
    *size = text_encode(c, out);
    return taken;
}

struct html_str ld_text(const struct page *p, struct html_str raw)
{
    char *out = arena_alloc(p->arena, raw.n + 5);
    size_t n = 0;
    for (size_t i = 0; i < raw.n;) {
        if (raw.s[i] != '\\' || i + 1 >= raw.n) {
            out[n++] = raw.s[i++];
            continue;
        }
        size_t size;
        i += 1 + unescape(raw.s + i + 1, raw.n - i - 1, out + n, &size);
        n += size;
    }
    n = text_clean(out, n);
    out[n] = '\0';
    return (struct html_str){out, n};
}
