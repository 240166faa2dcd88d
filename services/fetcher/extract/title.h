// SPDX-License-Identifier: MIT
// The title of the article: what its heading says where a heading agrees with what the page calls
// itself, else what the page calls itself without the name of the site.
#pragma once

#include "services/fetcher/extract/headings.h"
#include "services/fetcher/extract/meta.h"
#include "services/fetcher/extract/page.h"

// The result points into the page and its arena; it may be empty.
struct html_str title_choose(const struct page *p, const struct headings *headings,
                             const struct meta *meta);
