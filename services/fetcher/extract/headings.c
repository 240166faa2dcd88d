// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/headings.h"

enum { LENGTH_MAX = 400 };

static bool is_heading(enum html_tag tag)
{
    return tag == HTML_H1 || tag == HTML_H2 || tag == HTML_H3 || tag == HTML_H4 || tag == HTML_H5 ||
           tag == HTML_H6;
}

void headings_read(const struct page *p, struct headings *out)
{
    uint32_t at[HEADINGS_MAX], n = 0;
    for (uint32_t i = p->body; i < p->nodes[p->body].end && n < HEADINGS_MAX; i++) {
        if (p->drop[i] == DROP_INVISIBLE)
            i = page_skip(p, i) - 1;
        else if (is_heading(p->nodes[i].tag) && p->sum[i].length > 0 &&
                 p->sum[i].length < LENGTH_MAX)
            at[n++] = i;
    }
    out->n = n;
    out->items = arena_alloc(p->arena, (n + 1) * sizeof *out->items);
    for (uint32_t i = 0; i < n; i++) {
        struct html_str text = page_text(p, at[i]);
        out->items[i] = (struct heading){at[i], text, tokens_of(text)};
    }
}
