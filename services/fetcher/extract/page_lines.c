// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_lines.h"

#include <string.h>

enum {
    LINE_MAX = 800,
    LINE_LENGTH_MAX = 240,
    HELD_MAX = 80,
    DATED_MAX = 100,
    LINES_AFTER = 30,
    SCORE_MIN = 20,
    SURE_SCORE = 120,
    SURE_COST_MAX = 95,
    SHOWN_LINES = 8,       // below the title, where bylines stand
    SHOWN_LENGTH_MAX = 80, // of a byline
    LABEL_LENGTH_MAX = 24  // of a line that is the label of the next one
};

// What a line says beside its date.
static int line_score(const char *s, size_t n)
{
    static const struct {
        const char *word;
        int score;
    } words[] = {{"发表", 40},     {"發表", 40},       {"建立", -20},     {"发布", 40},
                 {"發布", 40},     {"發佈", 40},       {"时间", 30},      {"時間", 30},
                 {"日期", 30},     {"来源", 30},       {"來源", 30},      {"Publish", 40},
                 {"publish", 40},  {"Posted", 40},     {"posted", 40},    {"Date", 20},
                 {"Written", 20},  {"PUBLISHED", 40},  {"By ", 15},       {"by ", 15},
                 {"Updated", -10}, {"updated", -10},   {"Modified", -10}, {"更新", -10},
                 {"©", -80},       {"Copyright", -80}, {"版权", -80},     {"访问", -20}};
    int score = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(s, n, words[i].word, strlen(words[i].word)))
            score += words[i].score;
    return score;
}

// True if the line tells of another day than that of the publication.
static bool is_of_another_day(const char *s, size_t n)
{
    static const char *const words[] = {
        "pdated",  "PDATED", "odified",   "MODIFIED", "eviewed", "evised", "ccessed", "ffective",
        "eadline", "xpire",  "Copyright", "©",        "更新",    "修改",   "修订",    "修訂",
        "访问",    "成文",   "截止",      "截至",     "生效",    "施行",   "实施",    "實施"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (memmem(s, n, words[i], strlen(words[i])))
            return true;
    return false;
}

// What a text has of a date: digits, 年. Spares looking for one.
struct signs {
    unsigned digits;
    bool year;
};

static struct signs signs_of(const char *s, size_t n)
{
    unsigned digits = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        digits += (uint8_t)(s[i] - '0') < 10;
        all |= (uint8_t)s[i];
    }
    return (struct signs){digits, all >= 0x80 && memmem(s, n, "年", strlen("年"))};
}

static bool may_hold_date(struct signs signs)
{
    return signs.digits >= 5 || signs.year;
}

// The date of a line: the one after a word for publishing if there is one, else the first.
static bool find(const char *s, size_t n, const struct date_rules *rules, struct date *out,
                 bool *published)
{
    static const char *const words[] = {"ublished", "UBLISHED", "osted", "发布", "發布",
                                        "發佈",     "发表",     "發表",  "刊登"};
    *published = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *at = memmem(s, n, words[i], strlen(words[i]));
        if (at && date_find(at, n - (size_t)(at - s), rules, out))
            return true;
    }
    *published = false;
    return date_find(s, n, rules, out);
}

// A line with a date in it.
struct dated {
    struct date date;
    int number, score; // of the line; without its distance from the article
    bool revision;
};

// The line that is being put together.
struct line {
    char text[LINE_MAX];
    size_t size;
    uint32_t length;
    struct signs signs;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "HealthDECEMBER", "Maria Oduya27", "272021-09": what only a style sheet keeps apart.
static bool is_glued(const struct line *line, char next)
{
    char last = line->size ? line->text[line->size - 1] : ' ';
    if (is_digit(last) && is_digit(next))
        return line->length <= 2 && line->signs.digits == line->length;
    return last >= 'a' && last <= 'z' && ((next >= 'A' && next <= 'Z') || is_digit(next));
}

// Appends a text node's text; tells what that has of a date.
static struct signs add_text(struct line *line, const struct page *p, uint32_t i)
{
    const struct html_node *node = &p->nodes[i];
    if (node->text_size && is_glued(line, node->text[0]) && line->size < sizeof line->text)
        line->text[line->size++] = ' ';
    size_t room = sizeof line->text - line->size;
    size_t n = node->text_size < room ? node->text_size : room;
    struct signs signs = {0};
    line->length += p->own[i].length;
    if (line->length > LINE_LENGTH_MAX)
        return signs; // no byline
    memcpy(line->text + line->size, node->text, n);
    line->size += n;
    signs = signs_of(node->text, n);
    line->signs.digits += signs.digits;
    line->signs.year |= signs.year;
    return signs;
}

static void clear(struct line *line)
{
    line->size = line->length = 0;
    line->signs = (struct signs){0};
}

// Lines are gathered in document order; the title may come after some of them.
struct gathered {
    struct dated lines[DATED_MAX];
    int n, number;           // lines with dates, all lines
    int title, first, after; // lines: the title's, the article's first, the first after it
    struct line line;
    bool linked, named, comment; // in a link; in an element named after a date, or a comment
};

// The lines below the title, until one is found that decides.
struct reading {
    const struct date_rules *rules;
    const struct date *stated; // NULL: nothing is
    struct line line;
    int number;
    bool labelled; // by the line before: of another day
    bool comment;  // in an element named after a comment
    struct shown shown;
};

// Keeps a line of one number, which may be the day that goes with the next one: "27", "Sep 2021".
static bool hold_day(struct line *line)
{
    if (line->length > 2 || line->signs.digits != line->length || line->size > HELD_MAX)
        return false;
    line->text[line->size++] = ' ';
    return true;
}

static void end_line(struct gathered *g, const struct date_rules *rules)
{
    struct date date;
    bool published = false;
    if (g->line.length == 0)
        return;
    if (hold_day(&g->line)) {
        g->number++;
        return;
    }
    if (g->n < DATED_MAX && g->line.length <= LINE_LENGTH_MAX && g->line.size >= 8 &&
        may_hold_date(g->line.signs) &&
        find(g->line.text, g->line.size, rules, &date, &published)) {
        int score = 100 + line_score(g->line.text, g->line.size) - (int)g->line.length / 4;
        score -= g->linked ? 30 : 0;
        score += g->named ? 30 : 0;
        score += date.precision > DATE_DAY ? 15 : 0;
        score -= g->comment ? 60 : 0;
        bool revision = !published && is_of_another_day(g->line.text, g->line.size);
        g->lines[g->n++] = (struct dated){date, g->number, score, revision};
    }
    g->number++;
    clear(&g->line);
    g->linked = g->named = g->comment = false;
}

// class="post-date", "c-meta__date", "publishedTime"
static bool is_named_date(const struct page *p, uint32_t i)
{
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    return class.s &&
           (memmem(class.s, class.n, "date", 4) || memmem(class.s, class.n, "Date", 4) ||
            memmem(class.s, class.n, "publish", 7) || memmem(class.s, class.n, "posted", 6));
}

// class="commentmetadata", "comment-date": when a reader wrote.
static bool is_named_comment(const struct page *p, uint32_t i)
{
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    return class.s && memmem(class.s, class.n, "comment", 7);
}

static void add_gathered(struct gathered *g, const struct page *p, uint32_t i)
{
    uint32_t parent = p->nodes[i].parent, above = p->nodes[parent].parent;
    g->linked |= p->own[i].links > 0;
    if (may_hold_date(add_text(&g->line, p, i))) {
        g->named |= is_named_date(p, parent) || is_named_date(p, above);
        g->comment |= is_named_comment(p, parent) || is_named_comment(p, above);
    }
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
            add_gathered(g, p, i);
        else
            open = i;
    }
    end_line(g, rules);
}

