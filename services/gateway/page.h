// SPDX-License-Identifier: MIT
// The page as HTML. Everything that came from outside becomes escaped text; a link only if it is
// http or https. No script, no inline style. Pure.
#pragma once

#include <stdint.h>

#include "common/buf.h"
#include "services/gateway/newest.h"

struct page_status {
    int64_t now_ms;      // UTC
    uint64_t head;       // newest sequence of the sink, 0: not known
    const char *trouble; // a sentence, "" if all is well
};

void page_render(const struct newest *n, const struct page_status *s, struct buf *out);

// Appends the text with & < > " ' as character references.
void page_escape(struct buf *out, const char *text);

// "2026-11-20 03:04" in UTC, or "2026-11-20" where only the day is known.
void page_time(int64_t ms, Newswire__V1__Precision precision, char out[32]);
