// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/readable.h"

struct row {
    const char *url, *want;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf out = buf_new(4096);
        readable_url(rows[i].url, &out);
        assert_string_equal(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
}

static void a_chinese_url_is_shown_as_it_is_written(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://xn--fsqu00a.xn--fiqs8s/%E8%A6%81%E9%97%BB/1.html?a=%E5%9B%BD#x",
         "https://例子.中国/要闻/1.html?a=国#x"},
        {"http://www.xn--fiqs8s:8080", "http://www.中国:8080"},
        {"https://xn--ab-3h8c.xn--fiq02ib9d179b/", "https://a国b.中国移动/"},
        {"https://news.example.com/%C3%A9t%C3%A9/", "https://news.example.com/été/"},
        {"https://例子.中国/要闻", "https://例子.中国/要闻"},
        {"", ""},
    };
    check(rows, sizeof rows / sizeof *rows);
}

// What could be taken for something else, or would not be seen, stays escaped.
static void what_would_mislead_stays_as_it_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://xn--80ak6aa92e.com/",
         "https://xn--80ak6aa92e.com/"}, // Cyrillic, looks like apple
        {"https://a.example/%2F%20%3C%0A%00", "https://a.example/%2F%20%3C%0A%00"},
        {"https://a.example/%E2%80%AE%E2%80%8B%C2%A0%E3%80%80",
         "https://a.example/%E2%80%AE%E2%80%8B%C2%A0%E3%80%80"},
        {"https://a.example/%E8%A6", "https://a.example/%E8%A6"},
        {"https://a.example/%E8%A6%", "https://a.example/%E8%A6%"},
        {"https://a.example/%zz%C0%AF%ED%A0%80", "https://a.example/%zz%C0%AF%ED%A0%80"},
        {"https://xn--/xn--", "https://xn--/xn--"},
        {"https://xn--99999999999999999999999/", "https://xn--99999999999999999999999/"},
        {"https://xn--a-b!c/", "https://xn--a-b!c/"},
        {"newswire", "newswire"},
    };
    check(rows, sizeof rows / sizeof *rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_url_is_shown_as_it_is_written),
        cmocka_unit_test(what_would_mislead_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
