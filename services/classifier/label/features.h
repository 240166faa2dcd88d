// SPDX-License-Identifier: MIT
// What the model sees of a document: the rules it meets (by zone, in any language), what they add
// up to, the kinds of organisations named, and the words, word pairs and character pairs of its
// title and beginning. A feature is known by the hash of its name, so a model stays valid when a
// taxonomy is edited: what is new has no weight yet, the rest keeps its own. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "services/classifier/label/match.h"
#include "services/classifier/label/normalize.h"
#include "services/classifier/label/tally.h"

enum { GRAM_BYTES = 3000 }; // of normalised text that word and character pairs are taken from

struct feature {
    uint32_t key;
    float value;
};

struct gram {
    uint32_t key, start;
    uint16_t n; // bytes
};

struct features {
    struct feature *all;
    size_t n, cap;
    struct gram *grams; // in the text's order, repetitions included
    size_t n_grams, cap_grams;
};

// The names of a taxonomy's features, hashed once.
struct feature_names {
    uint32_t *rules; // [rule × N_ZONES]
    uint32_t labels[TAXONOMY_LABELS][N_ZONES];
};

void feature_names_init(struct feature_names *names, const struct taxonomy *t);
void feature_names_free(struct feature_names *names);

void features_of(struct features *f, const struct feature_names *names, const struct taxonomy *t,
                 const struct tally *tally, const struct normal *text, size_t title);
void features_free(struct features *f);
