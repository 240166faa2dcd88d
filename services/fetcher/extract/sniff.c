// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/sniff.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/xml_reference.h"

// As far as one looks into a document, and for a feed behind a server's warnings.
enum { LOOK = 16384 };

static const struct {
    const char *name; // of the root element, without prefix
    enum sniff kind;
} roots[] = {
    {"rss", SNIFF_RSS},    {"channel", SNIFF_RSS},
    {"RDF", SNIFF_RDF},    {"feed", SNIFF_ATOM},
    {"entry", SNIFF_ATOM}, {"urlset", SNIFF_SITEMAP},
    {"opml", SNIFF_OPML},  {"sitemapindex", SNIFF_SITEMAP_INDEX},
    {"html", SNIFF_HTML},  {"head", SNIFF_HTML},
    {"body", SNIFF_HTML},  {"title", SNIFF_HTML},
    {"meta", SNIFF_HTML},  {"script", SNIFF_HTML},
};

// Elements that begin pages and the warnings that servers put before feeds.
static const char *const page_elements[] = {"a",  "b",  "br",   "center", "div",   "font",
                                            "h1", "h2", "link", "p",      "style", "table"};

static bool is_named(struct span name, const char *word)
{
    return name.n == strlen(word) && strncasecmp(name.s, word, name.n) == 0;
}

static enum sniff root_kind(struct span name)
{
    const char *colon = memchr(name.s, ':', name.n);
    if (colon)
        name = (struct span){colon + 1, name.n - (size_t)(colon + 1 - name.s)};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (is_named(name, roots[i].name))
            return roots[i].kind;
    for (size_t i = 0; i < sizeof page_elements / sizeof *page_elements; i++)
        if (is_named(name, page_elements[i]))
            return SNIFF_TEXT; // look further
    return SNIFF_XML;
}

static const char *after(const char *s, const char *end, const char *what)
{
    const char *at = memmem(s, (size_t)(end - s), what, strlen(what));
    return at ? at + strlen(what) : end;
}

// Past a declaration, comment, instruction or end tag at s; s itself if an element begins there.
static const char *skip_other(const char *s, const char *end)
{
    if (end - s >= 4 && memcmp(s, "<!--", 4) == 0)
        return after(s + 4, end, "-->");
    if (end - s >= 2 && strchr("!?/", s[1]) && s[1])
        return after(s, end, ">");
    return s;
}

static bool is_html_doctype(const char *s, const char *end)
{
    static const char html[] = "<!doctype html";
    return (size_t)(end - s) >= sizeof html - 1 && strncasecmp(s, html, sizeof html - 1) == 0;
}

// The kind by the first element that tells; SNIFF_TEXT if none does.
static enum sniff markup_kind(const char *s, const char *end)
{
    bool page = false;
    while (s < end && (s = memchr(s, '<', (size_t)(end - s)))) {
        if (is_html_doctype(s, end))
            return SNIFF_HTML;
        const char *next = skip_other(s, end);
        if (next != s) {
            s = next;
            continue;
        }
        struct span name = xml_read_name(s + 1, end);
        enum sniff kind = name.n ? root_kind(name) : SNIFF_TEXT;
        // Behind a page's element, only a feed's root is believed.
        if (kind != SNIFF_TEXT && (!page || kind != SNIFF_XML))
            return kind;
        page = page || name.n > 0;
        s++;
    }
    return page ? SNIFF_HTML : SNIFF_TEXT;
}

// Past the name and parenthesis of JSONP, "call.back({…})"; s itself if there are none.
static const char *skip_call(const char *s, const char *end)
{
    const char *at = end - s > 4 && memcmp(s, "/**/", 4) == 0 ? s + 4 : s, *name = at;
    while (at < end && (isalnum((unsigned char)*at) || (*at && strchr("_$.", *at))))
        at++;
    return at > name && end - at > 1 && *at == '(' ? at + 1 : s;
}

