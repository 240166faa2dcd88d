// SPDX-License-Identifier: MIT
// What was kept, what was dropped and by which rule, for a person to read in a terminal.
#pragma once

#include "services/fetcher/extract/blocks.h"

// What the passes decided about a page.
struct decisions {
    uint32_t anchor, node;
    const char *node_rule, *date_rule;
};

// Appends lines to `out`: the chosen element, what was dropped around it, block by block the text.
void explain_page(struct buf *out, const struct page *p, const struct blocks *blocks,
                  const struct decisions *d);
