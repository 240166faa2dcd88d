// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/sitemap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/gunzip.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/extract/xml.h"

enum {
    INPUT_MAX = 16 << 20,
    DECODED_MAX = 32 << 20,
    DEFECT_MAX = 500,
    TITLE_MAX = 1000,
    LANGUAGE_MAX = 35,
};

struct sitemap_reader {
    struct arena *arena; // the strings of one sitemap
    struct buf plain, decoded, cleaned, defect;
    struct sitemap sitemap;
    struct sitemap_entry *entries;
    size_t n, cap;
    const char *base;
    struct date_rules dates;
};

struct sitemap_reader *sitemap_reader_new(void)
{
    struct sitemap_reader *r = mem_alloc(sizeof *r);
    r->arena = arena_new(256 << 10);
    r->plain = buf_new(DECODED_MAX);
    r->decoded = buf_new(DECODED_MAX);
    r->cleaned = buf_new(DECODED_MAX);
    r->defect = buf_new(DEFECT_MAX);
    return r;
}

void sitemap_reader_free(struct sitemap_reader **r)
{
    if (!*r)
        return;
    buf_free(&(*r)->plain);
    buf_free(&(*r)->decoded);
    buf_free(&(*r)->cleaned);
    buf_free(&(*r)->defect);
    arena_free(&(*r)->arena);
    free((*r)->entries);
    free(*r);
    *r = NULL;
}

static void reset(struct sitemap_reader *r, const struct page_source *source)
{
    arena_reset(r->arena);
    buf_clear(&r->defect);
    r->n = 0;
    r->base = source->url;
    r->dates = (struct date_rules){.zone = ZONE_UTC, .now_ms = source->now_ms};
    r->sitemap = (struct sitemap){.defect = ""};
}

static void add_defect(struct sitemap_reader *r, const char *text)
{
    buf_printf(&r->defect, "%s%s", r->defect.size ? "; " : "", text);
}

// False when there is no room for more; an address that is none is passed over.
static bool add_entry(struct sitemap_reader *r, const char *url, struct sitemap_entry *entry)
{
    char absolute[URL_MAX + 1];
    if (!*url || url_resolve(r->base, url, absolute) != OK)
        return true;
    if (r->n == SITEMAP_ENTRIES_MAX)
        return false;
    entry->url = arena_strndup(r->arena, absolute, strlen(absolute));
    mem_reserve((void **)&r->entries, &r->cap, r->n + 1, sizeof *r->entries);
    r->entries[r->n++] = *entry;
    return true;
}

static void report_full(struct sitemap_reader *r)
{
    add_defect(r, "more than 50000 addresses: the rest was left out");
}

// ---- XML ----

// Sitemaps are found in the protocol's namespace, in none, and in misspelt ones.
static bool is_core(const struct xml_node *node, const char *name)
{
    enum xml_ns ns = xml_ns(node);
    return (ns == XML_SITEMAP || ns == XML_PLAIN) && strcasecmp(xml_name(node), name) == 0;
}

static void read_date(struct sitemap_reader *r, const struct xml_node *node, int64_t *ms,
                      enum date_precision *precision)
{
    const char *text = xml_text(node, r->arena);
    struct date date;
    if (!date_read(text, strlen(text), &r->dates, &date))
        return;
    *ms = date.ms;
    *precision = date.precision;
}

static const char *clipped(struct sitemap_reader *r, const char *s, size_t max)
{
    return arena_strndup(r->arena, s, text_cut(s, strlen(s), max));
}

static void read_news(struct sitemap_reader *r, const struct xml_node *news,
                      struct sitemap_entry *entry)
{
    for (const struct xml_node *c = xml_first(news); c; c = xml_next(c)) {
        if (xml_is(c, XML_NEWS, "title"))
            entry->title = clipped(r, xml_text(c, r->arena), TITLE_MAX);
        else if (xml_is(c, XML_NEWS, "publication_date"))
            read_date(r, c, &entry->published_ms, &entry->published_precision);
        else if (xml_is(c, XML_NEWS, "publication"))
            entry->language =
                clipped(r, xml_text(xml_child(c, XML_NEWS, "language"), r->arena), LANGUAGE_MAX);
    }
}

static bool read_entry(struct sitemap_reader *r, const struct xml_node *node)
{
    struct sitemap_entry entry = {.url = "", .title = "", .language = ""};
    const char *url = "";
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c)) {
        if (is_core(c, "loc"))
            url = xml_text(c, r->arena);
        else if (is_core(c, "lastmod"))
            read_date(r, c, &entry.modified_ms, &entry.modified_precision);
        else if (xml_is(c, XML_NEWS, "news"))
            read_news(r, c, &entry);
    }
    return add_entry(r, url, &entry);
}

