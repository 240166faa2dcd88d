// SPDX-License-Identifier: MIT
// What a source is asked for beside itself: the sitemaps of its site, the next pages of a list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/fetcher/catch_up_place.h"

static bool is_done(struct place *p, uint64_t number)
{
    struct source *s = source_of(p, number);
    bool done = !s->catch_up;
    source_free(&s);
    return done;
}

// The entry's state, or -1 if nobody has seen it.
static int state_of_url(struct place *p, const char *url)
{
    char id[URL_ID_SIZE];
    struct entry *e;
    id_of(url, id);
    if (ledger_entry_get(p->ledger, id, &e))
        return -1;
    int state = (int)e->state;
    entry_free(&e);
    return state;
}

static int state_of(struct place *p, int n)
{
    char url[60];
    snprintf(url, sizeof url, "http://news.example.com/%d", n);
    return state_of_url(p, url);
}

// A feed of 5 that moved on by 10 by the hour 20: entries 1 to 5, then 11 to 15.
static uint64_t jumped(struct place *p)
{
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct found *f = found_new(KIND(FEED), 1, 5);
    ask(p, source, 6, NULL, &f->result);
    free(f);
    f = found_new(KIND(FEED), 11, 15);
    ask(p, source, 20, NULL, &f->result);
    free(f);
    return source;
}

// Sitemaps.

static void a_gap_leads_to_the_sites_sitemap_once(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    struct source *s = source_of(p, source);
    assert_int_equal(s->next_poll_ms, now + 20 * HOUR_MS); // due now
    assert_int_equal(s->lost_ms, now + 20 * HOUR_MS);
    source_free(&s);
    struct found *f = found_new(KIND(SITEMAP), -9, 15);
    assert_string_equal(ask(p, source, 20, NULL, &f->result),
                        "http://news.example.com/sitemap.xml");
    free(f);
    for (int n = -9; n <= 15; n++)
        assert_int_equal(state_of(p, n), n < 1 ? -1 : ENTRY_PENDING);
    s = source_of(p, source);
    assert_null(s->catch_up);
    assert_int_equal(s->lost_ms, 0);
    assert_true(s->next_poll_ms > now + 20 * HOUR_MS);
    assert_string_equal(s->trouble, "");
    source_free(&s);
    assert_string_equal(ask(p, source, 21, NULL, NULL), FEED);
}

static void what_is_still_to_be_asked_for_survives_a_crash(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    assert_int_equal(ledger_flush(p->ledger), OK);
    place_reopen(p);
    struct found *f = found_new(KIND(SITEMAP), 1, 15);
    ask(p, source, 20, NULL, &f->result);
    free(f);
    assert_int_equal(state_of(p, 7), ENTRY_PENDING);
}

static void of_a_sitemap_only_what_lies_between_on_the_site_is_taken(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    struct found *f = found_new(KIND(SITEMAP), 6, 10);
    f->entries[0].at_ms = 0;                                               // no date
    f->entries[1].at_ms = now + 90 * HOUR_MS;                              // of days to come
    f->entries[2].link = (char *)(uintptr_t) "http://evil.example.net/10"; // another site
    f->entries[3].at_ms = now - 16 * HOUR_MS;                              // of a day, 00:00
    f->entries[3].precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    f->entries[4].at_ms = now - 25 * HOUR_MS;
    f->entries[4].precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    ask(p, source, 20, NULL, &f->result);
    free(f);
    static const int want[] = {-1, ENTRY_PENDING, -1, -1, -1}; // of 6 to 10
    for (int n = 6; n <= 10; n++)
        assert_int_equal(state_of(p, n), want[n - 6]);
    assert_int_equal(state_of_url(p, "http://evil.example.net/10"), -1);
}

static void a_sitemap_that_cannot_be_had_leaves_the_gap_and_no_trouble(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    ask(p, source, 20, NULL, NULL);
    struct source *s = source_of(p, source);
    struct ledger_alarm lost;
    assert_null(s->catch_up);
    assert_string_equal(s->trouble, "");
    assert_int_equal(s->schedule.failures, 0);
    source_free(&s);
    assert_int_equal(ledger_lost(p->ledger, now + 20 * HOUR_MS, &lost), OK);
    assert_int_equal(lost.n, 1);
    assert_string_equal(lost.url, FEED);
    assert_int_equal(ledger_lost(p->ledger, now + 21 * HOUR_MS, &lost), OK);
    assert_int_equal(lost.n, 0);
}

