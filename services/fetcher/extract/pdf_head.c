// SPDX-License-Identifier: MIT
// Title and date of a filing. A filing begins with a letterhead (securities code, number of the
// announcement; in Hong Kong the exchange's disclaimer), the company's name and the title, which in
// Chinese ends with a word such as 公告; it ends with a signature and its date.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/pdf_parts.h"

enum {
    HEAD_LINES = 40,      // lines with text, where the title is looked for
    DATE_LINES = 30,      // at either end, where the date is looked for
    TITLE_SIZE_MAX = 300, // bytes
    BODY_LENGTH = 64,     // a line so long, after which another follows, is no title
    DATELINE_LENGTH = 40,
    SIGNATURE_LENGTH = 60,
    CENTRED = 6, // columns of indent
};

static bool any(struct html_str s, const char *const *words, size_t n,
                bool (*test)(struct html_str s, const char *word))
{
    for (size_t i = 0; i < n; i++)
        if (test(s, words[i]))
            return true;
    return false;
}

#define ANY(s, words, test) any(s, words, sizeof(words) / sizeof *(words), test)

static bool begins(struct html_str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && strncasecmp(s.s, with, n) == 0;
}

static bool ends_as(struct html_str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && strncasecmp(s.s + s.n - n, with, n) == 0;
}

static bool is_letterhead(struct html_str s)
{
    static const char *const inside[] = {
        "证券代码",   "证券简称",   "股票代码",   "股票简称",        "公告编号",
        "债券代码",   "债券简称",   "转债代码",   "证券代號",        "證券代號",
        "證券代碼",   "股份代號",   "股份代碼",   "公告編號",        "Stock Code",
        "Stock code", "stock code", "STOCK CODE", "Announcement No", "RNS Number"};
    static const char *const first[] = {"编号：",  "编号:",   "编号 ",    "A股代码",
                                        "H股代码", "A股简称", "此乃要件", "Website:"};
    if (ANY(s, inside, pdf_contains) || ANY(s, first, begins))
        return true;
    bool brackets = (begins(s, "(") && pdf_ends(s, ")")) || (begins(s, "（") && pdf_ends(s, "）"));
    static const char *const founded[] = {"ncorporated in", "limited liability", "有限公司",
                                          "有限責任",       "註冊成立",          "注册成立"};
    return brackets && ANY(s, founded, pdf_contains);
}

// "Hong Kong Exchanges and Clearing Limited ... take no responsibility ...", to its full stop.
static bool opens_disclaimer(struct html_str s)
{
    static const char *const first[] = {"Hong Kong Exchanges and Clearing Limited",
                                        "香港交易及結算所有限公司", "香港交易及结算所有限公司"};
    return ANY(s, first, begins);
}

static bool is_company(struct html_str s)
{
    static const char *const last[] = {"公司", " limited",     " ltd",  " ltd.", " plc",
                                       " inc", " corporation", " inc.", " s.a.", " n.v."};
    return ANY(s, last, ends_as);
}

// 公告, with 摘要 or a remark in brackets behind it.
static bool ends_title(struct html_str s)
{
    static const char *const words[] = {
        "公告",   "通知",   "决议", "決議",         "报告",   "報告",   "报告书",  "報告書",
        "说明书", "說明書", "说明", "说明会",       "声明",   "聲明",   "意见",    "意見",
        "意见书", "意見書", "办法", "辦法",         "通函",   "制度",   "规则",    "章程",
        "方案",   "计划",   "摘要", "预案",         "提示",   "函",     "回复",    "月報表",
        "通告",   "批复",   "决定", "方法",         "规定",   "名单",   "简报",    "季报",
        "年报",   "议案",   "公示", "announcement", "notice", "report", "results", "circular"};
    const char *bracket = s.n > 3 && pdf_ends(s, "）")  ? memmem(s.s, s.n, "（", 3)
                          : s.n > 1 && pdf_ends(s, ")") ? memchr(s.s, '(', s.n)
                                                        : NULL;
    if (bracket && bracket > s.s)
        s.n = (size_t)(bracket - s.s);
    while (s.n > 0 && s.s[s.n - 1] == ' ')
        s.n--;
    return ANY(s, words, ends_as);
}

static bool is_body(const struct pdf_line *line)
{
    static const char *const stops[] = {"。", "；", "："};
    return line->length >= BODY_LENGTH || ANY(line->s, stops, pdf_ends) ||
           (line->length > 30 && pdf_contains(line->s, "，"));
}

static bool is_dateline(const struct pdf_line *line, const struct date_rules *rules,
                        struct date *out)
{
    return line->length > 0 && line->length <= DATELINE_LENGTH && !ends_title(line->s) &&
           date_find(line->s.s, line->s.n, rules, out);
}

