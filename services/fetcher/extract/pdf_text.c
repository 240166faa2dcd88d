// SPDX-License-Identifier: MIT
// Paragraphs from lines. A paragraph begins after an empty line, at a first line's indent, at a
// mark such as 一、 or (1), and after a line that stops short of the right margin. Rows of tables
// stay lines of their own.
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/extract/pdf_parts.h"

enum {
    SHORT_LINE = 28, // a line this much shorter than the margin ends its paragraph
    SHORT_STOP = 4,  // or this much, with a full stop
    INDENT = 2,      // columns
    WIDTHS_LEAST = 8,
};

// Length of a full line: nine in ten are not longer. Rows of tables do not count.
static int by_length(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static uint32_t full_length(const struct pdf_lines *l)
{
    uint32_t *lengths = mem_alloc((l->n + 1) * sizeof *lengths), full;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (!l->items[i].drop && !l->items[i].row && l->items[i].length >= WIDTHS_LEAST)
            lengths[n++] = l->items[i].length;
    if (n > 0)
        qsort(lengths, n, sizeof *lengths, by_length);
    full = n > 0 ? lengths[n * 9 / 10] : 0;
    free(lengths);
    return full;
}

static bool ends_sentence(struct html_str s)
{
    static const char *const stops[] = {"。", "！", "？", "；", "：", ".", "!", "?", ":", "”"};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (pdf_ends(s, stops[i]))
            return true;
    return false;
}

static size_t digits(struct html_str s, size_t from)
{
    static const char *const chinese[] = {"一", "二", "三", "四", "五", "六",
                                          "七", "八", "九", "十", "百", "零"};
    size_t n = from;
    for (size_t before = n + 1; before != n;) {
        before = n;
        if (n < s.n && s.s[n] >= '0' && s.s[n] <= '9')
            n++;
        for (size_t i = 0; i < sizeof chinese / sizeof *chinese && n == before; i++)
            if (s.n - n >= 3 && memcmp(s.s + n, chinese[i], 3) == 0)
                n += 3;
    }
    return n - from;
}

static size_t word_at(struct html_str s, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(words[i]);
        if (at + size <= s.n && memcmp(s.s + at, words[i], size) == 0)
            return size;
    }
    return 0;
}

#define WORD_AT(s, at, words) word_at(s, at, words, sizeof(words) / sizeof *(words))

// 一、 （一） 1、 1. (1) 第三条 • — with what follows on the line.
static bool has_mark(struct html_str s)
{
    static const char *const open[] = {"（", "(", "第"};
    static const char *const close[] = {"）", ")", "、", "．", ". ", "条", "條", "章", "节", "節"};
    static const char *const bullets[] = {"•", "●", "■", "◆", "①", "②", "③", "④", "⑤", "- "};
    size_t n = WORD_AT(s, 0, open), number = digits(s, n);
    if (number > 0 && number <= 12 && WORD_AT(s, n + number, close))
        return true;
    return WORD_AT(s, 0, bullets) > 0;
}

// Dots that lead to a page number, in a table of contents.
static bool has_leader(struct html_str s)
{
    return pdf_contains(s, ".....") || pdf_contains(s, "………") || pdf_contains(s, ". . . .");
}

struct state {
    const struct pdf_line *before; // the line written last; NULL: none
    uint32_t full;
    bool blank;        // an empty line since
    bool before_marks; // it began its paragraph with a mark
};

static bool ended(const struct state *s)
{
    const struct pdf_line *b = s->before;
    return b->row || has_leader(b->s) ||
           b->length + (ends_sentence(b->s) ? SHORT_STOP : SHORT_LINE) < s->full;
}

static bool is_letter(unsigned char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

// Bytes of the hyphen at the line's end, of a word that goes on in the next line; 0: none.
static size_t hyphen_of(struct html_str s, const struct pdf_line *next)
{
    size_t n = pdf_ends(s, "-") ? 1 : pdf_ends(s, "\xC2\xAD") ? 2 : 0;
    bool word = n > 0 && s.n > n && is_letter((unsigned char)s.s[s.n - n - 1]);
    return word && next->s.s[0] >= 'a' && next->s.s[0] <= 'z' ? n : 0;
}

// Takes back that hyphen, but not that of "year-on-".
static void dehyphenate(struct buf *text, size_t hyphen)
{
    const char *s = buf_str(text);
    size_t word = text->size - hyphen;
    while (word > 0 && is_letter((unsigned char)s[word - 1]))
        word--;
    if (word == 0 || s[word - 1] != '-')
        text->size -= hyphen;
}

static bool begins(const struct state *s, const struct pdf_line *line)
{
    if (!s->blank && hyphen_of(s->before->s, line))
        return false;
    if (s->blank || line->row || has_leader(line->s) || has_mark(line->s) || ended(s))
        return true;
    if (line->page != s->before->page && line->indent < INDENT)
        return false;
    bool deeper = line->indent >= s->before->indent + INDENT;
    return deeper && !(s->before_marks && !ends_sentence(s->before->s));
}

static void put(struct state *s, const struct pdf_line *line, struct buf *text)
{
    bool first = s->before == NULL, paragraph = !first && begins(s, line);
    size_t hyphen = first || paragraph ? 0 : hyphen_of(s->before->s, line);
    if (paragraph) {
        buf_puts(text, "\n");
    } else if (hyphen) {
        dehyphenate(text, hyphen);
    } else if (!first) {
        bool wide = pdf_is_wide(pdf_last_character(s->before->s)) ||
                    pdf_is_wide(pdf_first_character(line->s));
        buf_puts(text, wide ? "" : " ");
    }
    pdf_add_line(text, line);
    if (first || paragraph)
        s->before_marks = has_mark(line->s);
    s->before = line;
    s->blank = false;
}

void pdf_paragraphs(const struct pdf_lines *l, struct buf *text)
{
    struct state s = {.full = full_length(l)};
    bool blank = false;
    for (size_t i = 0; i < l->n; i++) {
        const struct pdf_line *line = &l->items[i];
        if (line->s.n == 0)
            blank = true;
        if (line->s.n == 0 || line->drop)
            continue;
        // Space at the top or bottom of a page parts no paragraphs.
        s.blank = blank && s.before && s.before->page == line->page;
        blank = false;
        put(&s, line, text);
    }
}
