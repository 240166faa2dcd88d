// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/classifier/label/language.h"
#include "services/classifier/label/normalize.h"

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

static struct normal normalised(const struct folding *f, const char *s)
{
    struct normal n = {0};
    normal_add(&n, f, s, strlen(s), 0);
    return n;
}

static void what_should_compare_equal_does(void **state)
{
    static const struct {
        const char *given, *want;
    } rows[] = {
        {"State-Owned Enterprise", "state owned enterprise"},
        {"ＳＡＳＡＣ　２０２４", "sasac 2024"},
        {"國務院國資委", "国务院国资委"},
        {"黨支部開展主題黨日", "党支部开展主题党日"},
        {"the  company \t said", "the company said"},
        {"state-owned\nenterprise", "state owned enterprise"},
        {"One.\n\nTwo", "one.\ntwo"},
        {"国资委\n央企", "国资委\n央企"},
        {"国 资 委", "国资委"},
        {"涉(shè)黑", "涉黑"},
        {"翟（zhái）某", "翟某"},
        {"发改委(ndrc)", "发改委(ndrc)"},
        {"the Group’s “Plan”", "the group's \"plan\""},
        {"caf\xC3\xA9 Cafe\xCC\x81", "cafe cafe"},
        {"党\xE2\x80\x8B课", "党课"},
        {"2,000 m²", "2,000 m2"},
        {"", ""},
        {"\xFF\xFE党", "党"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct normal n = normalised(*state, rows[i].given);
        assert_string_equal(n.text, rows[i].want);
        normal_free(&n);
    }
}

static void each_word_leads_back_to_where_it_stands(void **state)
{
    static const struct {
        const char *given, *word,
            *want; // want: the bytes behind it, up to where the word's end leads
    } rows[] = {
        {"At  the   SASAC forum", "sasac", "SASAC"},
        {"在　國務院國資委，開會", "国务院国资委", "國務院國資委"},
        {"the “two excellent” models", "two excellent", "two excellent"},
        {"ＣＰＣ members", "cpc", "ＣＰＣ"},
        {"张某（zhāng）党课", "党课", "党课"},
        {"…… state-owned firm", "state owned", "state-owned"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct normal n = normalised(*state, rows[i].given);
        const char *at = strstr(n.text, rows[i].word);
        assert_non_null(at);
        size_t start = normal_origin(&n, (size_t)(at - n.text));
        size_t end = normal_origin(&n, (size_t)(at - n.text) + strlen(rows[i].word));
        assert_int_equal(end - start, strlen(rows[i].want));
        assert_memory_equal(rows[i].given + start, rows[i].want, end - start);
        normal_free(&n);
    }
}

static void parts_keep_their_place_in_the_document(void **state)
{
    struct normal n = {0};
    normal_add(&n, *state, "標題", 6, 0);
    normal_break(&n, 6);
    normal_add(&n, *state, "正文", 6, 7);
    assert_string_equal(n.text, "标题\n正文");
    assert_int_equal(normal_origin(&n, 7), 7);
    assert_int_equal(normal_origin(&n, 10), 10);
    normal_free(&n);
}

static void the_result_never_outgrows_twice_the_text(void **state)
{
    static const char *const texts[] = {"㈱㈱㈱", "ﷺﷺ", "½½½½", "ŉŉ", "ﬃﬃﬃ", "㍿㌀", "⒈⒈"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct normal n = normalised(*state, texts[i]);
        assert_true(n.n <= 2 * strlen(texts[i]));
        normal_free(&n);
    }
}

static void languages_are_told_by_script_and_small_words(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"国务院国资委召开会议,部署下半年工作", "zh-Hans"},
        {"國務院國資委召開會議,部署下半年工作", "zh-Hant"},
        {"The company said that profits rose in the first half of the year", "en"},
        {"Acme to buy Bolt", "en"},
        {"China Mobile 中国移动 signed an agreement with the city of Wuhan", "en"},
        {"中国移动 5G 专网在武汉投入使用", "zh-Hans"},
        {"本日、取締役会において決議しましたのでお知らせします", "ja"},
        {"이사회는 오늘 배당을 결정했다고 밝혔다", "ko"},
        {"Die Gesellschaft hat heute ihre Zahlen für das abgelaufene Jahr vorgelegt und hebt",
         "und"},
        {"Компания объявила о прибыли", "und"},
        {"12345 67890 !!", "und"},
        {"", "und"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct normal n = normalised(*state, rows[i].text);
        assert_string_equal(language_of(&n), rows[i].want);
        normal_free(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_should_compare_equal_does),
        cmocka_unit_test(each_word_leads_back_to_where_it_stands),
        cmocka_unit_test(parts_keep_their_place_in_the_document),
        cmocka_unit_test(the_result_never_outgrows_twice_the_text),
        cmocka_unit_test(languages_are_told_by_script_and_small_words),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
