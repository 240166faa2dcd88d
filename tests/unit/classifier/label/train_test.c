// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "services/classifier/label/train/calibration.h"
#include "services/classifier/label/train/learn.h"
#include "services/classifier/label/train/report.h"
#include "services/classifier/label/train/teach.h"
#include "tests/unit/folder.h"

// A user's own five labels, which no rule but a few words describes.
static const char taxonomy[] = "taxonomy: 1\n"
                               "fallback: none\n"
                               "labels:\n"
                               "  - {name: ships, terms: [{zh: [轮船], en: [vessel]}]}\n"
                               "  - {name: bread, terms: [{zh: [面包], en: [loaf]}]}\n"
                               "  - {name: bees, terms: [{zh: [蜜蜂], en: [hive]}]}\n"
                               "  - {name: trains, terms: [{zh: [列车], en: [locomotive]}]}\n"
                               "  - {name: roses, terms: [{zh: [玫瑰], en: [rosebush]}]}\n";

enum { LABELS = 5, EACH = 10 };

static const char *const names[LABELS] = {"ships", "bread", "bees", "trains", "roses"};

// What the documents of a label speak of, beside chance.
static const char *const topics[LABELS][6] = {
    {"vessel harbour", "轮船进港", "captain harbour anchor", "vessel anchor crew", "轮船靠岸卸货",
     "harbour crane vessel"},
    {"loaf oven", "面包出炉", "baker oven flour", "loaf flour crust", "面包店的面粉",
     "oven dough loaf"},
    {"hive honey", "蜜蜂采蜜", "keeper honey swarm", "hive swarm clover", "蜜蜂与蜂蜜",
     "honey comb hive"},
    {"locomotive track", "列车晚点", "station track signal", "locomotive signal coal",
     "列车到站停靠", "track switch locomotive"},
    {"rosebush garden", "玫瑰开了", "petal garden thorn", "rosebush thorn prune", "玫瑰园里剪枝",
     "garden bloom rosebush"},
};

struct fixture {
    char folder[FOLDER_SIZE];
    struct analysis *analysis;
    struct examples examples;
};

static void add_example(struct fixture *f, size_t label, size_t number)
{
    static const char *const filler[] = {"today", "again", "at dawn", "for a while", "in the rain"};
    char id[32], text[200];
    snprintf(id, sizeof id, "%s%zu", names[label], number);
    snprintf(text, sizeof text, "%s %s %s %zu", topics[label][number % 6], filler[number % 5],
             topics[label][(number + 2) % 6], number);
    struct item item = {.id = id,
                        .title = topics[label][(number + 1) % 6],
                        .text = text,
                        .labels = {names[label]},
                        .n_labels = 1,
                        .language = "",
                        .source = "test",
                        .file = "test",
                        .line = 1};
    struct problem why;
    bool added;
    assert_true(examples_add(&f->examples, f->analysis, &item, NULL, &added, &why));
    assert_true(added);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    char path[128];
    folder_make(f->folder);
    snprintf(path, sizeof path, "%s/taxonomy.yaml", f->folder);
    FILE *file = fopen(path, "w");
    fputs(taxonomy, file);
    fclose(file);
    struct problem why;
    assert_int_equal(analysis_load(f->folder, &f->analysis, &why), OK);
    for (size_t label = 0; label < LABELS; label++)
        for (size_t i = 0; i < EACH; i++)
            add_example(f, label, i);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    folder_remove(f->folder);
    examples_free(&f->examples);
    analysis_free(&f->analysis);
    free(f);
    return 0;
}

static void fifty_examples_teach_five_labels(void **state)
{
    struct fixture *f = *state;
    const struct taxonomy *t = &f->analysis->taxonomy;
    struct outcome outcomes[LABELS * EACH];
    struct column calibration[TAXONOMY_LABELS];
    struct scores scores;
    teach_validate(t, &f->examples, outcomes, calibration);
    report_scores(outcomes, f->examples.n, NULL, t->n_labels, &scores);
    assert_int_equal(scores.n, LABELS * EACH);
    assert_true(scores.macro_f1 > 0.9);

    struct model model;
    teach(t, &f->examples, calibration, &model);
    struct buf bytes = buf_new(MODEL_FILE_BYTES);
    model_write(&model, &bytes);
    char path[128];
    snprintf(path, sizeof path, "%s/model", f->folder);
    FILE *file = fopen(path, "wb");
    fwrite(bytes.data, 1, bytes.size, file);
    fclose(file);
    buf_free(&bytes);
    model_free(&model);

    struct labeler *l;
    struct problem why;
    assert_int_equal(labeler_load(f->folder, &l, &why), OK);
    static const struct {
        const char *title, *text, *want;
    } rows[] = {
        {"Keeper sells honey", "The hive was full this year", "bees"},
        {"早班列车又晚点了", "乘客在站台等", "trains"},
        {"A garden in bloom", "Thorn and petal of the rosebush", "roses"},
        {"Parliament sits", "Nothing of interest was said", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            labeler_run(l, &(struct document){rows[i].title, "", rows[i].text})->primary,
            rows[i].want);
    labeler_free(&l);
}

static void an_unknown_label_is_refused_where_it_stands(void **state)
{
    struct fixture *f = *state;
    struct item item = {.id = "x",
                        .title = "x",
                        .text = "x",
                        .labels = {"planes"},
                        .n_labels = 1,
                        .language = "",
                        .source = "",
                        .file = "mine.jsonl",
                        .line = 12};
    struct problem why;
    bool added;
    assert_false(examples_add(&f->examples, f->analysis, &item, NULL, &added, &why));
    assert_string_equal(why.text, "mine.jsonl:12: the taxonomy has no label \"planes\"");
}

static void calibration_makes_sums_probabilities(void **state)
{
    (void)state;
    enum { N = 4000 };
    static float sums[N];
    static bool right[N];
    unsigned seed = 1;
    for (size_t i = 0; i < N; i++) {
        sums[i] = (float)i / N * 8 - 4;
        seed = seed * 1103515245 + 12345;
        // The truth: a slope of 2 and an offset of 1.
        right[i] =
            (double)(seed >> 16 & 0x7FFF) / 0x8000 < 1 / (1 + exp(-(2 * (double)sums[i] + 1)));
    }
    struct column c;
    calibration_fit(sums, right, N, &c);
    assert_float_equal(c.slope, 2, 0.2);
    assert_float_equal(c.offset, 1, 0.2);
}

static void a_report_counts_what_it_says(void **state)
{
    (void)state;
    static const struct outcome outcomes[] = {
        {0, 0, 1, "en"}, {0, 1, 1, "en"}, {1, 1, 1, "zh"}, {1, 1, 1, "zh"}};
    struct scores s;
    report_scores(outcomes, 4, NULL, 2, &s);
    assert_float_equal((float)s.precision[0], 1, 1e-6);
    assert_float_equal((float)s.recall[0], 0.5, 1e-6);
    assert_float_equal((float)s.f1[1], 0.8, 1e-6);
    assert_float_equal((float)s.calibration_error, 0.25, 1e-6);
    report_scores(outcomes, 4, "zh", 2, &s);
    assert_float_equal((float)s.macro_f1, 1, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_examples_teach_five_labels),
        cmocka_unit_test(an_unknown_label_is_refused_where_it_stands),
        cmocka_unit_test(calibration_makes_sums_probabilities),
        cmocka_unit_test(a_report_counts_what_it_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
