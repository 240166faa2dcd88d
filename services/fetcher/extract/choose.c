// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/choose.h"

#include <string.h>

enum {
    ANCHOR_LENGTH_MAX = 300,
    ANCHOR_SCORE_MIN = 60,
    H1_BONUS = 25,
    LONE_MAX = 2, // h1 elements on a page where one may be the title though no title says so
    LONE_WORDS_MIN = 3,
    DESCEND_PERCENT = 85,       // follow a child that holds this much of its parent's prose
    DESCEND_NAMED_PERCENT = 97, // inside an element that is named as the body
    CANDIDATE_MIN = 150,        // good mass of an element named as the body, and its
    CANDIDATE_PERCENT = 20,     // share of the largest one
    NAMED_PERCENT = 40,         // share of the heaviest element that a named one must hold
    AFTER_TITLE_PERCENT = 25,
    LONE_PERCENT = 25, // of the page's prose, in an element that does not hold the title
    CANDIDATES_MAX = 64,
};

static bool at_least(uint64_t part, uint64_t percent, uint64_t whole)
{
    return part * 100 >= percent * whole;
}

// How well a heading repeats a title, 0 to 100.
static uint32_t overlap(const struct tokens *heading, const struct titles *titles)
{
    uint32_t best = 0, n = titles->declared ? titles->declared : titles->n;
    for (uint32_t t = 0; t < n; t++) {
        uint32_t common = tokens_common(heading, &titles->of[t]);
        // Titles carry the site's name too, so only 70 % of their words are called for.
        uint32_t words = titles->of[t].n * 7 / 10;
        if (words < heading->n)
            words = heading->n;
        if (words && common * 100 / words > best)
            best = common * 100 / words;
    }
    return best;
}

uint32_t choose_anchor(const struct page *p, const struct headings *headings,
                       const struct titles *titles)
{
    uint32_t best = 0, best_score = ANCHOR_SCORE_MIN, n_h1 = 0;
    for (uint32_t i = 0; i < headings->n; i++)
        n_h1 += p->nodes[headings->items[i].node].tag == HTML_H1;
    for (uint32_t i = 0; i < headings->n; i++) {
        const struct heading *h = &headings->items[i];
        if (p->sum[h->node].length >= ANCHOR_LENGTH_MAX)
            continue;
        uint32_t score = overlap(&h->words, titles);
        bool h1 = p->nodes[h->node].tag == HTML_H1;
        score += h1 ? H1_BONUS : 0;
        if (h1 && score <= ANCHOR_SCORE_MIN && h->words.n >= LONE_WORDS_MIN && n_h1 <= LONE_MAX)
            score = ANCHOR_SCORE_MIN + 1; // reworded for search engines, but still the title
        if (score > best_score) {
            best = h->node;
            best_score = score;
        }
    }
    return best;
}

static bool is_paragraph(enum html_tag tag)
{
    return tag == HTML_P || tag == HTML_SPAN || tag == HTML_LI || tag == HTML_FONT ||
           tag == HTML_B || tag == HTML_STRONG;
}

// Follows the heaviest child while it holds nearly everything.
static uint32_t descend(const struct page *p, uint32_t node, uint32_t percent)
{
    for (;;) {
        uint32_t best = 0;
        for (uint32_t c = node + 1; c < p->nodes[node].end; c = page_skip(p, c))
            if (!p->drop[c] && (!best || p->sum[c].good > p->sum[best].good))
                best = c;
        if (!best || p->sum[best].good == 0 || is_paragraph(p->nodes[best].tag) ||
            !at_least(p->sum[best].good, percent, p->sum[node].good))
            return node;
        node = best;
    }
}

static bool is_named_body(const struct page *p, uint32_t i)
{
    return p->words[i].flags & WORD_BODY;
}

static bool is_article(const struct page *p, uint32_t i)
{
    return p->nodes[i].tag == HTML_ARTICLE;
}

struct candidates {
    uint32_t at[CANDIDATES_MAX];
    uint32_t n;
};

// The outermost elements that satisfy `test` and hold enough prose, in document order.
static struct candidates find(const struct page *p, bool (*test)(const struct page *, uint32_t))
{
    struct candidates all = {.n = 0}, big = {.n = 0};
    uint32_t most = 0;
    for (uint32_t i = p->body + 1; i < p->nodes[p->body].end; i++) {
        enum html_tag tag = p->nodes[i].tag;
        if (p->drop[i] || tag == HTML_TEXT) {
            i = page_skip(p, i) - 1;
            continue;
        }
        bool container = tag == HTML_ARTICLE || tag == HTML_DIV || tag == HTML_SECTION ||
                         tag == HTML_MAIN || tag == HTML_TD;
        if (!container || p->sum[i].good == 0 || !test(p, i))
            continue;
        if (all.n < CANDIDATES_MAX)
            all.at[all.n++] = i;
        if (p->sum[i].good > most)
            most = p->sum[i].good;
        i = page_skip(p, i) - 1;
    }
    for (uint32_t k = 0; k < all.n; k++)
        if (p->sum[all.at[k]].good >= CANDIDATE_MIN &&
            at_least(p->sum[all.at[k]].good, CANDIDATE_PERCENT, most))
            big.at[big.n++] = all.at[k];
    return big;
}

