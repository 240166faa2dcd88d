// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/feed_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/url.h"

enum { INPUT_MAX = 16 << 20, DECODED_MAX = 32 << 20, DEFECT_MAX = 1000 };

struct feed_reader *feed_reader_new(void)
{
    struct feed_reader *r = mem_alloc(sizeof *r);
    r->arena = arena_new(256 << 10);
    r->html = html_new();
    r->decoded = buf_new(DECODED_MAX);
    r->cleaned = buf_new(DECODED_MAX);
    r->markup = buf_new(SIZE_MAX / 4);
    r->plain = buf_new(SIZE_MAX / 4);
    r->defect = buf_new(DEFECT_MAX);
    return r;
}

void feed_reader_free(struct feed_reader **r)
{
    if (!*r)
        return;
    buf_free(&(*r)->decoded);
    buf_free(&(*r)->cleaned);
    buf_free(&(*r)->markup);
    buf_free(&(*r)->plain);
    buf_free(&(*r)->defect);
    arena_free(&(*r)->arena);
    html_free(&(*r)->html);
    free((*r)->entries);
    free(*r);
    *r = NULL;
}

static enum feed_kind kind_of(enum sniff sniff)
{
    switch (sniff) {
    case SNIFF_RSS:
        return FEED_RSS;
    case SNIFF_RDF:
        return FEED_RDF;
    case SNIFF_ATOM:
        return FEED_ATOM;
    case SNIFF_JSON_FEED:
        return FEED_JSON;
    default:
        return FEED_NONE;
    }
}

enum feed_kind feed_sniff(const uint8_t *bytes, size_t size)
{
    return kind_of(sniff_document(bytes, size));
}

static void reset(struct feed_reader *r, const struct page_source *source)
{
    arena_reset(r->arena);
    buf_clear(&r->defect);
    r->n = 0;
    r->base = source->url;
    r->dates = (struct date_rules){.zone = ZONE_UTC, .now_ms = source->now_ms};
    r->feed = (struct feed){
        .kind = FEED_NONE, .title = "", .link = "", .language = "", .self = "", .defect = ""};
}

// The document as clean UTF-8, NUL-terminated.
static const char *decode(struct feed_reader *r, const struct page_source *source, size_t *size)
{
    struct charset_text text =
        charset_decode(source->bytes, source->size, source->content_type, &r->decoded);
    r->feed.charset = text.report;
    buf_clear(&r->cleaned);
    buf_add(&r->cleaned, text.text, text.size);
    *size = 0;
    if (r->cleaned.size > 0)
        *size = text_clean((char *)r->cleaned.data, r->cleaned.size);
    if (r->cleaned.data)
        r->cleaned.data[*size] = '\0';
    return buf_str(&r->cleaned);
}

static void report_charset(struct feed_reader *r)
{
    const struct charset_report *c = &r->feed.charset;
    if (*c->declared && strcmp(c->declared, c->used) != 0)
        feed_defect(r, "declared as %s, read as %s", c->declared, c->used);
    if (c->replacements > 0)
        feed_defect(r, "%u characters that %s does not have", c->replacements, c->used);
}

static bool holds(struct html_str value, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; value.s && i + n <= value.n; i++)
        if (strncasecmp(value.s + i, word, n) == 0)
            return true;
    return false;
}

// The first feed that an HTML page announces by <link rel="alternate">; "" if none.
static const char *announced(struct feed_reader *r, const char *text, size_t size)
{
    uint32_t count;
    const struct html_node *nodes = html_parse(r->html, text, size, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (nodes[i].tag != HTML_LINK)
            continue;
        struct html_str type = html_attr(r->html, &nodes[i], HTML_ATTR_TYPE);
        struct html_str href = html_attr(r->html, &nodes[i], HTML_ATTR_HREF);
        bool is_feed =
            holds(type, "rss+xml") || holds(type, "atom+xml") || holds(type, "feed+json");
        if (is_feed && href.n > 0 &&
            holds(html_attr(r->html, &nodes[i], HTML_ATTR_REL), "alternate"))
            return feed_url(r, r->base, arena_strndup(r->arena, href.s, href.n));
    }
    return "";
}

static enum err refuse(struct feed_reader *r, enum sniff sniff, const char *text, size_t size,
                       struct problem *why)
{
    const char *url = *r->base ? r->base : "input", *name = sniff_name(sniff);
    const char *feed = sniff == SNIFF_HTML ? announced(r, text, size) : "";
    if (sniff == SNIFF_EMPTY)
        return problem_set(why, ERR_INPUT,
                           "%.200s: the answer is empty; look whether the address shows anything "
                           "in a browser",
                           url);
    if (*feed)
        return problem_set(why, ERR_INPUT,
                           "%.200s: this is %s, not a feed; the page announces one, add that: %s",
                           url, name, feed);
    const char *hint = sniff == SNIFF_HTML ? "add it with --kind page, or the address of its feed"
                       : sniff == SNIFF_SITEMAP || sniff == SNIFF_SITEMAP_INDEX
                           ? "add it with --kind sitemap"
                       : sniff == SNIFF_OPML ? "read it with newswire import"
                                             : "look for the address of the feed";
    return problem_set(why, ERR_INPUT, "%.200s: this is %s, not a feed; %s", url, name, hint);
}

static void name_untitled(struct feed_reader *r)
{
    for (size_t i = 0; i < r->n; i++) {
        struct feed_entry *e = &r->entries[i];
        if (!*e->title)
            e->title = feed_headline(r, *e->summary ? e->summary : e->content);
    }
}

enum err feed_read(struct feed_reader *r, const struct page_source *source, const struct feed **out,
                   struct problem *why)
{
    reset(r, source);
    if (source->size > INPUT_MAX)
        return problem_set(why, ERR_INPUT, "%.200s: larger than %d MiB: not read", source->url,
                           INPUT_MAX >> 20);
    size_t size;
    const char *text = decode(r, source, &size);
    enum sniff sniff = sniff_document((const uint8_t *)text, size);
    r->feed.kind = kind_of(sniff);
    if (r->feed.kind == FEED_NONE)
        return refuse(r, sniff, text, size, why);
    report_charset(r);
    enum err rc =
        r->feed.kind == FEED_JSON ? feed_read_json(r, text, size) : feed_read_xml(r, text, size);
    if (rc != OK)
        return problem_set(why, ERR_INPUT,
                           "%.200s: this looks like %s but is damaged beyond reading; look at it "
                           "in a browser",
                           source->url, sniff_name(sniff));
    name_untitled(r);
    r->feed.entries = r->entries;
    r->feed.n_entries = r->n;
    r->feed.defect = buf_str(&r->defect);
    *out = &r->feed;
    return OK;
}