// True if the line, in one order of day and month or the other, has the day that is stated.
static bool confirms(const struct reading *r, const struct date *date)
{
    struct date_rules other = *r->rules;
    struct date turned;
    other.day_first = !other.day_first;
    return date_same_day(date, r->stated) ||
           (date_find(r->line.text, r->line.size, &other, &turned) &&
            date_same_day(&turned, r->stated));
}

static void end_shown(struct reading *r)
{
    struct date date;
    if (r->line.length == 0)
        return;
    bool published = false;
    bool dated = r->line.length <= LINE_LENGTH_MAX && may_hold_date(r->line.signs) &&
                 find(r->line.text, r->line.size, r->rules, &date, &published);
    bool other = (dated || r->line.length <= LABEL_LENGTH_MAX) && !published &&
                 (r->labelled || is_of_another_day(r->line.text, r->line.size));
    if (dated && r->stated && confirms(r, &date)) {
        *(other ? &r->shown.revised : &r->shown.confirmed) = true;
    } else if (dated && !r->comment && r->number > 0 && r->line.length <= SHOWN_LENGTH_MAX) {
        bool *has = other ? &r->shown.has_other : &r->shown.has_plain;
        if (!*has)
            *(other ? &r->shown.other : &r->shown.plain) = date;
        *has = true;
    }
    r->labelled = other && !dated && r->line.length <= LABEL_LENGTH_MAX;
    r->number++;
    r->comment = false;
    clear(&r->line);
}

struct shown lines_below(const struct page *p, uint32_t anchor, uint32_t article,
                         const struct date_rules *rules, const struct date *stated)
{
    struct reading r = {.rules = rules, .stated = stated};
    uint32_t open = anchor;
    if (!anchor)
        return r.shown;
    uint32_t end = p->nodes[article].end > anchor ? p->nodes[article].end : p->nodes[p->body].end;
    for (uint32_t i = anchor; i < end; i++) {
        const struct html_node *node = &p->nodes[i];
        bool boundary = html_is_block(node->tag);
        for (; i >= p->nodes[open].end; open = p->nodes[open].parent)
            boundary |= html_is_block(p->nodes[open].tag);
        if (boundary)
            end_shown(&r);
        if (r.number > SHOWN_LINES || r.shown.confirmed)
            return r.shown;
        if (p->drop[i] == DROP_INVISIBLE || p->drop[i] == DROP_HIDDEN)
            i = node->end - 1;
        else if (node->tag == HTML_TEXT)
            r.comment |=
                may_hold_date(add_text(&r.line, p, i)) && is_named_comment(p, node->parent);
        else
            open = i;
    }
    end_shown(&r);
    return r.shown;
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

bool lines_best(const struct page *p, uint32_t anchor, uint32_t article,
                const struct date_rules *rules, struct date *out, struct best *best)
{
    struct gathered *g = arena_alloc(p->arena, sizeof *g);
    *g = (struct gathered){.n = 0};
    gather(g, p, anchor, article, rules);
    int highest = SCORE_MIN;
    for (int i = 0; i < g->n; i++) {
        int score = g->lines[i].score - distance_cost(g, g->lines[i].number, anchor != 0,
                                                      g->lines[i].score >= SURE_SCORE);
        if (score > highest) {
            highest = score;
            *out = g->lines[i].date;
            int below = g->lines[i].number - g->title;
            best->revision = g->lines[i].revision;
            best->near = anchor && below >= -SHOWN_LINES && below <= SHOWN_LINES &&
                         g->lines[i].number < g->after;
        }
    }
    return highest > SCORE_MIN;
}