static void a_sitemap_that_redirects_to_another_site_is_not_read(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    struct found *f = found_new(KIND(SITEMAP), 1, 15);
    ask(p, source, 20, "http://evil.example.net/sitemap.xml", &f->result);
    free(f);
    assert_int_equal(state_of(p, 7), -1);
    assert_true(is_done(p, source));
}

static void name_sitemaps(struct place *p, uint64_t source, const char *const *names, size_t n,
                          bool want)
{
    struct record r = {.backfill = 50};
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    assert_true(record_sitemaps(&r, p->ledger, names, n, now + 20 * HOUR_MS) == want);
    record_clear(&r);
}

static void the_sitemaps_that_robots_names_come_first_those_of_news_before_all(void **state)
{
    static const char *const names[] = {"http://evil.example.net/news.xml", "/maps/all.xml",
                                        "http://www.example.com/maps/News.xml"};
    struct place *p = *state;
    uint64_t source = jumped(p);
    name_sitemaps(p, source, names, 3, true);
    struct found *f = found_new(KIND(SITEMAP), 3, 15);
    pb_announcement hint = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    for (size_t i = 0; i < f->result.n_entries; i++)
        f->entries[i].hint = &hint; // a news sitemap, back to before the last poll
    assert_string_equal(ask(p, source, 20, NULL, &f->result),
                        "http://www.example.com/maps/News.xml");
    free(f);
    assert_int_equal(state_of(p, 7), ENTRY_PENDING);
    assert_true(is_done(p, source)); // nothing can be missing: the other one is left alone
}

static void a_name_on_another_site_does_not_replace_the_guess(void **state)
{
    static const char *const names[] = {"http://evil.example.net/news.xml", "nonsense://"};
    struct place *p = *state;
    uint64_t source = jumped(p);
    name_sitemaps(p, source, names, 2, false);
    assert_string_equal(ask(p, source, 20, NULL, NULL), "http://news.example.com/sitemap.xml");
}

// An index of `n` sitemaps, /map/PREFIX0.xml and so on.
static struct found *index_new(int n, const char *prefix)
{
    static char urls[30][60];
    static char *all[30];
    struct found *f = found_new(KIND(SITEMAP), 1, 0);
    f->result.feeds = all;
    for (int i = 0; i < n; i++) {
        snprintf(urls[i], 60, "http://news.example.com/map/%s%d.xml", prefix, i);
        all[i] = urls[i];
    }
    f->result.n_feeds = (size_t)n;
    return f;
}

static void an_index_leads_no_further_than_two_more(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    for (int depth = 0; depth < 3; depth++) {
        char prefix[10];
        snprintf(prefix, sizeof prefix, "%d-", depth);
        assert_false(is_done(p, source));
        struct found *f = index_new(1, prefix);
        ask(p, source, 20, NULL, &f->result);
        free(f);
    }
    assert_true(is_done(p, source));
}

static void no_more_than_ten_pages_are_asked_for(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    struct found *f = index_new(30, "x");
    ask(p, source, 20, NULL, &f->result);
    free(f);
    int asked = 1;
    for (; !is_done(p, source); asked++)
        ask(p, source, 20, NULL, NULL);
    assert_int_equal(asked, 10);
}

static void a_sitemap_of_the_index_that_is_older_is_left_out(void **state)
{
    struct place *p = *state;
    uint64_t source = jumped(p);
    int64_t changed[] = {now - 90 * HOUR_MS, 0, now + 12 * HOUR_MS};
    struct found *f = index_new(3, "x");
    f->result.feeds_ms = changed;
    f->result.n_feeds_ms = 3;
    ask(p, source, 20, NULL, &f->result);
    free(f);
    assert_string_equal(ask(p, source, 20, NULL, NULL), "http://news.example.com/map/x1.xml");
    assert_string_equal(ask(p, source, 20, NULL, NULL), "http://news.example.com/map/x2.xml");
    assert_true(is_done(p, source));
}

