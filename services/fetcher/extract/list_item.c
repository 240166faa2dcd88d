// SPDX-License-Identifier: MIT
#include <string.h>

#include "services/fetcher/extract/list_parts.h"

enum {
    LABELS_MAX = 40,    // and other links, of one entry
    SHARING_MAX = 8,    // entries in one row
    TEXT_CELLS_MIN = 6, // of what stands beside "more" as its title
};

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

uint64_t list_make(const struct list_page *p, uint32_t node)
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

// True if the anchor is a short label among others: a language, a tag.
static bool is_label(const struct list_page *p, size_t k, const struct anchor *a)
{
    const struct anchor *label = &p->anchors[k];
    return label->make != a->make && label->node > a->node && label->cells < LABEL_CELLS_MAX;
}

// True if [from, to), which holds anchor i, holds no two links of one make, but for labels that
// follow it. The anchors known to lie in it go from *first to before *last; both are moved
// outwards.
static bool holds_one_of_each(const struct list_page *p, const uint32_t *next, size_t own,
                              uint32_t from, uint32_t to, size_t *first, size_t *last)
{
    const struct anchor *a = &p->anchors[own];
    while (*first > 0 && p->anchors[*first - 1].node >= from)
        --*first;
    while (*last < p->n && p->anchors[*last].node < to)
        ++*last;
    for (size_t i = *first; i < *last; i++)
        if (next[i] < to && (!is_label(p, i, a) || *last - *first > LABELS_MAX))
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
            !holds_one_of_each(p, next, i, up, p->nodes[up].end, &first, &last))
            break;
        a->item = up;
    }
    a->container = p->nodes[a->item].parent;
}

static uint32_t cells_of(const struct list_page *p, uint32_t row)
{
    uint32_t n = 0;
    for (uint32_t i = row + 1; i < p->nodes[row].end; i = p->nodes[i].end)
        n += p->nodes[i].tag == HTML_TD || p->nodes[i].tag == HTML_TH;
    return n;
}

// True for a row without a date below one that has more cells: the date's cell spans both.
static bool is_spanned(const struct list_page *p, const struct anchor *a, const struct anchor *top)
{
    return a->item != top->item && p->nodes[a->item].tag == HTML_TR &&
           p->nodes[top->item].tag == HTML_TR && a->container == top->container &&
           cells_of(p, a->item) < cells_of(p, top->item);
}

static void span_dates(struct list_page *p)
{
    const struct anchor *top = NULL;
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        if (a->date.precision != DATE_NONE)
            top = a;
        else if (top && is_spanned(p, a, top))
            a->date = top->date;
    }
}

// Where an entry ends that stands before a node: with its item, if that does not hold the node too.
static uint32_t end_before(const struct list_page *p, const struct anchor *other, uint32_t node)
{
    uint32_t end = p->nodes[other->item].end;
    return end <= node ? end : p->nodes[other->node].end;
}

// Dates in the item, and in what lies between it and its neighbours within the container.
static void find_dates(const struct list_page *p, size_t i)
{
    struct anchor *a = &p->anchors[i];
    uint32_t start = a->container + 1, end = p->nodes[a->item].end;
    uint32_t stop = p->nodes[a->container].end;
    list_date_in(p, a->item, end, a->title, &a->date);
    list_date_in_url(a->url, &p->dates, &a->in_url);
    if (a->date.precision != DATE_NONE)
        return;
    for (size_t k = i; k-- > 0 && p->anchors[k].node >= start;)
        if (p->anchors[k].item != a->item && p->nodes[p->anchors[k].node].end <= a->item)
            start = end_before(p, &p->anchors[k], a->item);
    for (size_t k = i + 1; k < p->n && p->anchors[k].node < stop; k++)
        if (p->anchors[k].item != a->item && p->anchors[k].node >= end)
            stop = p->anchors[k].item >= end ? p->anchors[k].item : p->anchors[k].node;
    list_date_in(p, start, a->item, a->title, &a->before);
    list_date_in(p, end, stop, a->title, &a->after);
}

// Days without a year are of the year that stands over them, if any does.
static void find_dates_of_year(struct list_page *p, size_t i)
{
    struct anchor *a = &p->anchors[i];
    struct date_rules rules = p->dates;
    struct date end;
    if (a->year > 0 && list_year_end(a->year, &rules, &end)) {
        p->dates.now_ms = end.ms;
        find_dates(p, i);
        p->dates = rules;
        if (a->date.precision != DATE_NONE || a->before.precision != DATE_NONE ||
            a->after.precision != DATE_NONE)
            return;
    }
    find_dates(p, i);
}

// A link that says "more" has its title elsewhere in its item, or is none of an article.
static void find_title(const struct list_page *p, struct anchor *a)
{
    const char *before = list_title(p, a->item, a->node);
    const char *after = list_title(p, p->nodes[a->node].end, p->nodes[a->item].end);
    bool enough = list_cells(before, strlen(before)) >= TEXT_CELLS_MIN; // "8-K" is not
    a->title = *before && (enough || !*after) ? before : after;
    a->dropped = !*a->title;
}

// Of the entries [first, last) of one row, each with a date of its own behind its link, or before
// it. False if they have not.
static bool share_out(struct list_page *p, size_t first, size_t last, bool behind)
{
    struct date dates[SHARING_MAX];
    for (size_t i = first; i < last; i++) {
        const struct anchor *a = &p->anchors[i];
        uint32_t from = i == first ? a->item : p->nodes[a[-1].node].end, to = a->node;
        if (behind) {
            from = p->nodes[a->node].end;
            to = i + 1 == last ? p->nodes[a->item].end : a[1].node;
        }
        if (from > to || !list_date_in(p, from, to, a->title, &dates[i - first]))
            return false;
    }
    for (size_t i = first; i < last; i++)
        p->anchors[i].date = dates[i - first];
    return true;
}

// Two entries in one row, each with its own date.
static void share_dates(struct list_page *p)
{
    for (size_t i = 0, k; i < p->n; i = k) {
        const struct anchor *a = &p->anchors[i];
        bool same = false;
        for (k = i + 1; k < p->n && p->anchors[k].item == a->item; k++)
            same = same || p->anchors[k].url_hash == p->anchors[k - 1].url_hash;
        if (k - i < 2 || k - i > SHARING_MAX || same)
            continue;
        struct date_rules rules = p->dates;
        struct date end;
        if (a->year > 0 && list_year_end(a->year, &rules, &end))
            p->dates.now_ms = end.ms;
        if (!share_out(p, i, k, true))
            share_out(p, i, k, false);
        p->dates = rules;
    }
}

void list_items(struct list_page *p)
{
    uint32_t *next = arena_alloc(p->arena, (p->n + 1) * sizeof *next);
    find_next_alike(p, next);
    for (size_t i = 0; i < p->n; i++)
        find_item(p, next, i);
    list_day_first(p);
    list_years(p);
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        if (a->more)
            find_title(p, a);
        find_dates_of_year(p, i);
        if (a->date.precision == DATE_NONE)
            date_of_title(p, a);
        a->cells = list_cells(a->title, strlen(a->title));
    }
    span_dates(p);
    share_dates(p);
}
