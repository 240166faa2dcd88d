// SPDX-License-Identifier: MIT
// Which label is the primary one, given each label's score. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "services/classifier/label/taxonomy.h"

bool decide_is_fallback(const struct taxonomy *t, size_t label);

// Each label's score was found by itself. Where all of them together stay below 1, though one must
// be the primary one, what is missing is shared out in proportion.
void decide_settle(const struct taxonomy *t, float *scores);

// The label that leads, or the fallback where none reaches its threshold or all stand behind it.
// Returns n_labels for a fallback that is no label of its own. *best is the highest score but the
// fallback's.
size_t decide_primary(const struct taxonomy *t, const float *scores, float *best);
