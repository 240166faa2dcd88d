// SPDX-License-Identifier: MIT
#include "services/fetcher/understand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/extract.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/list.h"
#include "services/fetcher/extract/sitemap.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/wrapper.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/understand_pdf.h"

enum {
    STRING_MAX = 2048,
    STANDFIRST_MAX = 8 << 10,
    TEXT_MAX = 512 << 10,
    HINTS_MAX = 4 << 20, // text of all hints of one feed together; then they are cut short
    ENTRIES_MAX = 5000,
    ATTACHMENTS_MAX = 50,
    FEEDS_MAX = 10,
    SITEMAPS_MAX = 100, // of an index, newest first
    // What entries may take in memory together, with what the message's own structs take. Stays
    // below what wire_unpack() and FETCH_ANSWER_MAX allow.
    ENTRIES_BYTES = 12 << 20,
    ENTRY_BYTES = 96,
    HINT_BYTES = 400,
    COMPRESSED_MAX = 9 << 20,
    DATE_FROM_MAX = 64,
};

typedef Newswire__V1__ExtractTask pb_task;
typedef Newswire__V1__ExtractResult pb_result;

struct understand {
    struct extractor *extractor;
    struct feed_reader *feeds;
    struct sitemap_reader *sitemaps;
    struct list_reader *lists;
    struct packer *packer;
    struct arena *arena; // of one answer
    struct buf compressed;
};

struct understand *understand_new(void)
{
    struct understand *u = mem_alloc(sizeof *u);
    *u = (struct understand){extractor_new(),        feed_reader_new(), sitemap_reader_new(),
                             list_reader_new(),      packer_new(),      arena_new(64 << 10),
                             buf_new(COMPRESSED_MAX)};
    return u;
}

void understand_free(struct understand **u)
{
    if (!*u)
        return;
    extractor_free(&(*u)->extractor);
    feed_reader_free(&(*u)->feeds);
    sitemap_reader_free(&(*u)->sitemaps);
    list_reader_free(&(*u)->lists);
    packer_free(&(*u)->packer);
    arena_free(&(*u)->arena);
    buf_free(&(*u)->compressed);
    free(*u);
    *u = NULL;
}

// The string, or as much of it as the message allows. A URL that is too long is left out: cut, it
// would be another.
static char *clip(struct understand *u, const char *s, size_t max)
{
    size_t n = strlen(s);
    return n <= max ? (char *)s : arena_strndup(u->arena, s, text_cut(s, n, max));
}

static char *clip_url(const char *s)
{
    return (char *)(strlen(s) <= STRING_MAX ? s : "");
}

// Pages.

static Newswire__V1__Precision precision(enum date_precision p)
{
    return (Newswire__V1__Precision)p; // the same names in the same order
}

static void attach(struct understand *u, const struct article *article, pb_announcement *a)
{
    size_t n = article->n_attachments < ATTACHMENTS_MAX ? article->n_attachments : ATTACHMENTS_MAX;
    a->attachments = arena_alloc(u->arena, (n + 1) * sizeof *a->attachments);
    for (size_t i = 0; i < n; i++) {
        if (!*clip_url(article->attachments[i].url))
            continue;
        Newswire__V1__Attachment *one = arena_alloc(u->arena, sizeof *one);
        newswire__v1__attachment__init(one);
        one->url = clip_url(article->attachments[i].url);
        one->title = clip(u, article->attachments[i].title, STRING_MAX);
        a->attachments[a->n_attachments++] = one;
    }
}

static pb_announcement *announcement_new(struct understand *u)
{
    pb_announcement *a = arena_alloc(u->arena, sizeof *a);
    newswire__v1__announcement__init(a);
    return a;
}

static void set_charset(struct understand *u, const struct charset_report *c, pb_announcement *a)
{
    a->charset_declared = clip(u, c->declared, 64);
    a->charset_used = clip(u, c->used, 64);
    a->charset_guessed = c->guessed;
    a->replacements = c->replacements;
}

static pb_announcement *from_article(struct understand *u, const struct article *article)
{
    pb_announcement *a = announcement_new(u);
    a->title = clip(u, article->title, STRING_MAX);
    a->standfirst = clip(u, article->standfirst, STANDFIRST_MAX);
    a->text = clip(u, article->text, TEXT_MAX);
    a->text_cut = article->text_size > TEXT_MAX;
    a->author = clip(u, article->author, STRING_MAX);
    a->site = clip(u, article->site_name, STRING_MAX);
    a->canonical_url = clip_url(article->canonical_url);
    a->image = clip_url(article->image);
    a->language = clip(u, article->language, STRING_MAX);
    a->published_ms = article->published_ms;
    a->published_precision = precision(article->precision);
    set_charset(u, &article->charset, a);
    attach(u, article, a);
    return a;
}

