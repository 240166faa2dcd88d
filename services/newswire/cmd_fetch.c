// SPDX-License-Identifier: MIT
// newswire fetch: one URL through all the steps, without a stack.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/settings.h"
#include "common/text.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/pdf.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/wrapper.h"
#include "services/fetcher/http.h"
#include "services/newswire/commands.h"
#include "services/newswire/findings.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/links.h"
#include "services/newswire/options.h"

struct fetch {
    struct setting_list allow_private;
    const char *user_agent, *proxy, *data, *selector, *url;
    int64_t timeout_ms;
    bool links, json;
};

enum { FILE_MAX = 16 << 20 };

static const struct setting table[] = {
    {"links", SETTING_BOOL, offsetof(struct fetch, links), NULL, 0, 0,
     "what the list page, feed or sitemap links, each with date and title"},
    {"selector", SETTING_STRING, offsetof(struct fetch, selector), NULL, 0, 0,
     "with --links: where the links are, as of `newswire add`"},
    {"url", SETTING_STRING, offsetof(struct fetch, url), NULL, 0, 0,
     "with --links and a file: where the page came from"},
    {"json", SETTING_BOOL, offsetof(struct fetch, json), NULL, 0, 0,
     "with --links: one JSON object a line"},
    {"allow-private", SETTING_LIST, offsetof(struct fetch, allow_private), NULL, 0, 0,
     "private addresses that may be fetched from, such as 10.0.0.0/8"},
    {"user-agent", SETTING_STRING, offsetof(struct fetch, user_agent), "newswire/" NEWSWIRE_VERSION,
     0, 0, "how to introduce ourselves"},
    {"proxy", SETTING_STRING, offsetof(struct fetch, proxy), NULL, 0, 0, "URL of an HTTP proxy"},
    {"data", SETTING_STRING, offsetof(struct fetch, data), NULL, 0, 0,
     "folder of a taxonomy and model of your own"},
    {"timeout", SETTING_DURATION, offsetof(struct fetch, timeout_ms), "30s", 1, 3600000,
     "for the whole transfer"},
    {0}};

static const char usage[] =
    "Usage: newswire fetch URL [options]\n"
    "Fetches a page or PDF document, takes its article out and labels it, as the stack would, and\n"
    "prints all of it as one JSON object; of a feed, its entries. Of a page that only wraps a PDF\n"
    "document, `document` is where that is. Needs no stack and keeps nothing.\n"
    "With --links, shows what a list page (or feed, or sitemap) gives before it is added: the "
    "date,\n"
    "title and URL of each link.\n"
    "\n"
    "  newswire fetch https://news.example.com/press/2026/results.html\n"
    "  newswire fetch https://www.例子.中国/公告/2026-012.pdf | jq -r .text\n"
    "  newswire fetch https://例子.中国/要闻/2026-11-21.html | jq '{title, primary, labels}'\n"
    "  newswire fetch http://127.0.0.1:8000/feed.xml --allow-private 127.0.0.0/8\n"
    "  newswire fetch --links https://www.example.gov.cn/通知公告/\n"
    "  newswire fetch --links https://www.例子.中国/公告/ --selector 'ul.news li a'\n"
    "  newswire fetch --links --json https://ir.example.com/filings/ | jq -r .title\n"
    "  newswire fetch --links 列表.html --url https://www.example.gov.cn/gonggao/\n";

struct run {
    const struct fetch *options;
    struct loop *loop;
};

// A string from the network, fit for JSON. For the caller to free.
static char *cleaned(const char *s)
{
    char *copy = mem_strdup(s);
    copy[text_clean(copy, strlen(copy))] = '\0';
    return copy;
}

static json_t *entries_json(const struct feed *feed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < feed->n_entries; i++) {
        const struct feed_entry *e = &feed->entries[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:s}", "title", e->title, "url",
                                              e->link, "guid", e->guid, "published_at",
                                              findings_published(e->published_ms, e->precision, 0),
                                              "summary", e->summary));
    }
    return list;
}

static enum err add_feed(json_t *object, const struct page_source *source, struct problem *why)
{
    struct feed_reader *reader = feed_reader_new();
    const struct feed *feed;
    enum err e = feed_read(reader, source, &feed, why);
    if (!e) {
        json_object_set_new(object, "found", json_string("feed"));
        json_object_set_new(object, "title", json_string(feed->title));
        json_object_set_new(object, "defect", json_string(feed->defect));
        json_object_set_new(object, "entries", entries_json(feed));
    }
    feed_reader_free(&reader);
    return e;
}

static enum err add_article(json_t *object, const char *found, const struct article *a,
                            const char *labels, struct problem *why)
{
    struct labeler *labeler = NULL;
    enum err e = labeler_load(*labels ? labels : label_default_folder(), &labeler, why);
    if (e)
        return e;
    json_object_set_new(object, "found", json_string(found));
    findings_article(object, a);
    const struct document document = {a->title, a->standfirst, a->text};
    findings_labels(object, labeler_run(labeler, &document));
    labeler_free(&labeler);
    return OK;
}

