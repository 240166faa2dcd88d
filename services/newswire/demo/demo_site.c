// SPDX-License-Identifier: MIT
#include "services/newswire/demo/demo_site.h"

#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    EARLIER_MS = 37 * 60 * 1000, // between the stories that are there from the start
    PAGE_MAX = 64 << 10,
    TIME_BYTES = 40
};

const char *const demo_site_feeds[] = {"/zh/rss.xml", "/en/atom.xml", "/hant/rss.xml", NULL};

static size_t first_half(const struct demo_site *site)
{
    return demo_stories_count(site->stories) / 2;
}

size_t demo_site_visible(const struct demo_site *site, int64_t now_ms)
{
    size_t all = demo_stories_count(site->stories);
    int64_t more = (now_ms - site->started_ms) / site->every_ms;
    size_t visible = first_half(site) + (more > 0 ? (size_t)more : 0);
    return visible < all ? visible : all;
}

int64_t demo_site_time(const struct demo_site *site, size_t story)
{
    int64_t since = (int64_t)story - (int64_t)first_half(site);
    int64_t ms = since < 0 ? site->started_ms + since * EARLIER_MS
                           : site->started_ms + (since + 1) * site->every_ms;
    return ms / 1000 * 1000;
}

// Text.

static void escape(struct buf *out, const char *text)
{
    for (const char *s = text; *s;) {
        size_t plain = strcspn(s, "&<>\"'");
        buf_add(out, s, plain);
        s += plain;
        if (*s)
            buf_printf(out, "&#%d;", *s++);
    }
}

static void element(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "<%s>", name);
    escape(out, text);
    buf_printf(out, "</%s>\n", name);
}

static const char *format_time(int64_t ms, const char *format, char out[TIME_BYTES])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    out[strftime(out, TIME_BYTES, format, &tm)] = '\0';
    return out;
}

#define RFC_3339 "%Y-%m-%dT%H:%M:%SZ"
#define RFC_822  "%a, %d %b %Y %H:%M:%S +0000"

static void story_url(struct buf *out, const char *host, const struct demo_story *s)
{
    buf_puts(out, "http://");
    escape(out, host);
    buf_printf(out, "/%s/%s.html", s->feed, s->name);
}

static void link_element(struct buf *out, const char *name, const char *host,
                         const struct demo_story *s)
{
    buf_printf(out, "<%s>", name);
    story_url(out, host, s);
    buf_printf(out, "</%s>\n", name);
}

// One rendering: what is asked for, and when.
struct view {
    const struct demo_site *site;
    const char *host;
    size_t visible;
    struct buf *out;
};

// Calls `fn` for the stories of a feed that are there, newest first.
static void each_of(const struct view *v, const char *feed,
                    void (*fn)(const struct view *v, const struct demo_story *s, int64_t ms))
{
    for (size_t i = v->visible; i-- > 0;) {
        const struct demo_story *s = demo_stories_at(v->site->stories, i);
        if (!feed || strcmp(s->feed, feed) == 0)
            fn(v, s, demo_site_time(v->site, i));
    }
}

// Feeds.

static void rss_item(const struct view *v, const struct demo_story *s, int64_t ms)
{
    char time[TIME_BYTES];
    buf_puts(v->out, "<item>\n");
    element(v->out, "title", s->title);
    link_element(v->out, "link", v->host, s);
    buf_printf(v->out, "<guid isPermaLink=\"false\">demo-%s</guid>\n", s->name);
    element(v->out, "pubDate", format_time(ms, RFC_822, time));
    element(v->out, "description", s->paragraphs[0]);
    buf_puts(v->out, "</item>\n");
}

static void rss_2(const struct view *v)
{
    buf_printf(v->out,
               "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n"
               "<title>演示站：要闻</title>\n<link>http://");
    escape(v->out, v->host);
    buf_puts(v->out, "/</link>\n<description>newswire 的演示内容，均为虚构</description>\n"
                     "<language>zh-cn</language>\n<ttl>1</ttl>\n");
    each_of(v, "zh", rss_item);
    buf_puts(v->out, "</channel></rss>\n");
}

static void rdf_reference(const struct view *v, const struct demo_story *s, int64_t ms)
{
    (void)ms;
    buf_puts(v->out, "<rdf:li rdf:resource=\"");
    story_url(v->out, v->host, s);
    buf_puts(v->out, "\"/>\n");
}

