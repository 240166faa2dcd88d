// SPDX-License-Identifier: MIT
// What the schedule keeps and reads as text: its state, headers of HTTP.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/schedule.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW      INT64_C(1795219200000) // 2026-11-21T00:00:00Z
#define MINUTE   INT64_C(60000)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)

static void the_state_of_the_version_before_is_read(void **state)
{
    (void)state;
    struct schedule s;
    assert_int_equal(schedule_read("1 90 5 4 3 20 0 12 7 8 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
                                   "17 18 19 20 21 22 23 24",
                                   &s),
                     OK);
    assert_int_equal(s.every_s, 90);
    assert_int_equal(s.hours[23], 24);
    assert_int_equal(s.ttl_s, 0);
}

static void the_largest_state_fits_its_text(void **state)
{
    (void)state;
    struct schedule s;
    memset(&s, 0x7F, sizeof s);
    s.polls = s.failures = s.entries = s.burst = s.rate = UINT32_MAX;
    char text[SCHEDULE_TEXT_SIZE];
    schedule_write(&s, text);
    assert_true(strlen(text) < SCHEDULE_TEXT_SIZE - 1);
}

static void other_text_is_no_state(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "1", "1 2 3", "hello", "1 0 0 0 0 0 0 0 0 -1", "99999999999999999999999"};
    struct schedule s = {.polls = 7};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(schedule_read(rows[i], &s), ERR_INPUT);
    char text[SCHEDULE_TEXT_SIZE], longer[SCHEDULE_TEXT_SIZE + 2];
    struct schedule zero = {0};
    schedule_write(&zero, text);
    snprintf(longer, sizeof longer, "%s 1", text);
    assert_int_equal(schedule_read(longer, &s), ERR_INPUT);
    assert_int_equal(s.polls, 7);
}

static void retry_after_is_read_in_both_forms(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t want;
    } rows[] = {
        {"120", 120},
        {"0", 1},
        {" 5 ", 5},
        {"999999999999999999999", 86400},
        {"Sat, 21 Nov 2026 00:10:00 GMT", 600},
        {"Saturday, 21-Nov-26 00:10:00 GMT", 600},
        {"Sat Nov 21 00:10:00 2026", 600},
        {"Sat, 21 Nov 2020 00:10:00 GMT", 1},
        {"Sat, 21 Nov 2037 00:10:00 GMT", 86400},
        {"-5", 0},
        {"soon", 0},
        {"", 0},
        {NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(schedule_retry_after(rows[i].value, NOW), rows[i].want);
}

static void freshness_is_read_from_the_headers(void **state)
{
    (void)state;
    static const struct {
        const char *cache_control, *expires, *date;
        int64_t want;
    } rows[] = {
        {NULL, NULL, NULL, 0},
        {"max-age=600", NULL, NULL, 600},
        {"public, Max-Age=\"900\", must-revalidate", NULL, NULL, 900},
        {"max-age=600", "Sat, 21 Nov 2026 00:01:00 GMT", NULL, 600},
        {"no-cache, max-age=600", NULL, NULL, 0},
        {"private, no-store", "Sat, 21 Nov 2026 00:10:00 GMT", NULL, 0},
        {"max-age=99999999999", NULL, NULL, 3600},
        {"s-maxage=600", NULL, NULL, 0},
        {"max-age=x", NULL, NULL, 0},
        {"max-age", NULL, NULL, 0},
        {NULL, "Sat, 21 Nov 2026 00:10:00 GMT", NULL, 600},
        {"public", "Sat, 21 Nov 2026 00:10:00 GMT", "Sat, 21 Nov 2026 00:05:00 GMT", 300},
        {NULL, "0", NULL, 0},
        {NULL, "Thu, 01 Dec 1994 16:00:00 GMT", NULL, 0},
        {",,,", NULL, NULL, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(
            schedule_fresh_for(rows[i].cache_control, rows[i].expires, rows[i].date, NOW),
            rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_the_version_before_is_read),
        cmocka_unit_test(the_largest_state_fits_its_text),
        cmocka_unit_test(other_text_is_no_state),
        cmocka_unit_test(retry_after_is_read_in_both_forms),
        cmocka_unit_test(freshness_is_read_from_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
