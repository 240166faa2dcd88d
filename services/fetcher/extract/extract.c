// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/extract.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/article.h"
#include "services/fetcher/extract/blocks.h"
#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/choose.h"
#include "services/fetcher/extract/explain.h"
#include "services/fetcher/extract/language.h"
#include "services/fetcher/extract/ld.h"
#include "services/fetcher/extract/meta.h"
#include "services/fetcher/extract/page_date.h"
#include "services/fetcher/extract/prune.h"
#include "services/fetcher/extract/standfirst.h"
#include "services/fetcher/extract/trim.h"

// Bytes: of JSON-LD's text at least, of the page's text below which, or 1.6 times, it is taken.
enum { RESCUE_MIN = 400, RESCUE_BELOW = 200 };
enum { DECODED_MAX = 32 << 20, TEXT_MAX = 16 << 20, FIRST_CHUNK = 1 << 20 };

struct extractor {
    struct arena *arena;
    struct html *html;
    struct word_table *words;
    struct line_table *lines;
    struct buf decoded, text;
    struct blocks blocks;
    struct article article;
    char language[LANGUAGE_SIZE];
};

struct extractor *extractor_new(void)
{
    struct extractor *x = mem_alloc(sizeof *x);
    x->arena = arena_new(FIRST_CHUNK);
    x->html = html_new();
    x->words = word_table_new();
    x->decoded = buf_new(DECODED_MAX);
    x->text = buf_new(TEXT_MAX);
    x->lines = line_table_new();
    x->blocks.text = buf_new(TEXT_MAX);
    x->blocks.lines = x->lines;
    return x;
}

void extractor_free(struct extractor **x)
{
    if (!*x)
        return;
    arena_free(&(*x)->arena);
    html_free(&(*x)->html);
    word_table_free(&(*x)->words);
    line_table_free(&(*x)->lines);
    buf_free(&(*x)->decoded);
    buf_free(&(*x)->text);
    blocks_free(&(*x)->blocks);
    free(*x);
    *x = NULL;
}

static void find_titles(const struct page *p, const struct meta *meta,
                        const struct headings *headings, struct titles *out)
{
    *out = (struct titles){.n = 0};
    if (meta->title.n)
        out->of[out->n++] = tokens_of(meta->title);
    if (meta->og_title.n)
        out->of[out->n++] = tokens_of(meta->og_title);
    out->declared = out->n;
    for (uint32_t i = 0, h1 = 0; i < headings->n && h1 < TITLES_MAX - 2; i++)
        if (p->nodes[headings->items[i].node].tag == HTML_H1) {
            out->of[out->n++] = headings->items[i].words;
            h1++;
        }
}

static void compose(struct extractor *x)
{
    buf_clear(&x->text);
    for (size_t i = 0; i < x->blocks.n; i++) {
        if (x->blocks.items[i].cut)
            continue;
        struct html_str s = block_text(&x->blocks, &x->blocks.items[i]);
        if (x->text.size)
            buf_add(&x->text, "\n", 1);
        buf_add(&x->text, s.s, s.n);
    }
}

static void expand(struct extractor *x, const struct page *p, uint32_t node)
{
    // Siblings of the same element and class that hold good text too: a body in several pieces.
    uint32_t parent = p->nodes[node].parent;
    struct html_str class = html_attr(p->html, &p->nodes[node], HTML_ATTR_CLASS);
    if (node == p->body || !class.n) {
        blocks_add(&x->blocks, p, node);
        return;
    }
    for (uint32_t c = parent + 1; c < p->nodes[parent].end; c = page_skip(p, c)) {
        if (p->drop[c] || p->nodes[c].tag != p->nodes[node].tag)
            continue;
        struct html_str other = html_attr(p->html, &p->nodes[c], HTML_ATTR_CLASS);
        if (c == node || (p->sum[c].good * 100 >= p->sum[node].good * 15 && other.n == class.n &&
                          memcmp(other.s, class.s, class.n) == 0))
            blocks_add(&x->blocks, p, c);
    }
}

static void find_body(struct page *p)
{
    p->body = page_find(p, 0, HTML_BODY);
    if (!p->body)
        p->body = page_find(p, 0, HTML_FRAMESET);
}

