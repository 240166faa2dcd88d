// SPDX-License-Identifier: MIT
#include "services/newswire/links.h"

#include <stdio.h>
#include <string.h>

#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/list.h"
#include "services/fetcher/extract/sitemap.h"
#include "services/fetcher/extract/sniff.h"
#include "services/newswire/findings.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/readable.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

enum { TEXT_MAX = 64 << 20, URL_BYTES = 16 << 10 };

struct links {
    struct table *table;
    bool json;
};

static void add_row(struct table *table, const struct list_link *link)
{
    char when[WHEN_SIZE] = "-";
    struct buf url = buf_new(URL_BYTES);
    if (link->precision != DATE_NONE)
        when_published(link->published_ms, link->precision == DATE_DAY, when);
    readable_url(link->url, &url);
    table_cell(table, "%s", when);
    table_cell(table, "%s", link->title);
    table_note(table, "%s", buf_str(&url));
    buf_free(&url);
}

static void add(struct links *l, const struct list_link *link)
{
    if (l->json)
        jsonl_print(stdout, json_pack("{s:s, s:s, s:o}", "url", link->url, "title", link->title,
                                      "published_at",
                                      findings_published(link->published_ms, link->precision, 0)));
    else
        add_row(l->table, link);
}

static enum err add_feed(struct links *l, const struct page_source *source, struct problem *why)
{
    struct feed_reader *reader = feed_reader_new();
    const struct feed *feed;
    enum err e = feed_read(reader, source, &feed, why);
    for (size_t i = 0; !e && i < feed->n_entries; i++) {
        const struct feed_entry *x = &feed->entries[i];
        add(l, &(struct list_link){x->link, x->title, x->published_ms, x->precision});
    }
    if (!e)
        fprintf(stderr, "a feed of %zu entries\n", feed->n_entries);
    feed_reader_free(&reader);
    return e;
}

static enum err add_sitemap(struct links *l, const struct page_source *source, struct problem *why)
{
    struct sitemap_reader *reader = sitemap_reader_new();
    const struct sitemap *map;
    enum err e = sitemap_read(reader, source, &map, why);
    for (size_t i = 0; !e && i < map->n_entries; i++) {
        const struct sitemap_entry *x = &map->entries[i];
        bool news = x->published_precision != DATE_NONE;
        add(l, &(struct list_link){x->url, x->title, news ? x->published_ms : x->modified_ms,
                                   news ? x->published_precision : x->modified_precision});
    }
    if (!e)
        fprintf(stderr, "a sitemap of %zu %s\n", map->n_entries,
                map->is_index ? "sitemaps" : "pages");
    sitemap_reader_free(&reader);
    return e;
}

static enum err add_list(struct links *l, const struct page_source *source, const char *selector,
                         struct problem *why)
{
    struct list_reader *reader = list_reader_new();
    const struct list *list;
    enum err e = list_read(reader, source, selector, &list, why);
    for (size_t i = 0; !e && i < list->n_links; i++)
        add(l, &list->links[i]);
    if (!e)
        fprintf(stderr, "%s%s%s%s\n", list->finding, *list->next ? "; older ones: " : "",
                list->next, list->sure ? "" : "; to be sure, add it with --kind list");
    list_reader_free(&reader);
    return e;
}

static enum err add_all(struct links *l, const struct page_source *source, const char *selector,
                        struct problem *why)
{
    switch (*selector ? SNIFF_HTML : sniff_document(source->bytes, source->size)) {
    case SNIFF_RSS:
    case SNIFF_RDF:
    case SNIFF_ATOM:
    case SNIFF_JSON_FEED:
        return add_feed(l, source, why);
    case SNIFF_SITEMAP:
    case SNIFF_SITEMAP_INDEX:
    case SNIFF_GZIP:
        return add_sitemap(l, source, why);
    default:
        return add_list(l, source, selector, why);
    }
}

enum err links_print(const struct page_source *source, const struct links_options *options,
                     struct problem *why)
{
    static const struct column columns[] = {{"DATE", false}, {"TITLE", false}};
    struct links l = {table_new(columns, 2), options->json};
    struct buf text = buf_new(TEXT_MAX);
    enum err e = add_all(&l, source, options->selector, why);
    if (!e)
        table_write(l.table, false, &text);
    fputs(buf_str(&text), stdout);
    buf_free(&text);
    table_free(&l.table);
    return e;
}
