// SPDX-License-Identifier: MIT
// Loads taxonomy and model; runs a document through the steps: normalise, find words, match rules,
// add up, score, explain.
#include "services/classifier/label/label.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "services/classifier/label/evidence.h"
#include "services/classifier/label/language.h"
#include "services/classifier/label/normalize.h"
#include "services/classifier/label/tally.h"
#include "services/classifier/label/terms.h"

enum {
    TITLE_BYTES = 240, // a longer first line is a paragraph
    LEAD_BYTES = 900,  // what counts as the first paragraphs: about 150 words, 300 characters
    DOCUMENT_BYTES = 1 << 20, // of a text; what comes later is not read
    SPANS = 256,              // of one label, before choosing
    THEMES = 6,
    ENTITIES = 24,
};

static const float listed = 0.2F;   // labels below this score are not listed
static const float theme_level = 3; // a theme in the title, or several times in the text
static const float detail_level = 2;

struct labeler {
    struct folding *fold;
    struct taxonomy taxonomy;
    struct terms *terms;
    char model[17];

    // The document at work, and the result, which lives in the arena.
    struct normal text;
    struct zones zones;
    struct matches matches;
    struct tally tally;
    struct arena *arena;
    struct labels result;
};

// --- loading

static enum err read_file(const char *folder, const char *name, size_t max, struct buf *into,
                          struct problem *why)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        int reason = errno;
        return problem_set(why, reason == ENOENT ? ERR_NOTFOUND : ERR_IO, "%s: %s", path,
                           strerror(reason));
    }
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && !buf_add(into, chunk, n))
        continue;
    bool broken = ferror(f);
    fclose(f);
    if (broken)
        return problem_set(why, ERR_IO, "%s: cannot be read", path);
    if (buf_failed(into))
        return problem_set(why, ERR_LIMIT, "%s: larger than %zu bytes", path, max);
    return OK;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3;
    return hash;
}

// taxonomy.yaml must be there; entities.yaml, in the same format, may.
static enum err load_taxonomy(struct labeler *l, const char *folder, struct problem *why)
{
    static const char *const names[] = {"taxonomy.yaml", "entities.yaml"};
    enum { FILES = 2 };
    struct buf files[FILES] = {buf_new(TAXONOMY_FILE_BYTES), buf_new(TAXONOMY_FILE_BYTES)};
    char paths[FILES][4096];
    struct source sources[FILES];
    size_t n = 0;
    enum err e = OK;
    for (size_t i = 0; i < FILES && !e; i++) {
        e = read_file(folder, names[i], TAXONOMY_FILE_BYTES, &files[i], why);
        if (e == ERR_NOTFOUND && i > 0) {
            e = OK;
            continue;
        }
        snprintf(paths[n], sizeof paths[n], "%s/%s", folder, names[i]);
        sources[n] = (struct source){paths[n], buf_str(&files[i]), files[i].size};
        n++;
    }
    if (!e)
        e = taxonomy_read(sources, n, l->fold, &l->taxonomy, why);
    uint64_t hash = 0xCBF29CE484222325;
    for (size_t i = 0; i < FILES; i++) {
        hash = hash_bytes(hash, files[i].data, files[i].size);
        buf_free(&files[i]);
    }
    snprintf(l->model, sizeof l->model, "%016llx", (unsigned long long)hash);
    return e;
}

enum err labeler_load(const char *folder, struct labeler **out, struct problem *why)
{
    struct labeler *l = mem_alloc(sizeof *l);
    l->fold = folding_new();
    l->arena = arena_new(64 << 10);
    enum err e = load_taxonomy(l, folder, why);
    if (!e)
        e = terms_new(&l->taxonomy, &l->terms, why);
    if (!e)
        tally_init(&l->tally, &l->taxonomy);
    if (e) {
        labeler_free(&l);
        return ERR_CONFIG;
    }
    *out = l;
    return OK;
}

void labeler_free(struct labeler **l)
{
    if (!*l)
        return;
    terms_free(&(*l)->terms);
    tally_free(&(*l)->tally);
    taxonomy_free(&(*l)->taxonomy);
    folding_free(&(*l)->fold);
    normal_free(&(*l)->text);
    free((*l)->matches.all);
    arena_free(&(*l)->arena);
    free(*l);
    *l = NULL;
}

