// SPDX-License-Identifier: MIT
// What a source lists over the hours, in short, on a record_place.h.
#pragma once

#include "tests/unit/fetcher/record_place.h"

#define KIND(k) NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_##k

enum { ENTRIES_MAX = 40 };

// What a worker would give: entries http://news.example.com/N, hours after `now`.
struct found {
    pb_result result;
    pb_entry entries[ENTRIES_MAX], *all[ENTRIES_MAX];
    char links[ENTRIES_MAX][60];
};

struct found *found_new(Newswire__V1__SourceKind kind, int first, int last);

// Asks for whatever the source is due for. Returns its URL, which lives until the next call.
const char *ask(struct place *p, uint64_t source, int hour, const char *from,
                const pb_result *result);
