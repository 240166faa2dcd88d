// SPDX-License-Identifier: MIT
#include <string.h>

#include "services/fetcher/extract/list_parts.h"

enum {
    MARK_NAV = 1,
    MARK_SIDE = 2,
    PLACES_MAX = 3,  // of one make: a page has no more menus and margins
    RUNS_MAX = 2,    // of one URL: an article is linked twice at most, here and in a margin
    BETWEEN_MAX = 6, // links of other kinds between two of an entry to its article
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Words in class and id; one that ends in $ must be the whole word.
static const char *const nav_words[] = {
    "nav$",  "navb",  "navi",  "navm",      "menu",    "foot$",      "footer", "crumb",
    "bread", "pager", "pagin", "copyright", "toolbar", "login$",     "topbar", "yqlj",
    "lang$", "dqwz",  "langu", "pages$",    "page$",   "friendlink",
};

static const char *const side_words[] = {
    "side$",   "sidebar", "aside", "hot$",    "rank", "recommend", "related",
    "friend",  "links$",  "ad$",   "tuijian", "ads$", "popular",   "rightbar",
    "leftbar", "banner",  "xgyd",  "xgwz",    "rmwz", "hotnews",   "hotlist",
};

static bool inside(const struct list_page *p, uint32_t node, const uint8_t *marks, uint8_t mark)
{
    for (uint32_t i = node; i != 0; i = p->nodes[i].parent)
        if (marks[i] & mark)
            return true;
    return false;
}

// How many anchors lie in the subtree of a node; they are in document order.
static size_t count_within(const struct list_page *p, uint32_t node)
{
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->anchors[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    size_t first = low;
    while (low < p->n && p->anchors[low].node < p->nodes[node].end)
        low++;
    return low - first;
}

// How often each hash was added. Open addressing; made for a number of different ones.
struct counter {
    struct slot {
        uint64_t hash;
        uint32_t n;
    } * slots;
    size_t mask;
};

static struct counter counter_new(const struct list_page *p, size_t most)
{
    size_t size = 16;
    while (size < 2 * most)
        size *= 2;
    struct counter c = {arena_alloc(p->arena, size * sizeof *c.slots), size - 1};
    memset(c.slots, 0, size * sizeof *c.slots);
    return c;
}

static uint32_t *counter_at(struct counter *c, uint64_t hash)
{
    hash |= 1; // 0 marks a free slot
    size_t at = (size_t)(hash >> 7) & c->mask;
    while (c->slots[at].hash && c->slots[at].hash != hash)
        at = (at + 1) & c->mask;
    c->slots[at].hash = hash;
    return &c->slots[at].n;
}

static uint8_t place_of(const struct list_page *p, uint32_t node)
{
    enum html_tag tag = (enum html_tag)p->nodes[node].tag;
    if (tag == HTML_TEXT || tag == HTML_A || tag == HTML_BODY || tag == HTML_HTML)
        return 0;
    bool nav =
        tag == HTML_NAV || tag == HTML_FOOTER || list_named(p, node, nav_words, COUNT(nav_words));
    bool side = tag == HTML_ASIDE || list_named(p, node, side_words, COUNT(side_words));
    // What holds most of the links is no margin, whatever it is called.
    side = side && count_within(p, node) * 2 < p->n;
    return (uint8_t)((nav ? MARK_NAV : 0) | (side ? MARK_SIDE : 0));
}

static uint64_t class_hash(const struct list_page *p, uint32_t node)
{
    struct html_str class = html_attr(p->html, &p->nodes[node], HTML_ATTR_CLASS);
    uint64_t h = list_hash(LIST_HASH_START, p->nodes[node].tag);
    for (size_t i = 0; i < class.n; i++)
        h = list_hash(h, (unsigned char)class.s[i]);
    return h;
}

// Navigation and margins, by element and by name. A page has one or a few of them: what there is
// many of is part of its entries, like the footer of a card.
static void mark_places(struct list_page *p)
{
    uint8_t *marks = arena_alloc(p->arena, p->count);
    size_t marked = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        marks[i] = place_of(p, i);
        marked += marks[i] != 0;
    }
    struct counter alike = counter_new(p, marked);
    for (uint32_t i = 0; i < p->count; i++)
        if (marks[i])
            ++*counter_at(&alike, class_hash(p, i));
    for (uint32_t i = 0; i < p->count; i++)
        if (marks[i] && p->nodes[i].tag != HTML_NAV &&
            *counter_at(&alike, class_hash(p, i)) > PLACES_MAX)
            marks[i] = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->anchors[i].nav = inside(p, p->anchors[i].node, marks, MARK_NAV);
        p->anchors[i].side = inside(p, p->anchors[i].node, marks, MARK_SIDE);
    }
}

