// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_date.h"

#include <string.h>
#include <strings.h>

enum {
    LINE_MAX = 800,
    LINE_LENGTH_MAX = 240,
    DATED_MAX = 100,
    LINES_AFTER = 30,
    SCORE_MIN = 20,
    SURE_SCORE = 120,
    SURE_COST_MAX = 95
};

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

// As many digits as a date has at least, or 年: spares looking for one.
static bool may_hold_date(const char *s, size_t n)
{
    int digits = 0;
    bool year = false;
    for (size_t i = 0; i < n; i++) {
        digits += s[i] >= '0' && s[i] <= '9';
        year |= s[i] == "年"[0] && i + 3 <= n && memcmp(s + i, "年", 3) == 0;
    }
    return digits >= 5 || year;
}

// A line with a date in it.
struct dated {
    struct date date;
    int number, score; // of the line; without its distance from the article
};

// Lines are gathered in document order; the title may come after some of them.
struct gathered {
    struct dated lines[DATED_MAX];
    int n, number;           // lines with dates, all lines
    int title, first, after; // lines: the title's, the article's first, the first after it
    char text[LINE_MAX];
    size_t size;
    uint32_t length;
    bool linked, named; // in a link; in an element named after a date
};

static void end_line(struct gathered *g, const struct date_rules *rules)
{
    struct date date;
    if (g->length == 0)
        return;
    if (g->n < DATED_MAX && g->length <= LINE_LENGTH_MAX && g->size >= 8 &&
        may_hold_date(g->text, g->size) && date_find(g->text, g->size, rules, &date)) {
        int score = 100 + line_score(g->text, g->size) - (int)g->length / 4;
        score -= g->linked ? 30 : 0;
        score += g->named ? 30 : 0;
        score += date.precision > DATE_DAY ? 15 : 0;
        g->lines[g->n++] = (struct dated){date, g->number, score};
    }
    g->number++;
    g->size = g->length = 0;
    g->linked = g->named = false;
}

// class="post-date", "c-meta__date", "publishedTime"
static bool is_named_date(const struct page *p, uint32_t i)
{
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    return class.s &&
           (memmem(class.s, class.n, "date", 4) || memmem(class.s, class.n, "Date", 4) ||
            memmem(class.s, class.n, "publish", 7) || memmem(class.s, class.n, "posted", 6));
}

static void add_text(struct gathered *g, const struct page *p, uint32_t i)
{
    const struct html_node *node = &p->nodes[i];
    size_t room = sizeof g->text - g->size;
    size_t n = node->text_size < room ? node->text_size : room;
    memcpy(g->text + g->size, node->text, n);
    g->size += n;
    g->length += p->own[i].length;
    g->linked |= p->own[i].links > 0;
    if (node->text_size < LINE_LENGTH_MAX && may_hold_date(node->text, node->text_size))
        g->named |=
            is_named_date(p, node->parent) || is_named_date(p, p->nodes[node->parent].parent);
}

// All lines of the page, dropped or not: bylines are.
static void gather(struct gathered *g, const struct page *p, uint32_t anchor, uint32_t article,
                   const struct date_rules *rules)
{
    uint32_t open = p->body;
    for (uint32_t i = p->body; i < p->nodes[p->body].end && g->n < DATED_MAX; i++) {
        const struct html_node *node = &p->nodes[i];
        bool boundary = html_is_block(node->tag);
        for (; i >= p->nodes[open].end; open = p->nodes[open].parent)
            boundary |= html_is_block(p->nodes[open].tag);
        if (boundary)
            end_line(g, rules);
        if (i > anchor && g->after > 0 && g->number > g->after + LINES_AFTER)
            break;
        if (i == anchor)
            g->title = g->number;
        if (i == article)
            g->first = g->number;
        if (i < p->nodes[article].end)
            g->after = g->number + 1;
        if (p->drop[i] == DROP_INVISIBLE)
            i = node->end - 1;
        else if (node->tag == HTML_TEXT)
            add_text(g, p, i);
        else
            open = i;
    }
    end_line(g, rules);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

// What a line loses for its distance: from the title on downwards, before the article upwards,
// after its end.
static int distance_cost(const struct gathered *g, int number, bool titled, bool sure)
{
    int from = titled ? g->title : g->first;
    int cost = number >= from ? (number - from) * 3 : (from - number) * 6;
    if (number < g->first)
        cost = least(cost, (g->first - number) * 5);
    if (number >= g->after)
        cost = least(cost, 15 + (number - g->after) * 8);
    else if (number >= g->first) // signed and dated at its end
        cost = least(cost, 15 + (g->after - 1 - number) * 5);
    return sure ? least(cost, SURE_COST_MAX) : cost;
}

// The best line near the title or the article.
static bool from_lines(const struct page *p, uint32_t anchor, uint32_t article,
                       const struct date_rules *rules, struct date *out)
{
    struct gathered *g = arena_alloc(p->arena, sizeof *g);
    *g = (struct gathered){.n = 0};
    gather(g, p, anchor, article, rules);
    int best = SCORE_MIN;
    for (int i = 0; i < g->n; i++) {
        int score = g->lines[i].score - distance_cost(g, g->lines[i].number, anchor != 0,
                                                      g->lines[i].score >= SURE_SCORE);
        if (score > best) {
            best = score;
            *out = g->lines[i].date;
        }
    }
    return best > SCORE_MIN;
}

bool page_date(const struct page *p, const struct meta *meta, const struct ld *ld, const char *url,
               uint32_t anchor, uint32_t node, const struct date_rules *rules, struct date *out,
               const char **rule)
{
    *rule = "JSON-LD";
    if (read(ld->published, rules, out))
        return true;
    *rule = "meta element";
    if (read(meta->published, rules, out) || read(meta->published_guess, rules, out))
        return true;
    *rule = "time element";
    if (from_elements(p, anchor, rules, out))
        return true;
    *rule = "line near the title";
    if (from_lines(p, anchor, node, rules, out))
        return true;
    *rule = "URL";
    if (from_url(meta->canonical, rules, out) ||
        from_url((struct html_str){url, strlen(url)}, rules, out))
        return true;
    *rule = "none";
    return false;
}