// Where the page hardly shows an article, but its JSON-LD carries one: pages that scripts fill.
// Ends the life of the page's nodes.
static bool rescue(struct extractor *x, const struct page *p, const struct ld *ld)
{
    if (ld->body.n < RESCUE_MIN ||
        (x->text.size >= RESCUE_BELOW && ld->body.n * 10 < x->text.size * 16))
        return false;
    struct html_str body = ld_text(p, ld->body);
    struct buf rescued = buf_new(TEXT_MAX);
    for (size_t i = 0; i < body.n;) {
        const char *newline = memchr(body.s + i, '\n', body.n - i);
        size_t n = newline ? (size_t)(newline - body.s) - i : body.n - i;
        html_text(x->html, body.s + i, n, &rescued);
        i += n + 1;
    }
    bool better = rescued.size * 10 > x->text.size * 16;
    if (better) {
        buf_clear(&x->text);
        buf_add(&x->text, rescued.data, rescued.size);
    }
    buf_free(&rescued);
    return better;
}

// The standfirst as a field of its own: blocks that stand before the body in the list.
static const char *standfirst_text(struct extractor *x, size_t n)
{
    if (n == 0)
        return "";
    struct html_str first = block_text(&x->blocks, &x->blocks.items[0]);
    return arena_strndup(x->arena, first.s, first.n);
}

// Times without a zone are China's on a Chinese page.
static void find_date(struct article *a, const struct page *p, const struct page_source *source,
                      const struct meta *meta, const struct ld *ld, struct decisions *d)
{
    bool chinese = strncmp(a->language, "zh", 2) == 0;
    struct date_rules rules = {.zone = chinese ? ZONE_SHANGHAI : ZONE_UTC,
                               .now_ms = source->now_ms};
    struct date date;
    if (page_date(p, meta, ld, source->url, d->anchor, d->node, &rules, &date, &d->date_rule) &&
        date.ms > 0) { // 0 means unknown; a page dated 1970-01-01 does not know either
        a->published_ms = date.ms;
        a->precision = date.precision;
        a->zone = date.zone;
        a->date_rule = d->date_rule;
    }
}

const struct article *extractor_page(struct extractor *x, const struct page_source *source,
                                     struct buf *explain)
{
    arena_reset(x->arena);
    blocks_clear(&x->blocks);
    struct charset_text t =
        charset_decode(source->bytes, source->size, source->content_type, &x->decoded);
    struct page page = {.arena = x->arena, .html = x->html, .source = {t.text, t.size}};
    page.nodes = html_parse(x->html, t.text, t.size, &page.count);
    find_body(&page);
    struct meta meta;
    struct ld ld;
    struct titles titles;
    page_weigh(&page);
    meta_read(&page, &meta);
    ld_read(&page, meta.ld, &ld);
    struct headings headings;
    headings_read(&page, &headings);
    find_titles(&page, &meta, &headings, &titles);
    struct decisions d = {.anchor = choose_anchor(&page, &headings, &titles)};
    prune(&page, x->words, d.anchor);
    d.node = choose_node(&page, d.anchor, &d.node_rule);
    standfirst_add(&x->blocks, &page, d.anchor, d.node);
    size_t n_standfirst = x->blocks.n;
    expand(x, &page, d.node);
    trim(&x->blocks, &titles, d.anchor, x->arena);
    compose(x);
    struct article *a = &x->article;
    *a = (struct article){
        .charset = t.report, .text = buf_str(&x->text), .text_size = x->text.size, .date_rule = ""};
    a->language =
        language_tag((struct html_str){a->text, a->text_size}, meta.language, x->language);
    a->standfirst = standfirst_text(x, n_standfirst);
    article_describe(a, &page, &headings, &meta, &ld, source->url, d.anchor);
    find_date(a, &page, source, &meta, &ld, &d);
    if (explain)
        explain_page(explain, &page, &x->blocks, &d);
    if (rescue(x, &page, &ld)) {
        a->text = buf_str(&x->text);
        a->text_size = x->text.size;
        a->language =
            language_tag((struct html_str){a->text, a->text_size}, meta.language, x->language);
        if (explain)
            buf_puts(explain, "\nthe text was taken from JSON-LD, which has more of it\n");
    }
    return a;
}
