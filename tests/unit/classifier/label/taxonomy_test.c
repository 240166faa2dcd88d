// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/classifier/label/taxonomy.h"

static int set_up(void **state)
{
    *state = folding_new();
    return 0;
}

static int tear_down(void **state)
{
    folding_free((struct folding **)state);
    return 0;
}

static enum err read(const struct folding *f, const char *yaml, struct taxonomy *t,
                     struct problem *why)
{
    struct source source = {"my.yaml", yaml, strlen(yaml)};
    return taxonomy_read(&source, 1, f, t, why);
}

static void mistakes_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *yaml, *want;
    } rows[] = {
        {"", "my.yaml:1: a taxonomy file is to be a mapping"},
        {"taxonomy: 1\n", "my.yaml:1: no labels"},
        {"taxonomy: 2\nlabels: []\n", "my.yaml:1: taxonomy (the format's version) is \"2\""},
        {"taxonomy: 1\nlabels:\n  - name: Big News\n",
         "my.yaml:3: a label's name \"Big News\" is to be a-z"},
        {"taxonomy: 1\nlabels:\n  - name: a\n  - name: a\n",
         "my.yaml:4: label \"a\" is there twice"},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {weight: heavy, zh: [党课]}\n",
         "my.yaml:5: weight is \"heavy\""},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {weight: 2}\n",
         "my.yaml:5: a rule needs words"},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {en: [x]}\n",
         "my.yaml:5: \"x\" is to have 2 to 120 bytes"},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {en: party lesson}\n",
         "my.yaml:5: words is to be a list"},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {en: [ok], colour: red}\n",
         "my.yaml:5: a rule has no key \"colour\"; it may have: weight, zh"},
        {"taxonomy: 1\nlabels:\n  - name: a\n    terms:\n      - {en: [ok], in: footer}\n",
         "my.yaml:5: in: \"footer\" is to be title"},
        {"taxonomy: 1\ntaxonomy: 1\nlabels: []\n",
         "my.yaml:2: a taxonomy file has \"taxonomy\" twice"},
        {"taxonomy: 1\nlabels: [\n", "my.yaml:3: not valid YAML"},
        {"taxonomy: 1\nlabels: &a [*a]\n", "my.yaml:2: a label is to be a mapping"},
        {"taxonomy: 1\nlabels:\n  - {name: a}\nentities:\n  - {kind: firm}\n", "my.yaml:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct taxonomy t;
        struct problem why = {""};
        assert_int_equal(read(*state, rows[i].yaml, &t, &why), ERR_CONFIG);
        assert_memory_equal(why.text, rows[i].want, strlen(rows[i].want));
    }
}

static void words_of_both_languages_are_read_once_each(void **state)
{
    struct taxonomy t;
    struct problem why;
    assert_int_equal(read(*state,
                          "taxonomy: 1\n"
                          "fallback: none\n"
                          "labels:\n"
                          "  - name: party\n"
                          "    terms:\n"
                          "      - {weight: 3, zh: [黨課, 党课], en: [Party-Lesson]}\n"
                          "    details:\n"
                          "      - {name: study, terms: [{en: [party lesson, stud*]}]}\n"
                          "  - {name: firm, threshold: 0.7}\n"
                          "themes:\n"
                          "  - {name: green, terms: [{zh: [绿色], near: [发展]}]}\n",
                          &t, &why),
                     OK);
    assert_string_equal(t.fallback, "none");
    assert_int_equal(t.n_labels, 2);
    assert_int_equal(t.n_details, 1);
    assert_int_equal(t.n_rules, 3);
    assert_int_equal(t.n_words, 5); // 党课, party lesson, stud*, 绿色, 发展
    assert_true(t.labels[1].threshold > 0.69F);
    for (size_t i = 0; i < t.n_words; i++) {
        if (strcmp(t.words[i].text, "party lesson") == 0)
            assert_int_equal(t.words[i].uses.n, 2);
        assert_int_equal(t.words[i].open, strcmp(t.words[i].text, "stud") == 0);
    }
    taxonomy_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(words_of_both_languages_are_read_once_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
