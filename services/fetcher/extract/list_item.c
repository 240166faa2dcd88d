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

// A day without its year is the last such day that has been.
static bool make_recent(int month, int day, const struct date_rules *rules, struct date *out)
{
    if (rules->now_ms <= 0)
        return false;
    int year = 1970 + (int)(rules->now_ms / DAY_MS * 10000 / 3652425);
    struct date date;
    for (int y = year + 1; y >= year - 1; y--) {
        if (make_date(y, month, day, rules, &date) && date.ms <= rules->now_ms + DAY_MS) {
            *out = date;
            return true;
        }
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
    return only_numbers(text, &numbers) && from_numbers(&numbers, rules, out);
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

// The nearest anchors before and after that lead elsewhere: an item may not reach them.
static void find_neighbours(const struct list_page *p, uint32_t *before, uint32_t *after)
{
    for (size_t i = 0; i < p->n; i++) {
        size_t b = i;
        before[i] = 0;
        if (b > 0)
            before[i] = p->anchors[b - 1].url_hash == p->anchors[b].url_hash
                            ? before[b - 1]
                            : p->anchors[b - 1].node;
    }
    for (size_t i = p->n; i-- > 0;) {
        after[i] = p->count;
        if (i + 1 < p->n)
            after[i] = p->anchors[i + 1].url_hash == p->anchors[i].url_hash
                           ? after[i + 1]
                           : p->anchors[i + 1].node;
    }
}

static void find_item(const struct list_page *p, struct anchor *a, uint32_t before, uint32_t after)
{
    a->item = a->node;
    for (uint32_t up = p->nodes[a->node].parent; up != 0; up = p->nodes[up].parent) {
        if (p->nodes[up].tag == HTML_BODY || up <= before || p->nodes[up].end > after)
            break;
        a->item = up;
    }
    a->container = p->nodes[a->item].parent;
}

// Dates in the item, and in what lies between it and its neighbours within the container.
static void find_dates(const struct list_page *p, struct anchor *a, uint32_t before, uint32_t after)
{
    uint32_t end = p->nodes[a->item].end, stop = p->nodes[a->container].end;
    date_in(p, a->item, end, a->title, &a->date);
    if (a->date.precision == DATE_NONE) {
        uint32_t start = before > a->container ? p->nodes[before].end : a->container + 1;
        if (start < a->item)
            date_in(p, start, a->item, a->title, &a->before);
        date_in(p, end, after < stop ? after : stop, a->title, &a->after);
    }
    date_in_url(a->url, &p->dates, &a->in_url);
}

void list_items(struct list_page *p)
{
    uint32_t *before = arena_alloc(p->arena, (p->n + 1) * sizeof *before);
    uint32_t *after = arena_alloc(p->arena, (p->n + 1) * sizeof *after);
    find_neighbours(p, before, after);
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        find_item(p, a, before[i], after[i]);
        find_dates(p, a, before[i], after[i]);
        if (a->more)
            a->title = list_title(p, a->item, p->nodes[a->item].end);
        if (a->date.precision == DATE_NONE)
            date_of_title(p, a);
        a->cells = list_cells(a->title, strlen(a->title));
    }
}
