// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_date.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/page_first_date.h"
#include "services/fetcher/extract/page_lines.h"
#include "services/fetcher/extract/page_state_date.h"

enum { TIME_TEXT_MAX = 800, URL_DATE_MAX = 18, ATTRIBUTES_NEAR = 120 };

static bool read(struct html_str s, const struct date_rules *rules, struct date *out)
{
    return s.s && s.n >= 6 && date_read(s.s, s.n, rules, out);
}

static bool is_str(struct html_str a, const char *b)
{
    return a.s && a.n == strlen(b) && strncasecmp(a.s, b, a.n) == 0;
}

// A time element: its datetime attribute, else its text.
static bool read_time(const struct page *p, uint32_t i, const struct date_rules *rules,
                      struct date *out)
{
    if (read(html_attr(p->html, &p->nodes[i], HTML_ATTR_DATETIME), rules, out))
        return true;
    char text[TIME_TEXT_MAX];
    size_t n = page_copy_text(p, i, text, sizeof text);
    return date_find(text, n, rules, out);
}

// How far a time element is from the title, in nodes: one that precedes it counts double.
static uint32_t distance(uint32_t anchor, uint32_t i)
{
    return i > anchor ? i - anchor : (anchor - i) * 2;
}

// <time class="updated">, <time itemprop="dateModified">
static bool is_of_revision(const struct page *p, uint32_t i)
{
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    return is_str(html_attr(p->html, &p->nodes[i], HTML_ATTR_ITEMPROP), "dateModified") ||
           (class.s &&
            (memmem(class.s, class.n, "updated", 7) || memmem(class.s, class.n, "modified", 8)));
}

// Any element with itemprop="datePublished", or the time element nearest to the title.
static bool from_elements(const struct page *p, uint32_t anchor, const struct date_rules *rules,
                          struct date *out, const char **rule)
{
    uint32_t nearest = 0;
    for (uint32_t i = p->body; i < p->nodes[p->body].end; i++) {
        const struct html_node *node = &p->nodes[i];
        if (node->tag == HTML_TEXT || !node->n_attrs)
            continue;
        struct html_str prop = html_attr(p->html, node, HTML_ATTR_ITEMPROP);
        if (is_str(prop, "datePublished") &&
            (read(html_attr(p->html, node, HTML_ATTR_CONTENT), rules, out) ||
             read_time(p, i, rules, out)))
            return true;
        if (node->tag == HTML_TIME && (!nearest || distance(anchor, i) < distance(anchor, nearest)))
            nearest = i;
    }
    if (nearest && is_of_revision(p, nearest))
        *rule = "time element, of a revision";
    return nearest && read_time(p, nearest, rules, out);
}

// 2021/september/27
static bool read_url_month(const char *s, size_t left, const struct date_rules *rules,
                           struct date *out)
{
    size_t n = 5;
    while (n < left && n < URL_DATE_MAX + 1 &&
           ((s[n] >= '0' && s[n] <= '9') || s[n] == '/' || (s[n] >= 'a' && s[n] <= 'z')))
        n++;
    return n <= left && date_find(s, n, rules, out) && out->precision == DATE_DAY;
}

// A date in a URL's path: /2021/09/27/, /2021-09-27, /20210927, t20210927_123.
static bool from_url(struct html_str url, const struct date_rules *rules, struct date *out)
{
    for (size_t i = 0; url.s && i + 8 <= url.n; i++) {
        const char *s = url.s + i;
        if (i > 0 && s[-1] >= '0' && s[-1] <= '9')
            continue;
        if (s[0] != '2' || s[1] != '0')
            continue;
        size_t n = 0;
        while (i + n < url.n && n < 10 &&
               ((s[n] >= '0' && s[n] <= '9') || s[n] == '/' || s[n] == '-' || s[n] == '_'))
            n++;
        if (n >= 8 && date_find(s, n, rules, out) && out->precision == DATE_DAY)
            return true;
        if (n == 5 && s[4] == '/' && read_url_month(s, url.n - i, rules, out))
            return true;
    }
    return false;
}

