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

// Which field a meta element fills, best name first: of those that a page has, the best one wins.
#define NAME(text) (text), sizeof(text) - 1
static const struct {
    const char *name;
    size_t size;
    size_t offset;
} fields[] = {
    {NAME("og:title"), offsetof(struct meta, og_title)},
    {NAME("twitter:title"), offsetof(struct meta, og_title)},
    {NAME("ArticleTitle"), offsetof(struct meta, og_title)},
    {NAME("og:site_name"), offsetof(struct meta, site_name)},
    {NAME("SiteName"), offsetof(struct meta, site_name)},
    {NAME("application-name"), offsetof(struct meta, site_name)},
    {NAME("author"), offsetof(struct meta, author)},
    {NAME("article:author"), offsetof(struct meta, author)},
    {NAME("byl"), offsetof(struct meta, author)},
    {NAME("dc.creator"), offsetof(struct meta, author)},
    {NAME("parsely-author"), offsetof(struct meta, author)},
    {NAME("sailthru.author"), offsetof(struct meta, author)},
    {NAME("citation_author"), offsetof(struct meta, author)},
    {NAME("og:description"), offsetof(struct meta, description)},
    {NAME("description"), offsetof(struct meta, description)},
    {NAME("twitter:description"), offsetof(struct meta, description)},
    {NAME("og:image"), offsetof(struct meta, image)},
    {NAME("twitter:image"), offsetof(struct meta, image)},
    {NAME("og:image:url"), offsetof(struct meta, image)},
    {NAME("og:url"), offsetof(struct meta, og_url)},
    {NAME("og:locale"), offsetof(struct meta, locale)},
    {NAME("content-language"), offsetof(struct meta, locale)},
    {NAME("language"), offsetof(struct meta, locale)},
    {NAME("script:ld+json"), offsetof(struct meta, ld)},
    {NAME("article:published_time"), offsetof(struct meta, published)},
    {NAME("datePublished"), offsetof(struct meta, published)},
    {NAME("PubDate"), offsetof(struct meta, published)},
    {NAME("og:published_time"), offsetof(struct meta, published)},
    {NAME("parsely-pub-date"), offsetof(struct meta, published)},
    {NAME("sailthru.date"), offsetof(struct meta, published)},
    {NAME("publishdate"), offsetof(struct meta, published)},
    {NAME("publish-date"), offsetof(struct meta, published)},
    {NAME("publish_date"), offsetof(struct meta, published)},
    {NAME("published-date"), offsetof(struct meta, published)},
    {NAME("published_date"), offsetof(struct meta, published)},
    {NAME("published_at"), offsetof(struct meta, published)},
    {NAME("article:published"), offsetof(struct meta, published)},
    {NAME("article.published"), offsetof(struct meta, published)},
    {NAME("dc.date.issued"), offsetof(struct meta, published)},
    {NAME("dcterms.created"), offsetof(struct meta, published)},
    {NAME("dcterms.issued"), offsetof(struct meta, published)},
    {NAME("og:release_date"), offsetof(struct meta, published)},
    {NAME("dc.date.created"), offsetof(struct meta, published)},
    {NAME("dateCreated"), offsetof(struct meta, published)},
    {NAME("citation_online_date"), offsetof(struct meta, published)},
    {NAME("citation_publication_date"), offsetof(struct meta, published)},
    {NAME("date"), offsetof(struct meta, published)},
    {NAME("dc.date"), offsetof(struct meta, published)},
    {NAME("dcterms.date"), offsetof(struct meta, published)},
    {NAME("article:modified_time"), offsetof(struct meta, modified)},
    {NAME("dateModified"), offsetof(struct meta, modified)},
    {NAME("og:updated_time"), offsetof(struct meta, modified)},
    {NAME("last-modified"), offsetof(struct meta, modified)},
};
#undef NAME

enum { FIELDS = sizeof fields / sizeof *fields };

// The index of a name among the fields, FIELDS if it is of no interest.
static uint32_t find_field(struct html_str name)
{
    uint32_t i = 0;
    while (i < FIELDS &&
           (fields[i].size != name.n || strncasecmp(fields[i].name, name.s, name.n) != 0))
        i++;
    return i;
}

// "publishtime", "ArticlePublishDate", "cXenseParse:recs:publishtime"; not "article:publisher".
static bool is_of_publishing(struct html_str name)
{
    const char *at = memmem(name.s, name.n, "ublish", 6);
    size_t rest = at ? name.n - (size_t)(at - name.s) : 0;
    return at && !(rest >= 8 && memcmp(at, "ublisher", 8) == 0);
}

// `found` holds the value for each name; the first of a name counts.
static void read_meta(const struct page *p, const struct html_node *node,
                      struct html_str found[FIELDS], struct html_str *published_guess)
{
    bool publish = false;
    struct html_str content = {NULL, 0};
    uint32_t field = FIELDS;
    for (uint32_t i = 0; i < node->n_attrs; i++) {
        enum html_attr name;
        struct html_str value = html_attr_at(p->html, node, i, &name);
        if (name == HTML_ATTR_CONTENT)
            content = value;
        else if (field == FIELDS && (name == HTML_ATTR_NAME || name == HTML_ATTR_PROPERTY ||
                                     name == HTML_ATTR_ITEMPROP))
            publish |= (field = find_field(value)) == FIELDS && is_of_publishing(value);
    }
    if (publish && content.n >= 8 && !published_guess->s)
        *published_guess = content;
    if (content.n > 0 && field < FIELDS && !found[field].s)
        found[field] = content;
}

// Fills each field with the value of its best name.
static void take_fields(struct meta *out, const struct html_str found[FIELDS])
{
    for (uint32_t i = 0; i < FIELDS; i++) {
        struct html_str *field = (struct html_str *)((char *)out + fields[i].offset);
        if (!field->s)
            *field = found[i];
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
    struct html_str found[FIELDS] = {0};
    uint32_t svg_end = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct html_node *node = &p->nodes[i];
        switch (node->tag) {
        case HTML_META:
            read_meta(p, node, found, &out->published_guess);
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
    take_fields(out, found);
    struct html_str lang = html_attr(p->html, &p->nodes[0], HTML_ATTR_LANG);
    out->language = lang.s && lang.n > 0 ? lang : out->locale;
}
