// SPDX-License-Identifier: MIT
#include "services/classifier/label/taxonomy.h"

#include <stdlib.h>

#include "common/mem.h"

void taxonomy_free(struct taxonomy *t)
{
    for (size_t i = 0; i < t->n_labels; i++)
        free(t->labels[i].name);
    for (size_t i = 0; i < t->n_details; i++)
        free(t->details[i].name);
    for (size_t i = 0; i < t->n_themes; i++)
        free(t->themes[i]);
    for (size_t i = 0; i < t->n_entities; i++) {
        free(t->entities[i].name);
        free(t->entities[i].kind);
    }
    for (size_t i = 0; i < t->n_words; i++)
        free(t->words[i].text);
    free(t->fallback);
    free(t->labels);
    free(t->details);
    free(t->themes);
    free(t->entities);
    free(t->rules);
    free(t->words);
    free(t->lists);
    *t = (struct taxonomy){0};
}
