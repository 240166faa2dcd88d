// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/feed_parts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/feed_date.h"
#include "services/fetcher/extract/url.h"

struct feed_entry *feed_entry_add(struct feed_reader *r)
{
    if (r->n == FEED_ENTRIES_MAX)
        return NULL;
    mem_reserve((void **)&r->entries, &r->cap, r->n + 1, sizeof *r->entries);
    struct feed_entry *e = &r->entries[r->n++];
    *e = (struct feed_entry){"", "", "", "", "", "", 0, DATE_NONE, false};
    return e;
}

void feed_defect(struct feed_reader *r, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_printf(&r->defect, "%s%s", r->defect.size ? "; " : "", text);
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == 0xA0 || c == 0x3000;
}

// White space becomes one space, or one newline where it holds one and lines are kept.
static void squeeze(const char *s, size_t n, bool lines, struct buf *out)
{
    char owed = '\0';
    while (n > 0) {
        uint32_t c;
        size_t size = text_decode(s, n, &c);
        if (c == '\n' || is_blank(c)) {
            owed = (c == '\n' && lines) || owed == '\n' ? '\n' : ' ';
        } else if (!text_is_forbidden(c)) {
            if (owed && out->size > 0)
                buf_add(out, &owed, 1);
            owed = '\0';
            buf_add(out, s, size);
        }
        s += size;
        n -= size;
    }
}

static const char *keep(struct feed_reader *r, const char *s, size_t n, size_t max, bool lines)
{
    buf_clear(&r->plain);
    squeeze(s, n, lines, &r->plain);
    const char *text = buf_str(&r->plain);
    size_t kept = text_cut(text, r->plain.size, max);
    r->cut = r->cut || kept < r->plain.size;
    return arena_strndup(r->arena, text, kept);
}

const char *feed_plain(struct feed_reader *r, const char *text, size_t max, bool lines)
{
    return *text ? keep(r, text, strlen(text), max, lines) : "";
}

const char *feed_html(struct feed_reader *r, const char *html, size_t size, size_t max, bool lines)
{
    struct buf text = buf_new(FEED_MARKUP_MAX + 16);
    html_text(r->html, html, text_cut(html, size, FEED_MARKUP_MAX), &text);
    r->cut = r->cut || size > FEED_MARKUP_MAX;
    const char *kept = text.size ? keep(r, buf_str(&text), text.size, max, lines) : "";
    buf_free(&text);
    return kept;
}

static bool is_html_name(const char *s, size_t n)
{
    static const char *const names[] = {
        "a",      "abbr",  "b",       "blockquote", "br",     "center", "code",  "dd",     "del",
        "div",    "dl",    "dt",      "em",         "font",   "h1",     "h2",    "h3",     "h4",
        "h5",     "h6",    "hr",      "i",          "img",    "ins",    "li",    "ol",     "p",
        "pre",    "s",     "section", "span",       "strong", "sub",    "sup",   "table",  "tbody",
        "td",     "th",    "tr",      "u",          "ul",     "script", "style", "iframe", "video",
        "figure", "small", "tt",      "article",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], s, n) == 0)
            return true;
    return false;
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) && n < 12)
        n++;
    return n;
}

// An element that has no end tag.
static bool is_void_tag(const char *s)
{
    size_t n = word_length(s + 1);
    bool named = (n == 2 && strncasecmp(s + 1, "br", n) == 0) ||
                 (n == 2 && strncasecmp(s + 1, "hr", n) == 0) ||
                 (n == 3 && strncasecmp(s + 1, "img", n) == 0);
    return named && strchr(">/ \n", s[1 + n]) && s[1 + n];
}

static bool is_end_tag(const char *s)
{
    size_t n = s[1] == '/' ? word_length(s + 2) : 0;
    return n > 0 && s[2 + n] == '>' && is_html_name(s + 2, n);
}

static bool is_reference(const char *s)
{
    size_t at = s[1] == '#' ? 2 : 1, n = word_length(s + at);
    return n > 0 && s[at + n] == ';';
}

bool feed_looks_like_html(const char *text)
{
    for (const char *s = strpbrk(text, "<&"); s; s = strpbrk(s + 1, "<&"))
        if (*s == '<' ? is_end_tag(s) || is_void_tag(s) : is_reference(s))
            return true;
    return false;
}

// Feeds that escape twice leave "&amp;" between parameters: no URL means that.
static void unescape_twice(const char *s, struct buf *out)
{
    for (const char *at = strstr(s, "&amp;"); at; at = strstr(s, "&amp;")) {
        buf_add(out, s, (size_t)(at + 1 - s));
        s = at + strlen("&amp;");
    }
    buf_puts(out, s);
}

const char *feed_url(struct feed_reader *r, const char *base, const char *link)
{
    char url[URL_MAX + 1];
    struct buf once = buf_new(4 * URL_MAX);
    unescape_twice(link, &once);
    bool good = once.size > 0 && !buf_failed(&once) && url_resolve(base, buf_str(&once), url) == OK;
    buf_free(&once);
    return good ? arena_strndup(r->arena, url, strlen(url)) : "";
}

const char *feed_person(struct feed_reader *r, const char *text)
{
    const char *line = feed_plain(r, text, FEED_NAME_MAX, false);
    const char *at = strchr(line, '@'), *open = strchr(line, '('), *close = strrchr(line, ')');
    if (at && open && close && at < open && open + 1 < close)
        return arena_strndup(r->arena, open + 1, (size_t)(close - open - 1));
    const char *angle = strchr(line, '<');
    if (at && angle && angle < at && angle > line) {
        while (angle > line && angle[-1] == ' ')
            angle--;
        return arena_strndup(r->arena, line, (size_t)(angle - line));
    }
    return line;
}

bool feed_date(struct feed_reader *r, const char *text, struct feed_entry *entry)
{
    char translated[FEED_DATE_SIZE];
    struct date_rules rules = r->dates;
    struct date date;
    feed_date_translate(text, translated, &rules.zone);
    if (!date_read(translated, strlen(translated), &rules, &date))
        return false;
    entry->published_ms = date.ms;
    entry->precision = date.precision;
    return true;
}
