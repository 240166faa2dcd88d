// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "services/fetcher/extract/list_parts.h"

enum {
    GROUPS_MAX = 2000,
    LEVELS = 3,
    SIZE_CAP = 20,
    CELLS_CAP = 40,
    TITLE_CELLS_MIN = 6,
    COLUMN_CELLS_MIN = 16
};

// Anchors whose items stand in containers of the same make.
struct group {
    uint64_t key;
    uint32_t n;       // different URLs
    uint32_t first;   // an anchor of it
    double dated;     // shares of them, 0 to 1
    double url_dated; // … with a date in the URL
    double article;
    double side;
    double foreign; // of another site
    double cells;   // mean length of title
    uint64_t shape; // the commonest of their URLs
    double shaped;  // share that has it
    double score;
    bool chosen;
};

struct groups {
    struct group list[GROUPS_MAX];
    uint32_t n;
    uint32_t main;
};

// ---- Forming ----

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ (h >> 32);
}

static uint64_t hash_str(struct html_str s)
{
    uint64_t h = s.n;
    for (size_t i = 0; i < s.n && i < 200; i++)
        h = mix(h, (unsigned char)s.s[i]);
    return h;
}

// The make of a place: tags and classes of the container and what is above it.
static uint64_t key_of(const struct list_page *p, const struct anchor *a)
{
    uint64_t key = mix(a->make, p->nodes[a->item].tag);
    uint32_t node = a->container;
    for (int level = 0; level < LEVELS && node != 0; level++, node = p->nodes[node].parent) {
        key = mix(key, p->nodes[node].tag);
        if (level < 2)
            key = mix(key, hash_str(html_attr(p->html, &p->nodes[node], HTML_ATTR_CLASS)));
    }
    return key;
}

static uint32_t group_for(struct groups *g, uint64_t key, uint32_t anchor)
{
    for (uint32_t i = g->n; i-- > 0;)
        if (g->list[i].key == key)
            return i;
    if (g->n == GROUPS_MAX)
        return 0;
    g->list[g->n] = (struct group){.key = key, .first = anchor};
    return g->n++;
}

static void form(struct list_page *p, struct groups *g)
{
    for (size_t i = 0; i < p->n; i++)
        p->anchors[i].group = group_for(g, key_of(p, &p->anchors[i]), (uint32_t)i);
}

// A second column of entries, such as the same in another language.
static bool is_column(const struct group *g, const struct group *other)
{
    return g->cells >= COLUMN_CELLS_MIN && g->shape == other->shape && g->shaped >= 0.9;
}

static uint32_t depth_of(const struct list_page *p, const struct anchor *a)
{
    uint32_t depth = 0;
    for (uint32_t i = a->node; i != a->item && i != 0; i = p->nodes[i].parent)
        depth++;
    return depth;
}

// True if `a` is the entry and `b`, in a box of the same item, is about it, like the explanation of
// a rule: it comes first and stands higher, and most items have one or its titles are as an
// article's. How long the other's title is does not matter then.
static bool leads(const struct list_page *p, const struct groups *g, const struct anchor *a,
                  const struct anchor *b)
{
    const struct group *own = &g->list[a->group], *other = &g->list[b->group];
    if (a > b || a->more || b->heading || own->article < 0.6 || own->cells < 8)
        return false;
    bool most = own->n >= 2 * other->n;
    bool higher = a->heading || depth_of(p, a) < depth_of(p, b);
    return higher && (most || own->cells >= COLUMN_CELLS_MIN);
}

// True if the link stands in the item of another whose title is longer or its own.
static bool is_beside(const struct list_page *p, const struct groups *g, const struct anchor *a,
                      const struct anchor *b)
{
    const struct group *own = &g->list[a->group], *other = &g->list[b->group];
    if (b->item != a->item || b->group == a->group || b->dropped)
        return false;
    if (a->url_hash == b->url_hash && a->heading != b->heading)
        return b->heading;
    if (a->more || b->more) // the text is not its own
        return a->more && (b->more ? b < a : b->cells >= TITLE_CELLS_MIN);
    if (leads(p, g, a, b) || leads(p, g, b, a))
        return b < a;
    return other->cells > own->cells && !is_column(own, other);
}

// A link of another make in the item of an entry: its category, its source, its video.
static void drop_companions(struct list_page *p, const struct groups *g)
{
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        for (size_t k = i > 20 ? i - 20 : 0; k < p->n && k <= i + 20 && !a->dropped; k++)
            a->dropped = is_beside(p, g, a, &p->anchors[k]);
    }
}