static enum err add_page(json_t *object, const struct page_source *source, const char *labels,
                         struct problem *why)
{
    struct extractor *extractor = extractor_new();
    const struct article *a = extractor_page(extractor, source, NULL);
    const char *document = wrapper_document(a);
    if (*document)
        json_object_set_new(object, "document", json_string(document));
    enum err e = add_article(object, "page", a, labels, why);
    extractor_free(&extractor);
    return e;
}

static enum err add_pdf(json_t *object, const struct page_source *source, const char *labels,
                        struct problem *why)
{
    struct pdf pdf;
    struct article article;
    enum err e = pdf_document(source, NULL, &pdf, NULL, why);
    if (e)
        return e;
    const char *trouble = pdf_trouble(&pdf);
    pdf_article(&pdf, &article);
    e = trouble ? problem_set(why, ERR_INPUT, "%s", trouble)
                : add_article(object, "pdf", &article, labels, why);
    pdf_free(&pdf);
    return e;
}

// What it is, by its bytes, decides how it is read.
static enum err add_found(json_t *object, const struct page_source *source, const char *labels,
                          struct problem *why)
{
    enum sniff kind = sniff_document(source->bytes, source->size);
    if (pdf_sniff(source->bytes, source->size))
        return add_pdf(object, source, labels, why);
    switch (kind) {
    case SNIFF_RSS:
    case SNIFF_RDF:
    case SNIFF_ATOM:
    case SNIFF_JSON_FEED:
        return add_feed(object, source, why);
    default:
        break;
    }
    const char *other = sniff_no_page(source->bytes, source->size, source->content_type);
    if (other)
        return problem_set(why, ERR_INPUT,
                           "it is %s; this command shows pages, PDF documents and feeds", other);
    return add_page(object, source, labels, why);
}

static enum err print(const struct fetch *o, const struct http_response *r, struct problem *why)
{
    const struct page_source source = {r->body, r->size, r->url, r->content_type, clock_utc_ms()};
    if (o->links)
        return links_print(&source, &(struct links_options){o->selector, o->json}, why);
    char *url = cleaned(r->url);
    json_t *object = json_pack("{s:s, s:i, s:I}", "url", url, "status", r->status, "elapsed_ms",
                               (json_int_t)r->elapsed_ms);
    enum err e = add_found(object, &source, o->data, why);
    if (e)
        json_decref(object);
    else
        jsonl_print(stdout, object);
    free(url);
    return e;
}

static void done(void *arg, const struct http_response *r)
{
    const struct run *run = arg;
    struct problem why = {""};
    char *url = cleaned(r->url);
    int status = CMD_DONE;
    if (r->outcome != HTTP_ANSWERED)
        status = options_failed("fetch", "%s: %s", url, r->problem);
    else if (r->status != 200)
        status = options_failed("fetch", "%s: HTTP status %d", url, r->status);
    else if (print(run->options, r, &why) != OK)
        status = options_failed("fetch", "%s: %s", url, why.text);
    free(url);
    loop_stop(run->loop, status);
}

static int fetch(const struct fetch *o, const struct guard *guard, const char *url)
{
    const struct http_options options = {.user_agent = o->user_agent,
                                         .guard = guard,
                                         .proxy = o->proxy,
                                         .connect_ms = 5000,
                                         .total_ms = o->timeout_ms,
                                         .body_max = 8 << 20,
                                         .redirects = 5};
    struct run run = {o, loop_new()};
    struct http *http = http_new(run.loop, &options);
    http_get(http, &(struct http_request){.url = url, .etag = "", .last_modified = ""}, done, &run);
    int status = loop_run(run.loop);
    http_free(&http);
    loop_free(&run.loop);
    return status;
}

static int links_of_file(const struct fetch *o, const char *path)
{
    struct buf page = buf_new(FILE_MAX);
    struct problem why = {""};
    enum err e = file_read(path, &page, &why);
    const struct page_source source = {(const uint8_t *)buf_str(&page), page.size, o->url, "",
                                       clock_utc_ms()};
    if (!e)
        e = links_print(&source, &(struct links_options){o->selector, o->json}, &why);
    buf_free(&page);
    return e ? options_failed("fetch", "%s", why.text) : CMD_DONE;
}

int cmd_fetch(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, NULL, sizeof(struct fetch)};
    struct fetch o;
    struct guard *guard = NULL;
    struct problem why = {""};
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (argc - first != 1)
        return options_wrong(argv[0], "give one URL");
    if (*o.url && !o.links)
        return options_wrong(argv[0], "--url is for --links with a file");
    if (o.links && !*o.url && access(argv[first], R_OK) == 0)
        return options_wrong(argv[0], "say with --url where the file came from");
    if (*o.url)
        return links_of_file(&o, argv[first]);
    if (guard_new(o.allow_private.items, o.allow_private.n, &guard, &why) != OK)
        return options_wrong(argv[0], "%s", why.text);
    int status = fetch(&o, guard, argv[first]);
    guard_free(&guard);
    return status;
}
