// SPDX-License-Identifier: MIT
// Cuts from the chosen text what is not the article's: what follows "Related" or 相关阅读, the
// title once more, bylines, links on lines of their own, repeated paragraphs.
#pragma once

#include "services/fetcher/extract/blocks.h"
#include "services/fetcher/extract/choose.h"

// Sets `cut` of the blocks that go, to the name of the rule.
void trim(struct blocks *b, const struct titles *titles, struct arena *arena);

// True if the line announces other things: "Related articles", "Read more", 相关阅读, 责任编辑…
bool trim_is_announcement(struct html_str line);
