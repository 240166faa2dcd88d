// SPDX-License-Identifier: MIT
// Finds the element that holds the article.
#pragma once

#include "services/fetcher/extract/headings.h"
#include "services/fetcher/extract/page.h"

enum { TITLES_MAX = 4 };

// What the page calls itself: <title> and og:title, then its first headings.
struct titles {
    struct tokens of[TITLES_MAX];
    uint32_t n, declared; // all of them; those that are no headings
};

// The heading that best repeats one of the titles; 0 if none does.
uint32_t choose_anchor(const struct page *p, const struct headings *headings,
                       const struct titles *titles);

// The element with the article in it; the body where nothing better is found. `*rule` names the
// rule that found it, for the explanation.
uint32_t choose_node(const struct page *p, uint32_t anchor, const char **rule);