// Of several links with one URL side by side (picture, title, "more"), the one with the best text.
static void merge_same(struct list_page *p)
{
    for (size_t i = 1; i < p->n; i++) {
        struct anchor *a = &p->anchors[i - 1], *b = &p->anchors[i];
        if (a->url_hash != b->url_hash || a->item != b->item)
            continue;
        bool second = a->more != b->more         ? a->more
                      : a->heading != b->heading ? b->heading
                                                 : b->cells > a->cells;
        (second ? a : b)->dropped = true;
        if (!second) { // keep the best one next to what follows
            struct anchor keep = *a;
            *a = *b;
            *b = keep;
        }
    }
}

// In running text ("11-20 <a>…</a><br>"), dates stand all before or all after their links: as many
// are found either way if entries without a link of their own stand between, and then the first
// entry says.
static bool dates_lead(const struct list_page *p, uint32_t group)
{
    size_t before = 0, after = 0;
    bool first = true, leading = false;
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        if (a->group != group || a->dropped)
            continue;
        before += a->before.precision != DATE_NONE;
        after += a->after.precision != DATE_NONE;
        leading = first ? a->before.precision != DATE_NONE : leading;
        first = false;
    }
    return before > after || (before == after && leading);
}

static void settle_dates(struct list_page *p, uint32_t group)
{
    bool lead = dates_lead(p, group);
    const struct anchor *above = NULL; // the last one with a date of its own before it
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        if (a->group != group)
            continue;
        bool dated = a->date.precision != DATE_NONE;
        if (!dated)
            a->date = lead ? a->before : a->after;
        // Several <dd> under one <dt>.
        bool under =
            lead && above && above->container == a->container && p->nodes[a->item].tag == HTML_DD;
        if (!dated && a->date.precision != DATE_NONE)
            above = a;
        else if (!dated && under)
            a->date = above->date;
    }
}

// ---- Judging ----

static void commonest_shape(const struct list_page *p, uint32_t group, struct group *g)
{
    // Boyer and Moore's majority vote: exact where one has more than half, good enough elsewhere.
    size_t votes = 0, have = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        if (a->group != group || a->dropped)
            continue;
        if (votes == 0)
            g->shape = a->shape;
        votes = a->shape == g->shape ? votes + 1 : votes - 1;
    }
    for (size_t i = 0; i < p->n; i++)
        have += p->anchors[i].group == group && !p->anchors[i].dropped &&
                p->anchors[i].shape == g->shape;
    g->shaped = (double)have / g->n;
}

static void measure(const struct list_page *p, uint32_t group, struct group *g)
{
    double dated = 0, url_dated = 0, article = 0, side = 0, cells = 0, foreign = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        if (a->group != group || a->dropped)
            continue;
        g->n++;
        dated += a->date.precision != DATE_NONE;
        url_dated += a->in_url.precision != DATE_NONE;
        article += a->article;
        side += a->side;
        foreign += !a->same_site;
        cells += a->cells < CELLS_CAP ? a->cells : CELLS_CAP;
    }
    if (g->n == 0)
        return;
    g->dated = dated / g->n;
    g->url_dated = url_dated / g->n;
    g->article = article / g->n;
    g->side = side / g->n;
    g->foreign = foreign / g->n;
    g->cells = cells / g->n;
    commonest_shape(p, group, g);
    double size = g->n < SIZE_CAP ? g->n : SIZE_CAP;
    g->score =
        size *
        (0.2 + 1.5 * g->dated + 0.5 * g->url_dated + g->article + 0.6 * g->cells / CELLS_CAP) *
        (1 - 0.8 * g->side);
}

// Enough of a list by itself: dated, or by titles and URLs that only articles have.
static bool convinces(const struct group *g)
{
    if (g->n < 2 || g->cells < 8)
        return false;
    bool dated = g->dated >= 0.5 || (g->url_dated >= 0.5 && g->cells >= 12);
    bool titled = g->n >= 4 && g->cells >= 16 && g->article >= 0.6 && g->shaped >= 0.6;
    bool slugs = g->n >= 5 && g->cells >= 24 && g->shaped >= 0.7;
    return dated || titled || slugs;
}

// The same where there is no other: a few long titles with URLs that only articles have.
static bool will_do(const struct group *g)
{
    return g->n >= 2 && g->cells >= 16 && g->article >= 0.9 && g->shaped >= 0.9;
}

static bool find_main(struct groups *g, enum list_bar bar)
{
    double best = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        const struct group *x = &g->list[i];
        bool allowed = bar == LIST_ANY || x->side < 0.5;
        if (allowed && x->score > best && (convinces(x) || (bar == LIST_LOW && will_do(x)))) {
            best = x->score;
            g->main = i;
        }
    }
    return best > 0;
}

