// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/pdf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/page.h"

enum {
    LINES_MAX = 100000,
    TITLE_LINES = 12,     // at the top, where the title is looked for
    TITLE_SIZE_MAX = 300, // bytes
    DATE_LINES = 30,      // at either end, where the date is looked for
    EDGE_LINES = 2,       // of a page, where headers and footers stand
    EDGE_REPEATS = 3,     // pages that repeat a line there
    SHORT_LINE = 28,      // a line this much shorter than the page's widest ends its paragraph
};

struct line {
    struct html_str s; // without space around it; n 0: an empty line
    uint32_t length;   // as in page.h
    bool edge;         // near the top or bottom of its page
    bool dropped;
};

struct lines {
    struct line *items;
    size_t n, cap;
};

static struct html_str trimmed(const char *s, size_t n)
{
    for (size_t blank; n > 0 && (blank = text_space(s, n)) > 0; n -= blank)
        s += blank;
    while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\r' || s[n - 1] == '\t'))
        n--;
    return (struct html_str){s, n};
}

static void mark_edges(struct lines *l, size_t from)
{
    size_t seen = 0;
    for (size_t i = from; i < l->n && seen < EDGE_LINES; i++)
        seen += l->items[i].edge = l->items[i].s.n > 0;
    seen = 0;
    for (size_t i = l->n; i > from && seen < EDGE_LINES; i--)
        seen += l->items[i - 1].edge = l->items[i - 1].s.n > 0;
}

static void split(const char *text, size_t size, struct lines *l)
{
    size_t page = 0;
    for (size_t i = 0; i < size && l->n < LINES_MAX;) {
        size_t end = i;
        while (end < size && text[end] != '\n' && text[end] != '\f')
            end++;
        struct html_str s = trimmed(text + i, end - i);
        mem_reserve((void **)&l->items, &l->cap, l->n + 1, sizeof *l->items);
        l->items[l->n++] = (struct line){.s = s, .length = measure_text(s.s, s.n).length};
        if (end < size && text[end] == '\f') {
            mark_edges(l, page);
            page = l->n;
        }
        i = end + 1;
    }
    mark_edges(l, page);
}

// "3", "- 3 -", "3 / 10", 第3页 共10页
static bool is_page_number(struct html_str s)
{
    bool digit = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        if (c >= '0' && c <= '9')
            digit = true;
        else if (strchr(" -/", c) == NULL && strncmp(s.s + i, "第", 3) != 0 &&
                 strncmp(s.s + i, "页", 3) != 0 && strncmp(s.s + i, "共", 3) != 0)
            return false;
        else if ((unsigned char)c >= 0x80)
            i += 2;
    }
    return digit && s.n < 30;
}

static int by_text(const void *a, const void *b)
{
    const struct line *x = *(const struct line *const *)a, *y = *(const struct line *const *)b;
    size_t n = x->s.n < y->s.n ? x->s.n : y->s.n;
    int order = memcmp(x->s.s, y->s.s, n);
    return order ? order : (x->s.n > y->s.n) - (x->s.n < y->s.n);
}

static bool same(const struct line *a, const struct line *b)
{
    return a->s.n == b->s.n && memcmp(a->s.s, b->s.s, a->s.n) == 0;
}

// Lines at the edge of several pages: all but the first of each.
static void drop_repeated(struct lines *l)
{
    struct line **edges = mem_alloc((l->n + 1) * sizeof(struct line *));
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].edge && !l->items[i].dropped)
            edges[n++] = &l->items[i];
    qsort(edges, n, sizeof *edges, by_text);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && same(edges[i], edges[end]);)
            end++;
        for (size_t k = i; k < end && end - i >= EDGE_REPEATS; k++)
            edges[k]->dropped = true;
    }
    free(edges);
}

static void drop_furniture(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->items[i].dropped = l->items[i].edge && is_page_number(l->items[i].s);
    drop_repeated(l);
}

static bool ends(struct html_str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.s + s.n - n, with, n) == 0;
}

// A line that ends a paragraph: with a full stop, or well short of the right margin.
static bool ends_paragraph(const struct line *line, uint32_t widest)
{
    static const char *const stops[] = {"。", "！", "？", "；", "：", ".", "!", "?", ":", "”"};
    bool stop = false;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        stop |= ends(line->s, stops[i]);
    return line->length + (stop ? 4 : SHORT_LINE) < widest;
}

