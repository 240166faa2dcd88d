// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/fetcher/extract/list_parts.h"

enum {
    ITEM_NODES_MAX = 400, // looked through for a date
    PIECE_CELLS_MAX = 60, // of a text that may be a date with something around it
    TAIL_SIZE = 24,
    NUMBERS_MAX = 6,
    DAY_MS = 86400000,
};

// ---- Dates ----

// Three numbers and where they stand: "20 2026-11", "11-20", "2026 11 20".
struct numbers {
    int value[NUMBERS_MAX];
    size_t n;
};

static bool only_numbers(const char *text, struct numbers *out)
{
    out->n = 0;
    for (const char *s = text; *s;) {
        if (isdigit((unsigned char)*s)) {
            char *end;
            long value = strtol(s, &end, 10);
            if (end - s > 4 || out->n == NUMBERS_MAX)
                return false;
            out->value[out->n++] = (int)value;
            s = end;
        } else if (strchr("-/. []()|,", *s)) {
            s++;
        } else if (strncmp(s, "月", 3) == 0 || strncmp(s, "日", 3) == 0 ||
                   strncmp(s, "年", 3) == 0) {
            s += 3;
        } else {
            return false;
        }
    }
    return out->n > 0;
}

static bool is_year(int n)
{
    return n >= 1990 && n <= 2100;
}

static bool make_date(int year, int month, int day, const struct date_rules *rules,
                      struct date *out)
{
    char text[32];
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int n = snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    return date_read(text, (size_t)n, rules, out);
}

static int year_of(int64_t ms)
{
    return 1970 + (int)(ms / DAY_MS * 10000 / 3652425);
}

// A day without its year is the last such day that has been.
static bool make_recent(int month, int day, const struct date_rules *rules, struct date *out)
{
    int year = year_of(rules->now_ms);
    for (int y = year + 1; rules->now_ms > 0 && y >= year - 1; y--)
        if (make_date(y, month, day, rules, out)) // refuses what is yet to come
            return true;
    return false;
}

// The same of "20 Nov", "Nov. 20".
static bool named_recent(const char *text, const struct date_rules *rules, struct date *out)
{
    char whole[40];
    int year = year_of(rules->now_ms);
    bool letters = strlen(text) <= 14 && strpbrk(text, "aeocuAEOCU");
    for (int y = year; rules->now_ms > 0 && letters && y >= year - 1; y--) {
        int n = snprintf(whole, sizeof whole, "%s, %d", text, y);
        if (date_read(whole, (size_t)n, rules, out))
            return true;
    }
    return false;
}

static bool from_numbers(const struct numbers *x, const struct date_rules *rules, struct date *out)
{
    const int *v = x->value;
    if (x->n == 2 && !is_year(v[0]) && !is_year(v[1]))
        return make_recent(v[0], v[1], rules, out);
    if (x->n != 3)
        return false;
    if (is_year(v[0]))
        return make_date(v[0], v[1], v[2], rules, out);
    if (v[0] >= 90 && v[0] < 150) // the years of the 民國 era
        return make_date(v[0] + 1911, v[1], v[2], rules, out);
    if (is_year(v[1]))
        return make_date(v[1], v[2], v[0], rules, out);
    if (!is_year(v[2]))
        return false;
    return make_date(v[2], v[0], v[1], rules, out) || make_date(v[2], v[1], v[0], rules, out);
}

bool list_date(const char *text, const struct date_rules *rules, struct date *out)
{
    struct numbers numbers;
    if (date_find(text, strlen(text), rules, out))
        return true;
    if (only_numbers(text, &numbers))
        return from_numbers(&numbers, rules, out);
    return named_recent(text, rules, out);
}

static bool has_digit(const char *s)
{
    return strpbrk(s, "0123456789") != NULL || strstr(s, "二〇") != NULL;
}

// The last TAIL_SIZE bytes, from the beginning of a character on.
static const char *tail(const char *text, size_t n)
{
    const char *s = text + n - (n < TAIL_SIZE ? n : TAIL_SIZE);
    while (((unsigned char)*s & 0xC0) == 0x80)
        s++;
    return s;
}

