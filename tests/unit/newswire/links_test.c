// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/newswire/links.h"

enum { OUTPUT_MAX = 4096 };

static const char page[] =
    "<html><body><ul>"
    "<li><a href='/公告/1001.html'>关于召开年度工作会议的通知</a><span>2026-11-20</span></li>"
    "<li><a href='/notice/1002.html'>Notice of the annual meeting</a><span>2026-11-19</span></li>"
    "</ul></body></html>";

static const char feed[] =
    "<rss version='2.0'><channel><title>要闻</title><item><title>Annual results\nannounced</title>"
    "<link>https://例子.中国/2.html</link></item></channel></rss>";

// What links_print writes to standard output.
static enum err printed(const char *text, struct links_options options, char out[OUTPUT_MAX],
                        struct problem *why)
{
    const struct page_source source = {(const uint8_t *)text, strlen(text), "https://例子.中国/",
                                       "text/html; charset=utf-8", INT64_C(1795219200000)};
    int into = memfd_create("output", 0), kept = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(into, STDOUT_FILENO);
    enum err e = links_print(&source, &options, why);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    ssize_t n = pread(into, out, OUTPUT_MAX - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    close(into);
    close(kept);
    return e;
}

static void links_are_shown_with_date_title_and_readable_url(void **state)
{
    (void)state;
    char out[OUTPUT_MAX];
    struct problem why = {""};
    assert_int_equal(printed(page, (struct links_options){"", false}, out, &why), OK);
    assert_string_equal(out, "DATE        TITLE\n"
                             "2026-11-20  关于召开年度工作会议的通知\n"
                             "    https://例子.中国/公告/1001.html\n"
                             "2026-11-19  Notice of the annual meeting\n"
                             "    https://例子.中国/notice/1002.html\n");
}

static void for_programs_each_link_is_an_object(void **state)
{
    (void)state;
    char out[OUTPUT_MAX];
    struct problem why = {""};
    assert_int_equal(printed(page, (struct links_options){"ul li a", true}, out, &why), OK);
    assert_non_null(strstr(out, "\"title\":\"关于召开年度工作会议的通知\","
                                "\"published_at\":\"2026-11-20\"}\n"));
    assert_non_null(strstr(out, "{\"url\":\"https://xn--fsqu00a.xn--fiqs8s/notice/1002.html\""));
}

static void a_feed_shows_its_entries(void **state)
{
    (void)state;
    char out[OUTPUT_MAX];
    struct problem why = {""};
    assert_int_equal(printed(feed, (struct links_options){"", false}, out, &why), OK);
    assert_non_null(strstr(out, "-     Annual results announced\n"));
    assert_non_null(strstr(out, "    https://例子.中国/2.html\n"));
}

static void a_page_without_a_list_says_so(void **state)
{
    (void)state;
    char out[OUTPUT_MAX];
    struct problem why = {""};
    assert_int_equal(
        printed("<p>没有链接 no links</p>", (struct links_options){"", false}, out, &why),
        ERR_INPUT);
    assert_non_null(strstr(why.text, "no list of articles was found"));
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_shown_with_date_title_and_readable_url),
        cmocka_unit_test(for_programs_each_link_is_an_object),
        cmocka_unit_test(a_feed_shows_its_entries),
        cmocka_unit_test(a_page_without_a_list_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
