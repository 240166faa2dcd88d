// SPDX-License-Identifier: MIT
// The standfirst: the paragraph or two between the title and the body.
#pragma once

#include "services/fetcher/extract/blocks.h"

// Appends the blocks of the standfirst, if the page has one outside `node`.
void standfirst_add(struct blocks *b, const struct page *p, uint32_t anchor, uint32_t node);
