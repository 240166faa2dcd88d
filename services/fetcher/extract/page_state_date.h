// SPDX-License-Identifier: MIT
// Dates of publication that a page has for its scripts alone: "publishedAt":"2021-09-27" in a state
// object, var pubtime = "…", data-publish-date="…", on pages that show none.
#pragma once

#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/html.h"

// Looks through the source for names of a publication's time with a date as their value. False if
// there is none, or if they name more than one day: the page has other articles' states too.
bool page_state_date(struct html_str source, const struct date_rules *rules, struct date *out);
