// SPDX-License-Identifier: MIT
// newswire extract: takes the articles out of HTML files, without a running stack.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/buf.h"
#include "common/settings.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/extract.h"
#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"

enum { PAGE_MAX = 16 << 20, EXPLANATION_MAX = 64 << 20, CHUNK = 64 << 10 };

struct extract {
    const char *url, *charset;
    bool explain, json;
};

static const struct setting table[] = {
    {"explain", SETTING_BOOL, offsetof(struct extract, explain), NULL, 0, 0,
     "for people: what was kept, what was dropped, and by which rule"},
    {"url", SETTING_STRING, offsetof(struct extract, url), NULL, 0, 0,
     "where the page came from: base of its relative links"},
    {"charset", SETTING_STRING, offsetof(struct extract, charset), NULL, 0, 0,
     "what the server declared, if it did"},
    {"json", SETTING_BOOL, offsetof(struct extract, json), NULL, 0, 0, ""}, // always, but --explain
    {0}};

static const char usage[] =
    "Usage: newswire extract FILE… [options]\n"
    "Takes the article out of each HTML file (- is standard input) and prints one JSON line for\n"
    "each: file, title, standfirst, text, published_at, author, site_name, language, charset and\n"
    "links. The charset is found out from the bytes.\n"
    "\n"
    "  newswire extract page.html | jq -r .text\n"
    "  newswire extract --url http://www.example.cn/2024/t1.html t1.html\n"
    "  newswire extract --explain page.html | less\n"
    "  newswire extract *.html | newswire classify\n";

struct run {
    const struct extract *options;
    struct extractor *extractor;
    struct buf page, explanation;
    int64_t now_ms;
};

// Reads a whole file, or standard input. False: it was said why not.
static bool read_page(struct run *r, const char *path)
{
    char chunk[CHUNK];
    bool standard = strcmp(path, "-") == 0, ok = true;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f) {
        options_failed_at("extract", path, "cannot be opened: check the path");
        return false;
    }
    buf_clear(&r->page);
    for (size_t n = fread(chunk, 1, sizeof chunk, f); n > 0 && ok;
         n = fread(chunk, 1, sizeof chunk, f))
        ok = buf_add(&r->page, chunk, n) == OK;
    if (!ok)
        options_failed_at("extract", path, "is larger than 16 MB: no page of news is");
    else if (ferror(f))
        ok = options_failed_at("extract", path, "cannot be read: is it a folder?") == CMD_DONE;
    if (!standard)
        fclose(f);
    return ok;
}

static json_t *published(const struct article *a)
{
    if (a->precision == DATE_NONE)
        return json_null();
    char text[DATE_TEXT_SIZE];
    date_format(&(struct date){a->published_ms, a->precision, a->zone}, text);
    return json_string(text);
}

static json_t *attachments(const struct article *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_attachments; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "url", a->attachments[i].url, "title",
                                              a->attachments[i].title));
    return list;
}

static json_t *feeds(const struct article *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_feeds; i++)
        json_array_append_new(list, json_string(a->feeds[i]));
    return list;
}

static void print_article(const char *path, const struct article *a)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s%, s:o, s:s, s:s, s:s, s:s, s:b, s:i, s:s, s:s, "
                          "s:o, s:o}",
                          "file", path, "title", a->title, "standfirst", a->standfirst, "text",
                          a->text, a->text_size, "published_at", published(a), "author", a->author,
                          "site_name", a->site_name, "language", a->language, "charset",
                          a->charset.used, "charset_guessed", a->charset.guessed, "replacements",
                          (int)a->charset.replacements, "canonical_url", a->canonical_url, "image",
                          a->image, "attachments", attachments(a), "feeds", feeds(a));
    if (o)
        jsonl_print(stdout, o);
    else
        options_failed_at("extract", path, "its name is not UTF-8: rename it");
}

static void extract_one(struct run *r, const char *path)
{
    char content_type[200] = "";
    if (*r->options->charset)
        snprintf(content_type, sizeof content_type, "text/html; charset=%s", r->options->charset);
    struct page_source source = {.bytes = r->page.data,
                                 .size = r->page.size,
                                 .url = r->options->url,
                                 .content_type = content_type,
                                 .now_ms = r->now_ms};
    buf_clear(&r->explanation);
    const struct article *a =
        extractor_page(r->extractor, &source, r->options->explain ? &r->explanation : NULL);
    if (r->options->explain)
        printf("%s: %s\n%s\n", path, a->title, buf_str(&r->explanation));
    else
        print_article(path, a);
}

int cmd_extract(int argc, char **argv)
{
    const struct settings_source settings = {"common", usage, table, NULL, sizeof(struct extract)};
    struct extract o;
    int first, status = CMD_DONE;
    if (!options_read(&settings, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first == argc)
        return options_wrong(argv[0], "no file is named: give one or more HTML files, or - for "
                                      "standard input");
    struct run r = {.options = &o,
                    .extractor = extractor_new(),
                    .page = buf_new(PAGE_MAX),
                    .explanation = buf_new(EXPLANATION_MAX),
                    .now_ms = (int64_t)time(NULL) * 1000};
    for (int i = first; i < argc; i++) {
        if (read_page(&r, argv[i]))
            extract_one(&r, argv[i]);
        else
            status = CMD_FAILED;
    }
    extractor_free(&r.extractor);
    buf_free(&r.page);
    buf_free(&r.explanation);
    return status;
}
