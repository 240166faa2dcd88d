// SPDX-License-Identifier: MIT
// Extracts the pages of tests/golden/pages and compares with what is wanted of each. NAME.html has
// the one defect that its name tells; NAME.want has "field: value" lines, an empty line, the text.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/extract.h"

#define FOLDER "../../../golden/pages/"
#define NOW_MS INT64_C(1795219200000) // 2026-11-21T00:00:00Z

enum { PAGES_MIN = 40 };

static struct buf read_file(const char *name, const char *ending)
{
    char path[400], chunk[4096];
    snprintf(path, sizeof path, FOLDER "%s%s", name, ending);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: cannot be opened", path);
    struct buf b = buf_new(1 << 20);
    for (size_t n = fread(chunk, 1, sizeof chunk, f); n > 0; n = fread(chunk, 1, sizeof chunk, f))
        buf_add(&b, chunk, n);
    fclose(f);
    return b;
}

static void add_attachments(struct buf *out, const struct article *a)
{
    for (size_t i = 0; i < a->n_attachments; i++)
        buf_printf(out, "%s%s %s", i ? "; " : "", a->attachments[i].url, a->attachments[i].title);
}

// The article's field of this name.
static struct buf field(const struct article *a, const char *name)
{
    struct buf out = buf_new(1 << 20);
    char date[DATE_TEXT_SIZE] = "";
    if (a->precision != DATE_NONE)
        date_format(&(struct date){a->published_ms, a->precision, a->zone}, date);
    if (strcmp(name, "attachment") == 0)
        add_attachments(&out, a);
    else
        buf_puts(&out, strcmp(name, "title") == 0        ? a->title
                       : strcmp(name, "published") == 0  ? date
                       : strcmp(name, "language") == 0   ? a->language
                       : strcmp(name, "charset") == 0    ? a->charset.used
                       : strcmp(name, "author") == 0     ? a->author
                       : strcmp(name, "site") == 0       ? a->site_name
                       : strcmp(name, "standfirst") == 0 ? a->standfirst
                                                         : "no such field");
    return out;
}

static unsigned compare(const char *page, const char *what, const char *got, const char *want)
{
    if (strcmp(got, want) == 0)
        return 0;
    print_error("%s: %s\n  got:  %s\n  want: %s\n", page, what, got, want);
    return 1;
}

// Takes `want` apart, line by line up to the empty one, and compares each; then the text.
static unsigned compare_all(const char *page, const struct article *a, char *want)
{
    unsigned wrong = 0;
    char *line = want;
    while (*line != '\n') {
        char *end = strchr(line, '\n'), *colon = strchr(line, ':');
        assert_true(end && colon && colon < end);
        *end = *colon = '\0';
        struct buf got = field(a, line);
        wrong += compare(page, line, buf_str(&got), colon + 2);
        buf_free(&got);
        line = end + 1;
    }
    char *text = line + 1;
    text[strlen(text) - 1] = '\0';
    return wrong + compare(page, "text", a->text, text);
}

static unsigned one_page(struct extractor *x, const char *name)
{
    struct buf html = read_file(name, ".html"), want = read_file(name, ".want");
    struct page_source source = {html.data, html.size, "https://www.example.com/news/1.html", "",
                                 NOW_MS};
    char *copy = mem_strdup(buf_str(&want));
    unsigned wrong = compare_all(name, extractor_page(x, &source, NULL), copy);
    free(copy);
    buf_free(&html);
    buf_free(&want);
    return wrong;
}

static void every_page_gives_the_article_wanted(void **state)
{
    (void)state;
    struct extractor *x = extractor_new();
    unsigned pages = 0, wrong = 0;
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        size_t n = strlen(e->d_name);
        if (n < 6 || strcmp(e->d_name + n - 5, ".html") != 0)
            continue;
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(n - 5), e->d_name);
        wrong += one_page(x, name);
        pages++;
    }
    closedir(dir);
    extractor_free(&x);
    assert_true(pages >= PAGES_MIN);
    if (wrong)
        fail_msg("%u fields are not what is wanted", wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_page_gives_the_article_wanted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
