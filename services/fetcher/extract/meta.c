// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/meta.h"

#include <string.h>
#include <strings.h>

static bool is_str(struct html_str a, const char *b)
{
    return a.s && a.n == strlen(b) && strncasecmp(a.s, b, a.n) == 0;
}

static bool has_word(struct html_str list, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; list.s && i + n <= list.n; i++)
        if (strncasecmp(list.s + i, word, n) == 0 && (i == 0 || list.s[i - 1] == ' ') &&
            (i + n == list.n || list.s[i + n] == ' '))
            return true;
    return false;
}

// Which field a meta element fills, best name first: the first one met in this order wins.
struct field {
    size_t offset;
    const char *names[14];
};

static const struct field fields[] = {
    {offsetof(struct meta, og_title), {"og:title", "twitter:title"}},
    {offsetof(struct meta, site_name), {"og:site_name", "SiteName", "application-name"}},
    {offsetof(struct meta, author),
     {"author", "article:author", "byl", "dc.creator", "parsely-author", "sailthru.author",
      "citation_author"}},
    {offsetof(struct meta, description), {"og:description", "description", "twitter:description"}},
    {offsetof(struct meta, image), {"og:image", "twitter:image", "og:image:url"}},
    {offsetof(struct meta, language), {"og:locale", "content-language", "language"}},
    {offsetof(struct meta, published),
     {"article:published_time", "datePublished", "PubDate", "og:published_time", "parsely-pub-date",
      "sailthru.date", "publishdate", "dc.date.issued", "citation_publication_date", "date",
      "dc.date", "publish_date", "article:published"}},
};

enum { FIELDS = sizeof fields / sizeof *fields };

static void read_meta(const struct page *p, const struct html_node *node, struct meta *out,
                      int rank[FIELDS])
{
    struct html_str content = html_attr(p->html, node, HTML_ATTR_CONTENT);
    if (!content.s || content.n == 0)
        return;
    struct html_str names[] = {html_attr(p->html, node, HTML_ATTR_PROPERTY),
                               html_attr(p->html, node, HTML_ATTR_NAME),
                               html_attr(p->html, node, HTML_ATTR_ITEMPROP)};
    for (int f = 0; f < FIELDS; f++)
        for (int k = 0; k < 14 && fields[f].names[k]; k++)
            for (int n = 0; n < 3; n++)
                if (k < rank[f] && is_str(names[n], fields[f].names[k])) {
                    rank[f] = k;
                    memcpy((char *)out + fields[f].offset, &content, sizeof content);
                }
}

static void read_link(const struct page *p, const struct html_node *node, struct meta *out)
{
    struct html_str rel = html_attr(p->html, node, HTML_ATTR_REL);
    struct html_str href = html_attr(p->html, node, HTML_ATTR_HREF);
    struct html_str type = html_attr(p->html, node, HTML_ATTR_TYPE);
    if (!rel.s || !href.s || href.n == 0)
        return;
    if (has_word(rel, "canonical") && !out->canonical.s)
        out->canonical = href;
    if (has_word(rel, "alternate") && out->n_feeds < META_FEEDS_MAX &&
        (is_str(type, "application/rss+xml") || is_str(type, "application/atom+xml") ||
         is_str(type, "application/feed+json") || is_str(type, "application/rdf+xml")))
        out->feeds[out->n_feeds++] = href;
}

void meta_read(const struct page *p, struct meta *out)
{
    *out = (struct meta){0};
    int rank[FIELDS];
    for (int f = 0; f < FIELDS; f++)
        rank[f] = 99;
    uint32_t svg_end = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct html_node *node = &p->nodes[i];
        switch (node->tag) {
        case HTML_META:
            read_meta(p, node, out, rank);
            break;
        case HTML_LINK:
            read_link(p, node, out);
            break;
        case HTML_SVG:
            svg_end = node->end;
            break;
        case HTML_TITLE: // images have titles too
            if (i >= svg_end && !out->title.s)
                out->title = page_text(p, i);
            break;
        case HTML_BASE:
            if (!out->base.s)
                out->base = html_attr(p->html, node, HTML_ATTR_HREF);
            break;
        default:
            break;
        }
    }
    struct html_str lang = html_attr(p->html, &p->nodes[0], HTML_ATTR_LANG);
    if (lang.s && lang.n > 0)
        out->language = lang;
}