// True if an entry links the same once more, with nothing but its author, comments or the like
// between: links of other makes, none of them like another.
static bool is_once_more(const struct list_page *p, size_t before, size_t now)
{
    if (before + 1 == now)
        return true;
    if (p->anchors[before].make == p->anchors[now].make || now - before > BETWEEN_MAX)
        return false;
    for (size_t i = before + 1; i < now; i++)
        for (size_t k = i + 1; k < now; k++)
            if (p->anchors[i].make == p->anchors[k].make &&
                p->anchors[i].url_hash != p->anchors[k].url_hash)
                return false;
    return true;
}

// A URL linked again and again, with other links between, is a column's, not an article's.
static void drop_repeated(struct list_page *p)
{
    struct counter runs = counter_new(p, p->n), last = counter_new(p, p->n); // last: and one
    for (size_t i = 0; i < p->n; i++) {
        uint64_t url = p->anchors[i].url_hash;
        uint32_t *before = counter_at(&last, url);
        if (*before == 0 || !is_once_more(p, *before - 1, i))
            ++*counter_at(&runs, url);
        *before = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < p->n; i++)
        p->anchors[i].dropped |= *counter_at(&runs, p->anchors[i].url_hash) > RUNS_MAX;
}

// True if `other` is all that the smallest element around both links to, files aside.
static bool belongs_to(const struct list_page *p, const struct anchor *file,
                       const struct anchor *other)
{
    uint32_t around = file->node;
    while (around != 0 && (around > other->node || p->nodes[around].end <= other->node))
        around = p->nodes[around].parent;
    for (const struct anchor *a = other; a > p->anchors && a[-1].node >= around; a--)
        if (!a[-1].document && a[-1].url_hash != other->url_hash)
            return false;
    const struct anchor *end = p->anchors + p->n;
    for (const struct anchor *a = other; a < end && a->node < p->nodes[around].end; a++)
        if (!a->document && a->url_hash != other->url_hash)
            return false;
    return true;
}

// The name of a company or the like, beside the file that is the announcement.
static bool is_label_of(const struct anchor *other, const struct anchor *file)
{
    return other->cells < LABEL_CELLS_MAX && file->cells > 2 * other->cells;
}

// A file linked beside an article is its attachment, not an entry.
static void drop_attachments(struct list_page *p)
{
    const struct anchor *article = NULL;
    for (size_t i = 0; i < p->n; i++) {
        struct anchor *a = &p->anchors[i];
        if (!a->document)
            article = a->dropped ? NULL : a;
        else if (article && !is_label_of(article, a) && belongs_to(p, a, article))
            a->dropped = true;
    }
}

void list_places(struct list_page *p, bool all)
{
    mark_places(p);
    drop_repeated(p);
    drop_attachments(p);
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        p->has_nav = p->has_nav || (p->anchors[i].nav && !p->anchors[i].dropped);
        if (!p->anchors[i].dropped && (all || !p->anchors[i].nav))
            p->anchors[n++] = p->anchors[i];
    }
    p->n = n;
}