// Country domains and the tags of regions where the day goes first in 3/9/2021.
static bool is_day_first_region(struct html_str s)
{
    static const char regions[][3] = {"uk", "gb", "au", "nz", "ie", "in", "za", "sg",
                                      "hk", "mo", "my", "eu", "de", "fr", "it", "es",
                                      "nl", "be", "at", "pl", "se", "no", "dk", "fi"};
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (is_str(s, regions[i]))
            return true;
    return false;
}

// "de", "en-GB", "en_AU", "zh-HK"; of English alone nobody can tell.
static bool is_day_first_language(struct html_str tag)
{
    if (!tag.s || tag.n < 2)
        return false;
    if (strncasecmp(tag.s, "en", 2) != 0)
        return true;
    return tag.n >= 5 && is_day_first_region((struct html_str){tag.s + 3, 2});
}

static bool is_day_first_url(struct html_str url)
{
    const char *host = url.s ? memmem(url.s, url.n, "://", 3) : NULL;
    if (!host)
        return false;
    host += 3;
    const char *end = host, *limit = url.s + url.n;
    while (end < limit && *end != '/' && *end != ':' && *end != '?')
        end++;
    return end - host > 3 && end[-3] == '.' && is_day_first_region((struct html_str){end - 2, 2});
}

// What the page's metadata state.
static bool from_metadata(const struct page *p, const struct meta *meta, const struct ld *ld,
                          const struct date_rules *rules, struct date *out, const char **rule)
{
    struct html_str published = ld->published;
    if (published.s && memchr(published.s, '\\', published.n))
        published = ld_text(p, published);
    *rule = "JSON-LD";
    if (read(published, rules, out))
        return true;
    *rule = "meta element";
    return read(meta->published, rules, out) || read(meta->published_guess, rules, out);
}

// When a page that tells nothing else was last revised: it was not published later.
static bool from_revision(const struct page *p, const struct meta *meta, const struct ld *ld,
                          const struct date_rules *rules, struct date *out)
{
    struct html_str modified = ld->modified;
    if (modified.s && memchr(modified.s, '\\', modified.n))
        modified = ld_text(p, modified);
    return read(modified, rules, out) || read(meta->modified, rules, out);
}

enum { EAST_MOST = 14 * 60 };

// True if `shown` is the day on which `date`, an instant given in UTC, was seen somewhere east.
static bool is_next_day_east(const struct date *date, const struct date *shown)
{
    struct date there = *date;
    there.zone = EAST_MOST;
    return date->precision > DATE_DAY && date->zone == ZONE_UTC && date_same_day(&there, shown);
}

// The day that the page shows below its title is that of its publication where its metadata name
// a later one: that of a rebuilt page, or of the same instant in UTC. A shown day that is later
// is that of a revision, unless it is the same instant in the east. If it is the same instant in
// the page's zone, the time of day is kept.
static void prefer_shown(const struct page *p, const struct meta *meta, uint32_t anchor,
                         uint32_t node, const struct date_rules *rules, struct date *date,
                         const char **rule)
{
    struct shown shown = lines_below(p, anchor, node, rules, date);
    struct date here = *date, second;
    if (!shown.confirmed && read(meta->published, rules, &second) &&
        !date_same_day(date, &second)) {
        struct shown again = lines_below(p, anchor, node, rules, &second);
        if (again.confirmed || again.revised) {
            *date = second;
            *rule = "meta element, as shown below the title";
            return;
        }
    }
    if (shown.confirmed || !shown.has_plain ||
        (shown.plain.ms > date->ms && !is_next_day_east(date, &shown.plain)))
        return;
    here.zone = rules->zone;
    *date = date_same_day(&here, &shown.plain) ? here : shown.plain;
    *rule = "line below the title, against the metadata";
}

