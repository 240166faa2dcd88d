// SPDX-License-Identifier: MIT
// Pages, from the response to the outbox.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/text.h"
#include "tests/unit/fetcher/record_place.h"

// Failures.

static void a_not_modified_that_was_not_asked_for_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    fail_page(p, PAGE, 304);
    struct entry *e = entry_of(p, PAGE);
    assert_int_equal(e->state, ENTRY_PENDING);
    entry_free(&e);
}

static void the_feeds_own_words_are_published_when_the_page_does_not_come(void **state)
{
    static const struct {
        int status;
        size_t want[3]; // rows in the outbox after each failure
    } cases[] = {{500, {0, 1, 1}}, {404, {0, 1, 1}}, {410, {1, 1, 1}}, {401, {1, 1, 1}}};
    struct place *p = *state;
    size_t before = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100];
        snprintf(url, sizeof url, "http://news.example.com/%zu", i);
        uint64_t source = add_source(p, url, BACKFILL_ALL);
        see_page(p, source, url);
        for (int failure = 0; failure < 3; failure++) {
            struct entry *e = entry_of(p, url);
            if (e->state == ENTRY_PENDING)
                fail_page(p, url, cases[i].status);
            entry_free(&e);
            assert_int_equal(outbox(p).n - before, cases[i].want[failure]);
        }
        before = outbox(p).n;
    }
}

static void the_page_that_comes_later_is_the_next_revision(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    fail_page(p, PAGE, 500), fail_page(p, PAGE, 500);
    read_text(p, PAGE, "the article");
    struct rows r = outbox(p);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.id[0], r.id[1]);
    assert_string_equal(r.title[0], "国务院国资委公告");
    assert_string_equal(r.title[1], "Board approves dividend");
}

static void trouble_is_clean_whatever_the_server_says(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct record r = {0};
    char problem[600];
    memset(problem, 'x', sizeof problem);
    snprintf(problem, sizeof problem, "%500s", "");
    memcpy(problem, "bad \xFF\x1B[2J", 9);
    snprintf(problem + 496, 100, "国资委国资委"); // cut in the middle of a character
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    struct http_response response = answer(0, FEED, "");
    response.outcome = HTTP_BROKEN;
    response.problem = problem;
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    struct source *s = source_of(p, source);
    assert_true(*s->trouble);
    assert_true(text_is_clean(s->trouble, strlen(s->trouble)));
    source_free(&s);
}

static void a_text_that_is_garbled_or_missing_is_not_published(void **state)
{
    static const struct {
        const char *text, *standfirst;
        uint32_t replacements;
        size_t want;
    } cases[] = {
        {"", "", 0, 0},
        {"", "Only a standfirst", 0, 1},
        {"a short text", "", 4, 1},
        {"a short text", "", 5, 0},
        {"a text that is long enough to bear the odd damaged character, for it is more than three "
         "hundred bytes and a reader will hardly notice. a text that is long enough to bear the "
         "odd "
         "damaged character, for it is more than three hundred bytes and a reader will hardly "
         "notice. And so it goes on for a while, to the end.",
         "", 5, 1},
    };
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100];
        size_t before = outbox(p).n;
        struct feed f = {0};
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        snprintf(url, sizeof url, "http://news.example.com/g/%zu", i);
        feed_init(&f);
        feed_add(&f, url, "", now); // nothing to publish in its stead
        poll_source(p, source, &f.result);
        a.text = (char *)(uintptr_t)cases[i].text;
        a.standfirst = (char *)(uintptr_t)cases[i].standfirst;
        a.replacements = cases[i].replacements;
        read_page(p, url, &a);
        if (outbox(p).n - before != cases[i].want)
            fail_msg("number %zu", i);
    }
}

// Identity.

static void a_canonical_url_is_followed_on_the_same_site_and_not_to_its_front_page(void **state)
{
    static const struct {
        const char *canonical, *want;
    } cases[] = {
        {"", "http://news.example.com/c/0"},
        {"http://www.example.com/main", "http://www.example.com/main"},
        {"http://evil.example.net/main", "http://news.example.com/c/2"},
        {"http://news.example.com/", "http://news.example.com/c/3"},
        {"http://news.example.com", "http://news.example.com/c/4"},
        {"javascript:alert(1)", "http://news.example.com/c/5"},
        {"/relative", "http://news.example.com/c/6"},
        {"http://news.example.com/c/7?utm_source=x#top", "http://news.example.com/c/7"},
    };
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100], id[URL_ID_SIZE];
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        snprintf(url, sizeof url, "http://news.example.com/c/%zu", i);
        see_page(p, source, url);
        a.text = url;
        a.canonical_url = (char *)(uintptr_t)cases[i].canonical;
        read_page(p, url, &a);
        struct rows r = outbox(p);
        assert_int_equal(r.n, i + 1);
        id_of(cases[i].want, id);
        assert_string_equal(r.url[i], cases[i].want);
        assert_string_equal(r.id[i], id);
    }
}

