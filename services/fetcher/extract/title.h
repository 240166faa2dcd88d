// SPDX-License-Identifier: MIT
// The title of the article: what its heading says where a heading agrees with what the page calls
// itself, else what the page calls itself without the name of the site.
#pragma once

#include "services/fetcher/extract/ld.h"
#include "services/fetcher/extract/meta.h"
#include "services/fetcher/extract/page.h"

// `node` is where the article's text is. The result is in the page's arena, NUL-terminated.
struct html_str title_choose(const struct page *p, const struct meta *meta, const struct ld *ld,
                             uint32_t node);
