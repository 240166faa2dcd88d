// SPDX-License-Identifier: MIT
// What was removed meanwhile, and what a worker must not be trusted with.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/fetcher/record_place.h"

// What is removed while it is asked for.

static void a_page_whose_source_was_removed_meanwhile_is_dropped(void **state)
{
    enum moment { BEFORE_RESPONSE, BEFORE_FAILURE, BEFORE_WORK, BEFORE_CRASH, MOMENTS };
    struct place *p = *state;
    for (enum moment moment = BEFORE_RESPONSE; moment < MOMENTS; moment++) {
        struct record r;
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
        uint64_t source = add_source(p, FEED, BACKFILL_ALL);
        see_page(p, source, PAGE);
        begin_page(p, PAGE, &r);
        a.text = "text";
        result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
        result.announcement = &a;
        if (moment < BEFORE_WORK)
            assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        struct http_response response = answer(moment == BEFORE_FAILURE ? 410 : 200, PAGE, "<p>");
        enum record_next next = record_response(&r, p->ledger, &response, now);
        assert_int_equal(next, moment < BEFORE_WORK ? RECORD_DONE : RECORD_READ);
        if (moment >= BEFORE_WORK)
            assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        if (moment == BEFORE_WORK)
            record_understood(&r, p->ledger, &result);
        else if (moment == BEFORE_CRASH)
            record_failed(&r, p->ledger, "it killed three workers", true);
        record_clear(&r);
        assert_int_equal(outbox(p).n, 0);
        assert_int_equal(counts(p->ledger).pending, 0);
    }
}

static void a_source_that_was_removed_meanwhile_brings_nothing(void **state)
{
    struct place *p = *state;
    struct record r;
    struct feed f = {0};
    pb_result index = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    char *maps[] = {"http://news.example.com/map1.xml"};
    feed_init(&f);
    feed_add(&f, PAGE, "title", now);
    feed_add(&f, "", "a notice without a page", now);
    index.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP;
    index.feeds = maps;
    index.n_feeds = 1;
    for (int i = 0; i < 2; i++) {
        uint64_t source = add_source(p, FEED, BACKFILL_ALL);
        begin_poll(p, source, &r);
        assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        record_understood(&r, p->ledger, i ? &index : &f.result);
        record_clear(&r);
        assert_int_equal(counts(p->ledger).sources, 0);
        assert_int_equal(counts(p->ledger).pending, 0);
        assert_int_equal(outbox(p).n, 0);
    }
}

static void what_is_not_wanted_any_more_is_not_asked_for(void **state)
{
    struct place *p = *state;
    struct record r = {0};
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    read_text(p, PAGE, "text");
    char id[URL_ID_SIZE];
    id_of(PAGE, id);
    assert_int_equal(record_entry(&r, p->ledger, id), ERR_NOTFOUND); // done
    record_clear(&r);
    assert_int_equal(ledger_source_pause(p->ledger, source, true), OK);
    assert_int_equal(record_source(&r, p->ledger, source), ERR_NOTFOUND);
    record_clear(&r);
    assert_int_equal(record_source(&r, p->ledger, 99), ERR_NOTFOUND);
    record_clear(&r);
}

// A worker is not trusted: it has read what came from outside.

static void a_page_without_an_announcement_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    see_page(p, source, PAGE);
    read_page(p, PAGE, NULL);
    struct entry *e = entry_of(p, PAGE);
    assert_int_equal(e->attempts, 1);
    entry_free(&e);
    poll_source(p, source, &result);
    struct source *s = source_of(p, source);
    assert_true(*s->trouble);
    source_free(&s);
}

static void an_unknown_kind_of_result_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    result.found = (Newswire__V1__SourceKind)99;
    result.problem = "of another version";
    poll_source(p, source, &result);
    struct source *s = source_of(p, source);
    assert_string_equal(s->trouble, "of another version");
    source_free(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_whose_source_was_removed_meanwhile_is_dropped),
        TEST(a_source_that_was_removed_meanwhile_brings_nothing),
        TEST(what_is_not_wanted_any_more_is_not_asked_for),
        TEST(a_page_without_an_announcement_is_a_failure),
        TEST(an_unknown_kind_of_result_is_a_failure),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
