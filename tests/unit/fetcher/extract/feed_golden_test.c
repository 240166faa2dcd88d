// SPDX-License-Identifier: MIT
// Reads tests/golden/feeds/cases.txt, whose head explains its form, and compares every answer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/feed.h"

#define FOLDER  "../../../golden/feeds/"
#define ADDRESS "https://example.com/feed/news.xml"
#define NOW_MS  INT64_C(1795219200000) // 2026-11-21T00:00:00Z

static const struct {
    const char *name, *before, *after;
} wraps[] = {
    {"rss", "<rss version=\"2.0\"><channel><title>C</title><item>\n",
     "\n</item></channel></rss>\n"},
    {"rdf",
     "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
     "xmlns=\"http://purl.org/rss/1.0/\"><channel><title>C</title></channel><item>",
     "</item></rdf:RDF>\n"},
    {"rdf-about",
     "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
     "xmlns=\"http://purl.org/rss/1.0/\"><item rdf:about=\"https://example.com/about/1\">",
     "</item></rdf:RDF>\n"},
    {"atom", "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>C</title><entry>",
     "</entry></feed>\n"},
    {"atom03", "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title>C</title><entry>",
     "</entry></feed>\n"},
    {"whole", "", ""},
};

static struct buf read_file(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: cannot be opened", path);
    struct buf text = buf_new(1 << 20);
    char chunk[4096];
    for (size_t n = fread(chunk, 1, sizeof chunk, f); n > 0; n = fread(chunk, 1, sizeof chunk, f))
        buf_add(&text, chunk, n);
    fclose(f);
    return text;
}

// One case: its lines up to "--" are the document, those after it the wanted answers.
struct golden {
    char name[200];
    struct buf document;
    struct feed_reader *reader;
    const struct feed *feed; // NULL: refused, for the reason in why
    struct problem why;
    unsigned wrong;
};

static void run(struct golden *g)
{
    struct page_source source = {g->document.data, g->document.size, ADDRESS, "", NOW_MS};
    g->feed = NULL;
    if (feed_read(g->reader, &source, &g->feed, &g->why) != OK)
        g->feed = NULL;
}

static const char *date_text(const struct feed_entry *e, char out[40])
{
    time_t s = (time_t)(e->published_ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(out, 40, e->precision == DATE_DAY ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
    return e->precision == DATE_NONE ? "" : out;
}

static const char *entry_field(const struct feed_entry *e, const char *field, char text[40])
{
    const struct {
        const char *name, *value;
    } fields[] = {
        {"guid", e->guid},
        {"link", e->link},
        {"title", e->title},
        {"summary", e->summary},
        {"content", e->content},
        {"author", e->author},
        {"date", date_text(e, text)},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, field) == 0)
            return fields[i].value;
    return NULL;
}

static const char *feed_field(const struct feed *f, const char *field, char text[40])
{
    static const char *const kinds[] = {"none", "rss", "rdf", "atom", "json"};
    const struct {
        const char *name, *value;
    } fields[] = {
        {"kind", kinds[f->kind]},
        {"self", f->self},
        {"home", f->link},
        {"feedtitle", f->title},
        {"charset", f->charset.used},
        {"defect", f->defect},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].name, field) == 0)
            return fields[i].value;
    long long number = strcmp(field, "entries") == 0    ? (long long)f->n_entries
                       : strcmp(field, "ttl") == 0      ? (long long)f->ttl_s
                       : strcmp(field, "skipdays") == 0 ? (long long)f->skip_days
                                                        : (long long)f->skip_hours;
    snprintf(text, 40, "%lld", number);
    return text;
}

static const char *answer(const struct golden *g, const char *field, char text[40])
{
    if (strcmp(field, "error") == 0)
        return g->feed ? "" : g->why.text;
    if (!g->feed)
        return g->why.text;
    size_t n = 0;
    if (field[0] >= '2' && field[0] <= '9' && field[1] == '.') {
        n = (size_t)(field[0] - '1');
        field += 2;
    }
    static const struct feed_entry none = {"", "", "", "", "", "", 0, DATE_NONE, false};
    const struct feed_entry *e = n < g->feed->n_entries ? &g->feed->entries[n] : &none;
    const char *of_entry = entry_field(e, field, text);
    return of_entry ? of_entry : feed_field(g->feed, field, text);
}

static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++) {
        bool newline = s[0] == '\\' && s[1] == 'n';
        *to++ = newline ? '\n' : *s;
        s += newline;
    }
    *to = '\0';
}

static void compare(struct golden *g, char *line)
{
    char *want = strstr(line, ":"), text[40];
    if (!want) {
        fail_msg("%s: not a field: %s", g->name, line);
        return;
    }
    *want++ = '\0';
    want += *want == ' ';
    unescape(want);
    const char *got = answer(g, line, text);
    bool part = strcmp(line, "defect") == 0 || strcmp(line, "error") == 0;
    if (part ? strstr(got, want) != NULL : strcmp(got, want) == 0)
        return;
    g->wrong++;
    print_error("%s\n  %s: got  \"%s\"\n  %s  want \"%s\"\n", g->name, line, got, line, want);
}

static void begin(struct golden *g, char *line, const char **after)
{
    char *bar = strstr(line, " | ");
    if (!bar) {
        fail_msg("no wrap in: %s", line);
        return;
    }
    *bar = '\0';
    const char *wrap = bar + 3;
    snprintf(g->name, sizeof g->name, "%s", line + 3);
    buf_clear(&g->document);
    *after = "";
    if (strncmp(wrap, "file ", 5) == 0) {
        buf_free(&g->document);
        g->document = read_file(wrap + 5);
        return;
    }
    for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        if (strcmp(wraps[i].name, wrap) == 0) {
            buf_puts(&g->document, wraps[i].before);
            *after = wraps[i].after;
            return;
        }
    }
    fail_msg("%s: unknown wrap %s", g->name, wrap);
}

static void every_feed_of_the_table_reads_as_expected(void **state)
{
    (void)state;
    struct buf table = read_file("cases.txt");
    struct golden g = {.document = buf_new(1 << 20), .reader = feed_reader_new()};
    unsigned cases = 0, fields = 0;
    const char *after = "";
    enum { HEAD, DOCUMENT, ANSWERS } part = HEAD;
    char *rest = (char *)table.data, *line;
    while ((line = strsep(&rest, "\n"))) {
        if (strncmp(line, "== ", 3) == 0) {
            begin(&g, line, &after);
            part = DOCUMENT;
            cases++;
        } else if (part == DOCUMENT && strcmp(line, "--") == 0) {
            buf_puts(&g.document, after);
            run(&g);
            part = ANSWERS;
        } else if (part == DOCUMENT) {
            buf_printf(&g.document, "%s\n", line);
        } else if (part == ANSWERS && *line && *line != '#' && strncmp(line, "differs:", 8) != 0) {
            compare(&g, line);
            fields++;
        }
    }
    print_message("%u feeds, %u answers, %u wrong\n", cases, fields, g.wrong);
    assert_true(cases > 250);
    assert_int_equal(g.wrong, 0);
    feed_reader_free(&g.reader);
    buf_free(&g.document);
    buf_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_feed_of_the_table_reads_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
