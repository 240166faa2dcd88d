// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/sink/duplicates.h"
#include "tests/unit/sink/sink_news.h"

enum { DAY = 24 * 3600 * 1000 };

static const char english[] =
    "The group said on Monday that it had signed a contract to build three reservoirs in the north "
    "of the province, worth about two billion yuan, and that work would begin before the spring "
    "festival with crews from its water engineering arm.";
static const char english_again[] =
    "The group said on Monday that it had signed a contract to build three reservoirs in the north "
    "of the province, worth about two billion yuan, and that work would begin before the spring "
    "festival with crews from its water engineering arm. (Editor: Li)";
static const char other_english[] =
    "Shareholders of the shipping line approved the dividend at their meeting in Shanghai, while "
    "the board named a new finance chief who comes from the insurance business and starts in May.";
static const char chinese[] =
    "集团公司召开年度安全生产工作会议，总结全年安全生产情况，部署明年重点任务，"
    "要求各单位压实责任，深入开展隐患排查治理，坚决防范重特大事故发生。";
static const char chinese_again[] =
    "集团公司召开年度安全生产工作会议,总结全年安全生产情况,部署明年重点任务,"
    "要求各单位压实责任,深入开展隐患排查治理,坚决防范重特大事故发生。";

// Finds what the `n`th announcement, with this text, is a duplicate of.
static const char *find(struct duplicates *d, unsigned n, uint64_t revision, const char *text,
                        int64_t now)
{
    static char out[33];
    struct sample s;
    sample_fill(&s, n, revision, "other");
    s.announcement.title = "Title";
    s.announcement.text = (char *)text;
    duplicates_find(d, &s.announcement, now, out);
    return out;
}

static const char *id_of(unsigned n)
{
    static struct sample s;
    sample_fill(&s, n, 1, "other");
    return s.id;
}

static void the_same_story_points_to_the_first_that_told_it(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
    } cases[] = {{english, english_again}, {english, english}, {chinese, chinese_again}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct duplicates *d = duplicates_new(7 * DAY);
        assert_string_equal(find(d, 1, 1, cases[i].first, DAY), "");
        assert_string_equal(find(d, 2, 1, cases[i].second, DAY), id_of(1));
        // Not to each other.
        assert_string_equal(find(d, 3, 1, cases[i].second, DAY), id_of(1));
        duplicates_free(&d);
    }
}

static void another_story_is_none(void **state)
{
    (void)state;
    struct duplicates *d = duplicates_new(7 * DAY);
    assert_string_equal(find(d, 1, 1, english, DAY), "");
    assert_string_equal(find(d, 2, 1, other_english, DAY), "");
    assert_string_equal(find(d, 3, 1, chinese, DAY), "");
    duplicates_free(&d);
}

static void a_revision_is_no_duplicate_of_itself(void **state)
{
    (void)state;
    struct duplicates *d = duplicates_new(7 * DAY);
    assert_string_equal(find(d, 1, 1, english, DAY), "");
    assert_string_equal(find(d, 1, 2, english_again, DAY), "");
    assert_string_equal(find(d, 2, 1, english, DAY), id_of(1));
    assert_string_equal(find(d, 2, 2, english_again, DAY), id_of(1));
    duplicates_free(&d);
}

static void what_is_long_ago_is_forgotten(void **state)
{
    (void)state;
    struct duplicates *d = duplicates_new(7 * DAY);
    assert_string_equal(find(d, 1, 1, english, DAY), "");
    assert_string_equal(find(d, 2, 1, english, (int64_t)9 * DAY), "");
    duplicates_free(&d);
}

static void switched_off_it_finds_nothing(void **state)
{
    (void)state;
    struct duplicates *d = duplicates_new(0);
    assert_string_equal(find(d, 1, 1, english, DAY), "");
    assert_string_equal(find(d, 2, 1, english, DAY), "");
    duplicates_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_story_points_to_the_first_that_told_it),
        cmocka_unit_test(another_story_is_none),
        cmocka_unit_test(a_revision_is_no_duplicate_of_itself),
        cmocka_unit_test(what_is_long_ago_is_forgotten),
        cmocka_unit_test(switched_off_it_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
