// SPDX-License-Identifier: MIT
// Which pages are one announcement, and what is its next revision.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fetcher/ledger_place.h"

static void a_revision_is_the_time_of_the_fetch_or_one_more_than_the_last(void **state)
{
    static const int64_t fetched[] = {1000, 2000, 1500, 1500, 2001, 9000};
    static const uint64_t want[] = {1000, 2000, 2001, 2002, 2003, 9000};
    struct place *p = *state;
    see(p->ledger, 1, "http://example.com/a", NULL);
    for (size_t i = 0; i < 6; i++) {
        char text[20];
        snprintf(text, sizeof text, "版本 %zu", i);
        assert_int_equal(article(p->ledger, "http://example.com/a", "", text, fetched[i]),
                         ARTICLE_QUEUED);
    }
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(r.revision[i] == want[i]);
        assert_string_equal(r.id[i], r.id[0]);
    }
}

static void unchanged_content_publishes_nothing(void **state)
{
    struct place *p = *state;
    const char *url = "http://example.com/a";
    see_and_read(p->ledger, 1, url, "", "one", 1, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, url, "", "one", 2), ARTICLE_UNCHANGED);
    place_reopen(p);
    assert_int_equal(flushed_outbox(p->ledger).n, 0); // the group was not flushed
    see_and_read(p->ledger, 1, url, "", "one", 3, ARTICLE_QUEUED);
    assert_int_equal(ledger_flush(p->ledger), OK);
    place_reopen(p);
    assert_int_equal(article(p->ledger, url, "", "one", 4), ARTICLE_UNCHANGED);
    assert_int_equal(article(p->ledger, url, "", "two", 5), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, url, "", "one", 6), ARTICLE_QUEUED); // back again is news
    assert_int_equal(flushed_outbox(p->ledger).n, 3);
}

static void words_that_move_between_title_and_text_are_a_change(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum article outcome;
    id_of("http://example.com/a", id);
    see(p->ledger, 1, "http://example.com/a", NULL);
    struct understood u = {
        .id = id, .announcement = &a, .canonical = "", .etag = "", .last_modified = ""};
    static const char *const parts[][3] = {{"ab", "", "c"}, {"a", "b", "c"}, {"a", "", "bc"}};
    for (size_t i = 0; i < 3; i++) {
        a.title = (char *)(uintptr_t)parts[i][0];
        a.standfirst = (char *)(uintptr_t)parts[i][1];
        a.text = (char *)(uintptr_t)parts[i][2];
        assert_int_equal(ledger_article(p->ledger, &u, 1, &outcome), OK);
        assert_int_equal(outcome, ARTICLE_QUEUED);
    }
}

static void the_same_page_at_two_addresses_is_published_once(void **state)
{
    struct place *p = *state;
    char id[URL_ID_SIZE];
    id_of(MAIN, id);
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    see_and_read(p->ledger, 1, MAIN, MAIN, "one", 3, ARTICLE_DUPLICATE);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

static void what_came_at_its_own_address_first_is_not_published_again(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MAIN, "", "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 3, ARTICLE_DUPLICATE);
    assert_int_equal(flushed_outbox(p->ledger).n, 1);
}

static void a_duplicate_that_is_read_again_stays_one(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    assert_int_equal(article(p->ledger, PRINT, MAIN, "one", 3), ARTICLE_UNCHANGED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 4), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, PRINT, MAIN, "one", 5),
                     ARTICLE_UNCHANGED); // not renewed yet
    assert_int_equal(article(p->ledger, PRINT, MAIN, "two", 6), ARTICLE_DUPLICATE);
    assert_int_equal(flushed_outbox(p->ledger).n, 2);
}

static void revisions_of_one_announcement_grow_whichever_page_brings_them(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 9000, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 9001, ARTICLE_DUPLICATE);
    // The clock was set back meanwhile.
    assert_int_equal(article(p->ledger, PRINT, MAIN, "two", 500), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 501), ARTICLE_DUPLICATE);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "three", 502), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 3);
    assert_true(r.revision[0] == 9000 && r.revision[1] == 9001 && r.revision[2] == 9002);
}

static void a_canonical_url_that_pages_of_other_content_share_is_refused(void **state)
{
    struct place *p = *state;
    char id[3][URL_ID_SIZE];
    const char *shared = "http://example.com/news";
    id_of(shared, id[0]), id_of("http://example.com/b", id[1]),
        id_of("http://example.com/c", id[2]);
    see_and_read(p->ledger, 1, "http://example.com/a", shared, "甲", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, "http://example.com/b", shared, "乙", 2, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, "http://example.com/c", shared, "丙", 3, ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(r.id[i], id[i]);
}

// A page may claim the address of another one that is read only later.
static void no_page_is_published_under_an_id_that_another_took(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, "http://example.com/a", MAIN, "甲", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, MAIN, "", "乙", 2, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, "http://example.com/a", MAIN, "甲甲", 3), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MAIN, "", "乙乙", 4), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 4);
    assert_string_not_equal(r.id[0], r.id[1]);
    assert_string_equal(r.id[0], r.id[2]);
    assert_string_equal(r.id[1], r.id[3]);
    assert_int_equal(strspn(r.id[1], "0123456789abcdef"), 32);
}

static void an_identity_once_given_stays(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, "", "one", 1, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 2), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_string_equal(r.id[0], r.id[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_revision_is_the_time_of_the_fetch_or_one_more_than_the_last),
        TEST(unchanged_content_publishes_nothing),
        TEST(words_that_move_between_title_and_text_are_a_change),
        TEST(the_same_page_at_two_addresses_is_published_once),
        TEST(what_came_at_its_own_address_first_is_not_published_again),
        TEST(a_duplicate_that_is_read_again_stays_one),
        TEST(revisions_of_one_announcement_grow_whichever_page_brings_them),
        TEST(a_canonical_url_that_pages_of_other_content_share_is_refused),
        TEST(no_page_is_published_under_an_id_that_another_took),
        TEST(an_identity_once_given_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
