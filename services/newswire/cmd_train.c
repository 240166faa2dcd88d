// SPDX-License-Identifier: MIT
// newswire train: teaches a taxonomy's labels from examples and reports how well it went.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/mem.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/train/teach.h"
#include "services/newswire/commands.h"

static const char usage[] =
    "newswire train --data FOLDER FILE… [--corrections FILE] [--report-only] [--by-source N]\n"
    "               [--mistakes]\n"
    "\n"
    "Teaches the labels of FOLDER/taxonomy.yaml from labelled documents and writes FOLDER/model, "
    "which\n"
    "newswire classify --data FOLDER and the classifier then use. FILE holds JSON Lines: title, "
    "text, and\n"
    "label (or labels, the primary first); id, source and language if known. About 50 documents "
    "are a\n"
    "beginning; the report says what they are worth: it is about documents the model did not learn "
    "from.\n"
    "\n"
    "  --data FOLDER        the taxonomy to teach\n"
    "  --corrections FILE   lines of id, tab, label: they stand above the labels in FILE; - leaves "
    "out\n"
    "  --report-only        writes no model\n"
    "  --by-source N        also leaves out each source with at least N documents in turn\n"
    "  --mistakes           also lists the documents that were labelled otherwise than you did\n"
    "\n"
    "Examples:\n"
    "  newswire train --data ~/my-labels examples.jsonl\n"
    "  newswire train --data ~/my-labels --report-only --by-source 20 *.jsonl\n";

struct run {
    struct analysis *analysis;
    struct examples examples;
    struct map *corrections;
    size_t unlabelled, by_source;
    bool report_only, mistakes, failed;
};

static void complain(void *context, const struct problem *why)
{
    struct run *r = context;
    r->failed = true;
    fprintf(stderr, "newswire train: %s\n", why->text);
}

// --- corrections

static uint64_t hash_id(const char *id, size_t n)
{
    return analysis_hash(HASH_START, id, n);
}

static enum err read_corrections(struct run *r, const char *path, struct problem *why)
{
    FILE *f = fopen(path, "r");
    if (!f)
        return problem_set(why, ERR_IO, "%s: %s", path, strerror(errno));
    char line[4096];
    enum err e = OK;
    for (unsigned number = 1; !e && fgets(line, sizeof line, f); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (*line == '#' || !*line)
            continue;
        if (!tab || !tab[1])
            e = problem_set(why, ERR_INPUT, "%s:%u: is to be an id, a tab and a label", path,
                            number);
        else
            map_set(r->corrections, hash_id(line, (size_t)(tab - line)), mem_strdup(tab + 1));
    }
    fclose(f);
    return e;
}

static void free_label(void *arg, uint64_t key, void *value)
{
    (void)arg;
    (void)key;
    free(value);
}

// --- teaching

static enum err take(void *context, const struct item *item)
{
    struct run *r = context;
    struct problem why;
    bool added;
    const char *label = map_get(r->corrections, hash_id(item->id, strlen(item->id)));
    if (!examples_add(&r->examples, r->analysis, item, label, &added, &why))
        complain(r, &why);
    else
        r->unlabelled += !added;
    return OK;
}

static size_t size_of_source(const struct examples *x, size_t source)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        n += x->all[i].source == source;
    return n;
}

static const char *name_of(const struct taxonomy *t, uint8_t label)
{
    return label == NO_LABEL ? t->fallback : t->labels[label].name;
}

static void list_mistakes(const struct run *r, const struct outcome *outcomes)
{
    const struct taxonomy *t = &r->analysis->taxonomy;
    printf("\n%-18s %-18s %6s  document\n", "labelled", "given", "score");
    for (size_t i = 0; i < r->examples.n; i++)
        if (outcomes[i].given != outcomes[i].wanted)
            printf("%-18s %-18s %6.3f  %s\n", name_of(t, outcomes[i].wanted),
                   name_of(t, outcomes[i].given), (double)outcomes[i].score, r->examples.all[i].id);
}

