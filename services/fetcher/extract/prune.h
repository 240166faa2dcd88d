// SPDX-License-Identifier: MIT
// Drops what is no article before the article is looked for. Each rule has a guard: what holds much
// of the page's prose is kept, whatever it is called.
#pragma once

#include "services/fetcher/extract/page.h"

// Runs all rules, in order: figures and forms; navigation, asides, footers and what is hidden;
// class and id words; link density.
// `anchor` is the title's heading, 0 if there is none.
void prune(struct page *p, const struct word_table *table, uint32_t anchor);