static void rdf_item(const struct view *v, const struct demo_story *s, int64_t ms)
{
    char time[TIME_BYTES];
    buf_puts(v->out, "<item rdf:about=\"");
    story_url(v->out, v->host, s);
    buf_puts(v->out, "\">\n");
    element(v->out, "title", s->title);
    link_element(v->out, "link", v->host, s);
    element(v->out, "dc:date", format_time(ms, RFC_3339, time));
    element(v->out, "description", s->paragraphs[0]);
    buf_puts(v->out, "</item>\n");
}

static void rss_1(const struct view *v)
{
    buf_puts(v->out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                     "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
                     "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                     "xmlns=\"http://purl.org/rss/1.0/\">\n<channel rdf:about=\"http://");
    escape(v->out, v->host);
    buf_puts(v->out, "/hant/rss.xml\">\n<title>演示站：新聞</title>\n<link>http://");
    escape(v->out, v->host);
    buf_puts(v->out, "/</link>\n<description>newswire 的演示內容，均為虛構</description>\n"
                     "<items><rdf:Seq>\n");
    each_of(v, "hant", rdf_reference);
    buf_puts(v->out, "</rdf:Seq></items>\n</channel>\n");
    each_of(v, "hant", rdf_item);
    buf_puts(v->out, "</rdf:RDF>\n");
}

static void atom_entry(const struct view *v, const struct demo_story *s, int64_t ms)
{
    char time[TIME_BYTES];
    format_time(ms, RFC_3339, time);
    buf_puts(v->out, "<entry>\n");
    element(v->out, "title", s->title);
    buf_puts(v->out, "<link rel=\"alternate\" type=\"text/html\" href=\"");
    story_url(v->out, v->host, s);
    buf_printf(v->out, "\"/>\n<id>tag:newswire.example,2026:%s</id>\n", s->name);
    element(v->out, "published", time);
    element(v->out, "updated", time);
    element(v->out, "summary", s->paragraphs[0]);
    buf_puts(v->out, "</entry>\n");
}

static void atom(const struct view *v)
{
    char time[TIME_BYTES];
    buf_puts(v->out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                     "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n"
                     "<title>Demo site: announcements</title>\n"
                     "<id>tag:newswire.example,2026:en</id>\n"
                     "<author><name>newswire demo</name></author>\n");
    element(v->out, "updated",
            format_time(demo_site_time(v->site, v->visible - 1), RFC_3339, time));
    each_of(v, "en", atom_entry);
    buf_puts(v->out, "</feed>\n");
}

// Pages.

static void page_top(struct buf *out, const char *language, const char *charset, const char *title,
                     const char *site)
{
    buf_printf(out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"%s\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
               language, charset);
    element(out, "title", title);
    buf_puts(out, "<meta property=\"og:site_name\" content=\"");
    escape(out, site);
    buf_puts(out, "\">\n</head>\n<body>\n");
}

static void story_page(const struct demo_story *s, int64_t ms, struct buf *out)
{
    char time[TIME_BYTES];
    const char *source = strcmp(s->language, "zh-Hans") == 0   ? "来源："
                         : strcmp(s->language, "zh-Hant") == 0 ? "來源："
                                                               : "Source: ";
    page_top(out, s->language, s->charset, s->title, s->site);
    buf_puts(out, "<header><nav><a href=\"/\">");
    escape(out, s->site);
    buf_puts(out, "</a></nav></header>\n<main><article>\n");
    element(out, "h1", s->title);
    buf_printf(out, "<p class=\"meta\"><time datetime=\"%s\">", format_time(ms, RFC_3339, time));
    buf_puts(out, format_time(ms, "%Y-%m-%d %H:%M", time));
    buf_printf(out, "</time> %s", source);
    escape(out, s->site);
    buf_puts(out, "</p>\n<div class=\"content\">\n");
    for (size_t i = 0; i < s->n; i++)
        element(out, "p", s->paragraphs[i]);
    buf_puts(out, "</div>\n</article></main>\n</body>\n</html>\n");
}

