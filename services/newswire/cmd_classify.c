// SPDX-License-Identifier: MIT
// newswire classify: labels documents without a running stack.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/settings.h"
#include "common/text.h"
#include "services/classifier/label/documents.h"
#include "services/newswire/commands.h"
#include "services/newswire/findings.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"

struct classify {
    const char *data;
    bool explain, json;
};

static const struct setting table[] = {
    {"explain", SETTING_BOOL, offsetof(struct classify, explain), NULL, 0, 0,
     "for people: scores, and the text with what spoke for its label marked"},
    {"data", SETTING_STRING, offsetof(struct classify, data), NULL, 0, 0,
     "folder of a taxonomy and model of your own"},
    {"json", SETTING_BOOL, offsetof(struct classify, json), NULL, 0, 0,
     ""}, // always, but --explain
    {0}};

static const char usage[] =
    "Usage: newswire classify [FILE…|-] [options]\n"
    "Labels announcements and says why. FILE holds JSON Lines with id, title and text, or one "
    "plain\n"
    "text whose first line is the title; without FILE, or for -, standard input is read. Prints "
    "one\n"
    "JSON line each; evidence is given in bytes of title + newline + text (of the file, if it is\n"
    "plain).\n"
    "\n"
    "  newswire classify announcement.txt\n"
    "  newswire extract page.html | newswire classify --explain\n"
    "  newswire classify 要闻.jsonl --data ~/my-labels | jq -r '[.id, .primary] | @tsv'\n";

struct run {
    struct labeler *labeler;
    bool explain, colour, failed;
};

static void print_json(const char *id, const struct labels *found)
{
    json_t *object = json_pack("{s:o}", "id", findings_string(id));
    findings_labels(object, found);
    json_object_set_new(object, "language", json_string(found->language));
    jsonl_print(stdout, object);
}

// --- for people

static int by_start(const void *a, const void *b)
{
    const struct evidence *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void print_clean(const char *s, size_t n)
{
    char *copy = mem_strndup(s, n);
    fwrite(copy, 1, text_clean(copy, n), stdout);
    free(copy);
}

// The document with the primary label's evidence marked: green for, red against.
static void print_marked(const struct run *r, const char *whole, const struct label *label)
{
    struct evidence *spans = mem_alloc(label->n_evidence * sizeof *spans);
    if (label->n_evidence)
        memcpy(spans, label->evidence, label->n_evidence * sizeof *spans);
    qsort(spans, label->n_evidence, sizeof *spans, by_start);
    size_t at = 0;
    for (size_t i = 0; i < label->n_evidence; i++) {
        bool against = spans[i].weight < 0;
        if (spans[i].start < at) // within one that was marked
            continue;
        print_clean(whole + at, spans[i].start - at);
        fputs(r->colour ? ink(true, against ? INK_BAD : INK_GOOD) : against ? "[-" : "[+", stdout);
        print_clean(whole + spans[i].start, spans[i].end - spans[i].start);
        fputs(r->colour ? ink(true, INK_PLAIN) : "]", stdout);
        at = spans[i].end;
    }
    print_clean(whole + at, strlen(whole + at));
    putchar('\n');
    free(spans);
}

static void print_explained(const struct run *r, const struct item *item,
                            const struct labels *found)
{
    printf("%s: %s%s (%s, model %s)\n", item->id, found->primary,
           found->uncertain ? ", uncertain" : "", found->language, found->model);
    for (size_t i = 0; i < found->n; i++) {
        const struct label *label = &found->all[i];
        printf("  %.2f  %s%s%s\n", (double)label->score, label->name, *label->detail ? " / " : "",
               label->detail);
        for (size_t k = 0; k < label->n_evidence; k++) {
            printf("        %+5.1f  ", (double)label->evidence[k].weight);
            print_clean(label->evidence[k].text, strlen(label->evidence[k].text));
            putchar('\n');
        }
    }
    size_t n = strlen(item->title) + strlen(item->text) + 2;
    char *whole = mem_alloc(n);
    snprintf(whole, n, "%s\n%s", item->title, item->text);
    putchar('\n');
    print_marked(r, whole, &found->all[0]);
    putchar('\n');
    free(whole);
}

// --- the command

static enum err classify(void *context, const struct item *item)
{
    struct run *r = context;
    const struct labels *found =
        labeler_run(r->labeler, &(struct document){item->title, "", item->text});
    if (r->explain)
        print_explained(r, item, found);
    else
        print_json(item->id, found);
    return OK;
}

static void complain(void *context, const struct problem *why)
{
    struct run *r = context;
    r->failed = true;
    fprintf(stderr, "newswire classify: %s\n", why->text);
}

int cmd_classify(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, NULL, sizeof(struct classify)};
    struct classify o;
    struct problem why;
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    struct run r = {.colour = ink_wanted(stdout), .explain = o.explain};
    if (labeler_load(*o.data ? o.data : label_default_folder(), &r.labeler, &why))
        return options_wrong(argv[0], "%s", why.text);
    char *standard[] = {(char[]){"-"}};
    char **files = first < argc ? argv + first : standard;
    int n = first < argc ? argc - first : 1;
    for (int i = 0; i < n; i++)
        if (documents_read(files[i], classify, complain, &r, &why))
            complain(&r, &why);
    labeler_free(&r.labeler);
    return r.failed ? CMD_FAILED : CMD_DONE;
}
