// SPDX-License-Identifier: MIT
// Lines and pages, and what only furnishes the pages.
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/page.h"
#include "services/fetcher/extract/pdf_parts.h"

enum {
    EDGE_LINES = 2,    // of a page, where headers and footers stand
    EDGE_REPEATS = 3,  // pages that repeat a line there, or all of a shorter document
    EDGE_SHARE = 3,    // and at least one in so many pages does
    KEY_LEAST = 4,     // length of what must repeat
    KEY_SIZE = 160,    // bytes compared
    GAP_COLUMNS = 3,   // between two cells
    WIDE_COLUMNS = 2,  // of an ideographic space
    NUMBER_BYTES = 40, // of a line with a page number, at most
};

bool pdf_ends(struct html_str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.s + s.n - n, with, n) == 0;
}

bool pdf_contains(struct html_str s, const char *what)
{
    return s.n > 0 && memmem(s.s, s.n, what, strlen(what)) != NULL;
}

uint32_t pdf_first_character(struct html_str s)
{
    uint32_t c = 0;
    if (s.n > 0)
        (void)text_decode(s.s, s.n, &c);
    return c;
}

uint32_t pdf_last_character(struct html_str s)
{
    uint32_t c = 0;
    size_t from = s.n;
    while (from > 0 && ((unsigned char)s.s[--from] & 0xC0) == 0x80)
        ;
    if (s.n > 0)
        (void)text_decode(s.s + from, s.n - from, &c);
    return c;
}

bool pdf_is_wide(uint32_t c)
{
    return text_is_cjk(c) || (c >= 0x3000 && c < 0x3040) || (c >= 0xFF00 && c < 0xFFF0);
}

// Columns of the space at s, and its bytes; 0 if there is none.
static size_t blank_at(const char *s, size_t n, uint32_t *columns)
{
    size_t bytes = text_space(s, n);
    if (bytes)
        *columns += bytes == 3 && (unsigned char)s[0] == 0xE3 ? WIDE_COLUMNS : 1;
    return bytes;
}

// Cells.

static bool is_single_cjk(struct html_str s)
{
    uint32_t c;
    return s.n > 0 && text_decode(s.s, s.n, &c) == s.n && text_is_cjk(c);
}

// As far as the next gap of at least GAP_COLUMNS; *at moves behind the gap.
static struct html_str piece(struct html_str line, size_t *at)
{
    size_t from = *at, i = from;
    while (i < line.n) {
        uint32_t columns = 0;
        size_t end = i, blank;
        while (end < line.n && (blank = blank_at(line.s + end, line.n - end, &columns)))
            end += blank;
        if (columns >= GAP_COLUMNS) {
            *at = end;
            return (struct html_str){line.s + from, i - from};
        }
        i = end > i ? end : i + 1;
    }
    *at = line.n;
    return (struct html_str){line.s + from, line.n - from};
}

bool pdf_next_cell(struct html_str line, size_t *at, struct html_str *cell)
{
    if (*at >= line.n)
        return false;
    size_t from = *at;
    *cell = piece(line, at);
    for (struct html_str last = *cell; is_single_cjk(last) && *at < line.n;) {
        size_t next = *at;
        last = piece(line, &next);
        if (!is_single_cjk(last))
            break;
        *cell = (struct html_str){line.s + from, (size_t)(last.s + last.n - (line.s + from))};
        *at = next;
    }
    return true;
}

static bool is_row(struct html_str s)
{
    size_t at = 0, cells = 0;
    struct html_str cell;
    while (cells < 2 && pdf_next_cell(s, &at, &cell))
        cells++;
    return cells > 1;
}

static bool is_spread(struct html_str s)
{
    size_t at = 0, pieces = 0;
    while (at < s.n) {
        if (!is_single_cjk(piece(s, &at)))
            return false;
        pieces++;
    }
    return pieces > 1;
}

static void add_cell(struct buf *out, struct html_str s)
{
    bool spread = is_spread(s);
    for (size_t i = 0; i < s.n;) {
        uint32_t columns = 0;
        size_t end = i, blank;
        while (end < s.n && (blank = blank_at(s.s + end, s.n - end, &columns)))
            end += blank;
        if (end == i)
            end++;
        if (columns == 0)
            buf_add(out, s.s + i, 1);
        else if (!spread)
            buf_puts(out, " ");
        i = end;
    }
}

void pdf_add_line(struct buf *out, const struct pdf_line *line)
{
    size_t at = 0, cells = 0;
    struct html_str cell;
    while (pdf_next_cell(line->s, &at, &cell)) {
        if (cells++)
            buf_puts(out, " | ");
        add_cell(out, cell);
    }
}

// Splitting.

static struct pdf_line line_of(const char *s, size_t n, uint32_t page)
{
    struct pdf_line line = {.page = page};
    size_t i = 0, blank;
    while (i < n && (blank = blank_at(s + i, n - i, &line.indent)))
        i += blank;
    while (n > i && (s[n - 1] == ' ' || s[n - 1] == '\r' || s[n - 1] == '\t'))
        n--;
    while (n >= i + 3 && memcmp(s + n - 3, "\xE3\x80\x80", 3) == 0)
        n -= 3;
    line.s = (struct html_str){s + i, n - i};
    line.length = measure_text(line.s.s, line.s.n).length;
    line.row = is_row(line.s);
    return line;
}

