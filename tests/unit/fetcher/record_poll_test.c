// SPDX-License-Identifier: MIT
// What a poll brings, from the response to what is to be fetched.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/fetcher/record_place.h"

// Feeds.

static void at_first_sight_the_newest_are_published_afterwards_all(void **state)
{
    static const struct {
        int64_t backfill;
        const char *want; // titles of what is pending, newest first
    } cases[] = {{0, ""}, {1, "c"}, {2, "cb"}, {BACKFILL_ALL, "abcd"}, {100, "abcd"}};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char links[5][100];
        struct feed f = {0};
        feed_init(&f);
        for (int n = 0; n < 5; n++)
            snprintf(links[n], 100, "http://news%zu.example.com/%c", i, 'a' + n);
        feed_add(&f, links[0], "a", now - 4 * HOUR_MS);
        feed_add(&f, links[1], "b", now - 2 * HOUR_MS);
        feed_add(&f, links[2], "c", now - HOUR_MS);
        feed_add(&f, links[3], "d", 0);
        char url[100];
        snprintf(url, sizeof url, "http://news%zu.example.com/feed", i);
        uint64_t source = add_source(p, url, cases[i].backfill);
        poll_source(p, source, &f.result);
        for (int n = 0; n < 4; n++) {
            struct entry *e = entry_of(p, links[n]);
            bool want = strchr(cases[i].want, 'a' + n) != NULL;
            assert_int_equal(e->state, want ? ENTRY_PENDING : ENTRY_BASELINE);
            entry_free(&e);
        }
        feed_add(&f, links[4], "e", 0);
        poll_source(p, source, &f.result);
        struct entry *e = entry_of(p, links[4]);
        assert_int_equal(e->state, ENTRY_PENDING);
        entry_free(&e);
    }
}

static void the_standard_backfill_holds_for_sources_of_every_kind(void **state)
{
    static const Newswire__V1__SourceKind kinds[] = {NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED,
                                                     NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP,
                                                     NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char links[2][100], url[100];
        struct feed f = {0};
        feed_init(&f);
        f.result.found = kinds[i];
        for (int n = 0; n < 2; n++) {
            snprintf(links[n], 100, "http://news%zu.example.com/%d", i, n);
            feed_add(&f, links[n], "国务院国资委公告", now - n * HOUR_MS);
        }
        snprintf(url, sizeof url, "http://news%zu.example.com/feed", i);
        uint64_t source = add_source(p, url, BACKFILL_STANDARD);
        struct record r;
        begin_poll(p, source, &r);
        r.backfill = 1;
        record_understood(&r, p->ledger, &f.result);
        record_clear(&r);
        struct entry *newest = entry_of(p, links[0]), *older = entry_of(p, links[1]);
        assert_int_equal(newest->state, ENTRY_PENDING);
        assert_int_equal(older->state, ENTRY_BASELINE);
        assert_true(told(p, older->id, "baseline", "not among the newest 1;"));
        entry_free(&newest);
        entry_free(&older);
    }
}

static void an_entry_without_a_page_is_published_as_it_is_and_again_when_it_changes(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, "", "停牌公告", now);
    f.entries[0].guid = "notice-1";
    poll_source(p, source, &f.result), poll_source(p, source, &f.result);
    assert_int_equal(outbox(p).n, 1);
    f.hints[0].title = "停牌公告（更正）";
    poll_source(p, source, &f.result);
    struct rows r = outbox(p);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.id[0], r.id[1]);
}

static void entries_that_say_nothing_are_left_out(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, "", "", now);
    feed_add(&f, "javascript:alert(1)", "", now);
    feed_add(&f, "file:///etc/passwd", "", now);
    feed_add(&f, "http://user:secret@news.example.com/", "", now);
    feed_add(&f, "", "", now);
    f.entries[4].hint = NULL;
    f.entries[4].guid = "guid";
    poll_source(p, source, &f.result);
    assert_int_equal(outbox(p).n, 0);
    assert_int_equal(counts(p->ledger).pending, 0);
}

static void the_same_bytes_again_are_unchanged(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    struct record r = {0};
    feed_init(&f);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(record_source(&r, p->ledger, source), OK);
        struct http_response response = answer(200, FEED, "<rss/>");
        assert_int_equal(record_response(&r, p->ledger, &response, now),
                         i ? RECORD_DONE : RECORD_READ);
        if (i == 0)
            record_understood(&r, p->ledger, &f.result);
        record_clear(&r);
    }
}

static void validators_are_kept_with_what_was_understood(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    for (int understood = 0; understood < 2; understood++) {
        struct record r = {0};
        assert_int_equal(record_source(&r, p->ledger, source), OK);
        struct http_response response = answer(200, FEED, "<rss/>");
        response.etag = "\"v1\"";
        response.last_modified = "Tue, 14 Nov 2023 \x80 22:13:20 GMT"; // not clean: not kept
        assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_READ);
        if (understood)
            record_understood(&r, p->ledger, &f.result);
        else
            record_failed(&r, p->ledger, "not a feed", true);
        record_clear(&r);
        struct source *s = source_of(p, source);
        assert_string_equal(s->etag, understood ? "\"v1\"" : "");
        assert_string_equal(s->last_modified, "");
        source_free(&s);
    }
}

// A page that announces a feed.

// The page is a list of entries too.
static void poll_announcing(struct place *p, uint64_t source, char **feeds)
{
    struct feed f = {0};
    feed_init(&f);
    f.result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST;
    f.result.feeds = feeds;
    f.result.n_feeds = 1;
    feed_add(&f, PAGE, "国务院国资委公告", now);
    poll_source(p, source, &f.result);
}

static void a_feed_that_a_page_announces_is_followed_if_it_is_there(void **state)
{
    struct place *p = *state;
    char *feeds[] = {"http://news.example.com/gone.xml"};
    uint64_t source = add_source(p, "http://news.example.com/要闻/", BACKFILL_ALL);
    struct record r = {0};
    struct source *s;
    poll_announcing(p, source, feeds);
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    assert_string_equal(record_request(&r).url, feeds[0]);
    struct http_response response = answer(503, feeds[0], "");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    assert_int_equal(ledger_source_get(p->ledger, source, &s), OK);
    assert_string_equal(s->poll_url, feeds[0]); // it may come back
    assert_non_null(strstr(s->trouble, "the feed that the page announces, http://news"));
    source_free(&s);

    assert_int_equal(record_source(&r, p->ledger, source), OK);
    response.status = 404;
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    assert_int_equal(counts(p->ledger).pending, 0);
    assert_int_equal(ledger_source_get(p->ledger, source, &s), OK);
    assert_string_equal(s->poll_url, s->url);
    assert_int_equal(s->next_poll_ms, now);
    source_free(&s);

    poll_announcing(p, source, feeds); // does not lead there again
    assert_int_equal(counts(p->ledger).pending, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(at_first_sight_the_newest_are_published_afterwards_all),
        TEST(the_standard_backfill_holds_for_sources_of_every_kind),
        TEST(an_entry_without_a_page_is_published_as_it_is_and_again_when_it_changes),
        TEST(entries_that_say_nothing_are_left_out),
        TEST(the_same_bytes_again_are_unchanged),
        TEST(validators_are_kept_with_what_was_understood),
        TEST(a_feed_that_a_page_announces_is_followed_if_it_is_there),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
