// SPDX-License-Identifier: MIT
// Cuts from the chosen text what is not the article's: what follows "Related" or 相关阅读, the
// title once more, bylines, links on lines of their own, repeated paragraphs.
#pragma once

#include "services/fetcher/extract/blocks.h"
#include "services/fetcher/extract/choose.h"

// Sets `cut` of the blocks that go, to the name of the rule. `anchor` is the title's heading, 0 if
// there is none; the arena serves for scratch.
void trim(struct blocks *b, const struct titles *titles, uint32_t anchor, struct arena *arena);