// A time that a script is to show near the title: data-timestamp="1632711600".
static bool from_attributes(const struct page *p, uint32_t anchor, const struct date_rules *rules,
                            struct date *out)
{
    static const enum html_attr names[] = {HTML_ATTR_DATETIME, HTML_ATTR_DATA_DATETIME,
                                           HTML_ATTR_DATA_TIMESTAMP, HTML_ATTR_DATA_TIME,
                                           HTML_ATTR_DATA_DATE};
    uint32_t from = anchor > ATTRIBUTES_NEAR ? anchor - ATTRIBUTES_NEAR : 0;
    uint32_t to = anchor ? anchor + ATTRIBUTES_NEAR : 0;
    uint32_t nearest = UINT32_MAX;
    for (uint32_t i = from; i < to && i < p->count; i++) {
        struct date date;
        if (p->nodes[i].tag == HTML_TEXT || distance(anchor, i) >= nearest)
            continue;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (read(html_attr(p->html, &p->nodes[i], names[k]), rules, &date)) {
                nearest = distance(anchor, i);
                *out = date;
                break;
            }
    }
    return nearest != UINT32_MAX;
}

// What the page's text tells: the best line, unless it stands far from the title and another
// below the title: then it is mostly of another article.
static bool from_text(const struct page *p, uint32_t anchor, uint32_t node,
                      const struct date_rules *rules, struct date *out, const char **rule)
{
    struct best best = {false, false};
    bool found = lines_best(p, anchor, node, rules, out, &best);
    *rule = best.revision ? "line near the title, of a revision" : "line near the title";
    if (best.near)
        return true;
    struct shown shown = lines_below(p, anchor, node, rules, NULL);
    if (shown.has_plain || shown.has_other) {
        *out = shown.has_plain ? shown.plain : shown.other;
        *rule = shown.has_plain ? "line below the title" : "line below the title, of a revision";
        return true;
    }
    *rule = "data attribute near the title";
    if (from_attributes(p, anchor, rules, out))
        return true;
    *rule = best.revision ? "line near the article, of a revision" : "line near the article";
    return found;
}

// What the page says, and how it is known; without its URLs.
static bool from_page(const struct page *p, const struct meta *meta, const struct ld *ld,
                      uint32_t anchor, uint32_t node, const struct date_rules *rules,
                      struct date *out, const char **rule)
{
    if (from_metadata(p, meta, ld, rules, out, rule)) {
        prefer_shown(p, meta, anchor, node, rules, out, rule);
        return true;
    }
    *rule = "time element";
    return from_elements(p, anchor, rules, out, rule) ||
           from_text(p, anchor, node, rules, out, rule);
}

// If the page's date is the URL's with day and month exchanged, the URL's is right: it has the
// year first.
static void turn_by_url(const struct date *url, struct date *date)
{
    struct date turned;
    if (date_turned(date, &turned) && date_same_day(&turned, url))
        *date = turned;
}

bool page_date(const struct page *p, const struct meta *meta, const struct ld *ld, const char *url,
               uint32_t anchor, uint32_t node, const struct date_rules *general, struct date *out,
               const char **rule)
{
    struct html_str own = {url, strlen(url)};
    struct date_rules rules = *general;
    struct date of_url, first;
    rules.day_first = general->zone == ZONE_SHANGHAI || is_day_first_language(meta->language) ||
                      is_day_first_language(meta->locale) || is_day_first_url(meta->canonical) ||
                      is_day_first_url(meta->og_url) || is_day_first_url(own);
    bool has_url = from_url(meta->canonical, &rules, &of_url) || from_url(own, &rules, &of_url) ||
                   from_url(meta->og_url, &rules, &of_url);
    bool found = from_page(p, meta, ld, anchor, node, &rules, out, rule);
    if (found && has_url)
        turn_by_url(&of_url, out);
    if (page_first_date(p, anchor, node, &rules, &first) &&
        (!found || (first.ms < out->ms && !date_same_day(&first, out)))) {
        *out = first;
        *rule = "note of the first publication";
        return true;
    }
    if (found)
        return true;
    *rule = "URL";
    if (has_url) {
        *out = of_url;
        return true;
    }
    *rule = "state for scripts";
    if (page_state_date(p->source, &rules, out))
        return true;
    *rule = "metadata, of a revision";
    if (from_revision(p, meta, ld, &rules, out))
        return true;
    *rule = "none";
    return false;
}