// One date of the text nodes in [from, to), the title's own words aside: a short piece that is one,
// else a number of pieces that make one together.
static bool date_in(const struct list_page *p, uint32_t from, uint32_t to, const char *title,
                    struct date *out)
{
    char joined[64] = "";
    size_t used = 0;
    for (uint32_t i = from; i < to && i - from < ITEM_NODES_MAX; i++) {
        if (p->nodes[i].tag != HTML_TEXT) {
            struct html_str when = html_attr(p->html, &p->nodes[i], HTML_ATTR_DATETIME);
            if (when.n > 0 && date_read(when.s, when.n, &p->dates, out))
                return true;
            continue;
        }
        const char *text = list_text(p, i, i + 1, 1000);
        size_t n = strlen(text);
        uint32_t cells = list_cells(text, n);
        if (cells == 0 || !has_digit(text) || (n > 8 && strstr(title, text)))
            continue;
        // Of a long piece, its end: "… [2026-11-20]". In the midst of a summary are other dates.
        const char *end = cells <= PIECE_CELLS_MAX ? text : tail(text, n);
        if (list_date(end, &p->dates, out))
            return true;
        if (cells <= 10 && used + n + 2 < sizeof joined)
            used += (size_t)snprintf(joined + used, sizeof joined - used, "%s ", text);
    }
    return used > 0 && list_date(joined, &p->dates, out);
}

// A title that carries its date: "… [2026-11-20]", "2026-11-20 …". Takes it off.
static void date_of_title(const struct list_page *p, struct anchor *a)
{
    static const char *const opens[] = {" ", "[", "(", "（", "【"};
    size_t n = strlen(a->title), start = 0;
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++)
        for (const char *s = a->title; (s = strstr(s, opens[i])); s++)
            start = (size_t)(s - a->title) > start ? (size_t)(s - a->title) : start;
    if (start > 0 && n - start <= 24 && list_date(a->title + start, &p->dates, &a->date)) {
        a->title = arena_strndup(p->arena, a->title, start);
        return;
    }
    size_t first = strcspn(a->title, " ]");
    const char *head = first <= 16 ? arena_strndup(p->arena, a->title, first) : "";
    if (a->title[first] && list_date(head, &p->dates, &a->date))
        a->title += first + 1 + strspn(a->title + first + 1, " ");
}

static int digits_at(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

// t20261120_1.htm, /2026-11/20/, /2026/11/20/, /2026/1120/, /202611/20/: year, month, day, with at
// most one separator between.
static bool date_in_url(const char *url, const struct date_rules *rules, struct date *out)
{
    const char *path = strstr(url, "://");
    for (const char *s = path ? path + 3 : url; *s; s++) {
        int year = digits_at(s, strnlen(s, 4) == 4 ? 4 : 0);
        bool begins = s == url || !isdigit((unsigned char)s[-1]);
        if (!begins || !is_year(year))
            continue;
        const char *m = s + 4 + (s[4] == '-' || s[4] == '/' || s[4] == '_');
        int month = strnlen(m, 2) == 2 ? digits_at(m, 2) : -1;
        if (month < 0)
            continue;
        const char *d = m + 2 + (m[2] == '-' || m[2] == '/' || m[2] == '_');
        int day = strnlen(d, 2) == 2 ? digits_at(d, 2) : -1;
        if (day > 0 && make_date(year, month, day, rules, out))
            return true;
    }
    return false;
}

// ---- Items ----

static uint64_t hash_number(uint64_t h, uint32_t n)
{
    return list_hash(list_hash(h, (unsigned char)n), (unsigned char)(n >> 8));
}

static uint64_t hash_class(const struct list_page *p, uint32_t node, uint64_t h)
{
    struct html_str class = html_attr(p->html, &p->nodes[node], HTML_ATTR_CLASS);
    for (size_t i = 0; i < class.n; i++)
        h = list_hash(h, (unsigned char)class.s[i]);
    return h;
}

// Which child of its parent the node is, counting those of its tag; 0 if there are more than
// `most`: then they are a list themselves.
static uint32_t place_among(const struct list_page *p, uint32_t node, uint32_t most)
{
    uint32_t parent = p->nodes[node].parent, place = 0, n = 0;
    for (uint32_t i = parent + 1; i < p->nodes[parent].end && n <= most; i = p->nodes[i].end) {
        n += p->nodes[i].tag == p->nodes[node].tag;
        place = i == node ? n : place;
    }
    return n <= most ? place : 0;
}

// The make of a link: what it and the elements around it are. The titles of a list are of one make,
// their categories, authors and pictures of others. Rows may be classed "odd" and "even".
static uint64_t make_of(const struct list_page *p, uint32_t node)
{
    uint32_t parent = p->nodes[node].parent;
    enum html_tag tag = (enum html_tag)p->nodes[parent].tag;
    uint64_t h = hash_class(p, node, hash_number(LIST_HASH_START, p->nodes[node].tag));
    if (place_among(p, parent, 1) == 0) // one row of several
        h = hash_number(h, place_among(p, node, 4));
    if (tag != HTML_LI && tag != HTML_TR)
        h = hash_class(p, parent, h);
    if (tag == HTML_TD)
        h = hash_number(h, place_among(p, parent, 12));
    for (int level = 0; level < 4 && parent != 0; level++, parent = p->nodes[parent].parent)
        h = hash_number(h, p->nodes[parent].tag);
    return h;
}

// The next link of the same make that leads elsewhere: an item holds one of each make.
static void find_next_alike(const struct list_page *p, uint32_t *next)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        next[i] = p->count;
        for (size_t k = i + 1; k < p->n && next[i] == p->count; k++)
            if (p->anchors[k].make == a->make && p->anchors[k].url_hash != a->url_hash)
                next[i] = p->anchors[k].node;
    }
}

