// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/pdf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/page.h"
#include "services/fetcher/extract/pdf_parts.h"

enum {
    TITLE_MAX = 1000,
    SNIFF_BYTES = 1024,
    USEFUL_TITLE = 6,   // length of a title that says something
    STRANGE_SHARE = 10, // one in so many characters from scripts that do not go together
    STRANGE_BLOCKS = 6, // and from so many of them
    BLOCK_BITS = 7,     // 128 characters
    BLOCKS = 0x10000 >> BLOCK_BITS,
    UNREADABLE_LEAST = 5, // and one in so many bytes of text: as for web pages
    UNREADABLE_ONE_IN = 60,
    SAMPLE = 120,
};

bool pdf_sniff(const uint8_t *bytes, size_t size)
{
    size_t n = size < SNIFF_BYTES ? size : SNIFF_BYTES;
    const uint8_t *at = n >= 5 ? memmem(bytes, n, "%PDF-", 5) : NULL;
    return at && !memchr(bytes, '<', (size_t)(at - bytes));
}

// Readable.

// Characters of scripts that filings in Chinese and English are made of.
static bool is_expected(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {{0x20, 0x7E},     {0xA0, 0xFF},     {0x370, 0x3FF},   {0x2000, 0x206F},
                  {0x2070, 0x27BF}, {0x2E80, 0x33FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3},
                  {0xF900, 0xFAFF}, {0xFE10, 0xFE6F}, {0xFF00, 0xFFEF}, {0x20000, 0x3FFFF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

static bool is_layout(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_broken(uint32_t c)
{
    return (c < 0x20 && !is_layout(c)) || (c >= 0x7F && c < 0xA0) || c == 0xFFFD ||
           (c >= 0xE000 && c < 0xF000) || (c > 0xF0FF && c < 0xF900) || c >= 0xF0000;
}

// A font without a map to Unicode gives its glyphs' numbers as if they were characters: controls,
// private ones, and letters of a dozen scripts at once. U+F0xx are a symbol font's bullets.
static uint32_t count_unreadable(const char *s, size_t n)
{
    uint32_t broken = 0, strange = 0, all = 0, blocks = 0;
    bool seen[BLOCKS] = {false};
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += text_decode(s + i, n - i, &c);
        all++;
        broken += is_broken(c);
        if (is_broken(c) || is_expected(c) || is_layout(c) || c >= 0x10000)
            continue;
        strange++;
        blocks += !seen[c >> BLOCK_BITS];
        seen[c >> BLOCK_BITS] = true;
    }
    bool mixed = blocks >= STRANGE_BLOCKS && strange > all / STRANGE_SHARE;
    return broken + (mixed ? strange : 0);
}

const char *pdf_trouble(const struct pdf *pdf)
{
    if (pdf->unreadable >= UNREADABLE_LEAST &&
        (uint64_t)pdf->unreadable * UNREADABLE_ONE_IN > pdf->text.size)
        return "the PDF's text is garbled: its fonts do not say which characters they show";
    if (pdf->text.size == 0)
        return "a PDF without text: scanned?";
    return NULL;
}

// Title and date.

// A link's text without what only says that it is a file.
static struct html_str bare_title(const char *title)
{
    struct html_str s = {title, strlen(title)};
    static const char *const endings[] = {".pdf", "(pdf)", "[pdf]", "（PDF）", " "};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (s.n >= n && strncasecmp(s.s + s.n - n, endings[i], n) == 0)
            s.n -= n;
    }
    size_t from = 0;
    if (s.n > 6 && memcmp(s.s, "附件", 6) == 0)
        for (from = 6; from < s.n && s.s[from] >= '0' && s.s[from] <= '9';)
            from++;
    bool colon = s.n >= from + 3 && memcmp(s.s + from, "：", 3) == 0;
    if (from > 0 && (colon || (s.n > from && s.s[from] == ':'))) {
        s.s += from + (colon ? 3 : 1);
        s.n -= from + (colon ? 3 : 1);
    }
    return s;
}

// False for 下载, "View PDF", 1219-600100 and their like.
static bool is_useful(struct html_str s)
{
    static const char *const empty[] = {
        "下载",        "下載",     "查看",      "点击下载",     "點擊下載",
        "点击查看",    "公告全文", "全文下载",  "附件下载",     "查看全文",
        "download",    "view",     "view pdf",  "pdf",          "read more",
        "click here",  "here",     "full text", "announcement", "view announcement",
        "download pdf"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (s.n == strlen(empty[i]) && strncasecmp(s.s, empty[i], s.n) == 0)
            return false;
    uint32_t letters = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t c;
        i += text_decode(s.s + i, s.n - i, &c);
        letters += text_is_cjk(c) ? 2 : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? 1 : c > 0xBF;
    }
    return letters >= USEFUL_TITLE;
}

static const char *choose_title(struct pdf *pdf, bool sure, const struct pdf_hint *hint)
{
    if (sure)
        return "the first lines, as titles end";
    struct html_str told = bare_title(hint ? hint->title : "");
    if (told.n == 0 || (!is_useful(told) && pdf->title.size > 0))
        return pdf->title.size > 0 ? "the first lines" : "none";
    buf_clear(&pdf->title);
    buf_add(&pdf->title, told.s, text_cut(told.s, told.n, TITLE_MAX));
    pdf->title.size = text_clean((char *)pdf->title.data, pdf->title.size);
    pdf->title.data[pdf->title.size] = '\0';
    return "the page that links it";
}

static const char *choose_date(struct pdf *pdf, const struct pdf_lines *l,
                               const struct date_rules *rules, const struct pdf_hint *hint)
{
    const char *rule;
    if (pdf->date.precision != DATE_NONE)
        return "beside the title";
    if (hint && hint->published_ms && hint->precision != DATE_NONE) {
        pdf->date = (struct date){hint->published_ms, hint->precision, rules->zone};
        return "the page that links it";
    }
    return pdf_signature(l, rules, &pdf->date, &rule) ? rule : "";
}

// Explanation.

static void explain_lines(const struct pdf_lines *l, struct buf *out)
{
    static const char *const reasons[] = {[PDF_KEPT] = "",
                                          [PDF_PAGE_NUMBER] = "page number",
                                          [PDF_REPEATED] = "repeated on pages",
                                          [PDF_LETTERHEAD] = "letterhead",
                                          [PDF_TITLE] = "title",
                                          [PDF_SCANNER] = "scanner's mark"};
    buf_puts(out, "\ndropped\n");
    for (size_t i = 0; i < l->n; i++) {
        struct html_str s = l->items[i].s;
        size_t n = text_cut(s.s, s.n, SAMPLE);
        if (l->items[i].drop)
            buf_printf(out, "  - %-17s page %-4u %.*s%s\n", reasons[l->items[i].drop],
                       l->items[i].page + 1, (int)n, s.s, n < s.n ? "…" : "");
    }
}

static void explain_text(const struct pdf *pdf, struct buf *out)
{
    const char *s = buf_str(&pdf->text), *end = s + pdf->text.size;
    buf_puts(out, "\ntext, kept\n");
    while (s < end) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        size_t size = (size_t)((newline ? newline : end) - s), n = text_cut(s, size, SAMPLE);
        buf_printf(out, "  + %.*s%s\n", (int)n, s, n < size ? "…" : "");
        s += size + 1;
    }
}

static void explain(const struct pdf *pdf, const struct pdf_lines *l, const char *title_rule,
                    struct buf *out)
{
    const char *trouble = pdf_trouble(pdf);
    char date[DATE_TEXT_SIZE] = "";
    if (pdf->date.precision != DATE_NONE)
        date_format(&pdf->date, date);
    buf_printf(out, "PDF document of %u pages, %zu lines\n", l->pages, l->n);
    buf_printf(out, "title     by rule: %s  %s\n", title_rule, buf_str(&pdf->title));
    buf_printf(out, "date      by rule: %s  %s\n", *date ? pdf->date_rule : "none", date);
    if (trouble)
        buf_printf(out, "trouble   %s\n", trouble);
    explain_lines(l, out);
    explain_text(pdf, out);
}

// All.

// The text without what no text may hold, but for the form feeds that end pages.
static struct buf cleaned(const char *text, size_t size)
{
    struct buf b = buf_new(size + 1);
    for (size_t i = 0; i < size;) {
        const char *feed = memchr(text + i, '\f', size - i);
        size_t n = feed ? (size_t)(feed - (text + i)) : size - i;
        size_t from = b.size;
        if (n > 0) {
            buf_add(&b, text + i, n);
            b.size = from + text_clean((char *)b.data + from, n);
        }
        if (feed)
            buf_puts(&b, "\f");
        i += n + 1;
    }
    return b;
}

static void set_language(struct pdf *pdf)
{
    char language[LANGUAGE_SIZE];
    struct html_str text = {buf_str(&pdf->text), pdf->text.size};
    const char *tag = language_tag(text, (struct html_str){"", 0}, language);
    memcpy(pdf->language, tag, strlen(tag) + 1);
}

void pdf_read(const char *text, size_t size, const struct pdf_hint *hint, int64_t now_ms,
              struct pdf *out, struct buf *explanation)
{
    *out = (struct pdf){.title = buf_new(2 * TITLE_MAX), .text = buf_new(PDF_TEXT_MAX * 2)};
    struct pdf_lines l;
    bool sure;
    struct buf own = cleaned(text, size);
    out->unreadable = count_unreadable(text, size);
    pdf_lines_read(buf_str(&own), own.size, &l);
    out->pages = l.pages;
    struct html_str all = {buf_str(&own), own.size};
    char language[LANGUAGE_SIZE];
    bool chinese = strncmp(language_tag(all, (struct html_str){"", 0}, language), "zh", 2) == 0;
    struct date_rules rules = {.zone = chinese ? ZONE_SHANGHAI : ZONE_UTC, .now_ms = now_ms};
    pdf_head(&l, &rules, &out->title, &sure, &out->date);
    const char *title_rule = choose_title(out, sure, hint);
    out->date_rule = choose_date(out, &l, &rules, hint);
    pdf_paragraphs(&l, &out->text);
    set_language(out);
    if (explanation)
        explain(out, &l, title_rule, explanation);
    pdf_lines_free(&l);
    buf_free(&own);
}

void pdf_free(struct pdf *pdf)
{
    buf_free(&pdf->title);
    buf_free(&pdf->text);
}

void pdf_article(const struct pdf *pdf, struct article *out)
{
    *out = (struct article){
        .title = buf_str(&pdf->title),
        .standfirst = "",
        .text = buf_str(&pdf->text),
        .text_size = pdf->text.size,
        .author = "",
        .site_name = "",
        .canonical_url = "",
        .image = "",
        .language = pdf->language,
        .published_ms = pdf->date.precision == DATE_NONE ? 0 : pdf->date.ms,
        .precision = pdf->date.precision,
        .zone = pdf->date.zone,
        .date_rule = pdf->date_rule,
        // What pdftotext was asked for.
        .charset = {.declared = "", .used = "utf-8", .replacements = pdf->unreadable}};
}
