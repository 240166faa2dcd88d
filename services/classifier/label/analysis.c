// SPDX-License-Identifier: MIT
#include "services/classifier/label/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum {
    TITLE_BYTES = 240, // a longer first line is a paragraph
    LEAD_BYTES = 900,  // what counts as the first paragraphs: about 150 words, 300 characters
    DOCUMENT_BYTES = 1 << 20, // of each part; what comes later is not read
};

uint64_t analysis_hash(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3;
    return hash;
}

// entities.yaml, in the same format as taxonomy.yaml, need not be there.
static enum err read_taxonomy(struct analysis *a, const struct label_source *files,
                              struct problem *why)
{
    const struct label_source *all[] = {&files[LABEL_TAXONOMY], &files[LABEL_ENTITIES]};
    struct source sources[2];
    size_t n = 0;
    a->hash = HASH_START;
    for (size_t i = 0; i < 2; i++) {
        if (*all[i]->path)
            sources[n++] = (struct source){all[i]->path, (const char *)all[i]->bytes, all[i]->n};
        a->hash = analysis_hash(a->hash, all[i]->bytes, all[i]->n);
    }
    return taxonomy_read(sources, n, a->fold, &a->taxonomy, why);
}

enum err analysis_new(const struct label_source files[LABEL_FILES], struct analysis **out,
                      struct problem *why)
{
    struct analysis *a = mem_alloc(sizeof *a);
    a->fold = folding_new();
    enum err e = read_taxonomy(a, files, why);
    if (!e)
        e = terms_new(&a->taxonomy, &a->terms, why);
    if (!e) {
        tally_init(&a->tally, &a->taxonomy);
        feature_names_init(&a->names, &a->taxonomy);
        *out = a;
        return OK;
    }
    analysis_free(&a);
    return ERR_CONFIG;
}

enum err analysis_load(const char *folder, struct analysis **out, struct problem *why)
{
    struct buf bytes = buf_new(LABEL_FILES_BYTES);
    struct label_source files[LABEL_FILES];
    enum err e = label_files_read(folder, &bytes, why);
    if (!e)
        e = label_files_open(bytes.data, bytes.size, files, why);
    if (!e)
        e = analysis_new(files, out, why);
    buf_free(&bytes);
    return e;
}

void analysis_free(struct analysis **a)
{
    if (!*a)
        return;
    terms_free(&(*a)->terms);
    tally_free(&(*a)->tally);
    feature_names_free(&(*a)->names);
    features_free(&(*a)->features);
    taxonomy_free(&(*a)->taxonomy);
    folding_free(&(*a)->fold);
    normal_free(&(*a)->text);
    free((*a)->matches.all);
    free((*a)->whole);
    free(*a);
    *a = NULL;
}

// Lays the parts out as one text, the way offsets count, and normalises it.
static void lay_out(struct analysis *a, const struct document *d)
{
    enum { TITLE, STANDFIRST, TEXT, PARTS };
    const char *parts[PARTS] = {d->title, d->standfirst, d->text};
    size_t at = 0;
    normal_clear(&a->text);
    for (size_t i = 0; i < PARTS; i++) {
        size_t n = strnlen(parts[i], DOCUMENT_BYTES);
        if (i == STANDFIRST && n == 0)
            continue;
        mem_reserve((void **)&a->whole, &a->cap, at + n + 2, 1);
        memcpy(a->whole + at, parts[i], n);
        normal_add(&a->text, a->fold, a->whole + at, n, at);
        at += n;
        if (i == TITLE)
            a->zones.title = a->text.n < TITLE_BYTES ? a->text.n : TITLE_BYTES;
        if (i != TEXT) {
            normal_break(&a->text, at);
            a->whole[at++] = '\n';
        }
    }
    a->whole[at] = '\0';
    a->size = at;
    a->zones.lead = a->zones.title + LEAD_BYTES;
}

void analysis_run(struct analysis *a, const struct document *document)
{
    lay_out(a, document);
    a->hits = terms_scan(a->terms, a->text.text, a->text.n);
    match_rules(&a->taxonomy, a->hits, &a->zones, &a->matches);
    tally_matches(&a->tally, &a->taxonomy, &a->matches);
}

void analysis_features(struct analysis *a)
{
    features_of(&a->features, &a->names, &a->taxonomy, &a->tally, &a->text, a->zones.title);
}
