// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/date.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW_MS   INT64_C(1795219200000) // 2026-11-21T00:00:00Z

static const struct date_rules utc = {.zone = ZONE_UTC, .now_ms = NOW_MS},
                               china = {.zone = ZONE_SHANGHAI, .now_ms = NOW_MS};

static const char *read(const char *text, const struct date_rules *rules, char out[DATE_TEXT_SIZE])
{
    struct date date;
    strcpy(out, "none");
    if (date_read(text, strlen(text), rules, &date))
        date_format(&date, out);
    return out;
}

struct row {
    const char *text, *want;
};

static void each_reads_as(const struct row *rows, size_t n, const struct date_rules *rules)
{
    char got[DATE_TEXT_SIZE];
    for (size_t i = 0; i < n; i++)
        assert_string_equal(read(rows[i].text, rules, got), rows[i].want);
}

static void dates_are_read_as_english_writers_write_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2021-09-27", "2021-09-27"},
        {"2021-09-27T10:30:15Z", "2021-09-27T10:30:15+00:00"},
        {"2021-09-27 10:30", "2021-09-27T10:30:00+00:00"},
        {"2021-09-27T10:30:00.123+08:00", "2021-09-27T10:30:00+08:00"},
        {"20210927T103000Z", "2021-09-27T10:30:00+00:00"},
        {"Mon, 27 Sep 2021 10:00:00 +0800", "2021-09-27T10:00:00+08:00"},
        {"Tue, 1 Jun 21 09:00:00 GMT", "2021-06-01T09:00:00+00:00"},
        {"Mon Sep 27 10:00:00 +0800 2021", "2021-09-27T10:00:00+08:00"},
        {"27 September 2021 at 3:20 p.m.", "2021-09-27T15:20:00+00:00"},
        {"27th of September, 2021", "2021-09-27"},
        {"Sept. 27th, 2021", "2021-09-27"},
        {"September 27, 2021 12:05 AM EST", "2021-09-27T00:05:00-05:00"},
        {"9/27/2021", "2021-09-27"},
        {"27.9.2021", "2021-09-27"},
        {"27/9/2021", "2021-09-27"},
        {"3/9/2021", "2021-03-09"},
        {"3.9.2021", "2021-09-03"},
        {"2021 Sep 27", "2021-09-27"},
        {"2021-Sep-27", "2021-09-27"},
        {"10:30 AM EST, Sep 27, 2021", "2021-09-27T10:30:00-05:00"},
        {"2021-11-27,General Office", "2021-11-27"},
        {"Date:2021-09-27", "2021-09-27"},
        {"12 Jan 2020 | 08:15 UTC+08:00", "2020-01-12T08:15:00+08:00"},
        {"1632711600", "2021-09-27T03:00:00+00:00"},
        {"1632711600000", "2021-09-27T03:00:00+00:00"},
    };
    each_reads_as(rows, COUNT(rows), &utc);
}

static void dates_are_read_as_chinese_writers_write_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2021年9月27日", "2021-09-27"},
        {"2021 年 9 月 27 日", "2021-09-27"},
        {"2021年9月27号10时30分", "2021-09-27T10:30:00+08:00"},
        {"2005年03月31日03:18", "2005-03-31T03:18:00+08:00"},
        {"发布时间：2021-09-27 10:30 来源：新华社", "2021-09-27T10:30:00+08:00"},
        {"2021-09-27（星期一）下午3:20", "2021-09-27T15:20:00+08:00"},
        {"2021年9月27日 凌晨2点05分", "2021-09-27T02:05:00+08:00"},
        {"二〇二一年九月二十七日", "2021-09-27"},
        {"二○二一年十二月十日", "2021-12-10"},
        {"民國110年9月27日", "2021-09-27"},
        {"中華民國一百一十年", "none"},
        {"２０２１年９月２７日", "2021-09-27"},
        {"2021/9/27　14:05:09", "2021-09-27T14:05:09+08:00"},
        {"2021-09-27T10:00:00 CST", "2021-09-27T10:00:00+08:00"},
        {"2021-09-27T02:00:00Z", "2021-09-27T02:00:00+00:00"},
    };
    each_reads_as(rows, COUNT(rows), &china);
}

static void dates_are_read_as_other_languages_write_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1er février 2021", "2021-02-01"},
        {"le 27 août 2021 à 10:30", "2021-08-27T10:30:00+00:00"},
        {"27. März 2021, 10:30 Uhr", "2021-03-27T10:30:00+00:00"},
        {"27. Dez. 2021 um 10:30", "2021-12-27T10:30:00+00:00"},
        {"27. Sep 2021", "2021-09-27"},
        {"27 de septiembre de 2021 a las 10:30", "2021-09-27T10:30:00+00:00"},
        {"27 de marzo del 2021", "2021-03-27"},
        {"04-ago-2021 5:11:10", "2021-08-04T05:11:10+00:00"},
        {"27 gennaio 2021", "2021-01-27"},
        {"27 giu 2021", "2021-06-27"},
        {"27 de março de 2021", "2021-03-27"},
        {"5/out/2021", "2021-10-05"},
        {"27 сентября 2021 г. в 10:30", "2021-09-27T10:30:00+00:00"},
        {"5 МАЯ 2021", "2021-05-05"},
        {"2021년 9월 27일 오후 3시 20분", "2021-09-27T15:20:00+00:00"},
        {"2021年9月27日午後3時20分", "2021-09-27T15:20:00+00:00"},
        {"令和3年9月27日", "2021-09-27"},
        {"令和元年9月27日", "2019-09-27"},
        {"平成31年4月27日", "2019-04-27"},
        {"110年9月27日", "2021-09-27"}, // of Taiwan, without its era
        {"27 2021年9月", "2021-09-27"}, // a large day beside its month
        {"27 2021-09", "2021-09-27"},
        {"12 2021-09-27", "2021-09-27"},
        {"12 2021年9月27日", "2021-09-27"},
        {"110-09-27", "none"},
        {"Mars 27, 2021", "none"},  // the planet
        {"3 set 10 traps", "none"}, // two words of English
        {"3 out 10", "none"},
        {"令和3456年9月27日", "none"},
    };
    each_reads_as(rows, COUNT(rows), &utc);
}

