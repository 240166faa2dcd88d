// SPDX-License-Identifier: MIT
// What a taxonomy file says: labels with their sub-labels, themes, known organisations, and the
// rules that tell them. A rule is a weight, words in any language that mean the same, and a
// context. The file format is described at the head of services/classifier/data/taxonomy.yaml.
// Immutable once read; safe to share between threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "services/classifier/label/normalize.h"

enum {
    TAXONOMY_LABELS = 32, // the bounds a file is held to
    TAXONOMY_NAMES = 4000,
    TAXONOMY_RULES = 4000,
    TAXONOMY_WORDS = 20000,
    TAXONOMY_WORD_BYTES = 120,
    TAXONOMY_FILE_BYTES = 4 << 20,
};

enum place { PLACE_ANYWHERE, PLACE_TITLE, PLACE_LEAD }; // lead: the title and the first paragraphs

enum owner { OWNER_LABEL, OWNER_THEME, OWNER_ENTITY };

// A range in taxonomy.lists.
struct list {
    uint32_t first, n;
};

struct rule {
    enum owner owner;
    uint16_t of;         // which label, theme or entity
    int16_t detail;      // which sub-label, or -1
    float weight;        // > 0 speaks for the owner, < 0 against
    enum place place;    // counts only there
    uint16_t within;     // bytes of normalised text that `near` and `unless` look across
    struct list near;    // counts only with one of these words near; empty: always
    struct list unless;  // does not count with one of these near
    struct list part_of; // does not count inside one of these
    uint32_t line;       // in its file
};

struct word {
    char *text;       // normalised
    uint16_t n;       // bytes
    bool open;        // any ending will do: "commend*"
    struct list uses; // the rules it tells, in taxonomy.lists
};

struct category {
    char *name;
    float threshold; // score from which it applies
};

struct detail {
    char *name;
    uint16_t label;
};

struct entity {
    char *name, *kind;
};

struct taxonomy {
    char *fallback; // name of the label where none applies
    struct category *labels;
    struct detail *details;
    char **themes;
    struct entity *entities;
    struct rule *rules;
    struct word *words; // each once
    uint32_t *lists;    // words of contexts, rules of words
    struct list negations;
    size_t n_labels, n_details, n_themes, n_entities, n_rules, n_words, n_lists;
    size_t cap_labels, cap_details, cap_themes, cap_entities, cap_rules, cap_words, cap_lists;
};

// One file's bytes, and what messages call it.
struct source {
    const char *name, *yaml;
    size_t n;
};

// Reads the files as one taxonomy. On failure nothing is kept and *why names file and line.
// ERR_CONFIG.
enum err taxonomy_read(const struct source *files, size_t n, const struct folding *fold,
                       struct taxonomy *out, struct problem *why) MUST_CHECK;

void taxonomy_free(struct taxonomy *t);
