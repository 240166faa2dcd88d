// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/explain.h"

#include <string.h>

#include "common/text.h"

enum { SAMPLE = 120, PATH_MAX_STEPS = 4, DROPPED_LENGTH_MIN = 20 };

static void add_name(struct buf *out, const struct page *p, uint32_t i)
{
    struct html_str id = html_attr(p->html, &p->nodes[i], HTML_ATTR_ID);
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    buf_puts(out, html_tag_name(p->nodes[i].tag));
    if (id.n)
        buf_printf(out, "#%.*s", (int)(id.n < 40 ? id.n : 40), id.s);
    if (class.n)
        buf_printf(out, ".%.*s", (int)(class.n < 60 ? class.n : 60), class.s);
}

// The element and its nearest ancestors, outermost first.
static void add_path(struct buf *out, const struct page *p, uint32_t i)
{
    uint32_t steps[PATH_MAX_STEPS], n = 0;
    for (; n < PATH_MAX_STEPS && i > 0; i = p->nodes[i].parent)
        steps[n++] = i;
    for (; n > 0; n--) {
        add_name(out, p, steps[n - 1]);
        buf_puts(out, n > 1 ? " > " : "");
    }
}

static void add_sample(struct buf *out, const struct page *p, uint32_t i)
{
    char text[SAMPLE];
    size_t n = page_copy_text(p, i, text, sizeof text);
    buf_printf(out, "  %.*s\n", (int)n, text);
}

static void add_dropped(struct buf *out, const struct page *p)
{
    static const char *const rules[DROP_COUNT] = {
        "",       "invisible",  "figure",      "form", "navigation, aside or footer",
        "hidden", "class word", "link density"};
    buf_puts(out, "\ndropped before the article was looked for\n");
    for (uint32_t i = p->body; i < p->nodes[p->body].end; i++) {
        if (!p->drop[i])
            continue;
        if (p->sum[i].length >= DROPPED_LENGTH_MIN) {
            buf_printf(out, "  %-27s %6u  ", rules[p->drop[i]], p->sum[i].good);
            add_name(out, p, i);
            add_sample(out, p, i);
        }
        i = page_skip(p, i) - 1;
    }
}

static void add_block(struct buf *out, const struct blocks *all, const struct block *b)
{
    struct html_str text = block_text(all, b);
    size_t n = text_cut(text.s, text.n, SAMPLE);
    buf_printf(out, "  %c %-24s %-10s %5u  %.*s%s\n", b->cut ? '-' : '+', b->cut ? b->cut : "",
               html_tag_name(b->tag), b->length, (int)n, text.s, n < text.n ? "…" : "");
}

void explain_page(struct buf *out, const struct page *p, const struct blocks *blocks,
                  const struct decisions *d)
{
    buf_printf(out, "page of %u nodes, %u characters, %u of them prose\n", p->count,
               p->sum[p->body].length, p->sum[p->body].good);
    if (d->anchor) {
        buf_puts(out, "title at  ");
        add_path(out, p, d->anchor);
        add_sample(out, p, d->anchor);
    }
    buf_printf(out, "article   by rule: %s; prose %u\n          ", d->node_rule,
               p->sum[d->node].good);
    add_path(out, p, d->node);
    buf_printf(out, "\ndate      %s\n", d->date_rule);
    add_dropped(out, p);
    buf_puts(out, "\ntext, kept (+) and cut (-)\n");
    for (size_t i = 0; i < blocks->n; i++)
        add_block(out, blocks, &blocks->items[i]);
}
