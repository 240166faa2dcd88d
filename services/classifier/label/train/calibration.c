// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/calibration.h"

#include <math.h>

struct sample {
    const float *sums;
    const bool *right;
    size_t n;
    double target[2]; // of wrong and right, moved off 0 and 1 by the prior
};

static double loss_of(const struct sample *x, double a, double b)
{
    double loss = 0;
    for (size_t i = 0; i < x->n; i++) {
        double z = a * (double)x->sums[i] + b, t = x->target[x->right[i]];
        loss += z >= 0 ? (1 - t) * z + log1p(exp(-z)) : -t * z + log1p(exp(z));
    }
    return loss;
}

// One Newton step downhill; false where the ground is level.
static bool newton_step(const struct sample *x, double a, double b, double *da, double *db)
{
    double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9;
    for (size_t i = 0; i < x->n; i++) {
        double s = (double)x->sums[i], p = 1 / (1 + exp(-(a * s + b)));
        double d = p - x->target[x->right[i]], w = p * (1 - p);
        ga += d * s;
        gb += d;
        haa += w * s * s;
        hab += w * s;
        hbb += w;
    }
    double det = haa * hbb - hab * hab;
    *da = -(hbb * ga - hab * gb) / det;
    *db = -(haa * gb - hab * ga) / det;
    return det > 0 && (fabs(ga) >= 1e-5 || fabs(gb) >= 1e-5);
}

void calibration_fit(const float *sums, const bool *right, size_t n, struct column *column)
{
    enum { STEPS = 100 };
    double positive = 0;
    for (size_t i = 0; i < n; i++)
        positive += right[i];
    struct sample x = {
        sums, right, n, {1 / ((double)n - positive + 2), (positive + 1) / (positive + 2)}};
    double a = 1, b = 0, loss = loss_of(&x, a, b), da, db;
    for (int step = 0; step < STEPS && newton_step(&x, a, b, &da, &db); step++) {
        double rate = 1, next = loss_of(&x, a + da, b + db);
        while (rate > 1e-6 && next > loss) {
            rate /= 2;
            next = loss_of(&x, a + rate * da, b + rate * db);
        }
        if (next > loss)
            break;
        a += rate * da;
        b += rate * db;
        loss = next;
    }
    column->slope = (float)a;
    column->offset = (float)b;
}