static bool is_cjk_end(struct html_str s)
{
    return s.n >= 3 && (unsigned char)s.s[s.n - 3] >= 0xE3;
}

static uint32_t widest_line(const struct lines *l)
{
    uint32_t widest = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].length > widest && l->items[i].length < 200)
            widest = l->items[i].length;
    return widest;
}

static void join(const struct lines *l, struct buf *text)
{
    uint32_t widest = widest_line(l);
    bool paragraph = true, cjk = false;
    for (size_t i = 0; i < l->n; i++) {
        const struct line *line = &l->items[i];
        if (line->dropped)
            continue;
        if (line->s.n == 0) {
            paragraph |= !line->edge && i > 0 && !l->items[i - 1].dropped;
            continue;
        }
        if (text->size > 0 && (paragraph || !cjk))
            buf_puts(text, paragraph ? "\n" : " ");
        buf_add(text, line->s.s, line->s.n);
        cjk = is_cjk_end(line->s);
        paragraph = ends_paragraph(line, widest);
    }
}

static bool is_filing_header(struct html_str s)
{
    static const char *const words[] = {"证券代码", "證券代號", "股票代码",   "股份代號",
                                        "公告编号", "证券简称", "Stock Code", "Announcement No"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(s.s, s.n, words[i], strlen(words[i])))
            return true;
    return false;
}

static bool ends_title(struct html_str s)
{
    static const char *const words[] = {"公告", "通知",   "决议",      "決議", "报告",
                                        "報告", "说明書", "说明",      "声明", "意见",
                                        "办法", "通函",   "提示性公告"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ends(s, words[i]))
            return true;
    return false;
}

static void find_title(const struct lines *l, struct buf *title)
{
    bool open = false;
    for (size_t i = 0, seen = 0; i < l->n && seen < TITLE_LINES; i++) {
        const struct line *line = &l->items[i];
        if (line->s.n == 0 || is_filing_header(line->s)) {
            if (open && title->size > 0 && line->s.n == 0 &&
                !is_cjk_end((struct html_str){buf_str(title), title->size}))
                return; // an English title is one paragraph
            continue;
        }
        seen++;
        if (title->size + line->s.n > TITLE_SIZE_MAX)
            return;
        if (title->size > 0 && !is_cjk_end((struct html_str){buf_str(title), title->size}))
            buf_puts(title, " ");
        buf_add(title, line->s.s, line->s.n);
        open = true;
        if (ends_title(line->s) || ends(line->s, "。"))
            return;
    }
}

static bool find_date(const struct lines *l, size_t from, size_t to, bool last,
                      const struct date_rules *rules, struct date *out)
{
    bool found = false;
    for (size_t i = from; i < to && (last || !found); i++) {
        const struct line *line = &l->items[i];
        if (line->length > 0 && line->length <= 60 && date_find(line->s.s, line->s.n, rules, out))
            found = true;
    }
    return found;
}

static void clean(struct buf *b)
{
    if (b->size == 0)
        return;
    b->size = text_clean((char *)b->data, b->size);
    b->data[b->size] = '\0';
}

void pdf_read(const char *text, size_t size, const struct date_rules *rules, struct pdf *out)
{
    *out = (struct pdf){.title = buf_new(2 * TITLE_SIZE_MAX), .text = buf_new(PDF_TEXT_MAX * 2)};
    struct lines l = {0};
    split(text, text_valid_prefix(text, size), &l);
    drop_furniture(&l);
    join(&l, &out->text);
    find_title(&l, &out->title);
    size_t tail = l.n > DATE_LINES ? l.n - DATE_LINES : 0;
    if (!find_date(&l, tail, l.n, true, rules, &out->date))
        (void)find_date(&l, 0, l.n < DATE_LINES ? l.n : DATE_LINES, false, rules, &out->date);
    clean(&out->title);
    clean(&out->text);
    free(l.items);
}

void pdf_free(struct pdf *pdf)
{
    buf_free(&pdf->title);
    buf_free(&pdf->text);
}
