// SPDX-License-Identifier: MIT
// Where a taxonomy's words stand in a normalised text. All words are looked for at once, by
// vectorscan (block mode, literals only), which is fenced here. A word in Latin letters matches
// whole words, a plural s allowed; a Chinese one matches anywhere. Not for threads to share.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "services/classifier/label/taxonomy.h"

enum {
    TERMS_HITS = 8192,       // a text's; what comes later is not looked at
    TERMS_HITS_OF_WORD = 64, // likewise, for one word
    NO_HIT = -1,
};

struct hit {
    uint32_t word;       // in taxonomy.words
    uint32_t start, end; // bytes of the normalised text
    int32_t next;        // the next hit of the same word, or NO_HIT
};

struct hits {
    struct hit all[TERMS_HITS]; // by growing end
    size_t n;
    int32_t *first; // of each word, or NO_HIT
};

struct terms;

// Borrows the taxonomy. ERR_CONFIG if vectorscan refuses the words.
enum err terms_new(const struct taxonomy *t, struct terms **out, struct problem *why) MUST_CHECK;
void terms_free(struct terms **t);

// The result is borrowed until the next call. Linear in n, n < 2^32.
const struct hits *terms_scan(struct terms *t, const char *text, size_t n);
