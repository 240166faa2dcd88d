// SPDX-License-Identifier: MIT
// Which announcement tells the same story: an index of fingerprints of the newest announcements. A
// fingerprint is a MinHash of the text's runs of words (Broder 1997; one permutation, Li and others
// 2012, empty bins densified, Shrivastava 2017); two texts are near duplicates when about 7 in 10
// of their runs are the same. Pure; memory is fixed at birth: about 400 bytes an entry.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIMILAR_BINS = 64,
    SIMILAR_ID_BYTES = 64,         // of an announcement's id, at most
    SIMILAR_TEXT_BYTES = 64 << 10, // of a text; what comes later is not looked at
};

struct fingerprint {
    uint16_t bins[SIMILAR_BINS];
    bool usable; // false: the text is too short to tell (under 12 words or characters)
};

struct similar;

struct similar *similar_new(size_t max_entries); // the oldest entry makes room for the newest
void similar_free(struct similar **s);

// Of any bytes; linear in their number. Case, spaces, punctuation, numbers' formats and full width
// do not matter; Chinese counts by character.
struct fingerprint similar_fingerprint(const char *title, const char *text);

// Share of runs that two texts have in common, estimated, 0 to 1.
double similar_share(const struct fingerprint *a, const struct fingerprint *b);

// The id of the entry that resembles it most, published at `since_ms` or later; NULL if none
// resembles it enough. Of entries that resemble it equally, the oldest. Borrowed until the next
// similar_add.
const char *similar_find(const struct similar *s, const struct fingerprint *f, int64_t since_ms);

// Remembers it. An id that is longer than SIMILAR_ID_BYTES, or a fingerprint that is not usable, is
// passed over.
void similar_add(struct similar *s, const struct fingerprint *f, const char *id,
                 int64_t published_ms);
