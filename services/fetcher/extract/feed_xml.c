// SPDX-License-Identifier: MIT
// RSS 0.90 to 2.0 and Atom. One table says which element gives which field and which of several is
// preferred, because real feeds mix the vocabularies.
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/feed_parts.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/extract/xml.h"
#include "services/fetcher/extract/zone.h"

enum { BASES_MAX = 8, TTL_MAX_S = 7 * 86400 };

enum field { TITLE, SUMMARY, CONTENT, AUTHOR, GUID, DATE, LINK, FIELDS, NO_FIELD = FIELDS };

// XML_PLAIN stands for RSS and Atom alike. The lowest rank that gives something wins.
static const struct rule {
    enum xml_ns ns;
    const char *name;
    enum field field;
    uint8_t rank;
} rules[] = {
    {XML_PLAIN, "title", TITLE, 0},
    {XML_DC, "title", TITLE, 1},
    {XML_MEDIA, "title", TITLE, 2},
    {XML_ITUNES, "title", TITLE, 3},
    {XML_PLAIN, "description", SUMMARY, 0},
    {XML_PLAIN, "summary", SUMMARY, 0},
    {XML_DC, "description", SUMMARY, 1},
    {XML_DC, "abstract", SUMMARY, 1},
    {XML_ITUNES, "summary", SUMMARY, 2},
    {XML_MEDIA, "description", SUMMARY, 3},
    {XML_CONTENT, "encoded", CONTENT, 0},
    {XML_PLAIN, "content", CONTENT, 0},
    {XML_XHTML, "body", CONTENT, 1},
    {XML_XHTML, "div", CONTENT, 1},
    {XML_PLAIN, "body", CONTENT, 2},
    {XML_PLAIN, "fullitem", CONTENT, 2},
    {XML_PLAIN, "author", AUTHOR, 0},
    {XML_DC, "creator", AUTHOR, 1},
    {XML_DC, "author", AUTHOR, 1},
    {XML_ITUNES, "author", AUTHOR, 2},
    {XML_PLAIN, "guid", GUID, 0},
    {XML_PLAIN, "id", GUID, 0},
    {XML_DC, "identifier", GUID, 1},
    {XML_PLAIN, "pubDate", DATE, 0},
    {XML_PLAIN, "published", DATE, 0},
    {XML_PLAIN, "issued", DATE, 1},
    {XML_DC, "issued", DATE, 1},
    {XML_DC, "date", DATE, 2},
    {XML_PLAIN, "date", DATE, 2},
    {XML_PLAIN, "created", DATE, 3},
    {XML_DC, "created", DATE, 3},
    {XML_PLAIN, "updated", DATE, 4},
    {XML_PLAIN, "modified", DATE, 5},
    {XML_DC, "modified", DATE, 5},
    {XML_PLAIN, "link", LINK, 0},
    {XML_FEEDBURNER, "origLink", LINK, 0}, // what <link> leads to by way of a counter
};

static enum xml_ns core_ns(const struct xml_node *node)
{
    enum xml_ns ns = xml_ns(node);
    return ns == XML_ATOM ? XML_PLAIN : ns;
}

static const struct rule *rule_of(const struct xml_node *node)
{
    enum xml_ns ns = core_ns(node);
    const char *name = xml_name(node);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].ns == ns && strcasecmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

static bool is_core(const struct xml_node *node, const char *name)
{
    return strcasecmp(xml_name(node), name) == 0 && core_ns(node) == XML_PLAIN;
}

static const struct xml_node *core_child(const struct xml_node *node, const char *name)
{
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c))
        if (is_core(c, name))
            return c;
    return NULL;
}

// ---- Links ----

// The base of relative links at `node`: every xml:base above it, outermost first (XML Base, 4).
static const char *base_at(struct feed_reader *r, const struct xml_node *node)
{
    const char *chain[BASES_MAX], *base = r->base;
    size_t n = 0;
    for (; node && n < BASES_MAX; node = xml_parent(node)) {
        const char *own = xml_special(node, "base");
        if (own && *own)
            chain[n++] = own;
    }
    while (n > 0) {
        const char *url = feed_url(r, base, chain[--n]);
        base = *url ? url : base;
    }
    return base;
}

static const char *link_at(struct feed_reader *r, const struct xml_node *node, const char *link)
{
    return feed_url(r, base_at(r, node), link);
}

static bool is_alternate(const char *rel)
{
    static const char registry[] = "http://www.iana.org/assignments/relation/";
    if (strncmp(rel, registry, sizeof registry - 1) == 0)
        rel += sizeof registry - 1;
    return !*rel || strcasecmp(rel, "alternate") == 0;
}

