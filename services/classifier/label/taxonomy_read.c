// SPDX-License-Identifier: MIT
// The taxonomy file: its keys, its bounds, and how words and rules are tied together at the end.
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/classifier/label/taxonomy.h"
#include "services/classifier/label/yaml_reader.h"

// A word as the file mentions it: in a rule's own list or in one of its contexts.
enum role { TELLS, NEAR, UNLESS, PART_OF, NEGATION };

struct mention {
    char *text;
    uint16_t n;
    bool open;
    enum role role;
    uint32_t rule, word;
};

struct reader {
    struct yaml *yaml;
    const struct folding *fold;
    struct taxonomy *t;
    struct mention *mentions;
    size_t n_mentions, cap_mentions;
    struct normal scratch;
};

#define GROW(t, items, n, cap)                                                                     \
    mem_reserve((void **)&(t)->items, &(t)->cap, (t)->n + 1, sizeof *(t)->items)

static void read_word(struct reader *r, const struct yaml_node *node, enum role role)
{
    const char *written = yaml_text(r->yaml, node, "a word");
    size_t length = strlen(written);
    bool open = length > 1 && written[length - 1] == '*';
    normal_clear(&r->scratch);
    normal_add(&r->scratch, r->fold, written, length - open, 0);
    if (yaml_result(r->yaml, NULL))
        return;
    if (r->scratch.n < 2 || r->scratch.n > TAXONOMY_WORD_BYTES) {
        yaml_wrong(r->yaml, node, "\"%.60s\" is to have 2 to %d bytes", written,
                   TAXONOMY_WORD_BYTES);
        return;
    }
    if (r->n_mentions == TAXONOMY_WORDS) {
        yaml_wrong(r->yaml, node, "more than %d words in all", TAXONOMY_WORDS);
        return;
    }
    GROW(r, mentions, n_mentions, cap_mentions);
    r->mentions[r->n_mentions++] = (struct mention){
        .text = mem_strndup(r->scratch.text, r->scratch.n),
        .n = (uint16_t)r->scratch.n,
        .open = open,
        .role = role,
        .rule = (uint32_t)r->t->n_rules,
    };
}

static size_t read_words(struct reader *r, const struct yaml_node *list, enum role role)
{
    size_t n = yaml_length(r->yaml, list, "words");
    for (size_t i = 0; i < n; i++)
        read_word(r, yaml_item(r->yaml, list, i), role);
    return n;
}

static enum place read_place(struct reader *r, const struct yaml_node *node)
{
    static const char *const names[] = {"anywhere", "title", "lead"};
    if (!node)
        return PLACE_ANYWHERE;
    const char *name = yaml_text(r->yaml, node, "in");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum place)i;
    yaml_wrong(r->yaml, node, "in: \"%.40s\" is to be title, lead or anywhere", name);
    return PLACE_ANYWHERE;
}

static void read_rule(struct reader *r, const struct yaml_node *node, struct rule rule)
{
    enum { WEIGHT, ZH, EN, WORDS, IN, NEAR_KEY, UNLESS_KEY, PART_OF_KEY, WITHIN, N_KEYS };
    static const char *const keys[] = {"weight", "zh",     "en",      "words",  "in",
                                       "near",   "unless", "part_of", "within", NULL};
    const struct yaml_node *v[N_KEYS];
    yaml_mapping(r->yaml, node, "a rule", keys, v);
    rule.line = yaml_line(node);
    rule.weight = v[WEIGHT] ? (float)yaml_number(r->yaml, v[WEIGHT], "weight", -10, 10) : 1;
    rule.place = read_place(r, v[IN]);
    rule.within = v[WITHIN] ? (uint16_t)yaml_number(r->yaml, v[WITHIN], "within", 1, 2000) : 100;
    size_t told =
        read_words(r, v[ZH], TELLS) + read_words(r, v[EN], TELLS) + read_words(r, v[WORDS], TELLS);
    read_words(r, v[NEAR_KEY], NEAR);
    read_words(r, v[UNLESS_KEY], UNLESS);
    read_words(r, v[PART_OF_KEY], PART_OF);
    if (told == 0)
        yaml_wrong(r->yaml, node, "a rule needs words: in zh, en or words");
    if (r->t->n_rules == TAXONOMY_RULES)
        yaml_wrong(r->yaml, node, "more than %d rules", TAXONOMY_RULES);
    GROW(r->t, rules, n_rules, cap_rules);
    r->t->rules[r->t->n_rules++] = rule;
}

static void read_rules(struct reader *r, const struct yaml_node *list, struct rule owner)
{
    size_t n = yaml_length(r->yaml, list, "terms");
    for (size_t i = 0; i < n; i++)
        read_rule(r, yaml_item(r->yaml, list, i), owner);
}