static void add_feeds(struct understand *u, const struct article *article, pb_result *r)
{
    r->feeds = arena_alloc(u->arena, FEEDS_MAX * sizeof *r->feeds);
    for (size_t i = 0; i < article->n_feeds && r->n_feeds < FEEDS_MAX; i++)
        if (*clip_url(article->feeds[i]))
            r->feeds[r->n_feeds++] = clip_url(article->feeds[i]);
}

static struct page_source source_of(const pb_task *task)
{
    return (struct page_source){.bytes = task->body.data,
                                .size = task->body.len,
                                .url = task->url,
                                .content_type = task->content_type,
                                .now_ms = task->now_ms};
}

static void read_pdf(struct understand *u, const pb_task *task, pb_result *r)
{
    struct pdf pdf;
    struct problem why;
    if (understand_pdf(task, &pdf, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    // The announcement borrows from the article.
    struct article *a = arena_alloc(u->arena, sizeof *a);
    pdf_article(&pdf, a);
    a->title = arena_strndup(u->arena, a->title, strlen(a->title));
    a->text = arena_strndup(u->arena, a->text, a->text_size);
    a->language = arena_strndup(u->arena, a->language, strlen(a->language));
    const char *trouble = pdf_trouble(&pdf);
    pdf_free(&pdf);
    r->announcement = from_article(u, a);
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    r->date_from = clip(u, a->date_rule, DATE_FROM_MAX);
    r->problem = (char *)(trouble ? trouble : "");
}

static void read_page(struct understand *u, const pb_task *task, pb_result *r)
{
    if (pdf_sniff(task->body.data, task->body.len)) {
        read_pdf(u, task, r);
        return;
    }
    if (task->document) {
        r->problem = arena_printf(u->arena, "it is %s, not a PDF document",
                                  sniff_name(sniff_document(task->body.data, task->body.len)));
        return;
    }
    const char *other = sniff_no_page(task->body.data, task->body.len, task->content_type);
    if (other) {
        r->problem = arena_printf(u->arena, "%.100s is not a page with text", other);
        return;
    }
    struct page_source source = source_of(task);
    const struct article *article = extractor_page(u->extractor, &source, NULL);
    r->announcement = from_article(u, article);
    r->date_from = clip(u, article->date_rule, DATE_FROM_MAX);
    r->document = clip_url(wrapper_document(article));
    add_feeds(u, article, r);
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    if (!*article->text)
        r->problem = "no article text was found on the page";
}

// Feeds.

static pb_announcement *hint_of(struct understand *u, const struct feed *feed,
                                const struct feed_entry *e, size_t *room)
{
    pb_announcement *a = announcement_new(u);
    const char *text = strlen(e->content) > strlen(e->summary) ? e->content : e->summary;
    a->title = clip(u, e->title, STRING_MAX);
    a->text = clip(u, text, *room > TEXT_MAX ? TEXT_MAX : STRING_MAX);
    *room -= strlen(a->text) < *room ? strlen(a->text) : *room;
    a->text_cut = e->cut || strlen(a->text) < strlen(text);
    a->author = clip(u, e->author, STRING_MAX);
    a->site = clip(u, feed->title, STRING_MAX);
    a->language = clip(u, *feed->language ? feed->language : "und", 64);
    a->published_ms = e->published_ms;
    a->published_precision = precision(e->precision);
    set_charset(u, &feed->charset, a);
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
        entry->guid = clip(u, e->guid, STRING_MAX);
        entry->link = clip_url(e->link);
        entry->hint = hint_of(u, feed, e, &room);
        entry->at_ms = e->published_ms;
        entry->precision = precision(e->precision);
        r->entries[r->n_entries++] = entry;
    }
}

static void read_feed(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = source_of(task);
    struct problem why;
    const struct feed *feed;
    if (feed_read(u->feeds, &source, &feed, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    r->title = clip(u, feed->title, STRING_MAX);
    r->ttl_s = feed->ttl_s > 0 && feed->ttl_s < UINT32_MAX ? (uint32_t)feed->ttl_s : 0;
    r->skip_hours = feed->skip_hours;
    r->skip_days = feed->skip_days;
    r->problem = clip(u, feed->defect, STRING_MAX);
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
        if (!*clip_url(all[i]->url))
            continue;
        r->feeds_ms[r->n_feeds_ms++] = changed_ms(all[i]);
        r->feeds[r->n_feeds++] = clip_url(all[i]->url);
    }
}

static Newswire__V1__Entry *page_entry(struct understand *u, const struct sitemap_entry *e)
{
    Newswire__V1__Entry *entry = arena_alloc(u->arena, sizeof *entry);
    newswire__v1__entry__init(entry);
    entry->link = clip_url(e->url);
    entry->at_ms = changed_ms(e);
    entry->precision = precision(e->published_ms ? e->published_precision : e->modified_precision);
    if (!*e->title)
        return entry;
    entry->hint = announcement_new(u);
    entry->hint->title = clip(u, e->title, STRING_MAX);
    entry->hint->language = clip(u, e->language, 64);
    entry->hint->published_ms = e->published_ms;
    entry->hint->published_precision = precision(e->published_precision);
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

static void read_sitemap(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = source_of(task);
    struct problem why;
    const struct sitemap *map;
    if (sitemap_read(u->sitemaps, &source, &map, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP;
    r->problem = clip(u, map->defect, STRING_MAX);
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
        entry->link = clip_url(link->url);
        entry->at_ms = link->published_ms;
        entry->precision = precision(link->precision);
        entry->hint = announcement_new(u);
        entry->hint->title = clip(u, link->title, STRING_MAX);
        entry->hint->language = "und";
        entry->hint->published_ms = link->published_ms;
        entry->hint->published_precision = precision(link->precision);
        set_charset(u, &list->charset, entry->hint);
        r->entries[r->n_entries++] = entry;
    }
}

static void take_list(struct understand *u, const struct list *list, pb_result *r)
{
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST;
    r->finding = clip(u, list->finding, STRING_MAX);
    r->next = clip_url(list->next);
    r->problem = "";
    add_links(u, list, r);
}

static void read_list(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = source_of(task);
    struct problem why;
    const struct list *list;
    if (list_read(u->lists, &source, task->selector, &list, &why))
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
    else
        take_list(u, list, r);
}

// A page that somebody added without a word: an article, unless it is mainly a list of them, or
// has no text but a list.
static void read_page_or_list(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = source_of(task);
    const struct list *list = NULL;
    read_page(u, task, r);
    if (!r->announcement || pdf_sniff(source.bytes, source.size))
        return;
    if (*r->announcement->text || *r->document)
        list = list_read_sure(u->lists, &source);
    else if (list_read(u->lists, &source, "", &list, NULL) != OK)
        list = NULL;
    if (list) {
        r->title = r->announcement->title;
        r->announcement = NULL;
        r->document = "";
        take_list(u, list, r);
    }
}

// What nobody named is read as what its first bytes are.
static void read_unnamed(struct understand *u, const pb_task *task, pb_result *r)
{
    bool pdf = pdf_sniff(task->body.data, task->body.len); // after blanks too
    switch (pdf ? SNIFF_PDF : sniff_document(task->body.data, task->body.len)) {
    case SNIFF_RSS:
    case SNIFF_RDF:
    case SNIFF_ATOM:
    case SNIFF_JSON_FEED:
        read_feed(u, task, r);
        break;
    case SNIFF_SITEMAP:
    case SNIFF_SITEMAP_INDEX:
    case SNIFF_URLS:
    case SNIFF_GZIP:
        read_sitemap(u, task, r);
        break;
    case SNIFF_JSON:
        read_list(u, task, r);
        break;
    case SNIFF_PDF:
    case SNIFF_BINARY:
        read_page(u, task, r);
        break;
    default:
        (*task->selector ? read_list : read_page_or_list)(u, task, r);
    }
}

static void read_task(struct understand *u, const pb_task *task, pb_result *r)
{
    if (task->body.len == 0) {
        r->problem = "the answer is empty";
        return;
    }
    switch (task->kind) {
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_AUTO:
        read_unnamed(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED:
        read_feed(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE:
        if (!pdf_sniff(task->body.data, task->body.len) &&
            feed_sniff(task->body.data, task->body.len) != FEED_NONE)
            r->problem = "this is a feed, not a page: add it with --kind feed";
        else
            read_page(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP:
        read_sitemap(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST:
        read_list(u, task, r);
        break;
    default:
        r->problem = "sources of this kind are not read by this version";
    }
}

// Only pages are kept, whether they could be read or not; feeds and lists come again.
static bool is_page(const pb_task *task, const pb_result *result)
{
    return task->kind == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE ||
           result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
}

void understand_run(struct understand *u, const pb_task *task, struct buf *answer)
{
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    arena_reset(u->arena);
    read_task(u, task, &result);
    buf_clear(&u->compressed);
    if (task->keep && is_page(task, &result) &&
        pages_compress(u->packer, task->body.data, task->body.len, &u->compressed) == OK) {
        result.compressed.data = u->compressed.data;
        result.compressed.len = u->compressed.size;
    }
    if (wire_pack(&result.base, answer) == OK)
        return;
    buf_clear(answer);
    pb_result too_large = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    too_large.problem = "its text is larger than what is taken from one response";
    if (wire_pack(&too_large.base, answer))
        panic("no room for an answer");
}
