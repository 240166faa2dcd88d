// SPDX-License-Identifier: MIT
// When the article was published, from all that a page says about it: JSON-LD, meta elements, time
// elements, the line below its title, its own URL.
#pragma once

#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/ld.h"
#include "services/fetcher/extract/meta.h"
#include "services/fetcher/extract/page.h"

// False if the page does not tell. `*rule` names what told it, for the explanation.
bool page_date(const struct page *p, const struct meta *meta, const struct ld *ld, const char *url,
               uint32_t anchor, uint32_t node, const struct date_rules *general, struct date *out,
               const char **rule);