// Names travel in topics and URLs: letters, digits, '-' and '_'.
static char *read_name(struct reader *r, const struct yaml_node *node, const char *what)
{
    const char *name = yaml_text(r->yaml, node, what);
    size_t length = strlen(name);
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != length || length > 40)
        yaml_wrong(r->yaml, node, "%s \"%.40s\" is to be a-z, 0-9, '-' and '_', at most 40", what,
                   name);
    return mem_strdup(name);
}

static void read_detail(struct reader *r, const struct yaml_node *node, size_t label)
{
    static const char *const keys[] = {"name", "terms", NULL};
    const struct yaml_node *v[2];
    yaml_mapping(r->yaml, node, "a detail", keys, v);
    struct taxonomy *t = r->t;
    if (t->n_details == TAXONOMY_NAMES)
        yaml_wrong(r->yaml, node, "more than %d details", TAXONOMY_NAMES);
    GROW(t, details, n_details, cap_details);
    t->details[t->n_details++] =
        (struct detail){read_name(r, v[0], "a detail's name"), (uint16_t)label};
    read_rules(r, v[1],
               (struct rule){.owner = OWNER_LABEL,
                             .of = (uint16_t)label,
                             .detail = (int16_t)(t->n_details - 1)});
}

static void read_label(struct reader *r, const struct yaml_node *node)
{
    enum { NAME, ABOUT, THRESHOLD, TERMS, DETAILS, N_KEYS };
    static const char *const keys[] = {"name", "about", "threshold", "terms", "details", NULL};
    const struct yaml_node *v[N_KEYS];
    yaml_mapping(r->yaml, node, "a label", keys, v);
    struct taxonomy *t = r->t;
    size_t label = t->n_labels;
    if (label == TAXONOMY_LABELS) {
        yaml_wrong(r->yaml, node, "more than %d labels", TAXONOMY_LABELS);
        return;
    }
    GROW(t, labels, n_labels, cap_labels);
    float threshold =
        v[THRESHOLD] ? (float)yaml_number(r->yaml, v[THRESHOLD], "threshold", 0, 1) : .5F;
    t->labels[t->n_labels++] =
        (struct category){read_name(r, v[NAME], "a label's name"), threshold};
    for (size_t i = 0; i < label; i++)
        if (strcmp(t->labels[i].name, t->labels[label].name) == 0)
            yaml_wrong(r->yaml, node, "label \"%s\" is there twice", t->labels[i].name);
    read_rules(r, v[TERMS],
               (struct rule){.owner = OWNER_LABEL, .of = (uint16_t)label, .detail = -1});
    size_t n = yaml_length(r->yaml, v[DETAILS], "details");
    for (size_t i = 0; i < n; i++)
        read_detail(r, yaml_item(r->yaml, v[DETAILS], i), label);
}

static void read_theme(struct reader *r, const struct yaml_node *node)
{
    static const char *const keys[] = {"name", "terms", NULL};
    const struct yaml_node *v[2];
    yaml_mapping(r->yaml, node, "a theme", keys, v);
    struct taxonomy *t = r->t;
    if (t->n_themes == TAXONOMY_NAMES)
        yaml_wrong(r->yaml, node, "more than %d themes", TAXONOMY_NAMES);
    GROW(t, themes, n_themes, cap_themes);
    t->themes[t->n_themes++] = read_name(r, v[0], "a theme's name");
    read_rules(
        r, v[1],
        (struct rule){.owner = OWNER_THEME, .of = (uint16_t)(t->n_themes - 1), .detail = -1});
}

static void read_entity(struct reader *r, const struct yaml_node *node)
{
    enum { NAME, KIND, ALSO, N_KEYS };
    static const char *const keys[] = {"name", "kind", "also", NULL};
    const struct yaml_node *v[N_KEYS];
    yaml_mapping(r->yaml, node, "an entity", keys, v);
    struct taxonomy *t = r->t;
    if (t->n_entities == TAXONOMY_NAMES || t->n_rules == TAXONOMY_RULES) {
        yaml_wrong(r->yaml, node, "more than %d entities, or %d rules", TAXONOMY_NAMES,
                   TAXONOMY_RULES);
        return;
    }
    GROW(t, entities, n_entities, cap_entities);
    t->entities[t->n_entities++] = (struct entity){
        mem_strdup(yaml_text(r->yaml, v[NAME], "an entity's name")),
        read_name(r, v[KIND], "an entity's kind"),
    };
    read_word(r, v[NAME], TELLS);
    read_words(r, v[ALSO], TELLS);
    GROW(t, rules, n_rules, cap_rules);
    t->rules[t->n_rules++] = (struct rule){.owner = OWNER_ENTITY,
                                           .of = (uint16_t)(t->n_entities - 1),
                                           .detail = -1,
                                           .weight = 1,
                                           .line = yaml_line(node)};
}

