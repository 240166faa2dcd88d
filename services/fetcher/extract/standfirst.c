// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/standfirst.h"

enum { BLOCK_MIN = 40, ALL_MAX = 700, BLOCKS_MAX = 3 };

static bool is_lead(const struct page *p, uint32_t owner, uint32_t outer)
{
    for (uint32_t i = owner; i != outer && i > 0; i = p->nodes[i].parent)
        if (p->words[i].flags & WORD_LEAD)
            return true;
    return false;
}

static bool is_standfirst(const struct page *p, const struct block *b, uint32_t outer)
{
    if (b->tag == HTML_H1 || b->length < BLOCK_MIN || b->links * 5 >= b->length)
        return false;
    return is_lead(p, b->owner, outer) || (b->tag == HTML_P && b->sentence);
}

void standfirst_add(struct blocks *b, const struct page *p, uint32_t anchor, uint32_t node)
{
    if (!anchor || anchor > node || page_contains(p, node, anchor))
        return;
    uint32_t outer = page_common(p, anchor, node);
    size_t first = b->n, kept = first;
    for (uint32_t i = page_skip(p, anchor); i < node;) {
        if (page_contains(p, i, node)) {
            i++;
            continue;
        }
        if (!p->drop[i] && p->nodes[i].tag != HTML_TEXT)
            blocks_add(b, p, i);
        i = page_skip(p, i);
    }
    uint32_t length = 0;
    for (size_t i = first; i < b->n; i++)
        if (is_standfirst(p, &b->items[i], outer)) {
            length += b->items[i].length;
            if (is_lead(p, b->items[i].owner, outer))
                b->items[i].cut = "standfirst";
            b->items[kept++] = b->items[i];
        }
    b->n = length > ALL_MAX || kept - first > BLOCKS_MAX ? first : kept;
}
