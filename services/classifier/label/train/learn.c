// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/learn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"
#include "services/classifier/label/train/regression.h"

enum { GRAM_DOCUMENTS = 4, GRAM_SOURCES = 2, MOST_COPIES = 3, COPIES_OF = 200 };

static const double cost = 0.7;

// --- which features

struct candidate {
    uint32_t key;
    uint16_t source;
    bool is_gram;
};

static int by_key_and_source(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->source < y->source ? -1 : x->source > y->source;
}

static struct candidate *candidates_of(const struct examples *x, const bool *used, size_t *n)
{
    size_t most = 0;
    for (size_t i = 0; i < x->n; i++)
        most += x->all[i].n_features + x->all[i].n_grams;
    struct candidate *all = mem_alloc(most * sizeof *all);
    *n = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct example *e = &x->all[i];
        for (size_t k = 0; used[i] && k < e->n_features; k++)
            all[(*n)++] = (struct candidate){e->features[k].key, e->source, false};
        for (size_t k = 0; used[i] && k < e->n_grams; k++)
            all[(*n)++] = (struct candidate){e->grams[k], e->source, true};
    }
    qsort(all, *n, sizeof *all, by_key_and_source);
    return all;
}

// A gram is worth knowing if enough documents of enough sources have it (all may be of one source
// when a user teaches with one file); a rule always is.
static void choose_features(const struct examples *x, const bool *used, struct model *m)
{
    size_t n;
    struct candidate *all = candidates_of(x, used, &n);
    size_t want_sources = x->n_sources > 1 ? GRAM_SOURCES : 1;
    model_init(m, n < MODEL_FEATURES ? n : MODEL_FEATURES);
    static const float none[TAXONOMY_LABELS];
    for (size_t i = 0, end; i < n; i = end) {
        size_t sources = 1;
        for (end = i + 1; end < n && all[end].key == all[i].key; end++)
            sources += all[end].source != all[end - 1].source;
        bool known = !all[i].is_gram || (end - i >= GRAM_DOCUMENTS && sources >= want_sources);
        if (known && m->n_features < MODEL_FEATURES)
            model_put(m, all[i].key, none);
    }
    free(all);
}

// --- one regression a label

struct rows {
    struct cell **rows, *nodes;
    const struct example **of;
    size_t n;
};

// A small source or label counts for more: its documents are given several times.
static size_t *copies_of(const struct examples *x, const bool *used)
{
    enum { SIZES = TAXONOMY_LABELS + 1 };
    size_t *sizes = mem_alloc(x->n_sources * SIZES * sizeof *sizes);
    size_t *copies = mem_alloc(x->n * sizeof *copies);
    for (size_t i = 0; i < x->n; i++)
        if (used[i])
            sizes[x->all[i].source * SIZES + x->all[i].label]++;
    for (size_t i = 0; i < x->n; i++) {
        if (!used[i])
            continue;
        size_t size = sizes[x->all[i].source * SIZES + x->all[i].label];
        double want = sqrt((double)COPIES_OF / (double)size);
        copies[i] = want < 1 ? 1 : want > MOST_COPIES ? MOST_COPIES : (size_t)(want + 0.5);
    }
    free(sizes);
    return copies;
}

// liblinear counts features from 1; the last one is the bias.
static size_t fill_row(const struct model *m, const struct example *e, struct cell *row)
{
    size_t n = 0, known = 0;
    for (size_t k = 0; k < e->n_features; k++) {
        int32_t index = model_find(m, e->features[k].key);
        if (index >= 0)
            row[n++] = (struct cell){index + 1, (double)e->features[k].value};
    }
    for (size_t k = 0; k < e->n_grams; k++) {
        int32_t index = model_find(m, e->grams[k]);
        if (index >= 0)
            row[n + known++].index = index + 1;
    }
    for (size_t k = 0; k < known; k++)
        row[n + k].value = (double)GRAM_SCALE / sqrt((double)known);
    n += known;
    row[n++] = (struct cell){(int)m->n_features + 1, 1};
    row[n++] = (struct cell){-1, 0};
    return n;
}

static struct rows make_rows(const struct model *m, const struct examples *x, const bool *used)
{
    size_t *copies = copies_of(x, used), n_nodes = 0, n_rows = 0;
    for (size_t i = 0; i < x->n; i++) {
        n_nodes += used[i] ? x->all[i].n_features + x->all[i].n_grams + 2 : 0;
        n_rows += copies[i];
    }
    struct rows r = {mem_alloc(n_rows * sizeof(void *)), mem_alloc(n_nodes * sizeof *r.nodes),
                     mem_alloc(n_rows * sizeof(void *)), 0};
    struct cell *next = r.nodes;
    for (size_t i = 0; i < x->n; i++) {
        if (!used[i])
            continue;
        for (size_t c = 0; c < copies[i]; c++) {
            r.of[r.n] = &x->all[i];
            r.rows[r.n++] = next;
        }
        next += fill_row(m, &x->all[i], next);
    }
    free(copies);
    return r;
}

static void rows_free(struct rows *r)
{
    free(r->rows);
    free(r->nodes);
    free(r->of);
}

// A document that has the label as a further one speaks neither for it nor against. Rare labels
// weigh more, though less than their rarity.
static void learn_column(const struct rows *r, size_t label, struct model *m, size_t column)
{
    struct cell **rows = mem_alloc(r->n * sizeof(void *));
    double *y = mem_alloc(r->n * sizeof *y),
           *weights = mem_alloc((m->n_features + 1) * sizeof *weights);
    size_t n = 0, positive = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool is_it = r->of[i]->label == label;
        if (!is_it && r->of[i]->others >> label & 1)
            continue;
        rows[n] = r->rows[i];
        y[n++] = is_it ? 1 : -1;
        positive += is_it;
    }
    if (positive > 0 && positive < n)
        regression_fit(rows, y, n, m->n_features + 1, cost,
                       sqrt((double)(n - positive) / (double)positive), weights);
    for (size_t i = 0; i < m->n_features; i++)
        m->weights[i * m->n_columns + column] = (float)weights[i];
    m->columns[column].bias = (float)weights[m->n_features];
    free(rows);
    free(y);
    free(weights);
}

void learn(const struct taxonomy *t, const struct examples *x, const bool *used, struct model *out)
{
    struct model m = {.n_columns = t->n_labels};
    for (size_t c = 0; c < t->n_labels; c++) {
        m.columns[c] = (struct column){.slope = 1};
        snprintf(m.columns[c].name, sizeof m.columns[c].name, "%s", t->labels[c].name);
    }
    snprintf(m.data, sizeof m.data, "%016llx", (unsigned long long)x->hash);
    choose_features(x, used, &m);
    struct rows r = make_rows(&m, x, used);
    for (size_t c = 0; c < t->n_labels; c++)
        learn_column(&r, c, &m, c);
    rows_free(&r);
    *out = m;
}

void learn_sums(const struct model *m, const struct example *e, float *sums)
{
    struct features f = {.all = e->features, .n = e->n_features};
    struct gram *grams = mem_alloc(e->n_grams * sizeof *grams);
    for (size_t i = 0; i < e->n_grams; i++) {
        int32_t index = model_find(m, e->grams[i]);
        if (index >= 0)
            grams[f.n_grams++].key = (uint32_t)index;
    }
    f.grams = grams;
    model_sums(m, &f, f.n_grams ? GRAM_SCALE / sqrtf((float)f.n_grams) : 0, sums);
    free(grams);
}
