// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/understand_parts.h"

enum {
    HINTS_MAX = 4 << 20, // text of all hints of one feed together; then they are cut short
    ENTRIES_MAX = 5000,
    SITEMAPS_MAX = 100, // of an index, newest first
    // What entries may take in memory together, with what the message's own structs take. Stays
    // below what wire_unpack() and FETCH_ANSWER_MAX allow.
    ENTRIES_BYTES = 12 << 20,
    ENTRY_BYTES = 96,
    HINT_BYTES = 400,
};

// Feeds.

static pb_announcement *hint_of(struct understand *u, const struct feed *feed,
                                const struct feed_entry *e, size_t *room)
{
    pb_announcement *a = answer_announcement(u);
    const char *text = strlen(e->content) > strlen(e->summary) ? e->content : e->summary;
    a->title = answer_text(u, e->title, STRING_MAX);
    a->text = answer_text(u, text, *room > TEXT_MAX ? TEXT_MAX : STRING_MAX);
    *room -= strlen(a->text) < *room ? strlen(a->text) : *room;
    a->text_cut = e->cut || strlen(a->text) < strlen(text);
    a->author = answer_text(u, e->author, STRING_MAX);
    a->site = answer_text(u, feed->title, STRING_MAX);
    a->language = answer_text(u, *feed->language ? feed->language : "und", 64);
    a->published_ms = e->published_ms;
    a->published_precision = answer_precision(e->precision);
    answer_charset(u, &feed->charset, a);
    return a;
}

static void add_entries(struct understand *u, const struct feed *feed, pb_result *r)
{
    size_t n = feed->n_entries < ENTRIES_MAX ? feed->n_entries : ENTRIES_MAX, room = HINTS_MAX;
    r->entries = arena_alloc(u->arena, (n + 1) * sizeof *r->entries);
    for (size_t i = 0; i < n; i++) {
        const struct feed_entry *e = &feed->entries[i];
        Newswire__V1__Entry *entry = arena_alloc(u->arena, sizeof *entry);
        newswire__v1__entry__init(entry);
        entry->guid = answer_text(u, e->guid, STRING_MAX);
        entry->link = answer_url(e->link);
        entry->hint = hint_of(u, feed, e, &room);
        entry->at_ms = e->published_ms;
        entry->precision = answer_precision(e->precision);
        r->entries[r->n_entries++] = entry;
    }
}