// Replaces the UTF-8 in the buffer by the same text in that encoding.
static enum err encode(struct buf *text, const char *charset)
{
    char out[PAGE_MAX], *to = out, *from = (char *)text->data;
    size_t from_left = text->size, to_left = sizeof out;
    iconv_t to_charset = iconv_open(charset, "utf-8");
    if (to_charset == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr)
        return ERR_IO;
    size_t failures = iconv(to_charset, &from, &from_left, &to, &to_left);
    iconv_close(to_charset);
    if (failures != 0)
        return ERR_INPUT;
    buf_clear(text);
    return buf_add(text, out, sizeof out - to_left);
}

static void answer_story(const struct view *v, size_t story, struct http_reply *r)
{
    static const struct {
        const char *charset, *content_type;
    } types[] = {{"utf-8", "text/html; charset=utf-8"},
                 {"gbk", "text/html; charset=gbk"},
                 {"big5", "text/html; charset=big5"}};
    const struct demo_story *s = demo_stories_at(v->site->stories, story);
    story_page(s, demo_site_time(v->site, story), v->out);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].charset, s->charset) == 0)
            r->content_type = types[i].content_type;
    if (strcmp(s->charset, "utf-8") != 0 && encode(v->out, s->charset) != OK) {
        r->status = 500;
        r->content_type = "text/plain; charset=utf-8";
        buf_clear(v->out);
        buf_printf(v->out, "this machine cannot write %s\n", s->charset);
    }
}

static void list_item(const struct view *v, const struct demo_story *s, int64_t ms)
{
    char time[TIME_BYTES];
    buf_printf(v->out, "<li lang=\"%s\"><time>%s</time> <a href=\"/%s/%s.html\">", s->language,
               format_time(ms, "%Y-%m-%d %H:%M", time), s->feed, s->name);
    escape(v->out, s->title);
    buf_puts(v->out, "</a></li>\n");
}

static void front_page(const struct view *v)
{
    page_top(v->out, "en", "utf-8", "newswire demo site", "newswire demo site");
    buf_puts(v->out, "<h1>newswire demo site · 演示站</h1>\n"
                     "<p>Invented announcements, a new one every few seconds. Feeds: "
                     "<a href=\"/zh/rss.xml\">简体 RSS 2.0</a>, "
                     "<a href=\"/hant/rss.xml\">繁體 RSS 1.0</a>, "
                     "<a href=\"/en/atom.xml\">English Atom</a>.</p>\n<ul>\n");
    each_of(v, NULL, list_item);
    buf_puts(v->out, "</ul>\n</body>\n</html>\n");
}

// Requests.

static bool find_story(const struct view *v, const char *path, size_t *out)
{
    for (size_t i = 0; i < v->visible; i++) {
        char own[200];
        const struct demo_story *s = demo_stories_at(v->site->stories, i);
        snprintf(own, sizeof own, "/%s/%s.html", s->feed, s->name);
        if (strcmp(path, own) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool answer_list(const struct view *v, const char *path, struct http_reply *r)
{
    static const struct {
        const char *path, *content_type;
        void (*render)(const struct view *v);
    } lists[] = {{"/", "text/html; charset=utf-8", front_page},
                 {"/zh/rss.xml", "application/rss+xml; charset=utf-8", rss_2},
                 {"/hant/rss.xml", "application/rdf+xml; charset=utf-8", rss_1},
                 {"/en/atom.xml", "application/atom+xml; charset=utf-8", atom}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(path, lists[i].path) == 0) {
            r->content_type = lists[i].content_type;
            lists[i].render(v);
            return true;
        }
    return false;
}

// Feeds and pages change only when a story appears, so that its number is a good validator.
static bool is_unchanged(const struct view *v, const struct http_call *call, struct http_reply *r)
{
    char tag[80];
    snprintf(tag, sizeof tag, "\"%" PRId64 "-%zu\"", v->site->started_ms, v->visible);
    http_reply_header(r, "ETag", "%s", tag);
    return strcmp(call->if_none_match, tag) == 0;
}

void demo_site_answer(const struct demo_site *site, int64_t now_ms, const struct http_call *call,
                      struct http_reply *r)
{
    struct view v = {site, call->host, demo_site_visible(site, now_ms), &r->body};
    size_t story;
    if (is_unchanged(&v, call, r)) {
        r->status = 304;
        return;
    }
    if (answer_list(&v, call->path, r))
        return;
    if (find_story(&v, call->path, &story)) {
        answer_story(&v, story, r);
        return;
    }
    r->status = 404;
    buf_puts(&r->body, "There is nothing here (yet).\n");
}
