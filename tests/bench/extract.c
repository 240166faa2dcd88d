// SPDX-License-Identifier: MIT
// How fast articles are extracted, beside the bare parse of the same pages by lexbor in the same
// run, and how much memory the process takes at most. The pages are read one at a time.
//
// Extraction is counted from the fetched bytes on, finding the encoding and decoding included. The
// bare parse gets the page as UTF-8: what it took to get there is not counted. Both reuse one
// document object, and tell lexbor that nobody listens to its events.
//
//   bench_extract FOLDER     pages/s and MB/s over the files of a folder, best of five rounds
//   bench_extract --hostile  time against size for the deepest and widest pages: must be linear
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <lexbor/html/html.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/extract.h"

enum { ROUNDS = 5, PAGE_MAX = 16 << 20 };

struct bench {
    struct extractor *extractor;
    lxb_html_document_t *bare;
    uint8_t *page;
    struct buf decoded;
    double extract_s, bare_s;
    size_t pages, bytes, text;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); // what others do on the machine does not count
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void extract(struct bench *b, size_t size)
{
    struct page_source source = {
        .bytes = b->page, .size = size, .url = "http://example.org/", .content_type = ""};
    double start = now();
    b->text += extractor_page(b->extractor, &source, NULL)->text_size;
    b->extract_s += now() - start;
}

static void parse_bare(struct bench *b, struct charset_text t)
{
    double start = now();
    lxb_html_document_clean(b->bare);
    lxb_dom_document_opt_set(&b->bare->dom_document, LXB_DOM_DOCUMENT_OPT_WO_EVENTS);
    lxb_html_document_parse(b->bare, (const lxb_char_t *)t.text, t.size);
    b->bare_s += now() - start;
}

// Which goes first finds less in the cache: they take turns.
static void one_page(struct bench *b, size_t size)
{
    struct charset_text t = charset_decode(b->page, size, "", &b->decoded);
    if (b->pages % 2)
        extract(b, size);
    parse_bare(b, t);
    if (b->pages % 2 == 0)
        extract(b, size);
    b->pages++;
    b->bytes += size;
}

static void one_file(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fatal("%s: cannot be opened", path);
    size_t size = fread(b->page, 1, PAGE_MAX, f);
    fclose(f);
    one_page(b, size);
}

static void one_round(struct bench *b, const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir)
        fatal("%s: no such folder", folder);
    b->extract_s = b->bare_s = 0;
    b->pages = b->bytes = b->text = 0;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[PATH_MAX];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        one_file(b, path);
    }
    closedir(dir);
}

static void folder(struct bench *b, const char *path)
{
    double extract_s = 0, bare_s = 0;
    for (int i = 0; i < ROUNDS; i++) {
        one_round(b, path);
        extract_s = i == 0 || b->extract_s < extract_s ? b->extract_s : extract_s;
        bare_s = i == 0 || b->bare_s < bare_s ? b->bare_s : bare_s;
    }
    if (b->pages == 0)
        fatal("%s: no pages in it", path);
    double mb = (double)b->bytes / 1e6, pages = (double)b->pages;
    printf("%zu pages, %.1f MB, %.1f MB of text\n", b->pages, mb, (double)b->text / 1e6);
    printf("extraction  %7.0f pages/s  %6.0f MB/s\n", pages / extract_s, mb / extract_s);
    printf("bare parse  %7.0f pages/s  %6.0f MB/s\n", pages / bare_s, mb / bare_s);
    printf("ratio       %7.2f\n", bare_s / extract_s);
    printf("peak memory %7.1f MB\n", (double)peak_kb() / 1024);
}

// Markup that makes a parser or an extractor slow where it is careless; repeated to the size
// wanted.
static const struct {
    const char *name, *head, *unit;
} hostile[] = {
    {"deep: <div>", "", "<div>"},
    {"deep: <div class=comment>", "<p>x</p>", "<div class=comment>text "},
    {"deep: <b><i>", "", "<b><i>x"},
    {"deep: <a><table>", "", "<a href=x><table>y"},
    {"deep: <font><p>", "", "<font color=red><p>text."},
    {"deep: <table><tr><td>", "", "<table><tr><td>cell"},
    {"deep: <svg><g>", "", "<svg><g><desc>x"},
    {"wide: <p>", "", "<p>A sentence, and another one, of some length, for the reader."},
    {"wide: <br>", "<div>", "line of text<br>"},
    {"wide: <li><a>", "<ul>", "<li><a href=/a>item</a>"},
    {"wide: <h1>", "<title>heading words here</title>", "<h1>heading words here</h1>"},
    {"wide: <figure>", "", "<figure>"},
    {"wide: <h2>2021-09-27", "", "<h2>2021-09-27 10:30</h2>"},
    {"wide: attributes", "<div", " a=b"},
    {"wide: class words", "<p class='", "share related comment "},
    {"wide: one text", "<p>", "word, word. "},
    {"wide: 中文", "<div>", "　　发布时间：2021年9月27日，来源。<br>"},
    {"wide: entities", "<p>", "&amp;&#20013;"},
    {"wide: ld+json", "<script type=application/ld+json>", "{\"a\":["},
    {"wide: <template>", "", "<template><p>x"},
    {"wide: </p>", "", "</p>"},
    {"wide: x</b>", "", "x</b>"},
    {"wide: x<!---->", "", "x<!---->"},
    {"wide: x<img>", "", "x<img>"},
    {"wide: <table>x<tr>", "<table>", "x<tr>"},
    {"wide: <select><option>", "<select>", "<option>x"},
};

static size_t fill(uint8_t *out, size_t size, const char *head, const char *unit)
{
    size_t n = strlen(head), m = strlen(unit);
    memcpy(out, head, n);
    for (; n + m <= size; n += m)
        memcpy(out + n, unit, m);
    return n;
}

static void all_hostile(struct bench *b)
{
    static const size_t sizes[] = {64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20};
    printf("%-28s", "ms for a page of");
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        printf("%8zu KB", sizes[s] >> 10);
    printf("   8 MB : 4 MB\n");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        double before = 0, took = 0;
        printf("%-28s", hostile[i].name);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            size_t size = fill(b->page, sizes[s], hostile[i].head, hostile[i].unit);
            before = took;
            b->extract_s = 0;
            extract(b, size);
            took = b->extract_s;
            printf("%11.2f", took * 1e3);
            fflush(stdout);
        }
        printf("%9.1f\n", took / before);
    }
    printf("peak memory %.1f MB\n", (double)peak_kb() / 1024);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        fatal("usage: bench_extract FOLDER | --hostile");
    struct bench b = {.extractor = extractor_new(),
                      .bare = lxb_html_document_create(),
                      .page = mem_alloc(PAGE_MAX),
                      .decoded = buf_new(2 * PAGE_MAX)};
    if (strcmp(argv[1], "--hostile") == 0)
        all_hostile(&b);
    else
        folder(&b, argv[1]);
    extractor_free(&b.extractor);
    lxb_html_document_destroy(b.bare);
    buf_free(&b.decoded);
    free(b.page);
    return 0;
}
