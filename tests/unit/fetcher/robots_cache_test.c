// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/robots_cache.h"

static const char ROBOTS[] = "https://news.example/robots.txt";

static void put(struct robots_cache *c, const char *robots, const char *text, size_t size)
{
    struct http_response r = {.outcome = HTTP_ANSWERED,
                              .status = 200,
                              .problem = "",
                              .body = (const uint8_t *)text,
                              .size = size};
    robots_cache_put(c, robots, &r, 1000);
}

static enum robots_verdict verdict(struct robots_cache *c, const char *url)
{
    struct robots_ruling ruling;
    robots_cache_ask(c, url, 1000, &ruling);
    return ruling.verdict;
}

// RFC 9309, 2.5.
static void of_a_file_that_is_too_long_the_beginning_holds(void **state)
{
    (void)state;
    struct robots_cache *c = robots_cache_new();
    struct buf text = buf_new(2 << 20);
    buf_puts(&text, "User-agent: *\nDisallow: /no\nDisallow: /%E7%A6%81\n");
    while (text.size < ROBOTS_SIZE_MAX - 10)
        buf_puts(&text, "# x\n");
    buf_puts(&text, "Disallow: /yes/but-not-here\n"); // cut: "Disallow: /" would be another rule
    assert_true(text.size > ROBOTS_ENOUGH);
    put(c, ROBOTS, buf_str(&text), ROBOTS_ENOUGH);
    assert_int_equal(verdict(c, "https://news.example/no/1"), ROBOTS_MUST_NOT);
    assert_int_equal(verdict(c, "https://news.example/禁止"), ROBOTS_MUST_NOT);
    assert_int_equal(verdict(c, "https://news.example/yes"), ROBOTS_MAY);
    buf_free(&text);
    robots_cache_free(&c);
}

static void what_cannot_be_read_allows_nothing_for_now(void **state)
{
    static const enum http_outcome outcomes[] = {HTTP_TOO_LARGE, HTTP_BROKEN, HTTP_TIMEOUT};
    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct robots_cache *c = robots_cache_new();
        struct http_response r = {.outcome = outcomes[i], .problem = "larger than 64 KiB"};
        robots_cache_put(c, ROBOTS, &r, 1000);
        assert_int_equal(verdict(c, "https://news.example/1"), ROBOTS_LATER);
        robots_cache_free(&c);
    }
}

static void a_crawl_delay_beyond_a_minute_is_told_as_it_was_stated(void **state)
{
    static const char text[] = "User-agent: *\nCrawl-delay: 86400\n";
    (void)state;
    struct robots_cache *c = robots_cache_new();
    struct robots_ruling ruling;
    put(c, ROBOTS, text, strlen(text));
    robots_cache_ask(c, "https://news.example/新闻", 1000, &ruling);
    assert_int_equal(ruling.delay_ms, 60000);
    assert_int_equal(ruling.delay_stated_s, 86400);
    robots_cache_free(&c);
}

static void a_refusal_names_the_host_that_refuses(void **state)
{
    static const struct {
        struct robots_ruling ruling;
        const char *url;
        bool redirected;
        const char *want;
    } rows[] = {
        {{.verdict = ROBOTS_MUST_NOT, .rule = "Disallow: /no"},
         "https://news.example/no/1",
         false,
         "robots.txt of news.example forbids it (Disallow: /no)"},
        {{.verdict = ROBOTS_MUST_NOT, .rule = "Disallow: /"},
         "http://127.0.0.2:8931/%E7%A6%81/1",
         true,
         "robots.txt of 127.0.0.2:8931 forbids http://127.0.0.2:8931/%E7%A6%81/1, where it "
         "redirects to (Disallow: /)"},
        {{.verdict = ROBOTS_LATER, .status = 503},
         "http://news.example/1",
         false,
         "robots.txt of news.example cannot be had (HTTP 503)"},
        {{.verdict = ROBOTS_LATER, .problem = "timed out"},
         "http://news.example:443/1",
         true,
         "robots.txt of news.example:443, where it redirects to, cannot be had (timed out)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem why;
        robots_refusal(&rows[i].ruling, rows[i].url, rows[i].redirected, &why);
        assert_string_equal(why.text, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_file_that_is_too_long_the_beginning_holds),
        cmocka_unit_test(what_cannot_be_read_allows_nothing_for_now),
        cmocka_unit_test(a_crawl_delay_beyond_a_minute_is_told_as_it_was_stated),
        cmocka_unit_test(a_refusal_names_the_host_that_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
