// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/url.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void links_resolve_against_the_page(void **state)
{
    (void)state;
    const char *base = "https://www.example.gov.cn/zwgk/2026/index.html";
    static const struct {
        const char *url, *want;
    } rows[] = {
        {"../zcfb/t20261120_1.htm", "https://www.example.gov.cn/zwgk/zcfb/t20261120_1.htm"},
        {"./t1.html", "https://www.example.gov.cn/zwgk/2026/t1.html"},
        {"/art/1.html?id=2#top", "https://www.example.gov.cn/art/1.html?id=2#top"},
        {"//News.Example.COM/a", "https://news.example.com/a"},
        {"  http://example.com\n", "http://example.com/"},
        {"http:\\\\example.com\\a", "http://example.com/a"},
        {"?page=2", "https://www.example.gov.cn/zwgk/2026/index.html?page=2"},
        {"/新闻/1", "https://www.example.gov.cn/%E6%96%B0%E9%97%BB/1"},
        {"https://例子.中国/", "https://xn--fsqu00a.xn--fiqs8s/"},
        {"http://2130706433/", "http://127.0.0.1/"},
        {"http://0x7f.2/", "http://127.0.0.2/"},
        {"http://[::FFFF:1]:80/", "http://[::ffff:1]/"},
        {"", "https://www.example.gov.cn/zwgk/2026/index.html"},
        {"/a/..#b", "https://www.example.gov.cn/#b"},
        {"/50%涨", "https://www.example.gov.cn/50%%E6%B6%A8"},
        {"..?q=1#b", "https://www.example.gov.cn/zwgk/?q=1#b"},
        {"/a/%2E%2e?q", "https://www.example.gov.cn/?q"},
        {"/a/.\t.#b", "https://www.example.gov.cn/#b"},
        {"/a/b...?q", "https://www.example.gov.cn/a/b...?q"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[URL_MAX + 1] = "";
        assert_int_equal(url_resolve(base, rows[i].url, got), OK);
        assert_string_equal(got, rows[i].want);
    }
}

static void what_is_not_a_web_url_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "javascript:void(0)",
        "mailto:a@example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://u:p@example.com/",
        "http://u@example.com/",
        "http://",
        "http://a b/",
        "http://example.com:99999/",
        "http://[::1/",
        "data:text/html,x",
        "http://1.2.3.4.5/",
    };
    char got[URL_MAX + 1] = "untouched";
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(url_resolve("https://example.com/", rows[i], got), ERR_INPUT);
    assert_int_equal(url_resolve("", "relative/link", got), ERR_INPUT);
    assert_string_equal(got, "untouched");
}

static void a_url_longer_than_the_maximum_is_refused(void **state)
{
    (void)state;
    char url[URL_MAX + 2] = "http://example.com/", got[URL_MAX + 1];
    size_t n = strlen(url);
    memset(url + n, 'a', URL_MAX - n);
    assert_int_equal(url_resolve("", url, got), OK);
    url[URL_MAX] = 'a';
    assert_int_equal(url_resolve("", url, got), ERR_INPUT);
    assert_int_equal(url_canonical(url, got), ERR_INPUT);
}

static void one_page_has_one_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want;
    } rows[] = {
        {"HTTP://Example.COM:80", "http://example.com/"},
        {"https://example.com:443/a?utm_source=x&id=7&UTM_medium=y", "https://example.com/a?id=7"},
        {"https://example.com/a?fbclid=1", "https://example.com/a"},
        {"https://example.com/a?", "https://example.com/a"},
        {"https://example.com/a?&&b=1&", "https://example.com/a?b=1"},
        {"https://example.com/a?b=2&a=1", "https://example.com/a?b=2&a=1"},
        {"https://example.com/a#section", "https://example.com/a"},
        {"https://example.com/#/news/12", "https://example.com/#/news/12"},
        {"https://example.com/#!news/12", "https://example.com/#!news/12"},
        {"https://example.com/a#:~:text=x", "https://example.com/a"},
        {"http://example.cn/a.do;jsessionid=0AF3?x=1", "http://example.cn/a.do?x=1"},
        {"http://example.cn/a?JSESSIONID=1&PHPSESSID=2&c=3", "http://example.cn/a?c=3"},
        {"http://example.cn/a?from=timeline&isappinstalled=0", "http://example.cn/a"},
        {"http://example.cn/a?from=beijing", "http://example.cn/a?from=beijing"},
        {"http://example.cn/a?spm=C73.1&id=1", "http://example.cn/a?id=1"},
        {"http://example.cn/%7euser/%e6%96%b0", "http://example.cn/~user/%E6%96%B0"},
        {"http://example.cn/?q=%2f%zz%4", "http://example.cn/?q=%2F%zz%4"},
        {"http://example.cn/a?%75tm_source=1", "http://example.cn/a"},
        {"http://example.cn/a/..;jsessionid=1", "http://example.cn/"},
        {"http://example.cn/?q=%%36%66", "http://example.cn/?q=%%36f"},
        {"http://example.cn/?q=%6%36%4%31", "http://example.cn/?q=%6%36%4%31"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[URL_MAX + 1] = "", again[URL_MAX + 1] = "";
        assert_int_equal(url_canonical(rows[i].url, got), OK);
        assert_string_equal(got, rows[i].want);
        assert_int_equal(url_canonical(got, again), OK);
        assert_string_equal(again, got);
    }
}

