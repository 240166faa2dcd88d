// SPDX-License-Identifier: MIT
// Learns a model: one logistic regression a label (liblinear, which is fenced here), over features
// that several documents of several sources have, so that what only one source says has no say.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "services/classifier/label/model.h"
#include "services/classifier/label/train/examples.h"

// Learns from the examples with used[i]. The model's calibration is left open (slope 1, offset 0).
// The result depends on nothing but the examples.
void learn(const struct taxonomy *t, const struct examples *x, const bool *used, struct model *out);

// Sums for each column of an example, as model_sums gives them for its document.
void learn_sums(const struct model *m, const struct example *e, float *sums);
