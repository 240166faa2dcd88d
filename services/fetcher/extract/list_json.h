// SPDX-License-Identifier: MIT
// Lists that a page's script fetches as JSON: the array and its fields are guessed by names and
// values, or stated. Part of list.c. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/list.h"

struct list_json {
    struct arena *arena; // of the strings
    const char *base;    // of relative URLs
    struct date_rules dates;
    struct list_link *links; // room for LIST_LINKS_MAX
    size_t n;
    const char *finding; // in the form of a selector, so that it can be stated next time
    struct buf *markup;  // private
};

// Reads clean text, JSON or JSONP. `selector`: "" to guess, or "data.rows url=link title=name
// date=time", of which the path alone will do; url may also be a pattern, "url=/art/{id}.html", a
// field may be within another, "url=article.link"; "." is the root. ERR_INPUT: the selector is
// malformed; ERR_NOTFOUND: there is no such list; ERR_LIMIT: not JSON, or too
// large.
enum err list_json_read(struct list_json *l, const char *text, size_t size,
                        const char *selector) MUST_CHECK;

bool list_json_selector_is_valid(const char *selector);

// Appends every array that may be a list as markup, for the rules that tell lists from menus:
// <ul> with a link and a date in each <li>. What is no JSON has none.
void list_json_markup(struct list_json *l, const char *text, size_t size, struct buf *out);
