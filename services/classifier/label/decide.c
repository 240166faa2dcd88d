// SPDX-License-Identifier: MIT
#include "services/classifier/label/decide.h"

#include <string.h>

bool decide_is_fallback(const struct taxonomy *t, size_t label)
{
    return strcmp(t->labels[label].name, t->fallback) == 0;
}

void decide_settle(const struct taxonomy *t, float *scores)
{
    float sum = 0;
    bool complete = false;
    for (size_t i = 0; i < t->n_labels; i++) {
        sum += scores[i];
        complete |= decide_is_fallback(t, i);
    }
    for (size_t i = 0; i < t->n_labels && complete && sum > 0 && sum < 1; i++)
        scores[i] /= sum;
}

size_t decide_primary(const struct taxonomy *t, const float *scores, float *best)
{
    size_t leader = t->n_labels, fallback = t->n_labels;
    *best = 0;
    for (size_t i = 0; i < t->n_labels; i++) {
        if (decide_is_fallback(t, i)) {
            fallback = i;
        } else if (scores[i] > *best) {
            *best = scores[i];
            leader = i;
        }
    }
    bool reached = leader < t->n_labels && *best >= t->labels[leader].threshold;
    bool behind = fallback < t->n_labels && scores[fallback] > *best;
    return reached && !behind ? leader : fallback;
}