void understand_feed(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = task_source(task);
    struct problem why;
    const struct feed *feed;
    if (feed_read(u->feeds, &source, &feed, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    r->title = answer_text(u, feed->title, STRING_MAX);
    r->ttl_s = feed->ttl_s > 0 && feed->ttl_s < UINT32_MAX ? (uint32_t)feed->ttl_s : 0;
    r->skip_hours = feed->skip_hours;
    r->skip_days = feed->skip_days;
    r->problem = answer_text(u, feed->defect, STRING_MAX);
    add_entries(u, feed, r);
}
// Sitemaps.

static int64_t changed_ms(const struct sitemap_entry *e)
{
    return e->published_ms ? e->published_ms : e->modified_ms;
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = changed_ms(*(const struct sitemap_entry *const *)a);
    int64_t y = changed_ms(*(const struct sitemap_entry *const *)b);
    return x < y ? 1 : x > y ? -1 : 0;
}

static const struct sitemap_entry **entries_of(struct understand *u, const struct sitemap *map)
{
    const struct sitemap_entry **all = arena_alloc(u->arena, (map->n_entries + 1) * sizeof *all);
    for (size_t i = 0; i < map->n_entries; i++)
        all[i] = &map->entries[i];
    return all;
}

static void add_sitemaps(struct understand *u, const struct sitemap *map, pb_result *r)
{
    const struct sitemap_entry **all = entries_of(u, map);
    qsort(all, map->n_entries, sizeof(struct sitemap_entry *), newest_first);
    r->feeds = arena_alloc(u->arena, SITEMAPS_MAX * sizeof *r->feeds);
    r->feeds_ms = arena_alloc(u->arena, SITEMAPS_MAX * sizeof *r->feeds_ms);
    for (size_t i = 0; i < map->n_entries && r->n_feeds < SITEMAPS_MAX; i++) {
        if (!*answer_url(all[i]->url))
            continue;
        r->feeds_ms[r->n_feeds_ms++] = changed_ms(all[i]);
        r->feeds[r->n_feeds++] = answer_url(all[i]->url);
    }
}

static Newswire__V1__Entry *page_entry(struct understand *u, const struct sitemap_entry *e)
{
    Newswire__V1__Entry *entry = arena_alloc(u->arena, sizeof *entry);
    newswire__v1__entry__init(entry);
    entry->link = answer_url(e->url);
    entry->at_ms = changed_ms(e);
    entry->precision =
        answer_precision(e->published_ms ? e->published_precision : e->modified_precision);
    if (!*e->title)
        return entry;
    entry->hint = answer_announcement(u);
    entry->hint->title = answer_text(u, e->title, STRING_MAX);
    entry->hint->language = answer_text(u, e->language, 64);
    entry->hint->published_ms = e->published_ms;
    entry->hint->published_precision = answer_precision(e->published_precision);
    return entry;
}

static size_t bytes_of(const struct sitemap_entry *e)
{
    return ENTRY_BYTES + strlen(e->url) + (*e->title ? HINT_BYTES + strlen(e->title) : 0);
}

// All of them in their order; or, where they are too many for one answer, the newest.
static void add_pages(struct understand *u, const struct sitemap *map, pb_result *r)
{
    const struct sitemap_entry **all = entries_of(u, map);
    size_t total = 0;
    for (size_t i = 0; i < map->n_entries; i++)
        total += bytes_of(all[i]);
    if (total > ENTRIES_BYTES) {
        qsort(all, map->n_entries, sizeof(struct sitemap_entry *), newest_first);
        r->problem = "it is larger than what is taken from one response: only the newest are read";
    }
    r->entries = arena_alloc(u->arena, (map->n_entries + 1) * sizeof *r->entries);
    size_t room = ENTRIES_BYTES;
    for (size_t i = 0; i < map->n_entries && bytes_of(all[i]) <= room; i++) {
        room -= bytes_of(all[i]);
        r->entries[r->n_entries++] = page_entry(u, all[i]);
    }
}

void understand_sitemap(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = task_source(task);
    struct problem why;
    const struct sitemap *map;
    if (sitemap_read(u->sitemaps, &source, &map, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP;
    r->problem = answer_text(u, map->defect, STRING_MAX);
    if (map->is_index)
        add_sitemaps(u, map, r);
    else
        add_pages(u, map, r);
}
// List pages.

static void add_links(struct understand *u, const struct list *list, pb_result *r)
{
    r->entries = arena_alloc(u->arena, (list->n_links + 1) * sizeof *r->entries);
    for (size_t i = 0; i < list->n_links; i++) {
        const struct list_link *link = &list->links[i];
        Newswire__V1__Entry *entry = arena_alloc(u->arena, sizeof *entry);
        newswire__v1__entry__init(entry);
        entry->link = answer_url(link->url);
        entry->at_ms = link->published_ms;
        entry->precision = answer_precision(link->precision);
        entry->hint = answer_announcement(u);
        entry->hint->title = answer_text(u, link->title, STRING_MAX);
        entry->hint->language = "und";
        entry->hint->published_ms = link->published_ms;
        entry->hint->published_precision = answer_precision(link->precision);
        answer_charset(u, &list->charset, entry->hint);
        r->entries[r->n_entries++] = entry;
    }
}

void understand_take_list(struct understand *u, const struct list *list, pb_result *r)
{
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST;
    r->finding = answer_text(u, list->finding, STRING_MAX);
    r->next = answer_url(list->next);
    r->problem = "";
    add_links(u, list, r);
}

void understand_list(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = task_source(task);
    struct problem why;
    const struct list *list;
    if (list_read(u->lists, &source, task->selector, &list, &why))
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
    else
        understand_take_list(u, list, r);
}
