// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/redirect.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void some_statuses_redirect(void **state)
{
    (void)state;
    static const int follow[] = {301, 302, 303, 307, 308},
                     stay[] = {0, 200, 300, 304, 305, 399, 401};
    for (size_t i = 0; i < COUNT(follow); i++)
        assert_true(redirect_status(follow[i]));
    for (size_t i = 0; i < COUNT(stay); i++)
        assert_false(redirect_status(stay[i]));
}

static void a_location_is_resolved_or_refused_in_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *location, *want, *why;
    } rows[] = {
        {"/b", "http://news.example.com/b", NULL},
        {"?page=2", "http://news.example.com/a/1.html?page=2", NULL},
        {"https://www.example.com/", "https://www.example.com/", NULL},
        {"//例子.中国/要闻", "http://xn--fsqu00a.xn--fiqs8s/%E8%A6%81%E9%97%BB", NULL},
        {"/\xB9\xAB\xB8\xE6.html", "http://news.example.com/%B9%AB%B8%E6.html", NULL}, // GBK
        {"/a b", "http://news.example.com/a%20b", NULL},
        {"file:///etc/passwd", NULL, "Protocol \"file\" not supported"},
        {"ftp://127.0.0.1/", NULL, "Protocol \"ftp\" not supported"},
        {"javascript:alert(1)", NULL, "Protocol \"javascript\" not supported"},
        {"http://user:password@news.example.com/", NULL, "to no URL"},
        {"http://[", NULL, "to no URL"},
        {"http://", NULL, "to no URL"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[URL_MAX + 1] = "";
        struct problem why = {""};
        enum err e =
            redirect_target("http://news.example.com/a/1.html", rows[i].location, out, &why);
        assert_int_equal(e, rows[i].want ? OK : ERR_INPUT);
        if (rows[i].want)
            assert_string_equal(out, rows[i].want);
        else
            assert_non_null(strstr(why.text, rows[i].why));
    }
}

static void a_location_too_long_is_refused(void **state)
{
    (void)state;
    char location[4 * URL_MAX], out[URL_MAX + 1];
    struct problem why;
    memset(location, 'a', sizeof location - 1);
    location[0] = '/';
    location[sizeof location - 1] = '\0';
    assert_int_equal(redirect_target("http://a.example/", location, out, &why), ERR_INPUT);
}

// What is for a source alone goes to its own host and port only, and never in plain text after TLS.
static void own_is_the_same_host_no_less_encrypted(void **state)
{
    (void)state;
    static const struct {
        const char *source, *url;
        bool want;
    } rows[] = {
        {"http://news.example.com/feed", "http://news.example.com/1", true},
        {"http://news.example.com/feed", "https://news.example.com/1", true},
        {"http://news.example.com/feed", "http://www.news.example.com/1", true},
        {"http://www.gov.cn/feed", "https://gov.cn/1", true},
        {"http://例子.中国/要闻.xml", "http://xn--fsqu00a.xn--fiqs8s/1.html", true},
        {"http://NEWS.example.com/feed", "http://news.example.com:80/1", true},
        {"https://news.example.com/feed", "http://news.example.com/1", false},
        {"https://news.example.com/feed", "http://news.example.com:443/1", false},
        {"https://news.example.com/feed", "https://news.example.com:8443/1", false},
        {"http://news.example.com:8080/feed", "https://news.example.com/1", false},
        {"http://news.example.com/feed", "http://cdn.example.com/1", false},
        {"http://news.example.com/feed", "http://news.example.com.evil.net/1", false},
        {"http://news.example.com/feed", "http://evil.example.net/news.example.com", false},
        {"http://127.0.0.1/feed", "http://127.0.0.2/feed", false},
        {"http://127.0.0.1/feed", "http://localhost/feed", false},
        {"http://[::1]/feed", "http://[::2]/feed", false},
        {"nonsense", "nonsense", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (redirect_own(rows[i].source, rows[i].url) != rows[i].want)
            fail_msg("%s, %s", rows[i].source, rows[i].url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_statuses_redirect),
        cmocka_unit_test(a_location_is_resolved_or_refused_in_a_sentence),
        cmocka_unit_test(a_location_too_long_is_refused),
        cmocka_unit_test(own_is_the_same_host_no_less_encrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
