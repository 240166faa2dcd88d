// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "services/newswire/when.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void local_times_carry_their_offset(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t ms;
        const char *want;
    } rows[] = {
        {"CST-8", 1795057445678, "2026-11-19 11:04:05 +08:00"},
        {"UTC0", 1795057445678, "2026-11-19 03:04:05 +00:00"},
        {"EST5", 1795057445678, "2026-11-18 22:04:05 -05:00"},
        {"IST-5:30", 0, "1970-01-01 05:30:00 +05:30"},
        {"UTC0", -1, "1969-12-31 23:59:59 +00:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WHEN_SIZE];
        use_zone(rows[i].zone);
        when_local(rows[i].ms, got);
        assert_string_equal(got, rows[i].want);
    }
}

static void a_day_is_the_same_everywhere(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        bool day;
        const char *want;
    } rows[] = {
        {"CST-8", true, "2026-11-19"},
        {"EST5", true, "2026-11-19"},
        {"EST5", false, "2026-11-18 19:00:00 -05:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WHEN_SIZE];
        use_zone(rows[i].zone);
        when_published(1795046400000, rows[i].day, got);
        assert_string_equal(got, rows[i].want);
    }
}

static void utc_times_have_milliseconds(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        {1795057445678, "2026-11-19T03:04:05.678Z"},
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WHEN_SIZE];
        when_utc(rows[i].ms, got);
        assert_string_equal(got, rows[i].want);
    }
}

static void spans_have_at_most_two_units(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        {-5, "0 s"},
        {999, "0 s"},
        {59999, "59 s"},
        {60000, "1 min"},
        {3599999, "59 min"},
        {3600000, "1 h"},
        {7500000, "2 h 5 min"},
        {86400000, "1 d"},
        {273600000, "3 d 4 h"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WHEN_SIZE];
        when_span(rows[i].ms, got);
        assert_string_equal(got, rows[i].want);
    }
}

static void settings_are_written_exactly_in_the_largest_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {
        {0, "0s"},        {1500, "1500ms"}, {90000, "90s"},
        {1800000, "30m"}, {7200000, "2h"},  {86400000, "1d"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[WHEN_SIZE];
        when_setting(rows[i].ms, got);
        assert_string_equal(got, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_times_carry_their_offset),
        cmocka_unit_test(a_day_is_the_same_everywhere),
        cmocka_unit_test(utc_times_have_milliseconds),
        cmocka_unit_test(spans_have_at_most_two_units),
        cmocka_unit_test(settings_are_written_exactly_in_the_largest_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