// True if [from, to), which holds anchor i, holds no two links of one make. The anchors known to
// lie in it go from *first to before *last; both are moved outwards.
static bool holds_one_of_each(const struct list_page *p, const uint32_t *next, uint32_t from,
                              uint32_t to, size_t *first, size_t *last)
{
    while (*first > 0 && p->anchors[*first - 1].node >= from)
        --*first;
    while (*last < p->n && p->anchors[*last].node < to)
        ++*last;
    for (size_t i = *first; i < *last; i++)
        if (next[i] < to)
            return false;
    return true;
}

static void find_item(const struct list_page *p, const uint32_t *next, size_t i)
{
    struct anchor *a = &p->anchors[i];
    size_t first = i, last = i + 1;
    a->item = a->node;
    for (uint32_t up = p->nodes[a->node].parent; up != 0; up = p->nodes[up].parent) {
        if (p->nodes[up].tag == HTML_BODY ||
            !holds_one_of_each(p, next, up, p->nodes[up].end, &first, &last))
            break;
        a->item = up;
    }
    a->container = p->nodes[a->item].parent;
}

// Dates in the item, and in what lies between it and its neighbours within the container.
static void find_dates(const struct list_page *p, size_t i)
{
    struct anchor *a = &p->anchors[i];
    uint32_t start = a->container + 1, end = p->nodes[a->item].end;
    uint32_t stop = p->nodes[a->container].end;
    date_in(p, a->item, end, a->title, &a->date);
    date_in_url(a->url, &p->dates, &a->in_url);
    if (a->date.precision != DATE_NONE)
        return;
    for (size_t k = i; k-- > 0 && p->anchors[k].node >= start;)
        if (p->anchors[k].item != a->item && p->nodes[p->anchors[k].node].end <= a->item)
            start = p->nodes[p->anchors[k].node].end;
    for (size_t k = i + 1; k < p->n && p->anchors[k].node < stop; k++)
        if (p->anchors[k].item != a->item && p->anchors[k].node >= end)
            stop = p->anchors[k].node;
    date_in(p, start, a->item, a->title, &a->before);
    date_in(p, end, stop, a->title, &a->after);
}

// A link that says "more" has its title elsewhere in its item, or is none of an article.
static void find_title(const struct list_page *p, struct anchor *a)
{
    const char *before = list_title(p, a->item, a->node);
    const char *after = list_title(p, p->nodes[a->node].end, p->nodes[a->item].end);
    a->title = *before ? before : after;
    a->dropped = !*a->title;
}

void list_items(struct list_page *p)
{
    uint32_t *next = arena_alloc(p->arena, (p->n + 1) * sizeof *next);
    for (size_t i = 0; i < p->n; i++)
        p->anchors[i].make = make_of(p, p->anchors[i].node);
    find_next_alike(p, next);
    for (size_t i = 0; i < p->n; i++)
        find_item(p, next, i);
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        if (a->more)
            find_title(p, a);
        find_dates(p, i);
        if (a->date.precision == DATE_NONE)
            date_of_title(p, a);
        a->cells = list_cells(a->title, strlen(a->title));
    }
}
