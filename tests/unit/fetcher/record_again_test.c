// SPDX-License-Identifier: MIT
// Kept pages that are read again: what is published anew, and what stays as it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/fetcher/record_place.h"

static pb_announcement read_before(void)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = (char *)"国务院国资委公告";
    a.text = (char *)"The harbour pays four pence a share.";
    a.language = (char *)"en";
    a.published_ms = now - HOUR_MS;
    a.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_MINUTE;
    return a;
}

// A page that was fetched and read once.
static void publish(struct place *p)
{
    pb_announcement a = read_before();
    see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
    read_page(p, PAGE, &a);
    assert_int_equal(outbox(p).n, 1);
}

static enum record_again again(struct place *p, const pb_result *result, const char *problem)
{
    char id[URL_ID_SIZE];
    id_of(PAGE, id);
    const struct page_copy copy = {
        .id = id, .fetched_ms = now, .url = PAGE, .content_type = "text/html"};
    return record_again(p->ledger, &copy, result, problem, now + HOUR_MS);
}

static enum record_again again_as(struct place *p, pb_announcement *a)
{
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    result.announcement = a;
    return again(p, &result, NULL);
}

static void what_reads_as_before_is_not_published_again(void **state)
{
    struct place *p = *state;
    publish(p);
    pb_announcement a = read_before();
    assert_int_equal(again_as(p, &a), RECORD_SAME);
    assert_int_equal(outbox(p).n, 1);
}

static void another_text_date_or_language_is_the_next_revision(void **state)
{
    struct place *p = *state;
    publish(p);
    pb_announcement a = read_before();
    a.text = (char *)"公司决定分红。";
    assert_int_equal(again_as(p, &a), RECORD_CHANGED);
    a.published_ms -= HOUR_MS;
    assert_int_equal(again_as(p, &a), RECORD_CHANGED);
    a.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    assert_int_equal(again_as(p, &a), RECORD_CHANGED);
    a.language = (char *)"zh";
    assert_int_equal(again_as(p, &a), RECORD_CHANGED);
    assert_int_equal(again_as(p, &a), RECORD_SAME);
    struct rows r = outbox(p);
    assert_int_equal(r.n, 5);
    assert_string_equal(r.id[4], r.id[0]);
    struct entry *e = entry_of(p, PAGE);
    assert_int_equal(e->state, ENTRY_DONE);
    entry_free(&e);
}

static void what_cannot_be_read_now_stays_as_it_was(void **state)
{
    struct place *p = *state;
    publish(p);
    char id[URL_ID_SIZE];
    id_of(PAGE, id);
    pb_announcement empty = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    pb_result none = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    assert_int_equal(again(p, NULL, "它使三个进程崩溃"), RECORD_UNREADABLE);
    assert_true(told(p, id, "reprocess-failed", "它使三个进程崩溃"));
    assert_int_equal(again(p, &none, NULL), RECORD_UNREADABLE);
    assert_true(told(p, id, "reprocess-failed", "it is no page"));
    assert_int_equal(again_as(p, &empty), RECORD_UNREADABLE);
    assert_int_equal(outbox(p).n, 1);
}

static void what_was_read_of_a_document_stays(void **state)
{
    struct place *p = *state;
    publish(p);
    pb_announcement a = read_before();
    pb_result wrapper = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    a.text = (char *)"附件：分红公告.pdf";
    wrapper.announcement = &a;
    wrapper.document = (char *)"http://news.example.com/1.pdf";
    assert_int_equal(again(p, &wrapper, NULL), RECORD_ELSEWHERE);
    assert_int_equal(outbox(p).n, 1);
}

static void a_page_that_was_removed_or_is_to_be_fetched_is_left_alone(void **state)
{
    struct place *p = *state;
    pb_announcement a = read_before();
    assert_int_equal(again_as(p, &a), RECORD_SAME); // nobody knows it
    see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
    assert_int_equal(again_as(p, &a), RECORD_SAME);
    assert_int_equal(outbox(p).n, 0);
    assert_int_equal(counts(p->ledger).pending, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_reads_as_before_is_not_published_again),
        TEST(another_text_date_or_language_is_the_next_revision),
        TEST(what_cannot_be_read_now_stays_as_it_was),
        TEST(what_was_read_of_a_document_stays),
        TEST(a_page_that_was_removed_or_is_to_be_fetched_is_left_alone),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
