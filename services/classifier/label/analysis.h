// SPDX-License-Identifier: MIT
// A document taken apart: normalised, its words found, rules matched, sums and features made. What
// labelling and learning have in common. Not for threads to share.
#pragma once

#include <stddef.h>

#include "common/err.h"
#include "services/classifier/label/features.h"
#include "services/classifier/label/files.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/match.h"
#include "services/classifier/label/normalize.h"
#include "services/classifier/label/tally.h"
#include "services/classifier/label/taxonomy.h"
#include "services/classifier/label/terms.h"

struct analysis {
    struct folding *fold;
    struct taxonomy taxonomy;
    struct terms *terms;
    struct feature_names names;
    uint64_t hash; // of the taxonomy's files

    // The document at work.
    char *whole; // as offsets count
    size_t size, cap;
    struct normal text;
    struct zones zones;
    const struct hits *hits;
    struct matches matches;
    struct tally tally;
    struct features features;
};

// By taxonomy.yaml and, if it is there, entities.yaml. The files are needed no longer after it.
// ERR_CONFIG.
enum err analysis_new(const struct label_source files[LABEL_FILES], struct analysis **out,
                      struct problem *why) MUST_CHECK;
// Of the files in the folder.
enum err analysis_load(const char *folder, struct analysis **out, struct problem *why) MUST_CHECK;
void analysis_free(struct analysis **a);

// Everything but the features. Linear in the document, of which 1 MiB a part is read.
void analysis_run(struct analysis *a, const struct document *document);
void analysis_features(struct analysis *a);

uint64_t analysis_hash(uint64_t hash, const void *bytes, size_t n); // FNV-1a; begin with HASH_START

#define HASH_START 0xCBF29CE484222325u
