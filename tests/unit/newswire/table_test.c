// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/table.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct column columns[] = {{"title", false}, {"entries", true}, {"state", false}};

static void assert_writes(const struct table *t, bool colour, const char *want)
{
    struct buf out = buf_new(4096);
    table_write(t, colour, &out);
    assert_string_equal(buf_str(&out), want);
    buf_free(&out);
}

static void a_chinese_character_is_two_columns_wide(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t want;
    } rows[] = {
        {"", 0},     {"news", 4},         {"国资委", 6},   {"国企改革 2026", 13},
        {"é", 1},    {"e\xCC\x81", 1},    {"「公告」", 8}, {"한국", 4},
        {"カナ", 4}, {"\xEF\xBD\xB6", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(table_width(rows[i].text, strlen(rows[i].text)), rows[i].want);
}

static void columns_align_in_both_languages(void **state)
{
    (void)state;
    struct table *t = table_new(columns, COUNT(columns));
    table_cell(t, "Results of 2026");
    table_cell(t, "%d", 40);
    table_cell(t, "ok");
    table_cell(t, "国资委要闻");
    table_cell(t, "%d", 1200);
    table_cell(t, "paused");
    assert_writes(t, false,
                  "title            entries  state\n"
                  "Results of 2026       40  ok\n"
                  "国资委要闻          1200  paused\n");
    table_free(&t);
}

static void no_line_ends_in_spaces(void **state)
{
    (void)state;
    struct table *t = table_new(columns, COUNT(columns));
    table_cell(t, "a");
    table_cell(t, "%s", "");
    table_cell(t, "%s", "");
    table_cell(t, "b");
    assert_writes(t, false, "title  entries  state\na\nb\n");
    table_free(&t);
}

static void notes_stand_beneath_their_row(void **state)
{
    (void)state;
    struct table *t = table_new(columns, 1);
    table_cell(t, "新闻");
    table_note(t, "answers 404");
    table_cell(t, "b");
    assert_writes(t, false, "title\n新闻\n    answers 404\nb\n");
    assert_int_equal(table_rows(t), 2);
    table_free(&t);
}

static void control_characters_cannot_break_a_row(void **state)
{
    (void)state;
    struct table *t = table_new(columns, 1);
    table_cell(t, "a\nb\x1b[2Jc\td\x7F");
    assert_writes(t, false, "title\na b [2Jc d \n");
    table_free(&t);
}

static void colour_changes_no_alignment(void **state)
{
    (void)state;
    struct table *t = table_new(columns, 2);
    table_cell(t, "新闻");
    table_cell(t, "1");
    assert_writes(t, true, "\x1b[1mtitle  entries\x1b[0m\n新闻         1\n");
    table_free(&t);
}

static void an_empty_table_is_nothing(void **state)
{
    (void)state;
    struct table *t = table_new(columns, COUNT(columns));
    assert_writes(t, true, "");
    table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_character_is_two_columns_wide),
        cmocka_unit_test(columns_align_in_both_languages),
        cmocka_unit_test(no_line_ends_in_spaces),
        cmocka_unit_test(notes_stand_beneath_their_row),
        cmocka_unit_test(control_characters_cannot_break_a_row),
        cmocka_unit_test(colour_changes_no_alignment),
        cmocka_unit_test(an_empty_table_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