// What each label is worth for a source that the model has never seen.
static void report_sources(const struct run *r, const struct column *calibration)
{
    const struct examples *x = &r->examples;
    const struct taxonomy *t = &r->analysis->taxonomy;
    struct outcome *outcomes = mem_alloc(x->n * sizeof *outcomes);
    printf("\n%-28s %9s %9s  F1 a label (documents)\n", "source left out", "documents", "accuracy");
    for (size_t s = 0; s < x->n_sources; s++) {
        if (size_of_source(x, s) < r->by_source)
            continue;
        size_t n = teach_leave_out(t, x, s, calibration, outcomes);
        struct scores scores;
        report_scores(outcomes, n, NULL, t->n_labels, &scores);
        printf("%-28.28s %9zu %9.3f ", x->sources[s], n, scores.accuracy);
        for (size_t c = 0; c < t->n_labels; c++)
            if (scores.wanted[c])
                printf(" %s %.3f (%zu)", t->labels[c].name, scores.f1[c], scores.wanted[c]);
        putchar('\n');
    }
    free(outcomes);
}

// Aside, then renamed, so that a classifier that reloads never sees half a model.
static enum err write_model(const struct run *r, const char *folder,
                            const struct column *calibration, struct problem *why)
{
    struct model model;
    teach(&r->analysis->taxonomy, &r->examples, calibration, &model);
    struct buf bytes = buf_new(MODEL_FILE_BYTES);
    model_write(&model, &bytes);
    size_t n_features = model.n_features;
    model_free(&model);
    char path[4096], aside[4104];
    snprintf(path, sizeof path, "%s/model", folder);
    snprintf(aside, sizeof aside, "%s.new", path);
    FILE *f = fopen(aside, "wb");
    bool written = f && !buf_failed(&bytes) && fwrite(bytes.data, 1, bytes.size, f) == bytes.size;
    written = f && fclose(f) == 0 && written;
    if (written && rename(aside, path) == 0)
        printf("\n%s: %zu features, %zu bytes, taught from %zu documents\n", path, n_features,
               bytes.size, r->examples.n);
    else
        (void)problem_set(why, ERR_IO, "%s: cannot be written: %s", aside, strerror(errno));
    buf_free(&bytes);
    return written ? OK : ERR_IO;
}

static enum err run(struct run *r, const char *folder, struct problem *why)
{
    const struct taxonomy *t = &r->analysis->taxonomy;
    if (r->failed || r->examples.n < 10)
        return problem_set(why, ERR_INPUT,
                           "%zu labelled documents without a mistake; needs at least 10",
                           r->failed ? 0 : r->examples.n);
    struct column calibration[TAXONOMY_LABELS];
    struct outcome *outcomes = mem_alloc(r->examples.n * sizeof *outcomes);
    printf("%d-fold cross-validation, %zu documents without a label passed over\n", FOLDS,
           r->unlabelled);
    teach_validate(t, &r->examples, outcomes, calibration);
    report_print(stdout, t, outcomes, r->examples.n);
    if (r->mistakes)
        list_mistakes(r, outcomes);
    free(outcomes);
    if (r->by_source)
        report_sources(r, calibration);
    return r->report_only ? OK : write_model(r, folder, calibration, why);
}

int cmd_train(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"corrections", required_argument, NULL, 'c'},
                                            {"report-only", no_argument, NULL, 'r'},
                                            {"by-source", required_argument, NULL, 's'},
                                            {"mistakes", no_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct run r = {0};
    const char *folder = NULL, *corrections = NULL;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'd')
            folder = optarg;
        else if (o == 'c')
            corrections = optarg;
        else if (o == 'r')
            r.report_only = true;
        else if (o == 's')
            r.by_source = strtoul(optarg, NULL, 10);
        else if (o == 'm')
            r.mistakes = true;
        else
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? CMD_DONE : CMD_WRONG;
    }
    if (!folder || optind == argc)
        return fputs(usage, stderr), CMD_WRONG;
    r.corrections = map_new();
    struct problem why;
    enum err e = analysis_load(folder, &r.analysis, &why);
    if (!e && corrections)
        e = read_corrections(&r, corrections, &why);
    for (int i = optind; i < argc && !e; i++)
        e = documents_read(argv[i], take, complain, &r, &why);
    if (!e)
        e = run(&r, folder, &why);
    if (e)
        fprintf(stderr, "newswire train: %s\n", why.text);
    examples_free(&r.examples);
    analysis_free(&r.analysis);
    map_each(r.corrections, free_label, NULL);
    map_free(&r.corrections);
    return e ? CMD_FAILED : CMD_DONE;
}
