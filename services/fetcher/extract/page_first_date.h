// SPDX-License-Identifier: MIT
// "This article was originally published on 26 Sep 2019": what a page that is revised for years
// says of its first day. 本文首次发布于2019年9月26日.
#pragma once

#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/page.h"

// Looks at the short paragraphs from the title, or the article's beginning, to the article's end.
// Another work's first day ("The book was first published …") does not count, nor one elsewhere
// ("first published on Medium").
bool page_first_date(const struct page *p, uint32_t anchor, uint32_t article,
                     const struct date_rules *rules, struct date *out);