static void the_day_goes_first_where_the_rules_say_so(void **state)
{
    (void)state;
    static const struct date_rules day_first = {.now_ms = NOW_MS, .day_first = true};
    static const struct row rows[] = {
        {"3/9/2021", "2021-09-03"},
        {"发布日期：3/9/2021", "2021-09-03"},
        {"發佈日期：3/9/2021 4:05 PM", "2021-09-03T16:05:00+00:00"},
        {"9/27/2021", "2021-09-27"}, // there is no such month
        {"2021/3/9", "2021-03-09"},
    };
    each_reads_as(rows, COUNT(rows), &day_first);
}

static void days_are_compared_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {
        {"2021-09-27T23:30:00-05:00", "27 September 2021", true},
        {"2021-09-28T04:30:00Z", "27 September 2021", false},
        {"2021-09-28T00:30:00+08:00", "2021年9月28日", true},
        {"2021-09-27T16:30:00Z", "2021年9月28日", false},
        {"1970-01-01T02:00:00+08:00", "1970-01-01", true},
    };
    struct date a, b;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(date_read(rows[i].a, strlen(rows[i].a), &utc, &a));
        assert_true(date_read(rows[i].b, strlen(rows[i].b), &utc, &b));
        assert_int_equal(date_same_day(&a, &b), rows[i].want);
    }
}

static void what_is_no_date_is_none(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "none"},           {"31 Feb 2021", "none"},    {"2021-13-01", "none"},
        {"May 2021", "none"},   {"version 1.2.3", "none"},  {"12345678", "none"},
        {"2021年", "none"},     {"第二十七号文件", "none"}, {"0000-00-00 00:00:00", "none"},
        {"2027-01-01", "none"}, {"10:30", "none"},          {"13800138000", "none"},
        {"1900-01-01", "none"}, {"一月", "none"},
    };
    each_reads_as(rows, COUNT(rows), &utc);
    each_reads_as(rows, COUNT(rows), &china);
}

static void a_date_up_to_a_day_ahead_is_believed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2026-11-21T23:59:00Z", "2026-11-21T23:59:00+00:00"},
        {"2026-11-22T00:01:00Z", "none"},
        {"2026年11月22日", "2026-11-22"},
        {"2026年11月23日", "none"},
    };
    each_reads_as(rows, COUNT(rows), &utc);
}

static void a_day_is_midnight_utc_whatever_the_zone(void **state)
{
    (void)state;
    struct date date;
    assert_true(date_read("2021年9月27日", strlen("2021年9月27日"), &china, &date));
    assert_int_equal(date.precision, DATE_DAY);
    assert_true(date.ms == INT64_C(1632700800000));
}

static void a_refused_date_leaves_the_output_alone(void **state)
{
    (void)state;
    struct date date = {.ms = 7, .zone = 3};
    assert_false(date_read("nothing", 7, &utc, &date));
    assert_true(date.ms == 7 && date.zone == 3);
}

static void the_first_date_of_a_line_counts(void **state)
{
    (void)state;
    static const char line[] = "Posted 2 January 2020, updated 5 March 2021";
    struct date date;
    char got[DATE_TEXT_SIZE];
    assert_true(date_find(line, strlen(line), &utc, &date));
    date_format(&date, got);
    assert_string_equal(got, "2020-01-02");
}

static void days_are_counted_from_1970(void **state)
{
    (void)state;
    assert_int_equal(date_days(1970, 1, 1), 0);
    assert_int_equal(date_days(2000, 2, 29), 11016);
    assert_int_equal(date_days(2021, 9, 27), 18897);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_as_english_writers_write_them),
        cmocka_unit_test(dates_are_read_as_chinese_writers_write_them),
        cmocka_unit_test(dates_are_read_as_other_languages_write_them),
        cmocka_unit_test(the_day_goes_first_where_the_rules_say_so),
        cmocka_unit_test(days_are_compared_as_they_are_written),
        cmocka_unit_test(what_is_no_date_is_none),
        cmocka_unit_test(a_date_up_to_a_day_ahead_is_believed),
        cmocka_unit_test(a_day_is_midnight_utc_whatever_the_zone),
        cmocka_unit_test(a_refused_date_leaves_the_output_alone),
        cmocka_unit_test(the_first_date_of_a_line_counts),
        cmocka_unit_test(days_are_counted_from_1970),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
