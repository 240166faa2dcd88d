// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_date.h"

#include <string.h>
#include <strings.h>

enum { LINE_MAX = 300, LINE_LENGTH_MAX = 160 };

static bool read(struct html_str s, const struct date_rules *rules, struct date *out)
{
    return s.s && s.n >= 6 && date_read(s.s, s.n, rules, out);
}

static bool is_str(struct html_str a, const char *b)
{
    return a.s && a.n == strlen(b) && strncasecmp(a.s, b, a.n) == 0;
}

// A time element: its datetime attribute, else its text.
static bool read_time(const struct page *p, uint32_t i, const struct date_rules *rules,
                      struct date *out)
{
    if (read(html_attr(p->html, &p->nodes[i], HTML_ATTR_DATETIME), rules, out))
        return true;
    char text[LINE_MAX];
    size_t n = page_copy_text(p, i, text, sizeof text);
    return date_find(text, n, rules, out);
}

// Any element with itemprop="datePublished", or the first time element from the title on.
static bool from_elements(const struct page *p, uint32_t anchor, const struct date_rules *rules,
                          struct date *out)
{
    uint32_t first = 0;
    for (uint32_t i = p->body; i < p->nodes[p->body].end; i++) {
        const struct html_node *node = &p->nodes[i];
        if (node->tag == HTML_TEXT || !node->n_attrs)
            continue;
        struct html_str prop = html_attr(p->html, node, HTML_ATTR_ITEMPROP);
        if (is_str(prop, "datePublished") &&
            (read(html_attr(p->html, node, HTML_ATTR_CONTENT), rules, out) ||
             read_time(p, i, rules, out)))
            return true;
        if (node->tag == HTML_TIME && (!first || (first < anchor && i > anchor)))
            first = i;
    }
    return first && read_time(p, first, rules, out);
}

// A date in a URL's path: /2021/09/27/, /2021-09-27, /20210927, t20210927_123.
static bool from_url(struct html_str url, const struct date_rules *rules, struct date *out)
{
    for (size_t i = 0; url.s && i + 8 <= url.n; i++) {
        const char *s = url.s + i;
        if (i > 0 && s[-1] >= '0' && s[-1] <= '9')
            continue;
        if (s[0] != '2' || s[1] != '0')
            continue;
        size_t n = 0;
        while (i + n < url.n && n < 10 &&
               ((s[n] >= '0' && s[n] <= '9') || s[n] == '/' || s[n] == '-' || s[n] == '_'))
            n++;
        if (n >= 8 && date_find(s, n, rules, out) && out->precision == DATE_DAY)
            return true;
    }
    return false;
}

// What a line says beside its date.
static int line_score(const char *s, size_t n)
{
    static const struct {
        const char *word;
        int score;
    } words[] = {
        {"发布", 40},   {"發布", 40},   {"發佈", 40},       {"时间", 30},     {"時間", 30},
        {"日期", 30},   {"来源", 30},   {"來源", 30},       {"Publish", 40},  {"publish", 40},
        {"Posted", 40}, {"posted", 40}, {"Date", 20},       {"Written", 20},  {"PUBLISHED", 40},
        {"By ", 15},    {"by ", 15},    {"Updated", -10},   {"updated", -10}, {"Modified", -10},
        {"更新", -10},  {"©", -80},     {"Copyright", -80}, {"版权", -80},    {"访问", -20}};
    int score = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(s, n, words[i].word, strlen(words[i].word)))
            score += words[i].score;
    return score;
}

static bool has_digit(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((s[i] >= '0' && s[i] <= '9') || (unsigned char)s[i] == 0xE4 ||
            (unsigned char)s[i] == 0xEF)
            return true;
    return false;
}

struct best {
    struct date date;
    int score;
};

// Weighs one line of visible text; `distance` is in lines from the title, after it or before.
static void weigh(const char *line, size_t n, uint32_t length, bool linked, int distance,
                  const struct date_rules *rules, struct best *best)
{
    struct date date;
    if (length > LINE_LENGTH_MAX || n < 8 || !has_digit(line, n) ||
        !date_find(line, n, rules, &date))
        return;
    int score = 100 + line_score(line, n) - (int)length / 4;
    score -= linked ? 30 : 0;
    score -= distance >= 0 ? distance * 3 : -distance * 6;
    if (date.precision > DATE_DAY)
        score += 15;
    if (score > best->score)
        *best = (struct best){date, score};
}

// Lines of text near the title, dropped or not: bylines are.
static bool from_lines(const struct page *p, uint32_t anchor, const struct date_rules *rules,
                       struct date *out)
{
    char line[LINE_MAX];
    size_t n = 0;
    uint32_t length = 0, open = p->body, link_end = 0;
    bool linked = false;
    int number = 0, title_line = 0;
    struct best best = {.score = 20};
    for (int pass = 0; pass < 2; pass++) {
        number = 0, n = 0, length = 0, open = p->body, link_end = 0;
        for (uint32_t i = p->body; i <= p->nodes[p->body].end; i++) {
            bool end = i == p->nodes[p->body].end;
            const struct html_node *node = end ? NULL : &p->nodes[i];
            bool boundary = end || html_is_block(node->tag);
            for (; i >= p->nodes[open].end && open != p->body; open = p->nodes[open].parent)
                boundary |= html_is_block(p->nodes[open].tag);
            if (boundary && length > 0) {
                if (pass == 1)
                    weigh(line, n, length, linked, number - title_line, rules, &best);
                number++;
                n = 0, length = 0, linked = false;
            }
            if (end)
                break;
            if (i == anchor)
                title_line = number;
            if (p->drop[i] == DROP_INVISIBLE) {
                i = node->end - 1;
                continue;
            }
            if (node->tag != HTML_TEXT) {
                open = i;
                if (node->tag == HTML_A)
                    link_end = node->end;
                continue;
            }
            length += p->own[i].length;
            linked |= i < link_end && p->own[i].length > 0;
            size_t take = node->text_size < sizeof line - n ? node->text_size : sizeof line - n;
            memcpy(line + n, node->text, take);
            n += take;
        }
    }
    *out = best.date;
    return best.date.precision != DATE_NONE;
}

bool page_date(const struct page *p, const struct meta *meta, const struct ld *ld, const char *url,
               uint32_t anchor, uint32_t node, const struct date_rules *rules, struct date *out,
               const char **rule)
{
    (void)node;
    *rule = "JSON-LD";
    if (read(ld->published, rules, out))
        return true;
    *rule = "meta element";
    if (read(meta->published, rules, out))
        return true;
    *rule = "time element";
    if (from_elements(p, anchor, rules, out))
        return true;
    *rule = "line near the title";
    if (from_lines(p, anchor, rules, out))
        return true;
    *rule = "URL";
    if (from_url(meta->canonical, rules, out) ||
        from_url((struct html_str){url, strlen(url)}, rules, out))
        return true;
    *rule = "none";
    return false;
}