enum link_rank { ORIGINAL, PAGE, OTHER_TYPE };

// How good a <link> is as the entry's page, 0 the best; -1 if it is something else.
static int link_rank(const struct xml_node *node)
{
    if (xml_ns(node) == XML_FEEDBURNER)
        return ORIGINAL;
    const char *rel = xml_attr(node, "rel"), *type = xml_attr(node, "type");
    if (rel && !is_alternate(rel))
        return -1;
    return !type || !*type || strcasestr(type, "html") ? PAGE : OTHER_TYPE;
}

static bool is_absolute(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static const char *link_of(struct feed_reader *r, const struct xml_node *node)
{
    const char *href = xml_attr(node, "href");
    const char *link = href ? href : xml_text(node, r->arena);
    if (xml_ns(node) == XML_FEEDBURNER && !is_absolute(link))
        return "";
    return link_at(r, node, link);
}

// An entry without a link: its identifier may be one, by RSS unless it says otherwise.
static const char *link_from_id(struct feed_reader *r, const struct xml_node *entry,
                                const char *guid)
{
    const struct xml_node *node = core_child(entry, "guid");
    const char *permanent = node ? xml_attr(node, "isPermaLink") : NULL;
    bool denied = permanent && strcasecmp(permanent, "false") == 0;
    bool stated = permanent && strcasecmp(permanent, "true") == 0;
    if (*guid && !denied && (stated || is_absolute(guid)))
        return link_at(r, node ? node : entry, guid);
    const char *about = xml_attr(entry, "about");
    return about && is_absolute(about) ? link_at(r, entry, about) : "";
}

static bool is_markup_type(const char *type)
{
    return strcasestr(type, "html") != NULL;
}

// RFC 4287, 4.1.3.2: content that is elsewhere; where there is no other link, it is the page.
static const char *link_from_content(struct feed_reader *r, const struct xml_node *entry)
{
    const struct xml_node *content = core_child(entry, "content");
    const char *src = content ? xml_attr(content, "src") : NULL;
    const char *type = src ? xml_attr(content, "type") : NULL;
    bool page = src && *src && (!type || !*type || is_markup_type(type));
    return page ? link_at(r, content, src) : "";
}

// ---- Text ----

static char *decode_base64(const char *text, size_t *size)
{
    size_t max = strlen(text) / 4 * 3 + 4;
    unsigned char *out = mem_alloc(max + 1);
    if (sodium_base642bin(out, max, text, strlen(text), " \t\r\n", size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        *size = 0;
    *size = text_clean((char *)out, *size);
    out[*size] = '\0';
    return (char *)out;
}

static bool is_text_type(const char *type)
{
    return strcasecmp(type, "text") == 0 || strcasecmp(type, "text/plain") == 0;
}

enum form { FORM_PLAIN, FORM_HTML, FORM_NONE };

// How an element's text is to be read: by its type (RFC 4287, 3.1.1 and 4.1.3.3), else by its
// looks. A summary or content of RSS is HTML; a title may be either. For Atom, no type means text,
// yet there are feeds that escape markup in it all the same; an announcement's title is for people
// to read, so what is closed as markup is taken for markup, and "Less: <em>" is kept.
static enum form form_of(const struct xml_node *node, enum field field, const char *text)
{
    const char *type = xml_attr(node, "type");
    bool title = field == TITLE;
    if (type && *type)
        return is_markup_type(type) ? FORM_HTML : is_text_type(type) ? FORM_PLAIN : FORM_NONE;
    if (!title && xml_ns(node) != XML_ATOM)
        return FORM_HTML;
    return feed_looks_like_html(text) ? FORM_HTML : FORM_PLAIN;
}

static const char *text_of(struct feed_reader *r, const struct xml_node *node, enum field field)
{
    size_t max = field == TITLE ? FEED_TITLE_MAX : FEED_TEXT_MAX;
    bool lines = field != TITLE;
    buf_clear(&r->markup);
    if (xml_inner(node, &r->markup))
        return feed_html(r, buf_str(&r->markup), r->markup.size, max, lines);
    const char *mode = xml_attr(node, "mode");
    char *decoded = NULL;
    size_t size = r->markup.size;
    if (mode && strcasecmp(mode, "base64") == 0)
        decoded = decode_base64(buf_str(&r->markup), &size);
    const char *text = decoded ? decoded : buf_str(&r->markup);
    enum form form = form_of(node, field, text);
    const char *kept = form == FORM_HTML    ? feed_html(r, text, size, max, lines)
                       : form == FORM_PLAIN ? feed_plain(r, text, max, lines)
                                            : "";
    free(decoded);
    return kept;
}

static const char *author_of(struct feed_reader *r, const struct xml_node *node)
{
    const struct xml_node *name = core_child(node, "name");
    if (!name)
        name = core_child(node, "email");
    const char *text = xml_text(name ? name : node, r->arena);
    if (feed_looks_like_html(text))
        text = feed_html(r, text, strlen(text), FEED_NAME_MAX, false);
    return feed_person(r, text);
}

// ---- Entries ----

// What each field was taken from so far.
struct taken {
    int rank[FIELDS];
};

static const char *value_of(struct feed_reader *r, const struct xml_node *node, enum field field)
{
    switch (field) {
    case LINK:
        return link_of(r, node);
    case AUTHOR:
        return author_of(r, node);
    case GUID:
        return feed_plain(r, xml_text(node, r->arena), FEED_GUID_MAX, false);
    default:
        return text_of(r, node, field);
    }
}

static const char **slot_of(struct feed_entry *e, enum field field)
{
    switch (field) {
    case TITLE:
        return &e->title;
    case SUMMARY:
        return &e->summary;
    case CONTENT:
        return &e->content;
    case AUTHOR:
        return &e->author;
    case GUID:
        return &e->guid;
    default:
        return &e->link;
    }
}

static void take(struct feed_reader *r, struct feed_entry *e, struct taken *taken,
                 const struct xml_node *node)
{
    const struct rule *rule = rule_of(node);
    int rank = !rule ? -1 : rule->field == LINK ? link_rank(node) : rule->rank;
    if (rank < 0 || rank >= taken->rank[rule->field])
        return;
    if (rule->field == DATE) {
        if (feed_date(r, xml_text(node, r->arena), e))
            taken->rank[DATE] = rank;
        return;
    }
    r->cut = false;
    const char *value = value_of(r, node, rule->field);
    if (!*value)
        return;
    e->cut = e->cut || (r->cut && (rule->field == SUMMARY || rule->field == CONTENT));
    *slot_of(e, rule->field) = value;
    taken->rank[rule->field] = rank;
}

// RFC 4287, 4.2.1: an entry without an author has that of its source, else that of the feed.
static const char *inherited_author(struct feed_reader *r, const struct xml_node *entry,
                                    const char *of_feed)
{
    const struct xml_node *source = core_child(entry, "source");
    const struct xml_node *author = source ? core_child(source, "author") : NULL;
    return author ? author_of(r, author) : of_feed;
}

static bool read_entry(struct feed_reader *r, const struct xml_node *node, const char *author)
{
    struct feed_entry *e = feed_entry_add(r);
    if (!e)
        return false;
    struct taken taken;
    for (size_t i = 0; i < FIELDS; i++)
        taken.rank[i] = UINT8_MAX;
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c))
        take(r, e, &taken, c);
    const char *about = xml_attr(node, "about");
    if (!*e->guid && about)
        e->guid = feed_plain(r, about, FEED_GUID_MAX, false);
    if (!*e->link)
        e->link = link_from_content(r, node);
    if (!*e->link)
        e->link = link_from_id(r, node, e->guid);
    if (!*e->author)
        e->author = inherited_author(r, node, author);
    return true;
}

// ---- The feed ----

static bool is_entry(const struct xml_node *node)
{
    return is_core(node, "item") || is_core(node, "entry");
}

static int64_t number(const char *text)
{
    return isdigit((unsigned char)*text) ? strtoll(text, NULL, 10) : -1;
}

static uint32_t skip_hours(struct feed_reader *r, const struct xml_node *node)
{
    uint32_t hours = 0;
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c)) {
        int64_t hour = is_core(c, "hour") ? number(xml_text(c, r->arena)) : -1;
        if (hour >= 0 && hour <= 24)
            hours |= 1u << (hour % 24); // RSS 0.91 counted them from 1 to 24
    }
    return hours;
}

