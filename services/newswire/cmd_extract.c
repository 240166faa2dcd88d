// SPDX-License-Identifier: MIT
// newswire extract: takes the articles out of HTML files, without a running stack.
#include <stdio.h>

#include "common/file.h"
#include "common/loop.h"
#include "common/settings.h"
#include "services/newswire/commands.h"
#include "services/newswire/findings.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"

enum { PAGE_MAX = 16 << 20, EXPLANATION_MAX = 64 << 20 };

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

static void print_article(const char *path, const struct article *a)
{
    json_t *object = json_pack("{s:o}", "file", findings_string(path));
    findings_article(object, a);
    jsonl_print(stdout, object);
}

static void extract_one(struct run *r, const char *path)
{
    char content_type[200] = "";
    if (*r->options->charset)
        snprintf(content_type, sizeof content_type, "text/html; charset=%s", r->options->charset);
    struct page_source source = {.bytes = (const uint8_t *)buf_str(&r->page),
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
                    .now_ms = clock_utc_ms()};
    for (int i = first; i < argc; i++) {
        struct problem why = {""};
        buf_clear(&r.page);
        if (file_read(argv[i], &r.page, &why) == OK)
            extract_one(&r, argv[i]);
        else
            status = options_failed(argv[0], "%s", why.text);
    }
    extractor_free(&r.extractor);
    buf_free(&r.page);
    buf_free(&r.explanation);
    return status;
}