static void an_identity_is_32_hex_digits_and_depends_on_every_byte(void **state)
{
    (void)state;
    char a[URL_ID_SIZE], b[URL_ID_SIZE], c[URL_ID_SIZE];
    url_id("http://example.com/", a);
    url_id("http://example.com/", b);
    url_id("http://example.com/a", c);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
}

static void an_identity_stays_the_same_from_release_to_release(void **state)
{
    (void)state;
    char id[URL_ID_SIZE];
    url_id("http://example.com/", id); // printf 'http://example.com/' | b2sum -l 128
    assert_string_equal(id, "9aba6a18c5a5d94534a3b99c485d4547");
}

static void source_and_guid_do_not_run_into_each_other(void **state)
{
    (void)state;
    char a[URL_ID_SIZE], b[URL_ID_SIZE], c[URL_ID_SIZE];
    url_entry_id("http://example.com/feed", "1", a);
    url_entry_id("http://example.com/feed1", "", b);
    url_id("http://example.com/feed1", c);
    assert_string_not_equal(a, b);
    assert_string_not_equal(b, c);
}

static void the_unit_of_politeness_is_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want;
    } rows[] = {
        {"https://Example.com/a", "example.com:443"},
        {"http://example.com/a", "example.com:80"},
        {"http://example.com:8080/", "example.com:8080"},
        {"http://[2001:DB8::1]/", "[2001:db8::1]:80"},
        {"http://127.1:81/", "127.0.0.1:81"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[300];
        assert_int_equal(url_host(rows[i].url, got), OK);
        assert_string_equal(got, rows[i].want);
    }
    char got[300];
    assert_int_equal(url_host("nonsense", got), ERR_INPUT);
}

static void a_site_is_the_registrable_part_of_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool want_same;
    } rows[] = {
        {"http://www.example.com/", "https://news.example.com:8443/", true},
        {"http://example.com/", "http://example.org/", false},
        {"http://www.example.gov.cn/", "http://zwgk.example.gov.cn/", true},
        {"http://one.gov.cn/", "http://two.gov.cn/", false},
        {"http://www.gov.cn/", "http://sousuo.www.gov.cn/", true},
        {"http://www.one.com.cn/", "http://www.two.com.cn/", false},
        {"http://a.example.co.uk/", "http://b.example.co.uk/", true},
        {"http://example.cn/", "http://www.example.cn/", true},
        {"http://example.com./", "http://www.example.com/", true},
        {"http://127.0.0.1/", "http://127.0.0.1:8080/", true},
        {"http://10.0.0.1/", "http://11.0.0.1/", false},
        {"http://[::1]/", "http://[::2]/", false},
        {"http://intranet/", "http://intranet/a", true},
        {"nonsense", "nonsense", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(url_same_site(rows[i].a, rows[i].b), rows[i].want_same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_resolve_against_the_page),
        cmocka_unit_test(what_is_not_a_web_url_is_refused),
        cmocka_unit_test(a_url_longer_than_the_maximum_is_refused),
        cmocka_unit_test(one_page_has_one_canonical_form),
        cmocka_unit_test(an_identity_is_32_hex_digits_and_depends_on_every_byte),
        cmocka_unit_test(an_identity_stays_the_same_from_release_to_release),
        cmocka_unit_test(source_and_guid_do_not_run_into_each_other),
        cmocka_unit_test(the_unit_of_politeness_is_host_and_port),
        cmocka_unit_test(a_site_is_the_registrable_part_of_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
