// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/regression.h"

#include <linear.h>
#include <stddef.h>

_Static_assert(sizeof(struct cell) == sizeof(struct feature_node) &&
                   offsetof(struct cell, value) == offsetof(struct feature_node, value),
               "a cell is liblinear's node");

static void say_nothing(const char *text)
{
    (void)text;
}

void regression_fit(struct cell **rows, double *y, size_t n, size_t n_features, double cost,
                    double positive, double *weights)
{
    int classes[] = {1, -1};
    double class_weights[] = {positive, 1};
    struct parameter parameter = {.solver_type = L2R_LR,
                                  .eps = 0.005,
                                  .C = cost,
                                  .nr_weight = 2,
                                  .weight_label = classes,
                                  .weight = class_weights};
    struct problem problem = {
        .l = (int)n, .n = (int)n_features, .y = y, .x = (struct feature_node **)rows, .bias = -1};
    set_print_string_function(say_nothing);
    struct model *fitted = train(&problem, &parameter);
    double sign = fitted->label[0] == 1 ? 1 : -1; // the class seen first has the positive side
    for (size_t i = 0; i < n_features; i++)
        weights[i] = sign * fitted->w[i];
    free_and_destroy_model(&fitted);
}
