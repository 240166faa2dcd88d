// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/prune.h"

#include "services/fetcher/extract/attributes.h"

// Shares of the page's good mass, in percent, up to which a rule may drop an element.
enum {
    ROLE_SHARE = 85,        // nav, aside, footer
    HIDDEN_SHARE = 50,      // streamed articles sit in hidden elements until a script shows them
    WORD_SHARE = 15,        // an unwanted word alone
    WORD_CONTENT_SHARE = 5, // a content word beside it
    WORD_STRONG_SHARE = 35,
    WEAK_WORD_PAGE_SHARE = 30, // a weak word that would take more is ignored on this page
    COMMENTS_SHARE = 80,       // comments, if there is prose beside them:
    COMMENTS_LEAVE = 300,      // this much
};

static bool within(const struct page *p, uint32_t i, uint32_t percent, uint32_t total)
{
    return (uint64_t)p->sum[i].good * 100 <= (uint64_t)total * percent;
}

static bool drop(struct page *p, uint32_t i, enum drop rule)
{
    p->drop[i] = (uint8_t)rule;
    return true;
}

// Figures hold captions, unless they hold what an article says: a table, a quotation, code.
static void drop_figures(struct page *p)
{
    bool any = false;
    for (uint32_t i = p->body; i < p->nodes[p->body].end; i++) {
        enum html_tag tag = p->nodes[i].tag;
        if (p->drop[i]) {
            i = page_skip(p, i) - 1;
        } else if (tag == HTML_FIGCAPTION ||
                   (tag == HTML_FIGURE && !page_find(p, i, HTML_TABLE) &&
                    !page_find(p, i, HTML_BLOCKQUOTE) && !page_find(p, i, HTML_PRE))) {
            any = drop(p, i, DROP_FIGURE);
        } else if (tag == HTML_FORM && p->sum[i].length * 2 < p->sum[p->body].length) {
            // Some servers wrap the whole page in one form.
            any = drop(p, i, DROP_FORM);
        }
    }
    if (any)
        page_sum(p);
}

static bool is_aside(const struct page *p, uint32_t i)
{
    switch (p->nodes[i].tag) {
    case HTML_NAV:
    case HTML_ASIDE:
    case HTML_FOOTER:
    case HTML_DIALOG:
    case HTML_MENU:
        return true;
    default:
        break;
    }
    return p->words[i].flags & WORD_ASIDE;
}

// Reads the attributes of what is still there and has text: those of the rest do not matter.
static void drop_asides(struct page *p, const struct word_table *table)
{
    bool any = false;
    struct word_memo memo = {.table = table};
    uint32_t total = p->sum[p->body].good;
    for (uint32_t i = p->body + 1; i < p->nodes[p->body].end; i++) {
        if (p->drop[i]) {
            i = page_skip(p, i) - 1;
            continue;
        }
        if (p->nodes[i].n_attrs && p->sum[i].length > 0 && p->nodes[i].tag != HTML_A)
            attributes_read(p->html, &p->nodes[i], &memo, &p->words[i]);
        if (is_aside(p, i) && within(p, i, ROLE_SHARE, total)) {
            any = drop(p, i, DROP_ROLE);
        } else if ((p->words[i].flags & WORD_HIDDEN) && within(p, i, HIDDEN_SHARE, total)) {
            any = drop(p, i, DROP_HIDDEN);
        }
    }
    if (any)
        page_sum(p);
}

// Elements that class words may drop: layout and small inline parts, never the body's own blocks
// such as main, blockquote or td.
static bool takes_words(enum html_tag tag)
{
    switch (tag) {
    case HTML_DIV:
    case HTML_SECTION:
    case HTML_UL:
    case HTML_OL:
    case HTML_LI:
    case HTML_P:
    case HTML_SPAN:
    case HTML_DL:
    case HTML_DD:
    case HTML_DT:
    case HTML_H2:
    case HTML_H3:
    case HTML_H4:
    case HTML_H5:
    case HTML_H6:
    case HTML_TABLE:
    case HTML_HEADER:
    case HTML_DETAILS:
    case HTML_ARTICLE:
    case HTML_CENTER:
    case HTML_FORM:
        return true;
    default:
        return false;
    }
}

// Weak words that name too much of this page to mean what they say.
static void find_misnomers(const struct page *p, const struct word_table *table,
                           bool misnomer[WORD_ID_COUNT])
{
    uint32_t total = p->sum[p->body].good;
    uint64_t mass[WORD_ID_COUNT] = {0};
    uint32_t until[WORD_ID_COUNT] = {0}; // end of the last element counted: nested ones are in it
    for (uint32_t i = p->body + 1; i < p->nodes[p->body].end; i++) {
        if (p->drop[i]) {
            i = page_skip(p, i) - 1;
            continue;
        }
        const struct word_set *w = &p->words[i];
        if (!(w->flags & WORD_UNWANTED) || !takes_words(p->nodes[i].tag))
            continue;
        for (int k = 0; k < w->n; k++) {
            uint8_t id = w->ids[k];
            if (i < until[id])
                continue;
            mass[id] += p->sum[i].good;
            until[id] = p->nodes[i].end;
        }
    }
    for (int id = 0; id < WORD_ID_COUNT; id++)
        misnomer[id] = mass[id] * 100 > (uint64_t)total * WEAK_WORD_PAGE_SHARE &&
                       (word_flags(table, (uint8_t)id) & WORD_WEAK);
}

