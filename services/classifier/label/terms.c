// SPDX-License-Identifier: MIT
#include "services/classifier/label/terms.h"

#include <hs/hs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct terms {
    const struct taxonomy *taxonomy;
    hs_database_t *database;
    hs_scratch_t *scratch;
    const char *text; // being scanned
    size_t n;
    struct hits hits;
    int32_t *last;    // of each word
    uint16_t *counts; // of each word
};

static bool is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Lets a plural s or an open ending follow. Returns the end, or 0 if the word goes on otherwise.
static size_t word_end(const struct terms *t, const struct word *w, size_t end)
{
    if (!is_word_byte((unsigned char)w->text[w->n - 1]))
        return end;
    size_t limit = end;
    while (limit < t->n && is_word_byte((unsigned char)t->text[limit]) && limit - end < 32)
        limit++;
    bool plural = limit == end + 1 && t->text[end] == 's';
    return limit == end || plural || w->open ? limit : 0;
}

static int note_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    (void)from;
    (void)flags;
    struct terms *t = context;
    const struct word *w = &t->taxonomy->words[id];
    size_t start = (size_t)to - w->n;
    if (start > 0 && is_word_byte((unsigned char)w->text[0]) &&
        is_word_byte((unsigned char)t->text[start - 1]))
        return 0;
    size_t end = word_end(t, w, (size_t)to);
    if (end == 0 || t->counts[id] == TERMS_HITS_OF_WORD)
        return 0;
    if (t->hits.n == TERMS_HITS)
        return 1; // enough
    int32_t index = (int32_t)t->hits.n++;
    t->hits.all[index] = (struct hit){id, (uint32_t)start, (uint32_t)end, NO_HIT};
    if (t->counts[id]++ == 0)
        t->hits.first[id] = index;
    else
        t->hits.all[t->last[id]].next = index;
    t->last[id] = index;
    return 0;
}

static void forget(struct terms *t)
{
    for (size_t i = 0; i < t->hits.n; i++) {
        t->hits.first[t->hits.all[i].word] = NO_HIT;
        t->counts[t->hits.all[i].word] = 0;
    }
    t->hits.n = 0;
}

const struct hits *terms_scan(struct terms *t, const char *text, size_t n)
{
    forget(t);
    t->text = text;
    t->n = n;
    if (t->database && n)
        hs_scan(t->database, text, (unsigned)n, 0, t->scratch, note_hit, t);
    return &t->hits;
}

static hs_error_t compile(struct terms *t, hs_compile_error_t **error)
{
    const struct taxonomy *x = t->taxonomy;
    const char **texts = mem_alloc(x->n_words * sizeof *texts);
    unsigned *flags = mem_alloc(x->n_words * sizeof *flags),
             *ids = mem_alloc(x->n_words * sizeof *ids);
    size_t *lengths = mem_alloc(x->n_words * sizeof *lengths);
    for (size_t i = 0; i < x->n_words; i++) {
        texts[i] = x->words[i].text;
        lengths[i] = x->words[i].n;
        ids[i] = (unsigned)i;
    }
    hs_error_t e = hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)x->n_words,
                                        HS_MODE_BLOCK, NULL, &t->database, error);
    free(texts);
    free(flags);
    free(ids);
    free(lengths);
    return e;
}

enum err terms_new(const struct taxonomy *taxonomy, struct terms **out, struct problem *why)
{
    struct terms *t = mem_alloc(sizeof *t);
    t->taxonomy = taxonomy;
    t->hits.first = mem_alloc(taxonomy->n_words * sizeof *t->hits.first);
    t->last = mem_alloc(taxonomy->n_words * sizeof *t->last);
    t->counts = mem_alloc(taxonomy->n_words * sizeof *t->counts);
    for (size_t i = 0; i < taxonomy->n_words; i++)
        t->hits.first[i] = NO_HIT;
    hs_compile_error_t *error = NULL;
    if (taxonomy->n_words && compile(t, &error) != HS_SUCCESS) {
        enum err e =
            problem_set(why, ERR_CONFIG, "the words cannot be compiled: %s (word %d: \"%s\")",
                        error->message, error->expression,
                        error->expression >= 0 ? taxonomy->words[error->expression].text : "");
        hs_free_compile_error(error);
        terms_free(&t);
        return e;
    }
    if (t->database && hs_alloc_scratch(t->database, &t->scratch) != HS_SUCCESS)
        panic("out of memory for vectorscan");
    *out = t;
    return OK;
}

void terms_free(struct terms **t)
{
    if (!*t)
        return;
    hs_free_scratch((*t)->scratch);
    hs_free_database((*t)->database);
    free((*t)->hits.first);
    free((*t)->last);
    free((*t)->counts);
    free(*t);
    *t = NULL;
}
