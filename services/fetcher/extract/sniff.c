// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/sniff.h"

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

// The beginning without the NULs of UTF-16, which leaves its ASCII, and without any BOM.
static size_t look(const uint8_t *bytes, size_t size, char out[LOOK], size_t *nuls)
{
    size_t n = 0;
    *nuls = 0;
    for (size_t i = 0; i < size && i < LOOK; i++) {
        if (bytes[i])
            out[n++] = (char)bytes[i];
        else
            ++*nuls;
    }
    return n;
}

enum sniff sniff_document(const uint8_t *bytes, size_t size)
{
    char text[LOOK];
    size_t nuls, n = look(bytes, size, text, &nuls), at = 0;
    if (starts(bytes, size, "\x1f\x8b", 2))
        return SNIFF_GZIP;
    if (starts(bytes, size, "%PDF-", 5))
        return SNIFF_PDF;
    if (starts((const uint8_t *)text, n, "\xEF\xBB\xBF", 3))
        at = 3;
    else if (starts((const uint8_t *)text, n, "\xFF\xFE", 2) ||
             starts((const uint8_t *)text, n, "\xFE\xFF", 2))
        at = 2;
    while (at < n && xml_is_space(text[at]))
        at++;
    if (at == n)
        return SNIFF_EMPTY;
    if (text[at] == '{' || text[at] == '[')
        return json_kind(bytes, size);
    enum sniff kind = markup_kind(text + at, text + n);
    bool binary = kind == SNIFF_TEXT && nuls > 0 && nuls < n / 3;
    return binary ? SNIFF_BINARY : kind;
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
        [SNIFF_TEXT] = "plain text",
        [SNIFF_BINARY] = "binary data",
    };
    return names[kind];
}
