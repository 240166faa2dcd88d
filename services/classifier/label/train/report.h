// SPDX-License-Identifier: MIT
// How well labels were given: precision, recall and F1 a label, confusion, calibration, and
// accuracy against abstention; for all, and by language. Printed for people.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "services/classifier/label/taxonomy.h"

// One document's outcome.
struct outcome {
    uint8_t wanted, given; // labels' indexes; TAXONOMY_LABELS: none
    float score;           // of the label given
    const char *group;     // "en", "en, by machine", …: borrowed
};

struct scores {
    double macro_f1, accuracy;
    double precision[TAXONOMY_LABELS], recall[TAXONOMY_LABELS], f1[TAXONOMY_LABELS];
    size_t n, wanted[TAXONOMY_LABELS + 1];
    double calibration_error; // expected (10 equal bins), of the score of the label given
};

// Of the outcomes of a group, or of all (NULL). The macro F1 is over labels that are wanted at all.
void report_scores(const struct outcome *all, size_t n, const char *group, size_t n_labels,
                   struct scores *out);

void report_print(FILE *to, const struct taxonomy *t, const struct outcome *all, size_t n);
