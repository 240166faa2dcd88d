// SPDX-License-Identifier: MIT
// What the silence of a source and its pages are an alarm for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/mem.h"
#include "tests/unit/fetcher/catch_up_place.h"

static void a_source_silent_beyond_its_habit_is_an_alarm(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct ledger_alarm quiet;
    for (int n = 1; n <= 48; n++) { // one an hour for two days
        struct found *f = found_new(KIND(FEED), n - 4, n);
        ask(p, source, n, NULL, &f->result);
        free(f);
    }
    assert_int_equal(ledger_quiet(p->ledger, now + (48 + 71) * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 0);
    assert_int_equal(ledger_quiet(p->ledger, now + (48 + 73) * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 1);
    assert_string_equal(quiet.url, FEED);
    struct found *f = found_new(KIND(FEED), 121, 125);
    ask(p, source, 48 + 73, NULL, &f->result); // it speaks again
    free(f);
    assert_int_equal(ledger_quiet(p->ledger, now + (48 + 73) * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 0);
}

static void a_source_that_never_lists_anything_is_an_alarm_after_a_month(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://国资.example/要闻.xml", BACKFILL_ALL);
    struct found *f = found_new(KIND(FEED), 1, 0);
    struct ledger_alarm quiet;
    ask(p, source, 1, NULL, &f->result);
    free(f);
    assert_int_equal(ledger_quiet(p->ledger, now + 29 * 24 * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 0);
    assert_int_equal(ledger_quiet(p->ledger, now + 31 * 24 * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 1);
}

static void a_single_page_may_be_silent_for_ever(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://news.example.com/notice", BACKFILL_ALL);
    pb_result page = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = a.text = "国务院国资委公告";
    page.found = KIND(PAGE);
    page.announcement = &a;
    ask(p, source, 1, NULL, &page);
    struct ledger_alarm quiet;
    assert_int_equal(ledger_quiet(p->ledger, now + 365 * 24 * (int64_t)HOUR_MS, &quiet), OK);
    assert_int_equal(quiet.n, 0);
}

static void give_page(struct place *p, int n, const char *text)
{
    char url[60], id[URL_ID_SIZE], canonical[URL_MAX + 1];
    snprintf(url, sizeof url, "http://news.example.com/%d", n);
    assert_int_equal(url_canonical(url, canonical), OK);
    url_id(canonical, id);
    struct record r = {.backfill = 50};
    assert_int_equal(record_entry(&r, p->ledger, id), OK);
    pb_result page = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "Board approves dividend";
    a.text = (char *)(uintptr_t)text;
    page.found = KIND(PAGE);
    page.announcement = &a;
    r.url = mem_strdup(url);
    r.etag = mem_strdup("");
    r.last_modified = mem_strdup("");
    r.fetched_ms = now;
    record_understood(&r, p->ledger, &page);
    record_clear(&r);
}

static void pages_that_stop_giving_text_are_an_alarm_until_one_does_again(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct found *f = found_new(KIND(FEED), 1, 12);
    ask(p, source, 12, NULL, &f->result);
    free(f);
    struct ledger_alarm barren;
    give_page(p, 1, "The board approved the annual dividend.");
    for (int n = 2; n <= 6; n++) {
        assert_int_equal(ledger_barren(p->ledger, 5, &barren), OK);
        assert_int_equal(barren.n, 0);
        give_page(p, n, "");
        give_page(p, n, ""); // the second time it is given up
    }
    assert_int_equal(ledger_barren(p->ledger, 5, &barren), OK);
    assert_int_equal(barren.n, 1);
    assert_string_equal(barren.url, FEED);
    give_page(p, 7, "董事会批准了年度分红方案。");
    assert_int_equal(ledger_barren(p->ledger, 5, &barren), OK);
    assert_int_equal(barren.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_source_silent_beyond_its_habit_is_an_alarm),
        TEST(a_source_that_never_lists_anything_is_an_alarm_after_a_month),
        TEST(a_single_page_may_be_silent_for_ever),
        TEST(pages_that_stop_giving_text_are_an_alarm_until_one_does_again),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
