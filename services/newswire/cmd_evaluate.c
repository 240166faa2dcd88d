// SPDX-License-Identifier: MIT
// newswire evaluate: how well a model labels documents whose labels are known.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/classifier/label/analysis.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/train/examples.h"
#include "services/classifier/label/train/report.h"
#include "services/newswire/commands.h"

static const char usage[] =
    "newswire evaluate FILE… [--data FOLDER] [--mistakes]\n"
    "\n"
    "Labels documents whose labels are known (JSON Lines: title, text, label) and reports "
    "precision,\n"
    "recall and F1 a label, confusion, calibration, and the same by language. Documents that the "
    "model\n"
    "was taught with flatter it: newswire train reports on them by cross-validation.\n"
    "\n"
    "  --data FOLDER   taxonomy and model of your own\n"
    "  --mistakes      also lists what was labelled otherwise, with the words that misled\n"
    "\n"
    "Examples:\n"
    "  newswire evaluate checked-by-hand.jsonl\n"
    "  newswire evaluate --data ~/my-labels --mistakes test.jsonl\n";

struct run {
    struct labeler *labeler;
    struct analysis *analysis; // for the names of the labels
    struct outcome *outcomes;
    size_t n, cap, unlabelled;
    bool mistakes, failed;
};

static void complain(void *context, const struct problem *why)
{
    struct run *r = context;
    r->failed = true;
    fprintf(stderr, "newswire evaluate: %s\n", why->text);
}

static void print_mistake(const struct item *item, const struct labels *found)
{
    const struct label *first = &found->all[0];
    printf("%s:%u: %s, labelled %s (%.2f) for", item->file, item->line, item->labels[0],
           first->name, (double)first->score);
    for (size_t i = 0; i < first->n_evidence && i < 3; i++)
        printf(" \"%s\"", first->evidence[i].text);
    putchar('\n');
}

static enum err take(void *context, const struct item *item)
{
    struct run *r = context;
    const struct taxonomy *t = &r->analysis->taxonomy;
    if (item->n_labels == 0) {
        r->unlabelled++;
        return OK;
    }
    uint8_t wanted = examples_label(t, item->labels[0]);
    if (wanted == UNKNOWN_LABEL) {
        struct problem why;
        (void)problem_set(&why, ERR_INPUT, "%s:%u: the taxonomy has no label \"%s\"", item->file,
                          item->line, item->labels[0]);
        complain(r, &why);
        return OK;
    }
    const struct labels *found =
        labeler_run(r->labeler, &(struct document){item->title, "", item->text});
    uint8_t given = examples_label(t, found->primary);
    if (r->mistakes && given != wanted)
        print_mistake(item, found);
    mem_reserve((void **)&r->outcomes, &r->cap, r->n + 1, sizeof *r->outcomes);
    r->outcomes[r->n++] = (struct outcome){wanted, given, found->all[0].score,
                                           item->translated ? "en, by machine" : found->language};
    return OK;
}

int cmd_evaluate(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"mistakes", no_argument, NULL, 'm'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct run r = {0};
    const char *folder = label_default_folder();
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'd')
            folder = optarg;
        else if (o == 'm')
            r.mistakes = true;
        else
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? CMD_DONE : CMD_WRONG;
    }
    if (optind == argc)
        return fputs(usage, stderr), CMD_WRONG;
    struct problem why;
    enum err e = labeler_load(folder, &r.labeler, &why);
    if (!e)
        e = analysis_load(folder, &r.analysis, &why);
    for (int i = optind; i < argc && !e; i++)
        e = documents_read(argv[i], take, complain, &r, &why);
    if (!e && r.n == 0)
        e = problem_set(&why, ERR_INPUT, "no labelled document: give JSON Lines with \"label\"");
    if (e)
        fprintf(stderr, "newswire evaluate: %s\n", why.text);
    else
        report_print(stdout, &r.analysis->taxonomy, r.outcomes, r.n);
    labeler_free(&r.labeler);
    analysis_free(&r.analysis);
    free(r.outcomes);
    return e || r.failed ? CMD_FAILED : CMD_DONE;
}