// An object or an array of what is no number: news may begin with [1] or {a}.
static bool is_json(const char *s, const char *end)
{
    s = skip_call(s, end);
    if (*s != '{' && *s != '[')
        return false;
    bool object = *s == '{';
    for (s++; s < end && xml_is_space(*s); s++)
        ;
    return s == end || strchr(object ? "\"}" : "{[\"]", *s);
}

static enum sniff json_kind(const uint8_t *bytes, size_t size)
{
    static const char version[] = "jsonfeed.org/version/1",
                      escaped[] = "jsonfeed.org\\/version\\/1";
    bool feed = memmem(bytes, size, version, sizeof version - 1) ||
                memmem(bytes, size, escaped, sizeof escaped - 1);
    return feed ? SNIFF_JSON_FEED : SNIFF_JSON;
}

static bool starts(const uint8_t *bytes, size_t size, const char *magic, size_t n)
{
    return size >= n && memcmp(bytes, magic, n) == 0;
}

// The beginning without the NULs of UTF-16 and UTF-32, which leaves their ASCII.
static size_t look(const uint8_t *bytes, size_t size, char out[LOOK])
{
    size_t n = 0;
    if (size > LOOK)
        size = LOOK;
    if (size > 0 && !memchr(bytes, 0, size)) { // nearly always
        memcpy(out, bytes, size);
        return size;
    }
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            out[n++] = (char)bytes[i];
    return n;
}

// Markup in UTF-16 or UTF-32: a mark, or NULs beside the first letters.
static bool is_wide(const uint8_t *b, size_t n)
{
    bool marked = starts(b, n, "\xFF\xFE", 2) || starts(b, n, "\xFE\xFF", 2) ||
                  starts(b, n, "\0\0\xFE\xFF", 4);
    return marked || (n >= 4 && ((b[0] == '<' && !b[1]) || (!b[0] && b[1] == '<') ||
                                 (!b[0] && !b[1] && !b[2] && b[3] == '<')));
}

// Section 7's "binary data bytes". Damaged text has a few of them, media one in ten.
static bool is_binary(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *magic;
        size_t n;
    } media[] = {
        {"\xFF\xD8\xFF", 3},    {"\x89PNG\r\n", 6}, {"GIF87a", 6}, {"GIF89a", 6}, {"PK\x03\x04", 4},
        {"Rar!\x1A", 5},        {"ID3", 3},         {"OggS", 4},   {"wOFF", 4},   {"wOF2", 4},
        {"\xD0\xCF\x11\xE0", 4}};
    for (size_t i = 0; i < sizeof media / sizeof *media; i++)
        if (starts(bytes, size, media[i].magic, media[i].n))
            return true;
    if (is_wide(bytes, size))
        return false;
    size_t n = size < LOOK ? size : LOOK, control = 0;
    for (size_t i = 0; i < n; i++)
        control += bytes[i] < 0x20 && bytes[i] != 0x1B &&
                   (bytes[i] < '\t' || bytes[i] > '\r' || bytes[i] == '\v');
    return control * 50 > n;
}

static bool is_url_list(const char *s, const char *end)
{
    size_t lines = 0;
    while (s < end) {
        const char *line = memchr(s, '\n', (size_t)(end - s));
        bool whole = line;
        line = line ? line : end;
        while (s < line && xml_is_space(*s))
            s++;
        size_t n = (size_t)(line - s);
        while (n > 0 && xml_is_space(s[n - 1]))
            n--;
        bool url = (n > 8 && strncasecmp(s, "http://", 7) == 0) || // at LOOK's end it may be cut
                   (n > 8 && strncasecmp(s, "https://", 8) == 0) || (lines > 0 && !whole);
        if (n > 0 && (!url || memchr(s, ' ', n)))
            return false;
        lines += n > 0;
        s = whole ? line + 1 : end;
    }
    return lines > 0;
}