static uint64_t find(struct place *p, const char *url)
{
    struct source *s;
    if (ledger_source_find(p->ledger, url, &s))
        return 0;
    uint64_t number = s->number;
    source_free(&s);
    return number;
}

// An index that a user adds: its sitemaps become sources, on its site, two indexes deep.
static void an_index_as_a_source_leads_no_further_either(void **state)
{
    struct place *p = *state;
    static char evil[] = "http://evil.example.net/map.xml";
    uint64_t source = add_source(p, "http://news.example.com/sitemap.xml", BACKFILL_ALL);
    for (int depth = 0; depth < 3; depth++) {
        char prefix[10], child[60];
        snprintf(prefix, sizeof prefix, "%d-", depth);
        struct found *f = index_new(2, prefix);
        f->result.feeds[1] = evil;
        ask(p, source, 1, NULL, &f->result);
        free(f);
        snprintf(child, sizeof child, "http://news.example.com/map/%s0.xml", prefix);
        struct source *s = source_of(p, source);
        assert_int_equal(*s->trouble != '\0', depth == 2);
        source_free(&s);
        source = find(p, child);
        assert_int_equal(source != 0, depth < 2);
    }
    assert_int_equal(find(p, evil), 0);
}

// Lists.

// Page `page` of a list with 5 entries a page, 60 the newest.
static const char *ask_page(struct place *p, uint64_t source, int page, const char *next)
{
    struct found *f = found_new(KIND(LIST), 56 - 5 * page, 60 - 5 * page);
    f->result.next = (char *)(uintptr_t)next;
    const char *asked = ask(p, source, 61, NULL, &f->result);
    free(f);
    return asked;
}

static void a_new_list_is_followed_until_the_backfill_is_reached(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://news.example.com/list/", 12);
    ask_page(p, source, 0, "http://news.example.com/list/2");
    assert_string_equal(ask_page(p, source, 1, "http://news.example.com/list/3"),
                        "http://news.example.com/list/2");
    assert_false(is_done(p, source));
    ask_page(p, source, 2, "http://news.example.com/list/4");
    assert_true(is_done(p, source));
    for (int n = 46; n <= 60; n++)
        assert_int_equal(state_of(p, n), n > 48 ? ENTRY_PENDING : ENTRY_BASELINE);
}

static void a_list_without_an_end_is_left_after_ten_pages(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://news.example.com/list/", BACKFILL_ALL);
    int pages = 0;
    do
        ask_page(p, source, pages++, "http://news.example.com/list/again");
    while (!is_done(p, source));
    assert_int_equal(pages, 11); // the list itself, and ten
}

static void a_page_that_shows_nothing_new_is_the_last(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://news.example.com/list/", BACKFILL_ALL);
    ask_page(p, source, 0, "http://news.example.com/list/2");
    ask_page(p, source, 0, "http://news.example.com/list/3");
    assert_true(is_done(p, source));
}

static void a_next_page_on_another_site_is_not_asked_for(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, "http://news.example.com/list/", BACKFILL_ALL);
    ask_page(p, source, 0, "http://evil.example.net/list/2");
    assert_true(is_done(p, source));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_gap_leads_to_the_sites_sitemap_once),
        TEST(what_is_still_to_be_asked_for_survives_a_crash),
        TEST(of_a_sitemap_only_what_lies_between_on_the_site_is_taken),
        TEST(a_sitemap_that_cannot_be_had_leaves_the_gap_and_no_trouble),
        TEST(a_sitemap_that_redirects_to_another_site_is_not_read),
        TEST(the_sitemaps_that_robots_names_come_first_those_of_news_before_all),
        TEST(a_name_on_another_site_does_not_replace_the_guess),
        TEST(an_index_leads_no_further_than_two_more),
        TEST(no_more_than_ten_pages_are_asked_for),
        TEST(a_sitemap_of_the_index_that_is_older_is_left_out),
        TEST(an_index_as_a_source_leads_no_further_either),
        TEST(a_new_list_is_followed_until_the_backfill_is_reached),
        TEST(a_list_without_an_end_is_left_after_ten_pages),
        TEST(a_page_that_shows_nothing_new_is_the_last),
        TEST(a_next_page_on_another_site_is_not_asked_for),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