// The title in the making.
struct head {
    const struct date_rules *rules;
    struct buf *title;
    struct pdf_line *from[HEAD_LINES];
    size_t n;
    bool done, sure, disclaimer;
    bool names; // of companies is all that it holds
    struct date *dateline;
};

static void restart(struct head *h)
{
    buf_clear(h->title);
    h->n = 0;
    h->names = true;
}

static void take(struct head *h, struct pdf_line *line)
{
    struct html_str before = {buf_str(h->title), h->title->size};
    if (h->title->size + line->s.n > TITLE_SIZE_MAX || h->n == HEAD_LINES) {
        h->done = true;
        return;
    }
    bool wide =
        pdf_is_wide(pdf_last_character(before)) && pdf_is_wide(pdf_first_character(line->s));
    if (before.n > 0 && !wide)
        buf_puts(h->title, " ");
    struct pdf_line plain = *line;
    pdf_add_line(h->title, &plain);
    h->from[h->n++] = line;
    h->names &= is_company(line->s);
    h->sure = ends_title((struct html_str){buf_str(h->title), h->title->size});
    h->done = h->sure;
}

// A blank line ends an English title, and parts the company's name from the title.
static void on_blank(struct head *h)
{
    bool cjk =
        pdf_is_wide(pdf_last_character((struct html_str){buf_str(h->title), h->title->size}));
    if (h->n == 0 || cjk)
        return;
    if (h->names)
        restart(h);
    else
        h->done = true;
}

static void on_line(struct head *h, struct pdf_line *line)
{
    struct date date;
    if (opens_disclaimer(line->s))
        h->disclaimer = true;
    if (h->disclaimer) {
        h->disclaimer = !pdf_ends(line->s, ".") && !pdf_ends(line->s, "。");
        line->drop = PDF_LETTERHEAD;
    } else if (is_letterhead(line->s)) {
        line->drop = PDF_LETTERHEAD;
        restart(h);
    } else if (is_dateline(line, h->rules, &date)) {
        if (h->dateline->precision == DATE_NONE)
            *h->dateline = date;
        h->done = h->n > 0 && !h->names;
    } else if (is_body(line) && h->n > 0) {
        h->done = true;
    } else if (!is_body(line) || line->indent >= CENTRED || ends_title(line->s)) {
        take(h, line);
    } else {
        h->done = true;
    }
}

// A date right below the title, such as "Hong Kong, 27 September 2021".
static void look_below(struct pdf_lines *l, size_t i, struct head *h)
{
    for (size_t seen = 0; i < l->n && seen < 3 && h->dateline->precision == DATE_NONE; i++) {
        struct pdf_line *line = &l->items[i];
        if (line->s.n == 0 || line->drop)
            continue;
        struct date date;
        seen++;
        if (is_dateline(line, h->rules, &date))
            *h->dateline = date;
        else if (is_body(line))
            return;
    }
}

void pdf_head(struct pdf_lines *l, const struct date_rules *rules, struct buf *title, bool *sure,
              struct date *dateline)
{
    struct head h = {.rules = rules, .title = title, .names = true, .dateline = dateline};
    size_t i = 0;
    for (size_t seen = 0; i < l->n && seen < HEAD_LINES && !h.done && l->items[i].page == 0; i++) {
        struct pdf_line *line = &l->items[i];
        if (line->drop)
            continue;
        if (line->s.n == 0) {
            on_blank(&h);
            continue;
        }
        seen++;
        on_line(&h, line);
    }
    look_below(l, i, &h);
    for (size_t k = 0; k < h.n && h.sure; k++)
        h.from[k]->drop = PDF_TITLE;
    *sure = h.sure;
}

static bool find_date(const struct pdf_lines *l, size_t from, size_t to, bool last,
                      const struct date_rules *rules, struct date *out)
{
    bool found = false;
    for (size_t i = from; i < to && (last || !found); i++) {
        const struct pdf_line *line = &l->items[i];
        if (line->drop != PDF_TITLE && line->length > 0 && line->length <= SIGNATURE_LENGTH &&
            date_find(line->s.s, line->s.n, rules, out))
            found = true;
    }
    return found;
}

bool pdf_signature(const struct pdf_lines *l, const struct date_rules *rules, struct date *out,
                   const char **rule)
{
    size_t tail = l->n > DATE_LINES ? l->n - DATE_LINES : 0;
    *rule = "signature at the end";
    if (find_date(l, tail, l->n, true, rules, out))
        return true;
    *rule = "first lines";
    return find_date(l, 0, l->n < DATE_LINES ? l->n : DATE_LINES, false, rules, out);
}
