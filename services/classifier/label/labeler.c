// SPDX-License-Identifier: MIT
// Made of taxonomy and model; runs a document through the steps: take apart, score, decide,
// explain.
#include "services/classifier/label/label.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "services/classifier/label/analysis.h"
#include "services/classifier/label/decide.h"
#include "services/classifier/label/evidence.h"
#include "services/classifier/label/language.h"
#include "services/classifier/label/model.h"

enum {
    SPANS = 512, // of one label, before choosing
    THEMES = 6,
    ENTITIES = 24,
};

static const float listed = 0.2F;   // labels below this score are not listed
static const float unsure = 0.6F;   // the fallback below this score is a doubt
static const float theme_level = 3; // a theme in the title, or several times in the text
static const float detail_level = 2;
static const float told = 0.05F; // words below this weight are no evidence

struct labeler {
    struct analysis *analysis;
    bool trained;
    struct model model;
    int columns[TAXONOMY_LABELS]; // of the labels, in the model
    float gram_value;             // of the document at work
    char name[17];
    struct arena *arena; // what the result points at
    struct labels result;
};

// --- loading

// The model is optional: a taxonomy works by its weights alone until it was taught.
static enum err read_model(struct labeler *l, const struct label_source *file, struct problem *why)
{
    uint64_t hash = analysis_hash(l->analysis->hash, file->bytes, file->n);
    snprintf(l->name, sizeof l->name, "%016llx", (unsigned long long)hash);
    if (!*file->path)
        return OK;
    enum err e = model_read(file->path, file->bytes, file->n, &l->model, why);
    l->trained = !e;
    return e;
}

enum err labeler_new(const uint8_t *bytes, size_t n, struct labeler **out, struct problem *why)
{
    struct label_source files[LABEL_FILES];
    enum err e = label_files_open(bytes, n, files, why);
    if (e)
        return e;
    struct labeler *l = mem_alloc(sizeof *l);
    l->arena = arena_new(64 << 10);
    e = analysis_new(files, &l->analysis, why);
    if (!e)
        e = read_model(l, &files[LABEL_MODEL], why);
    if (e) {
        labeler_free(&l);
        return ERR_CONFIG;
    }
    const struct taxonomy *t = &l->analysis->taxonomy;
    for (size_t i = 0; i < t->n_labels; i++)
        l->columns[i] = l->trained ? model_column(&l->model, t->labels[i].name) : NO_COLUMN;
    *out = l;
    return OK;
}

enum err labeler_load(const char *folder, struct labeler **out, struct problem *why)
{
    struct buf files = buf_new(LABEL_FILES_BYTES);
    enum err e = label_files_read(folder, &files, why);
    if (!e)
        e = labeler_new(files.data, files.size, out, why);
    buf_free(&files);
    return e;
}

void labeler_free(struct labeler **l)
{
    if (!*l)
        return;
    analysis_free(&(*l)->analysis);
    model_free(&(*l)->model);
    arena_free(&(*l)->arena);
    free(*l);
    *l = NULL;
}

const char *label_default_folder(void)
{
    static char folder[4096];
    char program[4000];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(program, '/');
    if (slash)
        *slash = '\0';
    snprintf(folder, sizeof folder, "%s/../share/newswire/label", slash ? program : ".");
    return folder;
}

// --- a document

static const char *detail_of(const struct labeler *l, size_t label)
{
    const struct taxonomy *t = &l->analysis->taxonomy;
    const char *best = "";
    float most = detail_level;
    for (size_t i = 0; i < t->n_details; i++) {
        if (t->details[i].label == label && l->analysis->tally.details[i] > most) {
            most = l->analysis->tally.details[i];
            best = t->details[i].name;
        }
    }
    return best;
}

static void list_themes(struct labeler *l)
{
    const char **themes = arena_alloc(l->arena, THEMES * sizeof *themes);
    size_t n = 0;
    for (size_t i = 0; i < l->analysis->taxonomy.n_themes && n < THEMES; i++)
        if (l->analysis->tally.themes[i] >= theme_level)
            themes[n++] = l->analysis->taxonomy.themes[i];
    l->result.themes = themes;
    l->result.n_themes = n;
}

static void list_entities(struct labeler *l)
{
    const char **names = arena_alloc(l->arena, ENTITIES * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < l->analysis->tally.n_met && n < ENTITIES; i++) {
        const struct rule *r = &l->analysis->taxonomy.rules[l->analysis->tally.met[i]];
        if (r->owner == OWNER_ENTITY)
            names[n++] = l->analysis->taxonomy.entities[r->of].name;
    }
    l->result.entities = names;
    l->result.n_entities = n;
}

