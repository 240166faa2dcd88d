// SPDX-License-Identifier: MIT
// What a model learns from: documents taken apart, with their labels and where they come from.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/classifier/label/analysis.h"
#include "services/classifier/label/documents.h"

enum {
    NO_LABEL = TAXONOMY_LABELS, // the fallback, where it is no label of its own
    UNKNOWN_LABEL = 0xFF,
};

enum { EXAMPLES_MAX = 200000, SOURCES_MAX = 20000 };

struct example {
    uint8_t label;   // index in the taxonomy, or NO_LABEL; the primary one
    uint32_t others; // bit i: label i applies as well
    uint16_t source; // index in examples.sources
    bool translated;
    char language[8];
    char *id;
    struct feature *features;
    uint32_t *grams; // keys, each once, sorted
    uint32_t n_features, n_grams;
};

struct examples {
    struct example *all;
    char **sources;
    size_t n, cap, n_sources, cap_sources;
    uint64_t hash; // of ids, labels and texts
};

// Takes a document apart and adds it. False, with *why, if its label is not the taxonomy's. A
// document without a label is passed over, and *added is false.
bool examples_add(struct examples *x, struct analysis *a, const struct item *item,
                  const char *label, bool *added, struct problem *why);
void examples_free(struct examples *x);

// Index of a label's name, NO_LABEL for the fallback's, or UNKNOWN_LABEL.
uint8_t examples_label(const struct taxonomy *t, const char *name);
