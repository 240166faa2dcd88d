// SPDX-License-Identifier: MIT
// newswire classify: labels documents without a running stack.
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"

static const char usage[] =
    "newswire classify [FILE…|-] [--explain] [--data FOLDER]\n"
    "\n"
    "Labels announcements and says why. FILE holds JSON Lines with id, title and text, or one "
    "plain\n"
    "text whose first line is the title; without FILE, or for -, standard input is read. Prints "
    "one\n"
    "JSON line each; evidence is given in bytes of title + newline + text (of the file, if it is "
    "plain).\n"
    "\n"
    "  --explain        for people: scores, and the text with what spoke for its label marked\n"
    "  --data FOLDER    taxonomy.yaml and model of your own\n"
    "\n"
    "Examples:\n"
    "  newswire classify announcement.txt\n"
    "  newswire extract page.html | newswire classify --explain\n"
    "  newswire classify news.jsonl --data ~/my-labels | jq -r '[.id, .primary] | @tsv'\n";

struct run {
    struct labeler *labeler;
    bool explain, colour, failed;
};

// --- JSON

// A string that JSON accepts, whatever stood in the text.
static json_t *clean_string(const char *s)
{
    char *copy = mem_strdup(s);
    size_t n = text_clean(copy, strlen(copy));
    json_t *value = json_stringn(copy, n);
    free(copy);
    return value;
}

static json_t *strings(const char *const *all, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(all[i]));
    return list;
}

static json_t *rounded(float x)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.3f", (double)x);
    return json_real(strtod(digits, NULL));
}

static json_t *label_object(const struct label *label)
{
    json_t *evidence = json_array();
    for (size_t i = 0; i < label->n_evidence; i++) {
        const struct evidence *e = &label->evidence[i];
        json_t *one = json_object();
        json_object_set_new(one, "start", json_integer(e->start));
        json_object_set_new(one, "end", json_integer(e->end));
        json_object_set_new(one, "text", clean_string(e->text));
        json_object_set_new(one, "weight", rounded(e->weight));
        json_array_append_new(evidence, one);
    }
    json_t *object = json_object();
    json_object_set_new(object, "label", json_string(label->name));
    json_object_set_new(object, "score", rounded(label->score));
    json_object_set_new(object, "detail", json_string(label->detail));
    json_object_set_new(object, "evidence", evidence);
    return object;
}

static void print_json(const char *id, const struct labels *found)
{
    json_t *labels = json_array(), *object = json_object();
    for (size_t i = 0; i < found->n; i++)
        json_array_append_new(labels, label_object(&found->all[i]));
    json_object_set_new(object, "id", clean_string(id));
    json_object_set_new(object, "primary", json_string(found->primary));
    json_object_set_new(object, "labels", labels);
    json_object_set_new(object, "themes", strings(found->themes, found->n_themes));
    json_object_set_new(object, "entities", strings(found->entities, found->n_entities));
    json_object_set_new(object, "language", json_string(found->language));
    json_object_set_new(object, "uncertain", json_boolean(found->uncertain));
    json_object_set_new(object, "model", json_string(found->model));
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(object);
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

// The document with the primary label's evidence marked: bold green for, red against.
static void print_marked(const struct run *r, const char *whole, const struct label *label)
{
    struct evidence *spans = mem_alloc(label->n_evidence * sizeof *spans);
    if (label->n_evidence)
        memcpy(spans, label->evidence, label->n_evidence * sizeof *spans);
    qsort(spans, label->n_evidence, sizeof *spans, by_start);
    size_t at = 0;
    for (size_t i = 0; i < label->n_evidence; i++) {
        bool against = spans[i].weight < 0;
        print_clean(whole + at, spans[i].start - at);
        fputs(r->colour ? against ? "\033[1;31m" : "\033[1;32m" : against ? "[-" : "[+", stdout);
        print_clean(whole + spans[i].start, spans[i].end - spans[i].start);
        fputs(r->colour ? "\033[0m" : "]", stdout);
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

int cmd_classify(int argc, char **argv);

int cmd_classify(int argc, char **argv)
{
    static const struct option options[] = {{"explain", no_argument, NULL, 'e'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct run r = {.colour = isatty(STDOUT_FILENO)};
    const char *data = label_default_folder();
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'e')
            r.explain = true;
        else if (o == 'd')
            data = optarg;
        else if (o != 'j')
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? 0 : 2;
    }
    struct problem why;
    if (labeler_load(data, &r.labeler, &why)) {
        fprintf(stderr, "newswire classify: %s\n", why.text);
        return 2;
    }
    char *standard[] = {"-"};
    char **files = optind < argc ? argv + optind : standard;
    int n = optind < argc ? argc - optind : 1;
    for (int i = 0; i < n; i++)
        if (documents_read(files[i], classify, complain, &r, &why))
            complain(&r, &why);
    labeler_free(&r.labeler);
    return r.failed;
}
