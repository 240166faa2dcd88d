// SPDX-License-Identifier: MIT
// A sparse linear model: for each label a weight for each known feature, and a calibration that
// makes the sum a probability (Platt 1999). Made by learn.h, kept in one file.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "services/classifier/label/features.h"

enum {
    MODEL_FILE_BYTES = 32 << 20,
    MODEL_FEATURES = 1 << 20,
    NO_COLUMN = -1,
};

// What words and characters weigh together, beside the rules.
#define GRAM_SCALE 2.0F

struct column {
    char name[41];
    float bias;
    float slope, offset; // probability = 1 / (1 + exp(-(slope × sum + offset)))
};

// Where a feature is found: its key, and its index + 1 (0: free).
struct slot {
    uint32_t key, index;
};

struct model {
    struct column columns[TAXONOMY_LABELS];
    size_t n_columns, n_features;
    char data[65];   // hash of what it was trained on
    uint64_t *maybe; // one bit for each value of a key's low bits: most grams are unknown, and seen
                     // so here
    struct slot *slots; // open addressing
    size_t mask;        // slots - 1
    uint32_t *keys;     // [feature]
    float *weights;     // [feature × n_columns]
    uint32_t *seen;     // [feature]: the last document that had it
    uint32_t current;   // that document
};

void model_free(struct model *m);

// Prepares a model with room for n features; keys and weights are then filled in by model_put.
void model_init(struct model *m, size_t n_features);
void model_put(struct model *m, uint32_t key, const float *weights);
int32_t model_find(const struct model *m, uint32_t key); // index of a feature, or -1

// ERR_CONFIG if the bytes are no model of this format.
enum err model_read(const char *name, const uint8_t *bytes, size_t n, struct model *out,
                    struct problem *why) MUST_CHECK;
void model_write(const struct model *m, struct buf *into);

// Column of a label, or NO_COLUMN.
int model_column(const struct model *m, const char *label);

// Each known word and character gram of a document counts once: leaves those in place, drops the
// others, and returns the value that each of them has.
float model_known_grams(struct model *m, struct features *f);

// Sums of weights for each column (before calibration). Call model_known_grams first.
void model_sums(const struct model *m, const struct features *f, float gram_value, float *sums);

float model_probability(const struct column *c, float sum);
