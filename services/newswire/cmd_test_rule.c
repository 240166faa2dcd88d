// SPDX-License-Identifier: MIT
// newswire test-rule: what a word would find, before it goes into a taxonomy.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/terms.h"
#include "services/newswire/commands.h"

static const char usage[] =
    "newswire test-rule TERM FILE… [--data FOLDER] [--show N]\n"
    "\n"
    "Looks a term up in documents (JSON Lines: title, text) the way a taxonomy's words are looked "
    "up,\n"
    "and tells how many have it, by the label they get today, with examples. TERM is one word or "
    "phrase,\n"
    "in any language; a * at its end stands for any ending.\n"
    "\n"
    "  --data FOLDER   taxonomy and model that give today's labels\n"
    "  --show N        examples to show (default 10)\n"
    "\n"
    "Examples:\n"
    "  newswire test-rule \"theme party\" news.jsonl\n"
    "  newswire subscribe --from beginning --count 5000 --json | newswire test-rule 党课 -\n";

enum { AROUND = 40 }; // bytes shown on each side

struct run {
    struct labeler *labeler;
    struct folding *fold;
    struct taxonomy taxonomy; // of the one term
    struct terms *terms;
    struct normal text;
    size_t documents, found, hits, shown, show;
    struct {
        char name[41];
        size_t n;
    } labels[TAXONOMY_LABELS + 1];
    bool failed;
};

static void complain(void *context, const struct problem *why)
{
    struct run *r = context;
    r->failed = true;
    fprintf(stderr, "newswire test-rule: %s\n", why->text);
}

static void count_label(struct run *r, const char *name)
{
    size_t i = 0;
    while (i < TAXONOMY_LABELS && r->labels[i].n && strcmp(r->labels[i].name, name) != 0)
        i++;
    snprintf(r->labels[i].name, sizeof r->labels[i].name, "%s", name);
    r->labels[i].n++;
}

static void show(struct run *r, const struct item *item, const struct hit *h, const char *label)
{
    const char *s = r->text.text;
    size_t from = h->start > AROUND ? h->start - AROUND : 0, to = h->end + AROUND;
    while (from > 0 && ((unsigned char)s[from] & 0xC0) == 0x80)
        from--;
    to = to >= r->text.n ? r->text.n : h->end + text_cut(s + h->end, r->text.n - h->end, AROUND);
    printf("%s  %s\n    …%.*s[%.*s]%.*s…\n", label, item->id, (int)(h->start - from), s + from,
           (int)(h->end - h->start), s + h->start, (int)(to - h->end), s + h->end);
    r->shown++;
}

static enum err take(void *context, const struct item *item)
{
    struct run *r = context;
    normal_clear(&r->text);
    normal_add(&r->text, r->fold, item->title, strlen(item->title), 0);
    normal_break(&r->text, 0);
    normal_add(&r->text, r->fold, item->text, strlen(item->text), 0);
    const struct hits *hits = terms_scan(r->terms, r->text.text, r->text.n);
    r->documents++;
    if (hits->n == 0)
        return OK;
    r->found++;
    r->hits += hits->n;
    const char *label =
        labeler_run(r->labeler, &(struct document){item->title, "", item->text})->primary;
    count_label(r, label);
    if (r->shown < r->show)
        show(r, item, &hits->all[0], label);
    return OK;
}

// A taxonomy that has this term and nothing else.
static enum err compile(struct run *r, const char *term, struct problem *why)
{
    if (strlen(term) > TAXONOMY_WORD_BYTES || strchr(term, '\'') || strchr(term, '\n'))
        return problem_set(why, ERR_INPUT, "the term has a quote or a line break, or over %d bytes",
                           TAXONOMY_WORD_BYTES);
    char yaml[400];
    int n = snprintf(yaml, sizeof yaml,
                     "{taxonomy: 1, labels: [{name: term, terms: [{words: ['%s']}]}]}", term);
    struct source source = {"term", yaml, (size_t)n};
    enum err e = taxonomy_read(&source, 1, r->fold, &r->taxonomy, why);
    return e ? e : terms_new(&r->taxonomy, &r->terms, why);
}

static void summarise(const struct run *r)
{
    printf("\nin %zu of %zu documents, %zu times\n", r->found, r->documents, r->hits);
    for (size_t i = 0; i <= TAXONOMY_LABELS && r->labels[i].n; i++)
        printf("%8zu  %5.1f %%  %s\n", r->labels[i].n,
               100 * (double)r->labels[i].n / (double)r->found, r->labels[i].name);
}

int cmd_test_rule(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"show", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct run r = {.show = 10};
    const char *folder = label_default_folder();
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'd')
            folder = optarg;
        else if (o == 's')
            r.show = strtoul(optarg, NULL, 10);
        else
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? CMD_DONE : CMD_WRONG;
    }
    if (argc - optind < 2)
        return fputs(usage, stderr), CMD_WRONG;
    struct problem why;
    r.fold = folding_new();
    enum err e = labeler_load(folder, &r.labeler, &why);
    if (!e)
        e = compile(&r, argv[optind], &why);
    for (int i = optind + 1; i < argc && !e; i++)
        e = documents_read(argv[i], take, complain, &r, &why);
    if (e)
        fprintf(stderr, "newswire test-rule: %s\n", why.text);
    else
        summarise(&r);
    terms_free(&r.terms);
    taxonomy_free(&r.taxonomy);
    normal_free(&r.text);
    folding_free(&r.fold);
    labeler_free(&r.labeler);
    return e || r.failed ? CMD_FAILED : CMD_DONE;
}