static uint32_t skip_days(struct feed_reader *r, const struct xml_node *node)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
    uint32_t days = 0;
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c)) {
        const char *day = is_core(c, "day") ? xml_text(c, r->arena) : "";
        for (unsigned d = 0; d < 7; d++)
            if (strncasecmp(day, names[d], 3) == 0)
                days |= 1u << d;
    }
    return days;
}

// The RSS 1.0 syndication module: a period and how often in it.
static int64_t update_period(struct feed_reader *r, const struct xml_node *meta)
{
    static const struct {
        const char *name;
        int64_t s;
    } periods[] = {{"hourly", 3600}, {"daily", 86400}, {"weekly", 604800}};
    const char *period = xml_text(xml_child(meta, XML_SYNDICATION, "updatePeriod"), r->arena);
    int64_t times = number(xml_text(xml_child(meta, XML_SYNDICATION, "updateFrequency"), r->arena));
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
        if (strcasecmp(period, periods[i].name) == 0)
            return periods[i].s / (times > 0 ? times : 1);
    return 0;
}

static void read_feed_link(struct feed_reader *r, const struct xml_node *node)
{
    const char *rel = xml_attr(node, "rel");
    if (rel && strcasecmp(rel, "self") == 0 && !*r->feed.self)
        r->feed.self = link_of(r, node);
    else if (link_rank(node) == PAGE && !*r->feed.link)
        r->feed.link = link_of(r, node);
}