static void mark_edges(struct pdf_lines *l, size_t from)
{
    size_t seen = 0;
    for (size_t i = from; i < l->n && seen < EDGE_LINES; i++)
        seen += l->items[i].edge = l->items[i].s.n > 0;
    seen = 0;
    for (size_t i = l->n; i > from && seen < EDGE_LINES; i--)
        if (l->items[i - 1].s.n > 0) {
            l->items[i - 1].edge = true;
            seen++;
        }
}

static void split(const char *text, size_t size, struct pdf_lines *l)
{
    size_t from = 0;
    for (size_t i = 0; i < size && l->n < PDF_LINES_MAX;) {
        size_t end = i;
        while (end < size && text[end] != '\n' && text[end] != '\f')
            end++;
        mem_reserve((void **)&l->items, &l->cap, l->n + 1, sizeof *l->items);
        l->items[l->n++] = line_of(text + i, end - i, l->pages);
        if (end < size && text[end] == '\f') {
            mark_edges(l, from);
            from = l->n;
            l->pages++;
        }
        i = end + 1;
    }
    mark_edges(l, from);
    l->pages += from < l->n;
}

// Furniture.

// Bytes at s that a page number is made of: digits, and words such as 第 and 页. 0: none.
static size_t number_part(const char *s, size_t n)
{
    static const char *const words[] = {"Page", "page", "PAGE", "of", "第", "页", "頁", "共", "总",
                                        "/",    "-",    "–",    "—",  "－", "／", "|",  ",",  "，",
                                        "（",   "）",   "(",    ")",  "·",  "~",  " ",  "　"};
    if (*s >= '0' && *s <= '9')
        return 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n >= strlen(words[i]) && memcmp(s, words[i], strlen(words[i])) == 0)
            return strlen(words[i]);
    return 0;
}

// "3", "- 3 -", "3 / 10", "Page 3 of 10", 第3页 共10页, 第 3 頁
static bool is_page_number(struct html_str s)
{
    bool digit = false;
    if (s.n > NUMBER_BYTES)
        return false;
    for (size_t i = 0, n; i < s.n; i += n) {
        n = number_part(s.s + i, s.n - i);
        digit |= s.s[i] >= '0' && s.s[i] <= '9';
        if (n == 0)
            return false;
    }
    return digit;
}

static bool is_scanner(struct html_str s)
{
    static const char *const names[] = {"扫描全能王", "CamScanner", "Scanned with", "Scanned by"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (s.n < 80 && pdf_contains(s, names[i]))
            return true;
    return false;
}

struct edge {
    struct pdf_line *line;
    size_t n;
    char key[KEY_SIZE]; // the line without space, and without a page number at either end
};

static void make_key(struct edge *e)
{
    struct html_str s = e->line->s;
    size_t from = 0, end = 0, part;
    while (from < s.n && strchr("0123456789 -/|", s.s[from]) && s.s[from])
        from++;
    for (size_t i = from; i < s.n && e->n < KEY_SIZE;) {
        size_t blank = text_space(s.s + i, s.n - i);
        part = number_part(s.s + i, s.n - i);
        for (size_t k = 0; k < (part ? part : 1) && !blank && e->n < KEY_SIZE; k++)
            e->key[e->n++] = s.s[i + k];
        i += blank ? blank : part ? part : 1;
        if (!blank && !part)
            end = e->n;
    }
    e->n = end;
}

static int by_key(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    int order = memcmp(x->key, y->key, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static int by_key_and_page(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    int order = by_key(a, b);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void drop_repeated(struct pdf_lines *l)
{
    struct edge *edges = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < l->n; i++) {
        struct pdf_line *line = &l->items[i];
        if (!line->edge || line->drop || line->length < KEY_LEAST)
            continue;
        mem_reserve((void **)&edges, &cap, n + 1, sizeof *edges);
        edges[n] = (struct edge){.line = line};
        make_key(&edges[n++]);
    }
    if (n > 0)
        qsort(edges, n, sizeof *edges, by_key_and_page);
    for (size_t i = 0, end; i < n; i = end) {
        size_t pages = 1;
        for (end = i + 1; end < n && by_key(&edges[i], &edges[end]) == 0; end++)
            pages += edges[end].line->page != edges[end - 1].line->page;
        bool many = pages >= EDGE_REPEATS && pages * EDGE_SHARE >= l->pages;
        bool both = pages == 2 && l->pages == 2;
        for (size_t k = i; k < end && (many || both); k++)
            edges[k].line->drop = PDF_REPEATED;
    }
    free(edges);
}

void pdf_lines_read(const char *text, size_t size, struct pdf_lines *out)
{
    *out = (struct pdf_lines){0};
    split(text, size, out);
    for (size_t i = 0; i < out->n; i++) {
        struct pdf_line *line = &out->items[i];
        if (line->edge && is_page_number(line->s))
            line->drop = PDF_PAGE_NUMBER;
        else if (line->edge && is_scanner(line->s))
            line->drop = PDF_SCANNER;
    }
    drop_repeated(out);
}

void pdf_lines_free(struct pdf_lines *l)
{
    free(l->items);
    *l = (struct pdf_lines){0};
}
