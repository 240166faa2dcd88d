// SPDX-License-Identifier: MIT
// newswire test-rule: what a word would find, before it goes into a taxonomy.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/documents.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/terms.h"
#include "services/newswire/commands.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"

struct test_rule {
    struct stack_settings stack;
    const char *data;
    int64_t show;
};

static const struct setting table[] = {
    {"data", SETTING_STRING, offsetof(struct test_rule, data), NULL, 0, 0,
     "folder of the taxonomy and model that give today's labels"},
    {"show", SETTING_NUMBER, offsetof(struct test_rule, show), "10", 0, 1000, "examples to show"},
    {0}};

static const char usage[] =
    "Usage: newswire test-rule TERM [FILE…] [options]\n"
    "Looks a term up the way a taxonomy's words are looked up, and tells how many announcements\n"
    "have it, by the label they get today, with examples: in the store of a running stack, or in\n"
    "files (JSON Lines: title, text; - is standard input). TERM is one word or phrase, in any\n"
    "language; a * at its end stands for any ending.\n"
    "\n"
    "  newswire test-rule 党课\n"
    "  newswire test-rule \"theme party\" news.jsonl\n";

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

static enum err take_chunk(struct run *r, const Newswire__V1__Chunk *chunk)
{
    enum err e = OK;
    for (size_t i = 0; i < chunk->n_news && !e; i++) {
        const pb_announcement *a = chunk->news[i]->announcement;
        if (a)
            e = take(r, &(struct item){.id = a->id, .title = a->title, .text = a->text});
    }
    return e;
}

// Everything that the sink keeps, chunk by chunk.
static enum err read_store(struct run *r, struct stack *stack, struct problem *why)
{
    pb_envelope ask = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__Replay replay = NEWSWIRE__V1__REPLAY__INIT;
    ask.body_case = NEWSWIRE__V1__ENVELOPE__BODY_REPLAY;
    ask.replay = &replay;
    for (bool more = true; more;) {
        pb_envelope *reply;
        enum err e =
            stack_ask(stack, STACK_SINK, &ask, NEWSWIRE__V1__ENVELOPE__BODY_CHUNK, &reply, why);
        if (e)
            return e;
        e = take_chunk(r, reply->chunk);
        more = reply->chunk->through > replay.after && reply->chunk->through < reply->chunk->head;
        replay.after = reply->chunk->through;
        wire_envelope_free(&reply);
        if (e)
            return e;
    }
    return OK;
}

static enum err read_files(struct run *r, char **files, int n, struct problem *why)
{
    enum err e = OK;
    for (int i = 0; i < n && !e; i++)
        e = documents_read(files[i], take, complain, r, why);
    return e;
}

int cmd_test_rule(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct test_rule)};
    struct test_rule settings;
    struct problem why;
    int first;
    if (!options_read(&source, argc, argv, &settings, &first))
        return CMD_WRONG;
    if (first == argc)
        return options_wrong(argv[0], "give a term, such as 党课");
    struct run r = {.show = (size_t)settings.show, .fold = folding_new()};
    const char *folder = *settings.data ? settings.data : label_default_folder();
    struct stack *stack = stack_open(&settings.stack);
    enum err e = labeler_load(folder, &r.labeler, &why);
    if (!e)
        e = compile(&r, argv[first], &why);
    if (!e)
        e = first + 1 < argc ? read_files(&r, argv + first + 1, argc - first - 1, &why)
                             : read_store(&r, stack, &why);
    if (e)
        options_failed(argv[0], "%s", why.text);
    else
        summarise(&r);
    stack_close(&stack);
    terms_free(&r.terms);
    taxonomy_free(&r.taxonomy);
    normal_free(&r.text);
    folding_free(&r.fold);
    labeler_free(&r.labeler);
    return e || r.failed ? CMD_FAILED : CMD_DONE;
}
