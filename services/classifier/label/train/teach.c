// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/teach.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/classifier/label/decide.h"
#include "services/classifier/label/train/calibration.h"
#include "services/classifier/label/train/learn.h"

// Which fold an example is tested in: by its content, so that adding documents moves no other.
static size_t fold_of(const struct example *e)
{
    uint64_t hash = analysis_hash(HASH_START, e->id, strlen(e->id));
    hash = analysis_hash(hash, e->grams, e->n_grams * sizeof *e->grams);
    return (size_t)((hash ^ hash >> 29) % FOLDS);
}

static const char *group_of(const struct example *e)
{
    if (e->translated)
        return "en, by machine";
    return e->language;
}

static void probabilities(const struct model *m, const struct column *calibration,
                          const struct example *e, float *scores)
{
    float sums[TAXONOMY_LABELS];
    learn_sums(m, e, sums);
    for (size_t c = 0; c < m->n_columns; c++)
        scores[c] = model_probability(&calibration[c], sums[c]);
}

static struct outcome outcome_of(const struct taxonomy *t, const struct example *e, float *scores)
{
    decide_settle(t, scores);
    struct outcome o = {.wanted = e->label, .group = group_of(e)};
    o.given = teach_decide(t, scores, &o.score);
    return o;
}

uint8_t teach_decide(const struct taxonomy *t, const float *scores, float *score)
{
    float best;
    size_t primary = decide_primary(t, scores, &best);
    if (primary == t->n_labels) { // none applies, and the fallback is no label of its own
        *score = 1 - best;
        return NO_LABEL;
    }
    *score = scores[primary];
    return (uint8_t)primary;
}

// A document that has a label as a further one tells nothing about that label.
static void calibrate(const struct taxonomy *t, const struct examples *x, const float *sums,
                      struct column *calibration)
{
    float *column = mem_alloc(x->n * sizeof *column);
    bool *right = mem_alloc(x->n * sizeof *right);
    for (size_t c = 0; c < t->n_labels; c++) {
        size_t n = 0;
        for (size_t i = 0; i < x->n; i++) {
            if (x->all[i].label != c && x->all[i].others >> c & 1)
                continue;
            column[n] = sums[i * TAXONOMY_LABELS + c];
            right[n++] = x->all[i].label == c;
        }
        calibration_fit(column, right, n, &calibration[c]);
    }
    free(column);
    free(right);
}

void teach_validate(const struct taxonomy *t, const struct examples *x, struct outcome *outcomes,
                    struct column *calibration)
{
    float *sums = mem_alloc(x->n * TAXONOMY_LABELS * sizeof *sums);
    bool *used = mem_alloc(x->n * sizeof *used);
    for (size_t fold = 0; fold < FOLDS; fold++) {
        for (size_t i = 0; i < x->n; i++)
            used[i] = fold_of(&x->all[i]) != fold;
        struct model m;
        learn(t, x, used, &m);
        for (size_t i = 0; i < x->n; i++)
            if (!used[i])
                learn_sums(&m, &x->all[i], sums + i * TAXONOMY_LABELS);
        model_free(&m);
    }
    calibrate(t, x, sums, calibration);
    for (size_t i = 0; i < x->n; i++) {
        float scores[TAXONOMY_LABELS];
        for (size_t c = 0; c < t->n_labels; c++)
            scores[c] = model_probability(&calibration[c], sums[i * TAXONOMY_LABELS + c]);
        outcomes[i] = outcome_of(t, &x->all[i], scores);
    }
    free(used);
    free(sums);
}

void teach(const struct taxonomy *t, const struct examples *x, const struct column *calibration,
           struct model *out)
{
    bool *used = mem_alloc(x->n * sizeof *used);
    memset(used, true, x->n * sizeof *used);
    learn(t, x, used, out);
    for (size_t c = 0; c < t->n_labels; c++) {
        out->columns[c].slope = calibration[c].slope;
        out->columns[c].offset = calibration[c].offset;
    }
    free(used);
}

size_t teach_leave_out(const struct taxonomy *t, const struct examples *x, size_t source,
                       const struct column *calibration, struct outcome *outcomes)
{
    bool *used = mem_alloc(x->n * sizeof *used);
    for (size_t i = 0; i < x->n; i++)
        used[i] = x->all[i].source != source;
    struct model m;
    learn(t, x, used, &m);
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        if (used[i])
            continue;
        float scores[TAXONOMY_LABELS];
        probabilities(&m, calibration, &x->all[i], scores);
        outcomes[n++] = outcome_of(t, &x->all[i], scores);
    }
    model_free(&m);
    free(used);
    return n;
}
