// SPDX-License-Identifier: MIT
// The same story from several places: which announcement told it first. Later ones point to that
// one and not to each other. Never a reason to drop anything. Looks back so many milliseconds and
// so many announcements; memory is bounded (similar.h).
#pragma once

#include "services/sink/store.h"

enum { DUPLICATES_MAX = 20000 };

struct duplicates;

// `look_back_ms` 0: nothing is ever a duplicate.
struct duplicates *duplicates_new(int64_t look_back_ms);
void duplicates_free(struct duplicates **d);

// Remembers what the store has already. ERR_IO: the store cannot be read.
enum err duplicates_load(struct duplicates *d, struct store *store, int64_t now_ms,
                         struct problem *why) MUST_CHECK;

// Writes the id of the announcement that told it first, or "", and remembers this one.
void duplicates_find(struct duplicates *d, const pb_announcement *a, int64_t now_ms, char out[33]);