// A further list of the page: another column, or the same in another dress (the first one large).
static bool joins(const struct group *x, const struct group *main)
{
    if (x->n == 0 || x->side >= 0.5)
        return false;
    bool like_main = x->shape == main->shape && x->shaped >= 0.6;
    if (main->dated >= 0.5)
        return x->dated >= 0.5 && x->cells >= 8 && (like_main || (x->n >= 2 && convinces(x)));
    return like_main && x->cells >= 14 && (x->n >= 3 || x->dated >= 0.5 || x->cells >= 20);
}

// ---- Choosing ----

static bool is_entry(const struct anchor *a, const struct group *g, enum list_bar bar)
{
    bool dated = a->date.precision != DATE_NONE;
    if (a->cells < TITLE_CELLS_MIN && !dated)
        return false;
    bool elsewhere = bar == LIST_LOW && g->foreign >= 0.9; // all its articles are
    if (!a->same_site && !dated && !elsewhere)
        return false;
    // One without a date among dated ones, and of another shape: a column's name, a banner.
    if (!dated && g->dated >= 0.8 && a->shape != g->shape)
        return false;
    return dated || a->article || a->shape == g->shape || g->article < 0.8;
}

static const char *class_of(const struct list_page *p, uint32_t node, size_t *n)
{
    struct html_str value = html_attr(p->html, &p->nodes[node], HTML_ATTR_CLASS);
    size_t size = 0;
    while (size < value.n && size < 40 && value.s[size] > ' ')
        size++;
    *n = size;
    return value.s ? value.s : "";
}

static const char *describe(const struct list_page *p, const struct group *g, size_t links,
                            size_t dated)
{
    const struct anchor *a = &p->anchors[g->first];
    size_t size;
    const char *class = class_of(p, a->container, &size);
    return arena_printf(p->arena, "%zu links in %s%s%.*s > %s, %zu with a date", links,
                        html_tag_name((enum html_tag)p->nodes[a->container].tag), size ? "." : "",
                        (int)size, class, html_tag_name((enum html_tag)p->nodes[a->item].tag),
                        dated);
}

static uint64_t text_within(const struct list_page *p, uint32_t from, uint32_t to)
{
    uint64_t cells = 0;
    for (uint32_t i = from; i < to; i++)
        if (p->nodes[i].tag == HTML_TEXT)
            cells += list_cells(p->nodes[i].text, p->nodes[i].text_size);
    return cells;
}

// True if a third of the page's text is in its list: of an article's page, it is less.
static bool is_mostly(const struct list_page *p)
{
    uint64_t text = 0;
    uint32_t end = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        if (a->dropped || a->item < end)
            continue;
        end = p->nodes[a->item].end;
        text += text_within(p, a->item, end);
    }
    return text * 3 >= text_within(p, 0, p->count);
}

// Drops the others. If there is none at all, nothing is: the page may be chosen from again.
static size_t keep_entries(struct list_page *p, const struct groups *g, enum list_bar bar,
                           size_t *dated)
{
    size_t links = 0;
    bool *kept = arena_alloc(p->arena, p->n * sizeof *kept);
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *a = &p->anchors[i];
        const struct group *x = &g->list[a->group];
        bool has = a->date.precision != DATE_NONE || a->in_url.precision != DATE_NONE;
        kept[i] = !a->dropped && x->chosen && is_entry(a, x, bar);
        links += kept[i];
        *dated += kept[i] && has;
    }
    for (size_t i = 0; i < p->n && links > 0; i++)
        p->anchors[i].dropped = !kept[i];
    return links;
}

bool list_choose(struct list_page *p, enum list_bar bar, const char **finding, bool *sure)
{
    struct groups *g = arena_alloc(p->arena, sizeof *g);
    g->n = g->main = 0;
    form(p, g);
    merge_same(p);
    for (uint32_t i = 0; i < g->n; i++) {
        settle_dates(p, i);
        measure(p, i, &g->list[i]);
    }
    if (!find_main(g, LIST_APART) && !find_main(g, bar))
        return false;
    struct group *main = &g->list[g->main];
    drop_companions(p, g);
    for (uint32_t i = 0; i < g->n; i++)
        g->list[i].chosen = i == g->main || joins(&g->list[i], main);
    size_t dated = 0, links = keep_entries(p, g, bar, &dated);
    if (links == 0)
        return false;
    *finding = describe(p, main, links, dated);
    *sure = bar != LIST_LOW && links >= 5 && is_mostly(p);
    return true;
}
