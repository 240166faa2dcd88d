// SPDX-License-Identifier: MIT
// Makes a column's sums probabilities: a score of .8 is right 8 times in 10.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "services/classifier/label/model.h"

// Fits slope and offset of a column to the sums of documents that it did not learn from, and
// whether the label was right (Platt 1999, as Lin, Lin and Weng 2007 compute it). The rest of the
// column stays.
void calibration_fit(const float *sums, const bool *right, size_t n, struct column *column);