static void links_that_lead_to_one_page_are_one_announcement(void **state)
{
    static const char *const links[] = {"http://news.example.com/go/1", "http://t.example.net/x",
                                        "http://news.example.com/要闻/1"};
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    char id[URL_ID_SIZE];
    for (size_t i = 0; i < 3; i++) {
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        a.title = "国务院国资委公告";
        a.text = "中央企业负责人会议在北京召开。";
        see_page(p, source, links[i]);
        read_page_from(p, links[i], links[2], &a);
    }
    struct rows r = outbox(p);
    id_of(links[2], id);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

// Gone pages redirect there: it must not take their place under one name.
static void a_redirect_to_the_front_page_names_nothing(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    a.text = "Welcome to our site";
    see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
    read_page_from(p, PAGE, "http://news.example.com/", &a);
    struct rows r = outbox(p);
    id_of(PAGE, id);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

#define LONG                                                                                                                \
    "国务院国资委召开中央企业负责人会议，部署安全生产和改革工作，要求全面落实责任。" \
    "The board met in Beijing on Monday and approved the dividend for the year."

static void a_page_that_moved_away_to_a_login_is_not_its_next_revision(void **state)
{
    static const struct {
        const char *to, *title, *text;
        size_t want; // rows of the outbox
        bool held;
    } cases[] = {
        {"http://news.example.com/login", "请先登录", "请先登录。", 1, true},
        {"http://sso.example.net/", "Please log in", "Please log in.", 1, true},
        {"http://news.example.com/new", "会议召开", LONG, 1, false}, // it only moved
        {"http://news.example.com/new", "会议召开", "已撤回。", 2, false},
        {"http://news.example.com/new", "改革会议召开", LONG "更正。", 2, false},
        {PAGE, "Withdrawn", "撤回。", 2, false}, // the page itself says so
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (i > 0)
            assert_int_equal(place_set_up(state), 0);
        struct place *p = *state;
        char id[URL_ID_SIZE];
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        id_of(PAGE, id);
        see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
        a.title = (char *)"会议召开";
        a.text = (char *)LONG;
        read_page(p, PAGE, &a);
        assert_int_equal(ledger_entry_retry(p->ledger, id, now), OK);
        a.title = (char *)(uintptr_t)cases[i].title;
        a.text = (char *)(uintptr_t)cases[i].text;
        read_page_from(p, PAGE, cases[i].to, &a);
        if (outbox(p).n != cases[i].want || told(p, id, "failed", cases[i].to) != cases[i].held)
            fail_msg("number %zu: %zu rows", i, outbox(p).n);
        if (i + 1 < sizeof cases / sizeof *cases)
            assert_int_equal(place_tear_down(state), 0);
    }
}

static void on_refused(void *arg, const Newswire__V1__Event *e)
{
    int *seen = arg;
    if (strcmp(e->name, "refused") != 0)
        return;
    ++*seen;
    assert_string_equal(e->visit->url, PAGE);
    assert_int_equal(e->visit->n_redirects, 2);
    assert_string_equal(e->visit->redirects[1]->url, "http://b.example.net/%E7%A6%81/1");
    assert_string_equal(e->visit->robots->url, "http://b.example.net/robots.txt");
    assert_string_equal(e->visit->robots->rule, "Disallow: /禁");
}

static void what_robots_txt_forbids_after_redirects_is_told_with_them(void **state)
{
    struct place *p = *state;
    struct record r;
    int seen = 0;
    char first[] = "http://news.example.com/b", second[] = "http://b.example.net/%E7%A6%81/1";
    struct http_hop hops[] = {{301, first}, {302, second}};
    struct http_response response = answer(302, PAGE, "");
    see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
    begin_page(p, PAGE, &r);
    assert_string_equal(record_url(&r), PAGE);
    response.hops = hops;
    response.n_hops = 2;
    record_hops(&r, &response);
    assert_string_equal(record_url(&r), second);
    assert_string_equal(record_request(&r).url, second);
    assert_int_equal(record_request(&r).n_hops, 2);
    r.robots = (struct robots_ruling){
        .verdict = ROBOTS_MUST_NOT, .rule = "Disallow: /禁", .line = 2, .status = 200};
    record_refused(&r, p->ledger, "robots.txt of b.example.net forbids it", now);
    char id[URL_ID_SIZE];
    id_of(PAGE, id);
    assert_int_equal(ledger_story(p->ledger, id, on_refused, &seen), OK);
    assert_int_equal(seen, 1);
    assert_true(told(p, id, "failed", "robots.txt of b.example.net forbids it"));
    record_clear(&r);
}

// What a user sends with each request to a source (a key, a password) is not for other sites.

static void a_page_is_asked_for_with_the_site_that_the_headers_are_for(void **state)
{
    static const char *const links[] = {"http://news.example.com/1", "http://evil.example.net/1"};
    struct place *p = *state;
    Newswire__V1__SourceOptions options = NEWSWIRE__V1__SOURCE_OPTIONS__INIT;
    char *headers[] = {"X-Api-Key: secret"};
    options.headers = headers;
    options.n_headers = 1;
    options.old_tls = true;
    struct source s = {.url = FEED, .gap_ms = -1, .backfill = BACKFILL_ALL, .options = &options};
    uint64_t source;
    assert_int_equal(ledger_source_add(p->ledger, &s, &source), OK);
    struct record r = {0};
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    assert_int_equal(record_request(&r).n_headers, 1);
    assert_string_equal(record_request(&r).site, FEED);
    record_clear(&r);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        see_page(p, source, links[i]);
        begin_page(p, links[i], &r);
        assert_string_equal(record_request(&r).url, links[i]);
        assert_string_equal(record_request(&r).site, FEED); // http.c sends them nowhere else
        record_clear(&r);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_not_modified_that_was_not_asked_for_is_a_failure),
        TEST(the_feeds_own_words_are_published_when_the_page_does_not_come),
        TEST(the_page_that_comes_later_is_the_next_revision),
        TEST(trouble_is_clean_whatever_the_server_says),
        TEST(a_text_that_is_garbled_or_missing_is_not_published),
        TEST(a_canonical_url_is_followed_on_the_same_site_and_not_to_its_front_page),
        TEST(links_that_lead_to_one_page_are_one_announcement),
        TEST(a_redirect_to_the_front_page_names_nothing),
        TEST(a_page_that_moved_away_to_a_login_is_not_its_next_revision),
        TEST(what_robots_txt_forbids_after_redirects_is_told_with_them),
        TEST(a_page_is_asked_for_with_the_site_that_the_headers_are_for),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
