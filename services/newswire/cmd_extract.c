// SPDX-License-Identifier: MIT
// newswire extract: takes the articles out of HTML files and PDF documents, without a running
// stack.
#include <stdio.h>

#include "common/file.h"
#include "common/loop.h"
#include "common/settings.h"
#include "services/fetcher/extract/pdf.h"
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
    "Takes the article out of each HTML file or PDF document (- is standard input) and prints one\n"
    "JSON line for each: file, title, standfirst, text, published_at, author, site_name, "
    "language,\n"
    "charset and links. Which of the two it is, and the charset, are found out from the bytes; "
    "PDF\n"
    "documents are read by pdftotext (poppler-utils), as a process under limits.\n"
    "\n"
    "  newswire extract page.html | jq -r .text\n"
    "  newswire extract 公告.pdf results.pdf\n"
    "  newswire extract --url http://www.example.cn/2024/t1.html t1.html\n"
    "  newswire extract --explain page.html 公告.pdf | less\n"
    "  newswire extract *.html *.pdf | newswire classify\n";

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

static void print(struct run *r, const char *path, const struct article *a)
{
    if (r->options->explain)
        printf("%s: %s\n%s\n", path, a->title, buf_str(&r->explanation));
    else
        print_article(path, a);
}

// A document without text is a failure; the explanation is shown all the same.
static enum err extract_pdf(struct run *r, const char *path, const struct page_source *source,
                            struct buf *explain, struct problem *why)
{
    struct pdf pdf;
    struct article article;
    enum err e = pdf_document(source, NULL, &pdf, explain, why);
    if (e)
        return e;
    const char *trouble = pdf_trouble(&pdf);
    pdf_article(&pdf, &article);
    if (!trouble || explain)
        print(r, path, &article);
    if (trouble)
        e = problem_set(why, ERR_INPUT, "%s", trouble);
    pdf_free(&pdf);
    return e;
}

static enum err extract_one(struct run *r, const char *path, struct problem *why)
{
    char content_type[200] = "";
    if (*r->options->charset)
        snprintf(content_type, sizeof content_type, "text/html; charset=%s", r->options->charset);
    struct page_source source = {.bytes = (const uint8_t *)buf_str(&r->page),
                                 .size = r->page.size,
                                 .url = r->options->url,
                                 .content_type = content_type,
                                 .now_ms = r->now_ms};
    struct buf *explain = r->options->explain ? &r->explanation : NULL;
    buf_clear(&r->explanation);
    if (pdf_sniff(source.bytes, source.size))
        return extract_pdf(r, path, &source, explain, why);
    print(r, path, extractor_page(r->extractor, &source, explain));
    return OK;
}

int cmd_extract(int argc, char **argv)
{
    const struct settings_source settings = {"common", usage, table, NULL, sizeof(struct extract)};
    struct extract o;
    int first, status = CMD_DONE;
    if (!options_read(&settings, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first == argc)
        return options_wrong(argv[0], "no file is named: give one or more HTML or PDF files, or - "
                                      "for standard input");
    struct run r = {.options = &o,
                    .extractor = extractor_new(),
                    .page = buf_new(PAGE_MAX),
                    .explanation = buf_new(EXPLANATION_MAX),
                    .now_ms = clock_utc_ms()};
    for (int i = first; i < argc; i++) {
        struct problem why = {""};
        buf_clear(&r.page);
        if (file_read(argv[i], &r.page, &why) != OK)
            status = options_failed(argv[0], "%s", why.text);
        else if (extract_one(&r, argv[i], &why) != OK)
            status = options_failed(argv[0], "%s: %s", argv[i], why.text);
    }
    extractor_free(&r.extractor);
    buf_free(&r.page);
    buf_free(&r.explanation);
    return status;
}