const char *labeler_model(const struct labeler *l)
{
    return l->model;
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

// Lays the parts out as one text, the way offsets count, and normalises it.
static const char *lay_out(struct labeler *l, const struct document *d, size_t *size)
{
    const char *parts[] = {d->title, d->standfirst, d->text};
    size_t lengths[3], total = 0;
    for (size_t i = 0; i < 3; i++) {
        lengths[i] = strnlen(parts[i], DOCUMENT_BYTES);
        total += lengths[i] + 1;
    }
    char *whole = arena_alloc(l->arena, total + 1);
    size_t at = 0;
    normal_clear(&l->text);
    for (size_t i = 0; i < 3; i++) {
        if (i == 1 && lengths[i] == 0)
            continue;
        memcpy(whole + at, parts[i], lengths[i]);
        normal_add(&l->text, l->fold, whole + at, lengths[i], at);
        at += lengths[i];
        if (i == 0)
            l->zones.title = l->text.n < TITLE_BYTES ? l->text.n : TITLE_BYTES;
        if (i < 2) {
            normal_break(&l->text, at);
            whole[at++] = '\n';
        }
    }
    whole[at] = '\0';
    l->zones.lead = l->zones.title + LEAD_BYTES;
    *size = at;
    return whole;
}

static const char *detail_of(const struct labeler *l, size_t label)
{
    const struct taxonomy *t = &l->taxonomy;
    const char *best = "";
    float most = detail_level;
    for (size_t i = 0; i < t->n_details; i++) {
        if (t->details[i].label == label && l->tally.details[i] > most) {
            most = l->tally.details[i];
            best = t->details[i].name;
        }
    }
    return best;
}

static void list_themes(struct labeler *l)
{
    const char **themes = arena_alloc(l->arena, THEMES * sizeof *themes);
    size_t n = 0;
    for (size_t i = 0; i < l->taxonomy.n_themes && n < THEMES; i++)
        if (l->tally.themes[i] >= theme_level)
            themes[n++] = l->taxonomy.themes[i];
    l->result.themes = themes;
    l->result.n_themes = n;
}

static void list_entities(struct labeler *l)
{
    const char **names = arena_alloc(l->arena, ENTITIES * sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < l->tally.n_met && n < ENTITIES; i++) {
        const struct rule *r = &l->taxonomy.rules[l->tally.met[i]];
        if (r->owner == OWNER_ENTITY)
            names[n++] = l->taxonomy.entities[r->of].name;
    }
    l->result.entities = names;
    l->result.n_entities = n;
}

static bool is_fallback(const struct taxonomy *t, size_t label)
{
    return strcmp(t->labels[label].name, t->fallback) == 0;
}

// Scores each label; the fallback's is what the others leave.
static void score(const struct labeler *l, float *scores)
{
    const struct taxonomy *t = &l->taxonomy;
    float best = 0;
    for (size_t i = 0; i < t->n_labels; i++) {
        scores[i] = is_fallback(t, i) ? 0 : tally_score(&l->tally, i);
        if (scores[i] > best)
            best = scores[i];
    }
    for (size_t i = 0; i < t->n_labels; i++)
        if (is_fallback(t, i))
            scores[i] = 1 - best;
}

static struct label explain(struct labeler *l, size_t i, float score, const char *whole,
                            size_t size)
{
    struct span spans[SPANS];
    size_t n = evidence_spans(&l->taxonomy, &l->matches, i, spans, SPANS);
    struct label label = {l->taxonomy.labels[i].name, detail_of(l, i), score, NULL, 0};
    label.evidence = evidence_show(&l->text, whole, size, spans, n, l->arena, &label.n_evidence);
    return label;
}

static int by_score(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    return x->score < y->score ? 1 : x->score > y->score ? -1 : strcmp(x->name, y->name);
}

// Lists the labels that apply; the fallback only where none of the others does.
static void decide(struct labeler *l, const float *scores, const char *whole, size_t size)
{
    const struct taxonomy *t = &l->taxonomy;
    struct label *all = arena_alloc(l->arena, (t->n_labels + 1) * sizeof *all);
    size_t n = 0, fallback = t->n_labels;
    bool reached = false;
    float best = 0;
    for (size_t i = 0; i < t->n_labels; i++) {
        if (is_fallback(t, i)) {
            fallback = i;
            continue;
        }
        reached |= scores[i] >= t->labels[i].threshold;
        best = scores[i] > best ? scores[i] : best;
        if (scores[i] >= listed)
            all[n++] = explain(l, i, scores[i], whole, size);
    }
    if (!reached) {
        n = 0;
        all[n++] = fallback < t->n_labels ? explain(l, fallback, 1 - best, whole, size)
                                          : (struct label){t->fallback, "", 1 - best, NULL, 0};
    }
    qsort(all, n, sizeof *all, by_score);
    l->result.all = all;
    l->result.n = n;
    l->result.primary = all[0].name;
    l->result.uncertain = !reached && best >= listed;
}

const struct labels *labeler_run(struct labeler *l, const struct document *document)
{
    arena_reset(l->arena);
    l->result = (struct labels){.model = l->model};
    size_t size;
    const char *whole = lay_out(l, document, &size);
    match_rules(&l->taxonomy, terms_scan(l->terms, l->text.text, l->text.n), &l->zones,
                &l->matches);
    tally_matches(&l->tally, &l->taxonomy, &l->matches);
    float scores[TAXONOMY_LABELS];
    score(l, scores);
    decide(l, scores, whole, size);
    list_themes(l);
    list_entities(l);
    l->result.language = language_of(&l->text);
    return &l->result;
}