// Without a model, or for a label it does not know: by the weights; the fallback's score is what
// the others leave.
static void score_by_weights(const struct labeler *l, float *scores)
{
    const struct taxonomy *t = &l->analysis->taxonomy;
    float best = 0;
    for (size_t i = 0; i < t->n_labels; i++) {
        scores[i] = decide_is_fallback(t, i) ? 0 : tally_score(&l->analysis->tally, i);
        best = scores[i] > best ? scores[i] : best;
    }
    for (size_t i = 0; i < t->n_labels; i++)
        if (decide_is_fallback(t, i))
            scores[i] = 1 - best;
}

static void score(struct labeler *l, float *scores)
{
    score_by_weights(l, scores);
    if (!l->trained)
        return;
    analysis_features(l->analysis);
    l->gram_value = model_known_grams(&l->model, &l->analysis->features);
    float sums[TAXONOMY_LABELS];
    model_sums(&l->model, &l->analysis->features, l->gram_value, sums);
    for (size_t i = 0; i < l->analysis->taxonomy.n_labels; i++)
        if (l->columns[i] != NO_COLUMN)
            scores[i] = model_probability(&l->model.columns[l->columns[i]], sums[l->columns[i]]);
    decide_settle(&l->analysis->taxonomy, scores);
}

// Where no rule spoke, the words that weighed most with the model; pieces shorter than a word are
// left out.
static size_t spans_of_grams(const struct labeler *l, size_t label, struct span *into, size_t cap)
{
    const struct features *f = &l->analysis->features;
    size_t n = 0, column = (size_t)l->columns[label];
    for (size_t i = 0; i < f->n_grams && n < cap; i++) {
        const struct gram *g = &f->grams[i];
        float weight = l->gram_value * l->model.weights[g->key * l->model.n_columns + column];
        bool is_word = g->n >= 5 && !memchr(l->analysis->text.text + g->start, ' ', g->n);
        if (weight >= told && is_word)
            into[n++] = (struct span){g->start, g->start + g->n, weight};
    }
    return n;
}

static struct label explain(struct labeler *l, size_t i, float p)
{
    struct span spans[SPANS];
    struct analysis *a = l->analysis;
    size_t n = evidence_spans(&a->taxonomy, &a->matches, i, spans, SPANS);
    if (n == 0 && l->columns[i] != NO_COLUMN)
        n = spans_of_grams(l, i, spans, SPANS);
    struct label label = {a->taxonomy.labels[i].name, detail_of(l, i), p, NULL, 0};
    label.evidence =
        evidence_show(&a->text, a->whole, a->size, spans, n, l->arena, &label.n_evidence);
    return label;
}

static int by_score(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    return x->score < y->score ? 1 : x->score > y->score ? -1 : strcmp(x->name, y->name);
}

// The model learns primary labels, so what stands beside one gets little from it: there the rules
// speak too, more quietly, so that a company's Party day is weakly a company's event.
static float beside_primary(const struct labeler *l, size_t label, float score)
{
    return fmaxf(score, 0.6F * tally_score(&l->analysis->tally, label));
}

// Lists the labels that apply; the fallback only where none of the others does.
static void decide(struct labeler *l, const float *scores)
{
    const struct taxonomy *t = &l->analysis->taxonomy;
    struct label *all = arena_alloc(l->arena, (t->n_labels + 1) * sizeof *all);
    size_t n = 0;
    float best;
    size_t primary = decide_primary(t, scores, &best);
    bool none = primary == t->n_labels || decide_is_fallback(t, primary);
    if (primary == t->n_labels)
        all[n++] = (struct label){t->fallback, "", 1 - best, NULL, 0};
    else
        all[n++] = explain(l, primary, scores[primary]);
    for (size_t i = 0; i < t->n_labels && !none; i++) {
        float beside = beside_primary(l, i, scores[i]);
        if (i != primary && beside >= listed && !decide_is_fallback(t, i))
            all[n++] = explain(l, i, fminf(beside, scores[primary]));
    }
    qsort(all, n, sizeof *all, by_score);
    l->result.all = all;
    l->result.n = n;
    l->result.primary = all[0].name;
    l->result.uncertain = none && all[0].score < unsure;
}

const struct labels *labeler_run(struct labeler *l, const struct document *document)
{
    arena_reset(l->arena);
    l->result = (struct labels){.model = l->name};
    analysis_run(l->analysis, document);
    float scores[TAXONOMY_LABELS];
    score(l, scores);
    decide(l, scores);
    list_themes(l);
    list_entities(l);
    l->result.language = language_of(&l->analysis->text);
    return &l->result;
}
