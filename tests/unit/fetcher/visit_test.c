// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"
#include "services/fetcher/visit.h"

#define PAGE "https://news.example.com/要闻/1"

static struct http_response answered(void)
{
    return (struct http_response){.status = 200,
                                  .problem = "",
                                  .url = PAGE,
                                  .content_type = "text/html",
                                  .etag = "\"1\"",
                                  .last_modified = "",
                                  .elapsed_ms = 120,
                                  .size = 3000};
}

static int set_up(void **state)
{
    *state = arena_new(4096);
    return 0;
}

static int tear_down(void **state)
{
    arena_free((struct arena **)state);
    return 0;
}

static void a_visit_says_what_was_answered(void **state)
{
    const struct robots_ruling robots = {.verdict = ROBOTS_NOT_ASKED};
    const struct http_response response = answered();
    const struct visit v = {
        .url = PAGE, .ruled = PAGE, .robots = &robots, .response = &response, .at_ms = 5};
    const pb_visit *m = visit_message(&v, *state);
    assert_string_equal(m->url, PAGE);
    assert_int_equal(m->status, 200);
    assert_string_equal(m->content_type, "text/html");
    assert_string_equal(m->etag, "\"1\"");
    assert_int_equal(m->elapsed_ms, 120);
    assert_int_equal(m->size, 3000);
    assert_int_equal(m->n_redirects, 0);
    assert_int_equal(m->at_ms, 5);
    assert_int_equal(m->robots->verdict, NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED);
}

static void a_refused_page_names_the_rule_and_what_led_there(void **state)
{
    const struct robots_ruling robots = {.verdict = ROBOTS_MUST_NOT,
                                         .rule = "Disallow: /内部/",
                                         .line = 3,
                                         .status = 200,
                                         .delay_ms = 10000,
                                         .delay_stated_s = 86400};
    struct http_hop hops[1] = {{.status = 301, .url = "https://www.example.com/go"}};
    const struct visit v = {.url = PAGE,
                            .ruled = "https://www.example.com/内部/1",
                            .robots = &robots,
                            .hops = hops,
                            .n_hops = 1};
    const pb_visit *m = visit_message(&v, *state);
    assert_int_equal(m->robots->verdict, NEWSWIRE__V1__ROBOTS__VERDICT__FORBIDDEN);
    assert_string_equal(m->robots->url, "https://www.example.com/robots.txt");
    assert_string_equal(m->robots->rule, "Disallow: /内部/");
    assert_int_equal(m->robots->line, 3);
    assert_int_equal(m->robots->delay_s, 10);
    assert_int_equal(m->robots->delay_stated_s, 86400);
    assert_int_equal(m->n_redirects, 1);
    assert_int_equal(m->redirects[0]->status, 301);
    assert_int_equal(m->status, 0);
}

static void what_a_server_says_is_clean_and_cut_before_it_is_kept(void **state)
{
    static char header[5000], problem[5000];
    const struct robots_ruling robots = {.verdict = ROBOTS_MAY, .rule = "Allow: \xFF\x1B[2J"};
    struct http_response response = answered();
    memset(header, 'a', sizeof header - 1);
    memcpy(header, "\x1B]0;x\x07\xFF", 7);
    for (size_t i = 0; i + 3 < sizeof problem; i += 3)
        memcpy(problem + i + 1, "国", 3); // to be cut within one
    problem[0] = 'x';
    response.content_type = response.etag = response.last_modified = header;
    response.problem = problem;
    response.elapsed_ms = -1; // the clock was set back
    const struct visit v = {.url = PAGE, .ruled = PAGE, .robots = &robots, .response = &response};
    const pb_visit *m = visit_message(&v, *state);
    const char *const all[] = {m->content_type, m->etag, m->last_modified, m->problem,
                               m->robots->rule};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strlen(all[i]) > 512 || !text_is_clean(all[i], strlen(all[i])))
            fail_msg("number %zu is \"%s\"", i, all[i]);
    assert_int_equal(m->elapsed_ms, 0);
}

static void a_reading_counts_characters_and_dates_only_what_has_a_date(void **state)
{
    static const struct {
        const char *standfirst, *text;
        int64_t published_ms;
        uint32_t want;
        const char *want_from;
    } cases[] = {{"", "", 0, 0, ""},
                 {"国资委", "会议召开 in Peking", 5, 17, "meta"},
                 {"", "crème", 0, 5, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        pb_reading r;
        a.standfirst = (char *)(uintptr_t)cases[i].standfirst;
        a.text = (char *)(uintptr_t)cases[i].text;
        a.published_ms = cases[i].published_ms;
        visit_reading(&a, "meta", 7, &r);
        assert_int_equal(r.characters, cases[i].want);
        assert_string_equal(r.date_from, cases[i].want_from);
        assert_int_equal(r.outbox, 7);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_visit_says_what_was_answered),
        TEST(a_refused_page_names_the_rule_and_what_led_there),
        TEST(what_a_server_says_is_clean_and_cut_before_it_is_kept),
        TEST(a_reading_counts_characters_and_dates_only_what_has_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
