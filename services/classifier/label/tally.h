// SPDX-License-Identifier: MIT
// What a text's matches add up to, for each label, sub-label and theme. A rule met often counts a
// little more than once; one in the title counts most.
#pragma once

#include <stddef.h>

#include "services/classifier/label/match.h"
#include "services/classifier/label/taxonomy.h"

struct tally {
    float labels[TAXONOMY_LABELS][N_ZONES]; // sums of weights
    float *details, *themes;                // likewise, all zones together
    float *counts;                          // [rule × N_ZONES]: matches of each rule there
    uint32_t *met;                          // rules met anywhere, in order of first match
    size_t n_met;
};

extern const float zone_factor[N_ZONES];

void tally_init(struct tally *y, const struct taxonomy *t);
void tally_free(struct tally *y);
void tally_matches(struct tally *y, const struct taxonomy *t, const struct matches *matches);

// 0 to 1 for a label, from the weights alone: what is said where no model was trained.
float tally_score(const struct tally *y, size_t label);