// Where a document type that fills all that is looked at ends, with the entities that it declares;
// 0 if there is no such.
static size_t behind_doctype(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = bytes + size,
                  *at = memmem(bytes, size < LOOK ? size : LOOK, "<!DOCTYPE", 9);
    while (at && at < end && *at != '[' && *at != '>')
        at++;
    if (!at || at == end || *at == '>')
        return 0;
    at = memmem(at, (size_t)(end - at), "]>", 2);
    return at && at - bytes >= LOOK ? (size_t)(at + 2 - bytes) : 0;
}

enum sniff sniff_document(const uint8_t *bytes, size_t size)
{
    char text[LOOK];
    size_t skip = behind_doctype(bytes, size);
    bytes += skip;
    size -= skip;
    size_t n = look(bytes, size, text), at = 0;
    if (starts(bytes, size, "\x1f\x8b", 2))
        return SNIFF_GZIP;
    if (starts(bytes, size, "%PDF-", 5))
        return SNIFF_PDF;
    if (is_binary(bytes, size))
        return SNIFF_BINARY;
    if (starts((const uint8_t *)text, n, "\xEF\xBB\xBF", 3))
        at = 3;
    else if (starts((const uint8_t *)text, n, "\xFF\xFE", 2) ||
             starts((const uint8_t *)text, n, "\xFE\xFF", 2))
        at = 2;
    while (at < n && xml_is_space(text[at]))
        at++;
    if (at == n)
        return SNIFF_EMPTY;
    if (is_json(text + at, text + n))
        return json_kind(bytes, size);
    enum sniff kind = markup_kind(text + at, text + n);
    return kind == SNIFF_TEXT && is_url_list(text + at, text + n) ? SNIFF_URLS : kind;
}

// What is no page whatever its bytes look like: a script may be full of markup.
static bool is_named_otherwise(const char *content_type, enum sniff kind)
{
    static const char *const types[] = {"image/",
                                        "audio/",
                                        "video/",
                                        "font/",
                                        "application/zip",
                                        "text/css",
                                        "text/csv",
                                        "text/javascript",
                                        "application/javascript",
                                        "application/x-javascript",
                                        "application/wasm"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncasecmp(content_type, types[i], strlen(types[i])) == 0)
            return true;
    static const char octets[] = "application/octet-stream";
    return kind != SNIFF_HTML && strncasecmp(content_type, octets, sizeof octets - 1) == 0;
}

const char *sniff_no_page(const uint8_t *bytes, size_t size, const char *content_type)
{
    enum sniff kind = sniff_document(bytes, size);
    if (is_named_otherwise(content_type, kind))
        return content_type;
    switch (kind) {
    case SNIFF_HTML:
    case SNIFF_TEXT:
    case SNIFF_EMPTY:
        return NULL;
    case SNIFF_XML: // or a page that begins with an element that is not known here
        return memmem(bytes, size < 100 ? size : 100, "<?xml", 5) ||
                       strcasestr(content_type, "/xml")
                   ? sniff_name(kind)
                   : NULL;
    default:
        return sniff_name(kind);
    }
}

const char *sniff_name(enum sniff kind)
{
    static const char *const names[] = {
        [SNIFF_EMPTY] = "empty",
        [SNIFF_RSS] = "an RSS feed",
        [SNIFF_RDF] = "an RSS 1.0 feed",
        [SNIFF_ATOM] = "an Atom feed",
        [SNIFF_JSON_FEED] = "a JSON feed",
        [SNIFF_SITEMAP] = "a sitemap",
        [SNIFF_SITEMAP_INDEX] = "a sitemap index",
        [SNIFF_OPML] = "an OPML list",
        [SNIFF_HTML] = "an HTML page",
        [SNIFF_JSON] = "JSON",
        [SNIFF_XML] = "XML",
        [SNIFF_GZIP] = "gzip data",
        [SNIFF_PDF] = "a PDF file",
        [SNIFF_URLS] = "a list of URLs",
        [SNIFF_TEXT] = "plain text",
        [SNIFF_BINARY] = "binary data",
    };
    return names[kind];
}
