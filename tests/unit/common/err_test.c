// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/err.h"
#include "common/text.h"

static void a_problem_is_clean_whatever_it_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *quoted, *want;
    } rows[] = {
        {"国资委", "no such page: 国资委"},
        {"caf\xE9", "no such page: caf"},
        {"\x1b[31mred", "no such page: [31mred"},
        {"a\xE2\x80\xAE"
         "b",
         "no such page: ab"},
        {"", "no such page: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem why = {"old"};
        assert_int_equal(problem_set(&why, ERR_INPUT, "no such page: %s", rows[i].quoted),
                         ERR_INPUT);
        assert_string_equal(why.text, rows[i].want);
    }
}

static void a_problem_that_is_too_long_ends_with_a_whole_character(void **state)
{
    (void)state;
    char quoted[1000];
    for (size_t shift = 0; shift < 3; shift++) {
        struct problem why = {""};
        memset(quoted, '-', shift);
        for (size_t i = shift; i + 3 < sizeof quoted; i += 3)
            memcpy(quoted + i, "国", 4);
        assert_int_equal(problem_set(&why, ERR_LIMIT, "%s", quoted), ERR_LIMIT);
        assert_true(strlen(why.text) > sizeof why.text - 4);
        assert_true(text_is_clean(why.text, strlen(why.text)));
    }
}

static void nobody_needs_to_ask_why(void **state)
{
    (void)state;
    assert_int_equal(problem_set(NULL, ERR_IO, "%s", "新闻"), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_is_clean_whatever_it_quotes),
        cmocka_unit_test(a_problem_that_is_too_long_ends_with_a_whole_character),
        cmocka_unit_test(nobody_needs_to_ask_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
