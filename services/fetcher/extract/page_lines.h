// SPDX-License-Identifier: MIT
// The dates that a page shows its readers: lines of its text that hold one.
#pragma once

#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/page.h"

// What the few lines below the title, to the article's end, show: the first date that stands there
// by itself or as that of the publication, and the first that a word beside it makes one of
// something else, a revision or a deadline.
struct shown {
    bool confirmed; // one has the day that is stated; the rest was not read then
    bool revised;   // one has it as the day of a revision
    bool has_plain, has_other;
    struct date plain, other;
};

// `stated` is the date that the page's metadata give, NULL if they give none.
struct shown lines_below(const struct page *p, uint32_t anchor, uint32_t article,
                         const struct date_rules *rules, const struct date *stated);

// The date of the best line near the title or the article, with what the line says beside it
// weighed. False if there is no line that will do.
struct best {
    bool near, revision; // it stands near the title; a word makes it the day of a revision
};
bool lines_best(const struct page *p, uint32_t anchor, uint32_t article,
                const struct date_rules *rules, struct date *out, struct best *best);
