// SPDX-License-Identifier: MIT
// Fills the fields of an article beside its text: title, author, site, links.
#pragma once

#include "services/fetcher/extract/extract.h"
#include "services/fetcher/extract/headings.h"
#include "services/fetcher/extract/ld.h"
#include "services/fetcher/extract/meta.h"
#include "services/fetcher/extract/page.h"

// Everything is put into the page's arena. Links are resolved against the page's base.
void article_describe(struct article *a, const struct page *p, const struct headings *headings,
                      const struct meta *meta, const struct ld *ld, const char *url,
                      uint32_t anchor);
