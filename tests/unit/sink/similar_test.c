// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/sink/similar.h"

static const char english[] =
    "Harbour Machinery said on Tuesday that it will build a second plant in Yantai. The plant will "
    "make "
    "gearboxes for wind turbines and employ four hundred people. Work starts in May and should be "
    "done "
    "within two years, the company said. The city has promised to pay for the road.";

static const char chinese[] =
    "港机公司周二表示,将在烟台建设第二座工厂。工厂生产风力发电机齿轮箱,"
    "预计新增岗位四百个。工程五月开工,"
    "工期两年。公司称,市里已答应承担道路建设费用。分析人士认为,此举有助于缩短交货时间。";

static double share(const char *a, const char *b)
{
    struct fingerprint x = similar_fingerprint("", a), y = similar_fingerprint("", b);
    return similar_share(&x, &y);
}

static void the_same_story_resembles_itself_however_it_is_set(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
    } rows[] = {
        {english, english},
        {"Profit ROSE to 4 bn in the first half, said the firm from Wuhan today",
         "profit rose to 4 bn -- in the first half; said the firm\nfrom Wuhan, today."},
        {"公司称,市里已答应承担道路建设费用。", "公司称：市里已答应 承担道路建设费用"},
        {"ＳＡＳＡＣ 召开会议部署下半年重点工作任务", "sasac召开会议,部署下半年重点工作任务"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(share(rows[i].a, rows[i].b) == 1);
}

static void a_sentence_more_is_still_the_same_story(void **state)
{
    (void)state;
    char more[1000];
    snprintf(more, sizeof more, "(News desk) %s Editor: Wang.", english);
    assert_true(share(english, more) > 0.75);
    snprintf(more, sizeof more, "%s责任编辑:王五", chinese);
    assert_true(share(chinese, more) > 0.75);
}

static void other_stories_do_not_resemble_it(void **state)
{
    (void)state;
    assert_true(share(english, chinese) < 0.2);
    assert_true(share(english,
                      "Harbour Machinery said on Tuesday that its chairman has resigned. The "
                      "board chose his deputy, who has run the foundry since spring.") < 0.4);
    assert_true(share(chinese,
                      "港机公司周二表示,董事长已经辞职。董事会选举副董事长接任,他今年春天起"
                      "主管铸造厂。") < 0.4);
}

static void short_texts_are_never_duplicates(void **state)
{
    (void)state;
    struct fingerprint f = similar_fingerprint("Notice", "Closed today.");
    assert_false(f.usable);
    struct similar *s = similar_new(4);
    similar_add(s, &f, "a", 0);
    assert_null(similar_find(s, &f, 0));
    similar_free(&s);
}

static void the_oldest_of_equals_is_found_within_its_days(void **state)
{
    (void)state;
    struct similar *s = similar_new(100);
    struct fingerprint f = similar_fingerprint("Plant", english);
    similar_add(s, &f, "first", 1000);
    similar_add(s, &f, "second", 2000);
    assert_string_equal(similar_find(s, &f, 0), "first");
    assert_string_equal(similar_find(s, &f, 1500), "second");
    assert_null(similar_find(s, &f, 2500));
    similar_free(&s);
}

static struct fingerprint numbered(unsigned number)
{
    char text[400];
    size_t n = 0;
    for (unsigned i = 0; i < 30; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "w%u ", number * 100 + i);
    return similar_fingerprint("", text);
}

static void the_oldest_entry_makes_room(void **state)
{
    (void)state;
    enum { ENTRIES = 64, STORIES = 3000 };
    struct similar *s = similar_new(ENTRIES);
    char id[16];
    for (unsigned i = 0; i < STORIES; i++) {
        struct fingerprint f = numbered(i);
        assert_null(similar_find(s, &f, 0));
        snprintf(id, sizeof id, "%u", i);
        similar_add(s, &f, id, i);
    }
    for (unsigned i = 0; i < STORIES; i++) {
        struct fingerprint f = numbered(i);
        const char *found = similar_find(s, &f, 0);
        snprintf(id, sizeof id, "%u", i);
        if (i < STORIES - ENTRIES)
            assert_null(found);
        else
            assert_string_equal(found, id);
    }
    similar_free(&s);
}

static void a_thousand_copies_and_any_bytes_are_taken(void **state)
{
    (void)state;
    struct similar *s = similar_new(500);
    struct fingerprint f = similar_fingerprint("Plant", english);
    for (size_t i = 0; i < 1000; i++)
        similar_add(s, &f, "copy", (int64_t)i);
    assert_string_equal(similar_find(s, &f, 0), "copy");
    char *noise = malloc(200001);
    for (size_t i = 0; i < 200000; i++)
        noise[i] = (char)(1 + (i * 7919 >> 3) % 255);
    noise[200000] = '\0';
    f = similar_fingerprint(noise, noise);
    similar_add(s, &f, "noise", 0);
    char long_id[100];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    similar_add(s, &f, long_id, 0);
    assert_string_equal(similar_find(s, &f, 0), "noise");
    free(noise);
    similar_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_story_resembles_itself_however_it_is_set),
        cmocka_unit_test(a_sentence_more_is_still_the_same_story),
        cmocka_unit_test(other_stories_do_not_resemble_it),
        cmocka_unit_test(short_texts_are_never_duplicates),
        cmocka_unit_test(the_oldest_of_equals_is_found_within_its_days),
        cmocka_unit_test(the_oldest_entry_makes_room),
        cmocka_unit_test(a_thousand_copies_and_any_bytes_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
