// SPDX-License-Identifier: MIT
#include "services/classifier/label/train/examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/classifier/label/language.h"

uint8_t examples_label(const struct taxonomy *t, const char *name)
{
    for (size_t i = 0; i < t->n_labels; i++)
        if (strcmp(t->labels[i].name, name) == 0)
            return (uint8_t)i;
    return strcmp(t->fallback, name) == 0 ? NO_LABEL : UNKNOWN_LABEL;
}

// The source as the document says it, else the beginning of its id: "site/…" or "site:…".
static uint16_t source_of(struct examples *x, const struct item *item)
{
    const char *name = *item->source ? item->source : item->id;
    size_t n = *item->source ? strlen(name) : strcspn(name, "/:#");
    for (size_t i = 0; i < x->n_sources; i++)
        if (strlen(x->sources[i]) == n && memcmp(x->sources[i], name, n) == 0)
            return (uint16_t)i;
    if (x->n_sources == SOURCES_MAX)
        return SOURCES_MAX - 1;
    mem_reserve((void **)&x->sources, &x->cap_sources, x->n_sources + 1, sizeof *x->sources);
    x->sources[x->n_sources] = mem_strndup(name, n);
    return (uint16_t)x->n_sources++;
}

static int by_key(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void keep_features(struct example *e, const struct features *f)
{
    e->features = mem_alloc(f->n * sizeof *e->features);
    if (f->n)
        memcpy(e->features, f->all, f->n * sizeof *e->features);
    e->n_features = (uint32_t)f->n;
    e->grams = mem_alloc(f->n_grams * sizeof *e->grams);
    for (size_t i = 0; i < f->n_grams; i++)
        e->grams[i] = f->grams[i].key;
    qsort(e->grams, f->n_grams, sizeof *e->grams, by_key);
    uint32_t kept = 0;
    for (size_t i = 0; i < f->n_grams; i++)
        if (kept == 0 || e->grams[i] != e->grams[kept - 1])
            e->grams[kept++] = e->grams[i];
    e->n_grams = kept;
}

bool examples_add(struct examples *x, struct analysis *a, const struct item *item,
                  const char *label, bool *added, struct problem *why)
{
    const char *primary = label ? label : item->n_labels ? item->labels[0] : "";
    *added = false;
    if (!*primary || strcmp(primary, "-") == 0)
        return true;
    struct example e = {.label = examples_label(&a->taxonomy, primary)};
    if (e.label == UNKNOWN_LABEL || x->n == EXAMPLES_MAX) {
        (void)problem_set(why, ERR_INPUT, "%s:%u: %s \"%s\"", item->file, item->line,
                          e.label == UNKNOWN_LABEL ? "the taxonomy has no label"
                                                   : "too many documents; first not taken:",
                          primary);
        return false;
    }
    for (size_t i = 1; i < item->n_labels; i++) {
        uint8_t other = examples_label(&a->taxonomy, item->labels[i]);
        if (other < NO_LABEL && other != e.label)
            e.others |= 1u << other;
    }
    analysis_run(a, &(struct document){item->title, "", item->text});
    analysis_features(a);
    keep_features(&e, &a->features);
    e.source = source_of(x, item);
    e.translated = item->translated;
    e.id = mem_strdup(item->id);
    snprintf(e.language, sizeof e.language, "%s", language_of(&a->text));
    x->hash = analysis_hash(x->n ? x->hash : HASH_START, primary, strlen(primary));
    x->hash = analysis_hash(x->hash, a->whole, a->size);
    mem_reserve((void **)&x->all, &x->cap, x->n + 1, sizeof *x->all);
    x->all[x->n++] = e;
    *added = true;
    return true;
}

void examples_free(struct examples *x)
{
    for (size_t i = 0; i < x->n; i++) {
        free(x->all[i].id);
        free(x->all[i].features);
        free(x->all[i].grams);
    }
    for (size_t i = 0; i < x->n_sources; i++)
        free(x->sources[i]);
    free(x->all);
    free(x->sources);
    *x = (struct examples){0};
}
