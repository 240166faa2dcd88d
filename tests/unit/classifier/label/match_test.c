// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/classifier/label/match.h"

// Words and contexts, each with a label of its own so that a match names the rule.
static const char yaml[] =
    "taxonomy: 1\n"
    "negations: [not a, 并非]\n"
    "labels:\n"
    "  - name: a\n"
    "    terms:\n"
    "      - {en: [party lesson], zh: [党课]}\n"
    "      - {en: [theme party], near: [member*, 支部], unless: [birthday]}\n"
    "      - {zh: [集团], part_of: [集团军]}\n"
    "      - {en: [profit], zh: [利润], in: title}\n"
    "      - {en: [commend*]}\n";

enum { LESSON, THEME, GROUP, PROFIT, COMMEND };

struct fixture {
    struct folding *fold;
    struct taxonomy taxonomy;
    struct terms *terms;
    struct matches matches;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.fold = folding_new()};
    struct source source = {"test.yaml", yaml, sizeof yaml - 1};
    struct problem why;
    assert_int_equal(taxonomy_read(&source, 1, f.fold, &f.taxonomy, &why), OK);
    assert_int_equal(terms_new(&f.taxonomy, &f.terms, &why), OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    terms_free(&f->terms);
    taxonomy_free(&f->taxonomy);
    folding_free(&f->fold);
    free(f->matches.all);
    return 0;
}

// How often a rule matches a text, whose first `title` bytes are the title.
static size_t matches_of(struct fixture *f, size_t rule, const char *text, size_t title)
{
    struct normal n = {0};
    normal_add(&n, f->fold, text, strlen(text), 0);
    struct zones zones = {title, title + 100};
    match_rules(&f->taxonomy, terms_scan(f->terms, n.text, n.n), &zones, &f->matches);
    size_t count = 0;
    for (size_t i = 0; i < f->matches.n; i++)
        count += f->matches.all[i].rule == rule;
    normal_free(&n);
    return count;
}

static void a_rule_matches_where_its_context_agrees(void **state)
{
    static const struct {
        size_t rule;
        const char *text;
        size_t want;
    } rows[] = {
        {LESSON, "A Party Lesson was given", 1},
        {LESSON, "two party lessons", 1},
        {LESSON, "a party-lesson", 1},
        {LESSON, "the third-party lesson", 1}, // words do match inside a hyphenated one
        {LESSON, "party lessoning", 0},
        {LESSON, "counterparty lesson", 0},
        {LESSON, "书记讲党课,又讲黨課", 2},
        {LESSON, "this was not a party lesson", 0},
        {LESSON, "这并非党课", 0},
        {THEME, "members held a theme party", 1},
        {THEME, "a theme party in the garden", 0},
        {THEME, "members held a birthday theme party", 0},
        {THEME, "第一支部 theme party", 1},
        {GROUP, "华岭集团召开会议", 1},
        {GROUP, "第七十八集团军演练", 0},
        {GROUP, "集团军与华岭集团共建", 1},
        {COMMEND, "commended, commends, commendation", 3},
        {COMMEND, "recommended", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(matches_of(*state, rows[i].rule, rows[i].text, 0), rows[i].want);
}

static void a_rule_for_the_title_matches_there_alone(void **state)
{
    assert_int_equal(matches_of(*state, PROFIT, "Profit up\nprofit is up", 9), 1);
    assert_int_equal(matches_of(*state, PROFIT, "Sales up\nprofit is up", 8), 0);
    assert_int_equal(matches_of(*state, PROFIT, "利润下滑\n利润", 12), 1);
}

static void stuffing_is_bounded(void **state)
{
    size_t n = 100000;
    char *text = malloc(n * 7 + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * 7, "党课 ", 8);
    assert_int_equal(matches_of(*state, LESSON, text, 0), TERMS_HITS_OF_WORD);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_matches_where_its_context_agrees),
        cmocka_unit_test(a_rule_for_the_title_matches_there_alone),
        cmocka_unit_test(stuffing_is_bounded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
