// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/demo/demo_site.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

extern const struct embedded demo_files[];

enum { START_MS = 1000000000 };

static int open_site(void **state)
{
    static struct demo_site site;
    struct problem why;
    struct demo_stories *stories;
    if (demo_stories_new(demo_files, &stories, &why) != OK)
        return 1;
    site = (struct demo_site){stories, START_MS, 10000};
    *state = &site;
    return 0;
}

static int close_site(void **state)
{
    struct demo_site *site = *state;
    struct demo_stories *stories = (struct demo_stories *)(uintptr_t)site->stories;
    demo_stories_free(&stories);
    return 0;
}

static struct http_reply ask(const struct demo_site *site, const char *path, int64_t now_ms,
                             const char *if_none_match)
{
    struct http_call call = {path, "127.0.0.1:5559", if_none_match, ""};
    struct http_reply reply = {.status = 200, .content_type = "", .body = buf_new(HTTP_REPLY_MAX)};
    demo_site_answer(site, now_ms, &call, &reply);
    return reply;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *s = text; (s = strstr(s, what)) != NULL; s++)
        n++;
    return n;
}

static void half_is_there_at_the_start_and_one_more_every_ten_seconds(void **state)
{
    const struct demo_site *site = *state;
    size_t all = demo_stories_count(site->stories);
    static const struct {
        int64_t after_ms;
        size_t want_more;
    } rows[] = {{-5, 0}, {0, 0}, {9999, 0}, {10000, 1}, {25000, 2}, {119999, 11}, {1000000, 12}};
    assert_int_equal(all, 24);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(demo_site_visible(site, START_MS + rows[i].after_ms),
                         12 + rows[i].want_more);
}

static void a_feed_lists_what_is_there_newest_first(void **state)
{
    static const struct {
        const char *path, *item;
        size_t want_first, want_all;
    } rows[] = {
        {"/zh/rss.xml", "<item>", 5, 10},
        {"/en/atom.xml", "<entry>", 3, 8},
        {"/hant/rss.xml", "<item ", 1, 3},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_reply first = ask(*state, rows[i].path, START_MS, "");
        struct http_reply all = ask(*state, rows[i].path, START_MS + 1000000, "");
        assert_int_equal(count(buf_str(&first.body), rows[i].item), rows[i].want_first);
        assert_int_equal(count(buf_str(&all.body), rows[i].item), rows[i].want_all);
        buf_free(&first.body);
        buf_free(&all.body);
    }
}

static void a_page_is_served_in_the_encoding_it_declares(void **state)
{
    static const struct {
        const char *path, *want_type, *want_bytes;
    } rows[] = {
        {"/page/03-theme-party-day.html", "text/html; charset=gbk", "\xb5\xb3\xd4\xb1"}, // 党员
        {"/page/06-bank-branch.html", "text/html; charset=big5", "\xbb\xc8\xa6\xe6"},    // 銀行
        {"/zh/01-reform-plan.html", "text/html; charset=utf-8", "国有企业"},
        {"/en/02-port-crane-order.html", "text/html; charset=utf-8", "Harbour Bridge"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_reply r = ask(*state, rows[i].path, START_MS, "");
        assert_int_equal(r.status, 200);
        assert_string_equal(r.content_type, rows[i].want_type);
        assert_non_null(strstr(buf_str(&r.body), rows[i].want_bytes));
        buf_free(&r.body);
    }
}

static void what_is_not_there_yet_is_not_found(void **state)
{
    struct http_reply early = ask(*state, "/zh/13-battery-plant.html", START_MS + 9999, "");
    struct http_reply late = ask(*state, "/zh/13-battery-plant.html", START_MS + 10000, "");
    assert_int_equal(early.status, 404);
    assert_int_equal(late.status, 200);
    buf_free(&early.body);
    buf_free(&late.body);
}

static void an_unchanged_feed_is_not_sent_again(void **state)
{
    struct http_reply first = ask(*state, "/zh/rss.xml", START_MS, "");
    struct http_reply same = ask(*state, "/zh/rss.xml", START_MS + 5000, first.headers[0].value);
    struct http_reply more = ask(*state, "/zh/rss.xml", START_MS + 10000, first.headers[0].value);
    assert_string_equal(first.headers[0].name, "ETag");
    assert_int_equal(same.status, 304);
    assert_int_equal(same.body.size, 0);
    assert_int_equal(more.status, 200);
    buf_free(&first.body);
    buf_free(&same.body);
    buf_free(&more.body);
}

static void a_host_name_cannot_break_out_of_the_feed(void **state)
{
    struct http_call call = {"/hant/rss.xml", "\"/><script>", "", ""};
    struct http_reply reply = {.body = buf_new(HTTP_REPLY_MAX)};
    demo_site_answer(*state, START_MS, &call, &reply);
    assert_null(strstr(buf_str(&reply.body), "<script>"));
    buf_free(&reply.body);
}

static void a_broken_story_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"colour: red\n\ntext\n", "demo story 01-x: no field \"colour\""},
        {"nonsense\n", "demo story 01-x: no field \"nonsense\""},
        {"title: t\n\n", "demo story 01-x has no title or no text"},
        {"", "demo story 01-x has no title or no text"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct embedded files[] = {
            {"01-x.txt", (const unsigned char *)rows[i].text, strlen(rows[i].text)},
            {NULL, NULL, 0}};
        struct demo_stories *stories = NULL;
        struct problem why;
        assert_int_equal(demo_stories_new(files, &stories, &why), ERR_CONFIG);
        assert_string_equal(why.text, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_is_there_at_the_start_and_one_more_every_ten_seconds),
        cmocka_unit_test(a_feed_lists_what_is_there_newest_first),
        cmocka_unit_test(a_page_is_served_in_the_encoding_it_declares),
        cmocka_unit_test(what_is_not_there_yet_is_not_found),
        cmocka_unit_test(an_unchanged_feed_is_not_sent_again),
        cmocka_unit_test(a_host_name_cannot_break_out_of_the_feed),
        cmocka_unit_test(a_broken_story_is_named),
    };
    return cmocka_run_group_tests(tests, open_site, close_site);
}