static void report_mended(struct sitemap_reader *r, const struct xml_mended *m)
{
    if (m->junk)
        add_defect(r, "text before the document");
    if (m->entities || m->brackets || m->attributes || m->tags)
        add_defect(r, "XML errors were mended");
    if (m->too_large)
        add_defect(r, "too many elements: the rest was left out");
    else if (m->truncated)
        add_defect(r, "the document is cut off");
    // An address cut in two would be another page.
    if (m->truncated && m->in_entry && r->n > 0)
        r->n--;
}

static bool read_xml(struct sitemap_reader *r, const char *text, size_t size)
{
    struct xml *x = xml_read(text, size, 4 * size + (1u << 20));
    if (!x)
        return false;
    const char *name = r->sitemap.is_index ? "sitemap" : "url";
    for (const struct xml_node *c = xml_first(xml_root(x)); c; c = xml_next(c)) {
        if (is_core(c, name) && !read_entry(r, c)) {
            report_full(r);
            break;
        }
    }
    report_mended(r, xml_mended(x));
    xml_free(&x);
    return true;
}

// ---- A plain list ----

// One address a line. False if any line is something else: then it is another kind of text.
static bool read_list(struct sitemap_reader *r, const char *text)
{
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, "\n");
        const char *next = s + n + (s[n] == '\n');
        while (n > 0 && strchr(" \t\r", s[n - 1]))
            n--;
        bool address = strncasecmp(s, "http://", 7) == 0 || strncasecmp(s, "https://", 8) == 0;
        if (n > 0 && !address)
            return false;
        struct sitemap_entry entry = {.url = "", .title = "", .language = ""};
        if (n > 0 && !add_entry(r, arena_strndup(r->arena, s, n), &entry)) {
            report_full(r);
            return true;
        }
        s = next;
    }
    return r->n > 0;
}

// ---- Reading ----

// The bytes without gzip. They may be packed twice: by the server and as a file.
static struct page_source unpack(struct sitemap_reader *r, const struct page_source *source)
{
    struct page_source plain = *source;
    if (sniff_document(source->bytes, source->size) != SNIFF_GZIP)
        return plain;
    buf_clear(&r->plain);
    if (gunzip(source->bytes, source->size, &r->plain) != OK)
        add_defect(r, "the gzip data is damaged or too large: the rest was left out");
    plain.bytes = r->plain.data;
    plain.size = r->plain.size;
    return plain;
}

static const char *decode(struct sitemap_reader *r, const struct page_source *source, size_t *size)
{
    struct charset_text text =
        charset_decode(source->bytes, source->size, source->content_type, &r->decoded);
    r->sitemap.charset = text.report;
    buf_clear(&r->cleaned);
    buf_add(&r->cleaned, text.text, text.size);
    *size = r->cleaned.size ? text_clean((char *)r->cleaned.data, r->cleaned.size) : 0;
    if (r->cleaned.data)
        r->cleaned.data[*size] = '\0';
    return buf_str(&r->cleaned);
}

static enum err refuse(const struct page_source *source, enum sniff sniff, struct problem *why)
{
    bool feed =
        sniff == SNIFF_RSS || sniff == SNIFF_RDF || sniff == SNIFF_ATOM || sniff == SNIFF_JSON_FEED;
    const char *hint = feed                  ? "add it with --kind feed"
                       : sniff == SNIFF_HTML ? "add it with --kind page"
                                             : "look for the address of the sitemap in /robots.txt";
    return problem_set(why, ERR_INPUT, "%.200s: this is %s, not a sitemap; %s",
                       *source->url ? source->url : "input", sniff_name(sniff), hint);
}

enum err sitemap_read(struct sitemap_reader *r, const struct page_source *source,
                      const struct sitemap **out, struct problem *why)
{
    reset(r, source);
    if (source->size > INPUT_MAX)
        return problem_set(why, ERR_INPUT, "%.200s: larger than %d MiB: not read", source->url,
                           INPUT_MAX >> 20);
    struct page_source plain = unpack(r, source);
    size_t size;
    const char *text = decode(r, &plain, &size);
    enum sniff sniff = sniff_document((const uint8_t *)text, size);
    r->sitemap.is_index = sniff == SNIFF_SITEMAP_INDEX;
    bool read = sniff == SNIFF_SITEMAP || sniff == SNIFF_SITEMAP_INDEX ? read_xml(r, text, size)
                : sniff == SNIFF_TEXT || sniff == SNIFF_URLS           ? read_list(r, text)
                                                                       : false;
    if (!read)
        return refuse(source, sniff, why);
    r->sitemap.entries = r->entries;
    r->sitemap.n_entries = r->n;
    r->sitemap.defect = buf_str(&r->defect);
    *out = &r->sitemap;
    return OK;
}