// The flags that remain when this page's misnomers are left out.
static uint16_t flags_without(const struct word_set *w, const struct word_table *table,
                              const bool misnomer[WORD_ID_COUNT])
{
    uint16_t flags = w->flags & (WORD_CONTENT | WORD_EMBED);
    for (int k = 0; k < w->n; k++)
        if (!misnomer[w->ids[k]])
            flags |= word_flags(table, w->ids[k]);
    return flags;
}

static uint32_t word_share(uint16_t flags)
{
    if (flags & WORD_STRONG)
        return WORD_STRONG_SHARE;
    return flags & WORD_CONTENT ? WORD_CONTENT_SHARE : WORD_SHARE;
}

static void drop_words(struct page *p, const struct word_table *table, uint32_t anchor)
{
    bool any = false;
    bool misnomer[WORD_ID_COUNT];
    find_misnomers(p, table, misnomer);
    uint32_t total = p->sum[p->body].good;
    for (uint32_t i = p->body + 1; i < p->nodes[p->body].end; i++) {
        if (p->drop[i] || p->nodes[i].tag == HTML_PRE) { // code is coloured by classes: "comment"
            i = page_skip(p, i) - 1;
            continue;
        }
        if (!(p->words[i].flags & WORD_UNWANTED) || !takes_words(p->nodes[i].tag))
            continue;
        if (page_contains(p, i, anchor))
            continue; // a banner, say, with the title in it
        uint16_t flags = flags_without(&p->words[i], table, misnomer);
        if (!(flags & WORD_UNWANTED))
            continue;
        if ((flags & WORD_EMBED) && page_find(p, i, HTML_BLOCKQUOTE))
            continue; // an embedded post is quoted by the article
        bool comments = (flags & WORD_COMMENT) && p->nodes[i].tag != HTML_ARTICLE &&
                        p->sum[i].good + COMMENTS_LEAVE <= total &&
                        within(p, i, COMMENTS_SHARE, total);
        if (comments || within(p, i, word_share(flags), total))
            any = drop(p, i, DROP_WORD);
    }
    if (any)
        page_sum(p);
}

static bool in_list(const struct page *p, uint32_t i)
{
    for (i = p->nodes[i].parent; i > 0; i = p->nodes[i].parent) {
        enum html_tag tag = p->nodes[i].tag;
        if (tag == HTML_LI || tag == HTML_TD || tag == HTML_DD || tag == HTML_BLOCKQUOTE)
            return true;
    }
    return false;
}

// Too many links for what it is. Lists and containers are dropped only where they hold little of
// the page's prose; small blocks of hardly anything but a link, outside lists, always.
static bool is_link_heavy(const struct page *p, uint32_t i, uint32_t total)
{
    const struct mass *m = &p->sum[i];
    uint64_t percent = m->length ? (uint64_t)m->links * 100 / m->length : 0;
    bool small = percent > 85 && m->length < 300;
    switch (p->nodes[i].tag) {
    case HTML_UL:
    case HTML_OL:
    case HTML_DL:
    case HTML_TABLE:
        return m->n_links >= 2 && percent > 60 && within(p, i, 20, total);
    case HTML_DIV:
    case HTML_SECTION:
        if (m->n_links >= 2 && percent > 60 && within(p, i, 10, total))
            return true;
        return small && !in_list(p, i);
    case HTML_HEADER:
    case HTML_CENTER:
        return m->n_links >= 2 && percent > 50 && within(p, i, 10, total);
    case HTML_P:
    case HTML_H2:
    case HTML_H3:
    case HTML_H4:
    case HTML_H5:
        return small && !in_list(p, i);
    default:
        return false;
    }
}

static void drop_links(struct page *p)
{
    bool any = false;
    uint32_t total = p->sum[p->body].good;
    for (uint32_t i = p->body + 1; i < p->nodes[p->body].end; i++) {
        if (p->drop[i])
            i = page_skip(p, i) - 1;
        else if (p->sum[i].n_links > 0 && is_link_heavy(p, i, total))
            any = drop(p, i, DROP_LINKS);
    }
    if (any)
        page_sum(p);
}

void prune(struct page *p, const struct word_table *table, uint32_t anchor)
{
    drop_figures(p);
    drop_asides(p, table);
    drop_words(p, table, anchor);
    drop_links(p);
}
