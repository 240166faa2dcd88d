// SPDX-License-Identifier: MIT
#include "services/gateway/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char top[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"refresh\" content=\"10\">\n"
    "<title>newswire</title>\n"
    "<link rel=\"stylesheet\" href=\"/style.css\">\n"
    "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n"
    "</head>\n"
    "<body>\n";

static const char nothing_yet[] =
    "<section class=\"empty\"><h2>Nothing has been announced yet</h2>\n"
    "<p>Watch a feed, a page or a sitemap, and its announcements appear here:</p>\n"
    "<pre><code>newswire add https://www.example.com/news/feed.xml</code></pre>\n"
    "<p><code>newswire sources</code> tells how each source is doing, "
    "<code>newswire why URL</code> what became of a page.</p></section>\n";

static const struct {
    const char *name, *words; // words NULL: as the name
} labels[] = {
    {"soe-policy", "SOE policy"},
    {"corporate-event", "Corporate event"},
    {"party-activity", "Party activity"},
    {"other", "Other"},
};

void page_escape(struct buf *out, const char *text)
{
    for (const char *s = text; *s;) {
        size_t plain = strcspn(s, "&<>\"'");
        buf_add(out, s, plain);
        s += plain;
        if (*s)
            buf_printf(out, "&#%d;", *s++);
    }
}

void page_time(int64_t ms, Newswire__V1__Precision precision, char out[32])
{
    bool day = precision == NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    // A day is given as its midnight in the zone of the page: 12 hours later it is that day in UTC,
    // too, wherever the page is from.
    time_t seconds = (time_t)(ms / 1000) + (day ? 12 * 3600 : 0);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) ||
        strftime(out, 32, day ? "%Y-%m-%d" : "%Y-%m-%d %H:%M", &tm) == 0)
        out[0] = '\0';
}

static bool is_web(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

// True for what is safe and meaningful in a lang attribute.
static bool is_language(const char *tag)
{
    size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return n >= 2 && n <= 35 && tag[n] == '\0' && strcmp(tag, "und") != 0;
}

static void put_language(struct buf *out, const char *tag)
{
    if (is_language(tag))
        buf_printf(out, " lang=\"%s\"", tag);
}

static void put_label(struct buf *out, const struct headline *h)
{
    size_t i = 0, n = sizeof labels / sizeof *labels;
    while (i < n && strcmp(labels[i].name, h->label) != 0)
        i++;
    buf_printf(out, "<span class=\"label %s\">", i < n ? labels[i].name : "own");
    page_escape(out, i < n ? labels[i].words : h->label);
    buf_printf(out, "</span> <span class=\"score\">%.2f%s</span>", (double)h->score,
               h->uncertain ? " uncertain" : "");
}

static void put_time(struct buf *out, const struct headline *h)
{
    char text[32];
    bool known = h->published_ms != 0;
    page_time(known ? h->published_ms : h->fetched_ms,
              known ? h->precision : NEWSWIRE__V1__PRECISION__PRECISION_MINUTE, text);
    bool day = strlen(text) == strlen("2026-11-20");
    buf_printf(out, "<time datetime=\"%.10s%s%s%s\">%s</time>", text, day ? "" : "T",
               day ? "" : text + 11, day ? "" : "Z", text);
    if (!known)
        buf_puts(out, " <span class=\"note\">fetched</span>");
}

// The site's own name for itself, or else its host.
static void put_site(struct buf *out, const struct headline *h)
{
    if (h->site[0]) {
        buf_puts(out, " <span class=\"site\"");
        put_language(out, h->language);
        buf_puts(out, ">");
        page_escape(out, h->site);
        buf_puts(out, "</span>");
    } else if (is_web(h->url)) {
        char host[256];
        const char *from = strstr(h->url, "://") + 3;
        snprintf(host, sizeof host, "%.*s", (int)strcspn(from, "/?#"), from);
        buf_puts(out, " <span class=\"site\">");
        page_escape(out, host);
        buf_puts(out, "</span>");
    }
}

static void put_title(struct buf *out, const struct headline *h)
{
    buf_puts(out, "<h2");
    put_language(out, h->language);
    buf_puts(out, ">");
    if (is_web(h->url)) {
        buf_puts(out, "<a rel=\"noopener noreferrer\" href=\"");
        page_escape(out, h->url);
        buf_puts(out, "\">");
    }
    page_escape(out, h->title[0] ? h->title : h->url);
    buf_puts(out, is_web(h->url) ? "</a></h2>\n" : "</h2>\n");
}

static void put_words(struct buf *out, const struct headline *h)
{
    if (h->n_words == 0)
        return;
    buf_puts(out, "<p class=\"words\"");
    put_language(out, h->language);
    buf_puts(out, ">");
    for (size_t i = 0; i < h->n_words; i++) {
        buf_puts(out, i ? " <span>" : "<span>");
        page_escape(out, h->words[i]);
        buf_puts(out, "</span>");
    }
    buf_puts(out, "</p>\n");
}

static void put_headline(struct buf *out, const struct headline *h)
{
    buf_puts(out, "<article>\n<p class=\"meta\">");
    put_label(out, h);
    buf_puts(out, " ");
    put_time(out, h);
    put_site(out, h);
    buf_puts(out, "</p>\n");
    put_title(out, h);
    put_words(out, h);
    buf_puts(out, "</article>\n");
}

static void put_header(struct buf *out, const struct newest *n, const struct page_status *s)
{
    char now[32];
    page_time(s->now_ms, NEWSWIRE__V1__PRECISION__PRECISION_MINUTE, now);
    buf_puts(out, "<header><h1>newswire</h1>\n");
    if (s->trouble[0]) {
        buf_puts(out, "<p class=\"trouble\" role=\"status\">");
        page_escape(out, s->trouble);
        buf_puts(out, "</p>\n");
    }
    buf_printf(out, "<p class=\"note\">%zu newest announcements%s · as of %s, all times UTC</p>",
               newest_size(n), s->trouble[0] ? "" : ", live", now);
    buf_puts(out, "</header>\n");
}

void page_render(const struct newest *n, const struct page_status *s, struct buf *out)
{
    buf_puts(out, top);
    put_header(out, n, s);
    buf_puts(out, "<main>\n");
    if (newest_size(n) == 0)
        buf_puts(out, nothing_yet);
    for (size_t i = 0; i < newest_size(n); i++)
        put_headline(out, newest_at(n, i));
    buf_puts(out, "</main>\n</body>\n</html>\n");
}
