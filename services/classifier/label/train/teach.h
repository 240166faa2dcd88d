// SPDX-License-Identifier: MIT
// From labelled documents to a model and an honest report: what the model says of documents that it
// did not learn from, by cross-validation or with whole sources left out.
#pragma once

#include <stddef.h>

#include "services/classifier/label/model.h"
#include "services/classifier/label/train/examples.h"
#include "services/classifier/label/train/report.h"

enum { FOLDS = 10 };

// Gives each example an outcome by a model that was taught without its fold. Writes x->n outcomes
// and, for each label, the calibration that they ask for.
void teach_validate(const struct taxonomy *t, const struct examples *x, struct outcome *outcomes,
                    struct column *calibration);

// The model learnt from all, with that calibration.
void teach(const struct taxonomy *t, const struct examples *x, const struct column *calibration,
           struct model *out);

// Outcomes of one source's documents by a model that was taught without that source. Returns their
// number, at most x->n.
size_t teach_leave_out(const struct taxonomy *t, const struct examples *x, size_t source,
                       const struct column *calibration, struct outcome *outcomes);

// The primary label that scores decide, and its score, as labelling itself does it.
uint8_t teach_decide(const struct taxonomy *t, const float *scores, float *score);