static void read_meta(struct feed_reader *r, const struct xml_node *meta)
{
    struct feed *f = &r->feed;
    for (const struct xml_node *c = xml_first(meta); c; c = xml_next(c)) {
        if (is_core(c, "title") && !*f->title)
            f->title = text_of(r, c, TITLE);
        else if (is_core(c, "link"))
            read_feed_link(r, c);
        else if (is_core(c, "ttl") && number(xml_text(c, r->arena)) > 0)
            f->ttl_s = number(xml_text(c, r->arena)) < TTL_MAX_S / 60
                           ? number(xml_text(c, r->arena)) * 60
                           : TTL_MAX_S;
        else if (is_core(c, "skipHours"))
            f->skip_hours = skip_hours(r, c);
        else if (is_core(c, "skipDays"))
            f->skip_days = skip_days(r, c);
        else if ((is_core(c, "language") || xml_is(c, XML_DC, "language")) && !*f->language)
            f->language = feed_plain(r, xml_text(c, r->arena), FEED_NAME_MAX, false);
    }
    if (f->ttl_s == 0)
        f->ttl_s = update_period(r, meta);
    const char *lang = xml_special(meta, "lang");
    if (!*f->language && lang)
        f->language = feed_plain(r, lang, FEED_NAME_MAX, false);
}

static void read_entries(struct feed_reader *r, const struct xml_node *parent, const char *author)
{
    for (const struct xml_node *c = xml_first(parent); c; c = xml_next(c)) {
        if (is_entry(c) && !read_entry(r, c, author)) {
            feed_defect(r, "more than %d entries: the rest was left out", FEED_ENTRIES_MAX);
            return;
        }
    }
}

static void report_mended(struct feed_reader *r, const struct xml_mended *m)
{
    if (m->junk)
        feed_defect(r, "text before the document");
    if (m->entities)
        feed_defect(r, "%u undeclared entities or bare &", m->entities);
    if (m->brackets)
        feed_defect(r, "%u bare <", m->brackets);
    if (m->attributes)
        feed_defect(r, "%u malformed attributes", m->attributes);
    if (m->tags)
        feed_defect(r, "%u tags not closed or not opened", m->tags);
    if (m->too_large)
        feed_defect(r, "more than %d elements: the rest was left out", XML_NODES_MAX);
    else if (m->truncated)
        feed_defect(r, "the document is cut off");
}

// What was cut in two is left for the next poll, which may bring it whole.
static void drop_cut_entry(struct feed_reader *r, const struct xml_mended *m)
{
    if (m->truncated && m->in_entry && r->n > 0) {
        r->n--;
        feed_defect(r, "the last entry was not whole and left out");
    }
}

enum err feed_read_xml(struct feed_reader *r, const char *text, size_t size)
{
    struct xml *x = xml_read(text, size, 4 * size + (1u << 20));
    if (!x)
        return ERR_INPUT;
    const struct xml_node *root = xml_root(x), *channel = core_child(root, "channel");
    read_meta(r, channel ? channel : root);
    r->dates.zone = zone_guess(r->feed.language, text, size);
    if (!*r->base)
        r->base = *r->feed.self ? r->feed.self : r->feed.link;
    const struct xml_node *author = core_child(channel ? channel : root, "author");
    const char *name = author ? author_of(r, author) : "";
    report_mended(r, xml_mended(x));
    if (is_entry(root))
        read_entry(r, root, name);
    if (channel)
        read_entries(r, channel, name);
    read_entries(r, root, name);
    drop_cut_entry(r, xml_mended(x));
    xml_free(&x);
    return OK;
}