static void read_each(struct reader *r, const struct yaml_node *list, const char *what,
                      void (*read)(struct reader *r, const struct yaml_node *node))
{
    size_t n = yaml_length(r->yaml, list, what);
    for (size_t i = 0; i < n; i++)
        read(r, yaml_item(r->yaml, list, i));
}

static enum err read_file(struct reader *r, const struct source *file, struct problem *why)
{
    enum { VERSION, FALLBACK, NEGATIONS, LABELS, THEMES, ENTITIES, N_KEYS };
    static const char *const keys[] = {"taxonomy", "fallback", "negations", "labels",
                                       "themes",   "entities", NULL};
    const struct yaml_node *v[N_KEYS];
    r->yaml = yaml_open(file->name, file->yaml, file->n, why);
    if (!r->yaml)
        return ERR_CONFIG;
    yaml_mapping(r->yaml, yaml_root(r->yaml), "a taxonomy file", keys, v);
    (void)yaml_number(r->yaml, v[VERSION], "taxonomy (the format's version)", 1, 1);
    if (v[FALLBACK]) {
        free(r->t->fallback);
        r->t->fallback = read_name(r, v[FALLBACK], "fallback");
    }
    read_words(r, v[NEGATIONS], NEGATION);
    read_each(r, v[LABELS], "labels", read_label);
    read_each(r, v[THEMES], "themes", read_theme);
    read_each(r, v[ENTITIES], "entities", read_entity);
    enum err e = yaml_result(r->yaml, why);
    yaml_close(&r->yaml);
    return e;
}

static int by_text(const void *a, const void *b)
{
    const struct mention *x = *(const struct mention *const *)a;
    const struct mention *y = *(const struct mention *const *)b;
    int order = strcmp(x->text, y->text);
    return order ? order : x->open - y->open;
}

static void add_to_list(struct taxonomy *t, struct list *list, uint32_t item)
{
    GROW(t, lists, n_lists, cap_lists);
    if (list->n == 0)
        list->first = (uint32_t)t->n_lists;
    t->lists[t->n_lists++] = item;
    list->n++;
}

// Makes each distinct text one word and notes which rules it tells.
static void tie_words(struct reader *r)
{
    struct taxonomy *t = r->t;
    struct mention **sorted = mem_alloc(r->n_mentions * sizeof(void *));
    for (size_t i = 0; i < r->n_mentions; i++)
        sorted[i] = &r->mentions[i];
    qsort(sorted, r->n_mentions, sizeof(void *), by_text);
    for (size_t i = 0; i < r->n_mentions; i++) {
        struct mention *m = sorted[i];
        if (i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0) {
            GROW(t, words, n_words, cap_words);
            t->words[t->n_words++] =
                (struct word){.text = mem_strndup(m->text, m->n), .n = m->n, .open = m->open};
        }
        m->word = (uint32_t)(t->n_words - 1);
        if (m->role == TELLS)
            add_to_list(t, &t->words[m->word].uses, m->rule);
    }
    free(sorted);
}

// A rule's mentions stand together in reading order, so each list is one range.
static void tie_contexts(struct reader *r)
{
    for (enum role role = NEAR; role <= NEGATION; role++) {
        for (size_t i = 0; i < r->n_mentions; i++) {
            const struct mention *m = &r->mentions[i];
            if (m->role != role)
                continue;
            if (role == NEGATION) {
                add_to_list(r->t, &r->t->negations, m->word);
                continue;
            }
            struct rule *rule = &r->t->rules[m->rule];
            struct list *const lists[] = {
                [NEAR] = &rule->near, [UNLESS] = &rule->unless, [PART_OF] = &rule->part_of};
            add_to_list(r->t, lists[role], m->word);
        }
    }
}

enum err taxonomy_read(const struct source *files, size_t n, const struct folding *fold,
                       struct taxonomy *out, struct problem *why)
{
    struct taxonomy t = {0};
    struct reader r = {.fold = fold, .t = &t};
    enum err e = OK;
    for (size_t i = 0; i < n && !e; i++)
        e = read_file(&r, &files[i], why);
    if (!e && t.n_labels == 0)
        e = problem_set(why, ERR_CONFIG, "%s:1: no labels: add \"labels:\" with at least one",
                        files[0].name);
    if (!e) {
        if (!t.fallback)
            t.fallback = mem_strdup("other");
        tie_words(&r);
        tie_contexts(&r);
        *out = t;
    } else {
        yaml_close(&r.yaml);
        taxonomy_free(&t);
    }
    for (size_t i = 0; i < r.n_mentions; i++)
        free(r.mentions[i].text);
    free(r.mentions);
    normal_free(&r.scratch);
    return e;
}