static struct html_str first_class(const struct page *p, uint32_t i)
{
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    size_t n = 0;
    while (n < class.n && class.s[n] != ' ')
        n++;
    return (struct html_str){class.s, n};
}

static bool same_class(const struct page *p, uint32_t a, uint32_t b)
{
    struct html_str x = first_class(p, a), y = first_class(p, b);
    return x.n == y.n && (x.n == 0 || memcmp(x.s, y.s, x.n) == 0);
}

static bool has_article_between(const struct page *p, uint32_t outer, uint32_t inner)
{
    for (uint32_t i = inner; i != outer && i > 0; i = p->nodes[i].parent)
        if (p->nodes[i].tag == HTML_ARTICLE)
            return true;
    return false;
}

// A body that a page delivers in several pieces of the same class: their common ancestor.
static uint32_t join_pieces(const struct page *p, const struct candidates *c, uint32_t first)
{
    uint32_t whole = first;
    uint64_t mass = p->sum[first].good;
    for (uint32_t k = 0; k < c->n; k++) {
        uint32_t piece = c->at[k];
        if (piece <= first || !same_class(p, piece, first))
            continue;
        uint32_t joined = page_common(p, whole, piece);
        if (has_article_between(p, joined, piece) || page_find(p, joined, HTML_H1))
            continue;
        whole = joined;
        mass += p->sum[piece].good;
    }
    return (uint64_t)p->sum[whole].good * 10 <= mass * 14 ? whole : first;
}

static bool has_several(const struct page *p, uint32_t node)
{
    uint32_t articles = 0, headings = 0;
    for (uint32_t i = node + 1; i < p->nodes[node].end; i++) {
        if (p->drop[i]) {
            i = page_skip(p, i) - 1;
            continue;
        }
        articles += p->nodes[i].tag == HTML_ARTICLE && p->sum[i].good > 200;
        headings += p->nodes[i].tag == HTML_H1;
    }
    return articles > 1 || headings > 1;
}

// The first candidate at or after the title; the first of all if none is.
static uint32_t first_after(const struct page *p, const struct candidates *c, uint32_t anchor)
{
    for (uint32_t k = 0; k < c->n; k++)
        if (c->at[k] > anchor || page_contains(p, c->at[k], anchor))
            return c->at[k];
    return c->at[0];
}

// Where nothing is named: the largest element after the title that does not hold the title.
static uint32_t after_anchor(const struct page *p, uint32_t anchor, uint32_t heaviest)
{
    for (uint32_t i = anchor + 1; i < p->nodes[p->body].end; i++) {
        if (p->drop[i]) {
            i = page_skip(p, i) - 1;
            continue;
        }
        if (p->own[i].good < 40)
            continue;
        while (p->nodes[i].parent != p->body && !page_contains(p, p->nodes[i].parent, anchor))
            i = p->nodes[i].parent;
        // Title and paragraphs side by side: then it is what holds them all.
        if (is_paragraph(p->nodes[i].tag))
            i = p->nodes[i].parent;
        return at_least(p->sum[i].good, AFTER_TITLE_PERCENT, p->sum[heaviest].good) &&
                       p->sum[i].good >= CANDIDATE_MIN
                   ? i
                   : 0;
    }
    return 0;
}

uint32_t choose_node(const struct page *p, uint32_t anchor, const char **rule)
{
    *rule = "body";
    if (p->sum[p->body].good == 0)
        return p->body;
    uint32_t heaviest = descend(p, p->body, DESCEND_PERCENT);
    bool several = heaviest == p->body || has_several(p, heaviest);
    static const struct {
        bool (*test)(const struct page *, uint32_t);
        const char *rule;
    } kinds[] = {{is_named_body, "named as the body"}, {is_article, "article element"}};
    for (int k = 0; k < 2; k++) {
        struct candidates c = find(p, kinds[k].test);
        if (c.n == 0)
            continue;
        uint32_t node = first_after(p, &c, anchor);
        bool titled = anchor && page_contains(p, node, anchor);
        if (k == 0 || !titled)
            node = join_pieces(p, &c, node);
        if (!titled && !at_least(p->sum[node].good, LONE_PERCENT, p->sum[p->body].good))
            continue;
        if (several || at_least(p->sum[node].good, NAMED_PERCENT, p->sum[heaviest].good)) {
            *rule = kinds[k].rule;
            return descend(p, node, DESCEND_NAMED_PERCENT);
        }
    }
    *rule = "heaviest element";
    if (anchor && (several || page_contains(p, heaviest, anchor))) {
        uint32_t node = after_anchor(p, anchor, heaviest);
        if (node) {
            *rule = "element after the title";
            return descend(p, node, DESCEND_PERCENT);
        }
    }
    return heaviest;
}
