// SPDX-License-Identifier: MIT
// L2-regularised logistic regression. liblinear is fenced here, because its names (struct problem,
// struct model) are others' as well.
#pragma once

#include <stddef.h>

// One value of a sparse row; a row ends with index -1, indexes count from 1.
struct cell {
    int index;
    double value;
};

// Weighs n_features so that rows with y = 1 stand apart from those with y = -1; both are there.
// Errors on the former count `positive` times, all count `cost` against the weights' size.
// Deterministic.
void regression_fit(struct cell **rows, double *y, size_t n, size_t n_features, double cost,
                    double positive, double *weights);
