// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fetcher/ledger_place.h"

static void an_entry_is_new_once_and_changed_when_its_hint_is(void **state)
{
    struct place *p = *state;
    uint64_t one = add_source(p->ledger, "http://example.com/1");
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_NEW);
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_KNOWN);
    assert_int_equal(see(p->ledger, one, MAIN, NULL), SEEN_KNOWN); // says less: nothing new
    assert_int_equal(see(p->ledger, one, MAIN, "title, corrected"), SEEN_CHANGED);
    assert_int_equal(see(p->ledger, one, MAIN, "title, corrected"), SEEN_KNOWN);
}

// Feeds of one site list the same page, each with its own words about it.
static void two_sources_that_describe_a_page_differently_do_not_change_it(void **state)
{
    struct place *p = *state;
    uint64_t one = add_source(p->ledger, "http://example.com/1");
    uint64_t two = add_source(p->ledger, "http://example.com/2");
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_NEW);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_KNOWN);
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_KNOWN);
    // Of a removed source the other one takes over.
    assert_int_equal(article(p->ledger, MAIN, "", "text", 1), ARTICLE_QUEUED);
    assert_int_equal(ledger_source_remove(p->ledger, one), OK);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_CHANGED);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_KNOWN);
    struct entry *e;
    char id[URL_ID_SIZE];
    id_of(MAIN, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_string_equal(e->source_url, "http://example.com/2");
    entry_free(&e);
}

static void a_changed_hint_makes_a_done_page_pending(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p->ledger, "http://example.com/1");
    see(p->ledger, source, MAIN, "title");
    article(p->ledger, MAIN, "", "text", 1);
    assert_int_equal(counts(p->ledger).pending, 0);
    see(p->ledger, source, MAIN, "title, corrected");
    assert_int_equal(counts(p->ledger).pending, 1);
}

static void a_failure_is_counted_once_even_if_the_hint_is_published(void **state)
{
    struct place *p = *state;
    struct entry *e;
    char id[URL_ID_SIZE];
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "title";
    enum article outcome;
    id_of(MAIN, id);
    see(p->ledger, 1, MAIN, "title");
    assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 500", 60000, 1), OK);
    assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 500", 90000, 2), OK);
    struct understood u = {.id = id,
                           .announcement = &a,
                           .canonical = "",
                           .etag = "",
                           .last_modified = "",
                           .trouble = "HTTP 500",
                           .again_ms = 90000};
    assert_int_equal(ledger_article(p->ledger, &u, 2, &outcome), OK);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_int_equal(e->attempts, 2);
    assert_int_equal(e->state, ENTRY_PENDING);
    entry_free(&e);
    assert_int_equal(article(p->ledger, MAIN, "", "text", 3), ARTICLE_QUEUED);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_int_equal(e->attempts, 0);
    assert_int_equal(e->state, ENTRY_DONE);
    entry_free(&e);
}

static void an_entry_that_is_given_up_is_failed_unless_it_was_published(void **state)
{
    struct place *p = *state;
    for (int published = 0; published <= 1; published++) {
        struct entry *e;
        char id[URL_ID_SIZE];
        id_of(MAIN, id);
        see(p->ledger, 1, MAIN, NULL);
        if (published)
            article(p->ledger, MAIN, "", "text", 1);
        assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 410", 0, 2), OK);
        assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
        assert_int_equal(e->state, published ? ENTRY_DONE : ENTRY_FAILED);
        entry_free(&e);
    }
}

static void removing_a_source_leaves_nothing_of_it_to_be_fetched(void **state)
{
    struct place *p = *state;
    struct entry *e = NULL;
    char id[URL_ID_SIZE];
    uint64_t source = add_source(p->ledger, "http://example.com/1");
    see(p->ledger, source, MAIN, "title");
    article(p->ledger, MAIN, "", "text", 1);
    see(p->ledger, source, MAIN, "title, corrected"); // pending again
    see(p->ledger, source, PRINT, "title");           // never read
    assert_int_equal(ledger_source_remove(p->ledger, source), OK);
    assert_int_equal(counts(p->ledger).pending, 0);
    assert_int_equal(counts(p->ledger).outbox, 1);
    id_of(MAIN, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK); // stays known
    entry_free(&e);
    id_of(PRINT, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), ERR_NOTFOUND);
}

static void what_comes_for_a_removed_entry_is_not_found(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    enum article outcome;
    struct understood u = {.id = "00000000000000000000000000000000",
                           .announcement = &a,
                           .canonical = "",
                           .etag = "",
                           .last_modified = ""};
    assert_int_equal(ledger_article(p->ledger, &u, 1, &outcome), ERR_NOTFOUND);
    assert_int_equal(ledger_entry_retry(p->ledger, u.id, 1), ERR_NOTFOUND);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_entry_is_new_once_and_changed_when_its_hint_is),
        TEST(two_sources_that_describe_a_page_differently_do_not_change_it),
        TEST(a_changed_hint_makes_a_done_page_pending),
        TEST(a_failure_is_counted_once_even_if_the_hint_is_published),
        TEST(an_entry_that_is_given_up_is_failed_unless_it_was_published),
        TEST(removing_a_source_leaves_nothing_of_it_to_be_fetched),
        TEST(what_comes_for_a_removed_entry_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
