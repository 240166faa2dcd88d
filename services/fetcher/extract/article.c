// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/article.h"

#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/title.h"
#include "services/fetcher/extract/url.h"

enum { FIELD_MAX = 500, AUTHOR_MAX = 120, ATTACHMENTS_MAX = 32 };

// A field as it is shown: space collapsed, clean, cut to FIELD_MAX bytes.
static const char *field(const struct page *p, struct html_str s)
{
    char out[FIELD_MAX];
    size_t n = 0;
    bool space = false;
    if (!s.s)
        return "";
    for (size_t i = 0; i < s.n && n + 1 < sizeof out;) {
        size_t blank = text_space(s.s + i, s.n - i);
        if (blank) {
            space = n > 0;
            i += blank;
            continue;
        }
        if (space)
            out[n++] = ' ';
        space = false;
        out[n++] = s.s[i++];
    }
    n = text_clean(out, n);
    return arena_strndup(p->arena, out, n);
}

// The absolute URL, "" if it is none.
static const char *absolute(const struct page *p, const char *base, struct html_str href)
{
    char text[URL_MAX + 1], out[URL_MAX + 1];
    if (!href.s || href.n == 0 || href.n > URL_MAX)
        return "";
    memcpy(text, href.s, href.n);
    text[href.n] = '\0';
    if (memchr(text, '\0', href.n) || url_resolve(base, text, out) != OK)
        return "";
    return arena_strndup(p->arena, out, strlen(out));
}

static bool is_attachment(struct html_str href)
{
    static const char *const endings[] = {".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx",
                                          ".wps", ".et",  ".ofd",  ".rtf", ".csv",  ".zip", ".rar"};
    size_t n = 0;
    while (n < href.n && href.s[n] != '?' && href.s[n] != '#')
        n++;
    if (n < 5 || (href.s[n - 3] != '.' && href.s[n - 4] != '.' && href.s[n - 5] != '.'))
        return false; // most links: not even a short ending
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t m = strlen(endings[i]);
        if (n > m && strncasecmp(href.s + n - m, endings[i], m) == 0)
            return true;
    }
    return false;
}

// Links to documents, from the title on; those in navigation, asides and footers are not the
// article's.
static void add_attachments(struct article *a, const struct page *p, const char *base,
                            uint32_t from)
{
    struct attachment found[ATTACHMENTS_MAX];
    size_t n = 0;
    for (uint32_t i = from; i < p->nodes[p->body].end && n < ATTACHMENTS_MAX; i++) {
        if (p->drop[i] == DROP_ROLE || p->drop[i] == DROP_INVISIBLE) {
            i = page_skip(p, i) - 1;
            continue;
        }
        if (p->nodes[i].tag != HTML_A)
            continue;
        struct html_str href = html_attr(p->html, &p->nodes[i], HTML_ATTR_HREF);
        const char *url = href.s && is_attachment(href) ? absolute(p, base, href) : "";
        bool known = !*url;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(found[k].url, url) == 0;
        if (!known)
            found[n++] = (struct attachment){url, field(p, page_text(p, i))};
    }
    struct attachment *all = arena_alloc(p->arena, sizeof found);
    memcpy(all, found, n * sizeof *found);
    a->attachments = all;
    a->n_attachments = n;
}

static void add_feeds(struct article *a, const struct page *p, const struct meta *meta,
                      const char *base)
{
    const char **feeds = arena_alloc(p->arena, META_FEEDS_MAX * sizeof *feeds);
    a->n_feeds = 0;
    for (uint32_t i = 0; i < meta->n_feeds; i++) {
        const char *url = absolute(p, base, meta->feeds[i]);
        if (*url)
            feeds[a->n_feeds++] = url;
    }
    a->feeds = feeds;
}

static bool is_author(const struct page *p, const struct html_node *node)
{
    struct html_str rel = html_attr(p->html, node, HTML_ATTR_REL);
    struct html_str prop = html_attr(p->html, node, HTML_ATTR_ITEMPROP);
    return (rel.s && rel.n == 6 && strncasecmp(rel.s, "author", 6) == 0) ||
           (prop.s && prop.n == 6 && strncasecmp(prop.s, "author", 6) == 0);
}

static bool is_url(struct html_str s)
{
    return s.n > 4 && strncasecmp(s.s, "http", 4) == 0;
}

// JSON-LD, meta elements, then rel=author or itemprop=author.
static struct html_str find_author(const struct page *p, const struct meta *meta,
                                   const struct ld *ld)
{
    if (ld->author.s && !is_url(ld->author))
        return ld_text(p, ld->author);
    if (meta->author.s && !is_url(meta->author))
        return meta->author;
    for (uint32_t i = p->body; i < p->nodes[p->body].end; i++)
        if (p->nodes[i].n_attrs && is_author(p, &p->nodes[i])) {
            struct html_str text = page_text(p, i);
            if (text.n > 1 && text.n < AUTHOR_MAX)
                return text;
        }
    return (struct html_str){"", 0};
}

void article_describe(struct article *a, const struct page *p, const struct headings *headings,
                      const struct meta *meta, const struct ld *ld, const char *url,
                      uint32_t anchor)
{
    const char *base = absolute(p, url, meta->base);
    if (!*base)
        base = url;
    a->title = field(p, title_choose(p, headings, meta));
    a->author = field(p, find_author(p, meta, ld));
    struct html_str site = meta->site_name;
    if (!site.s && ld->publisher.s)
        site = ld_text(p, ld->publisher);
    a->site_name = field(p, site);
    a->canonical_url = absolute(p, base, meta->canonical);
    a->image = absolute(p, base, meta->image);
    add_feeds(a, p, meta, base);
    add_attachments(a, p, base, anchor ? anchor : p->body);
}
