// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/robots.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct robots *read_text(const char *text)
{
    return robots_read((const uint8_t *)text, strlen(text), "newswire");
}

static bool allows(const char *text, const char *path)
{
    struct robots *r = read_text(text);
    bool allowed = robots_allows(r, path, NULL);
    robots_free(&r);
    return allowed;
}

struct row {
    const char *text, *path;
    bool want_allowed;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (allows(rows[i].text, rows[i].path) != rows[i].want_allowed)
            fail_msg("%s\n%s: want %s", rows[i].text, rows[i].path,
                     rows[i].want_allowed ? "allowed" : "disallowed");
}

static void the_group_that_names_us_counts_else_that_of_everyone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "/a", true},
        {"User-agent: *\nDisallow: /", "/a", false},
        {"user-agent:*\nDISALLOW:/a", "/a/b", false},
        {"User-agent: *\nDisallow: /\nUser-agent: newswire\nDisallow: /x", "/a", true},
        {"User-agent: newswire\nDisallow:\n\nUser-agent: *\nDisallow: /", "/a", true},
        {"User-agent: NewsWire/1.0 (bot)\nDisallow: /a", "/a", false},
        {"User-agent: newswirebot\nDisallow: /a", "/a", true},
        {"User-agent: news\nDisallow: /a", "/a", true},
        {"User-agent: a\nUser-agent: newswire\nUser-agent: b\nDisallow: /a", "/a", false},
        {"User-agent: newswire\nDisallow: /a\nUser-agent: b\nDisallow: /b", "/b", true},
        // Groups of the same name are one (2.2.1).
        {"User-agent: newswire\nDisallow: /a\nUser-agent: b\nDisallow: /\n"
         "User-agent: newswire\nDisallow: /c",
         "/c", false},
        {"Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", true}, // before any group
        {"User-agent: *\nSitemap: /s.xml\nDisallow: /a", "/a", false},
        {"User-agent: *\nCrawl-delay: 2\nUser-agent: b\nDisallow: /a", "/a", true},
    };
    check(rows, COUNT(rows));
}

static void the_longest_rule_wins_and_allow_wins_a_tie(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"User-agent: *\nAllow: /p\nDisallow: /", "/page", true},
        {"User-agent: *\nDisallow: /\nAllow: /p", "/page", true},
        {"User-agent: *\nDisallow: /folder\nAllow: /folder", "/folder/page", true},
        {"User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page.htm", false},
        {"User-agent: *\nAllow: /page\nDisallow: /*.ph", "/page.php5", true},
        {"User-agent: *\nAllow: /$\nDisallow: /", "/", true},
        {"User-agent: *\nAllow: /$\nDisallow: /", "/page.htm", false},
        {"User-agent: *\nDisallow: /", "/robots.txt", true},
    };
    check(rows, COUNT(rows));
}

static void stars_and_dollars_have_their_meaning(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"User-agent: *\nDisallow: /fish", "/fish.html", false},
        {"User-agent: *\nDisallow: /fish", "/Fish", true},
        {"User-agent: *\nDisallow: /fish/", "/fish", true},
        {"User-agent: *\nDisallow: /fish*", "/fisherman", false},
        {"User-agent: *\nDisallow: /*.php", "/a/b.php?c", false},
        {"User-agent: *\nDisallow: /*.php$", "/a.php?c", true},
        {"User-agent: *\nDisallow: /*.php$", "/a.php.php", false},
        {"User-agent: *\nDisallow: /fish*.php", "/fish/x.php", false},
        {"User-agent: *\nDisallow: /fish*.php", "/Fish.PHP", true},
        {"User-agent: *\nDisallow: /a*b*c$", "/a1b2c3c", false},
        {"User-agent: *\nDisallow: /a*b*c$", "/a1b2c3", true},
        {"User-agent: *\nDisallow: *", "/a", false},
        {"User-agent: *\nDisallow: $", "/a", true},
        {"User-agent: *\nDisallow: /a$b", "/a$b", false},
        {"User-agent: *\nDisallow: /ab$", "/abab", true},
        {"User-agent: *\nDisallow: /*ab$", "/abab", false},
    };
    check(rows, COUNT(rows));
}

static void escapes_are_compared_in_one_form(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"User-agent: *\nDisallow: /新闻/", "/%E6%96%B0%e9%97%bb/1", false},
        {"User-agent: *\nDisallow: /%E6%96%B0", "/新", false},
        {"User-agent: *\nDisallow: /%7Euser", "/~user", false},
        {"User-agent: *\nDisallow: /a%2Fb", "/a/b", true},
        {"User-agent: *\nDisallow: /a%2fb", "/a%2Fb", false},
        {"User-agent: *\nDisallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", false},
        {"User-agent: *\nDisallow: /foo-%24", "/foo-$", false},
    };
    check(rows, COUNT(rows));
}

static void what_people_write_is_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\xEF\xBB\xBFUser-agent: *\r\nDisallow: /a\r\n", "/a", false},
        {"User-agent: *\rDisallow: /a", "/a", false},
        {"  User-agent : *  # 所有\n\tDisallow : /a  # 不\n", "/a", false},
        {"User-agent: *\n# Disallow: /a", "/a", true},
        {"User-agent: *\nDisallow /a", "/a", true},
        {"<html><body>User-agent: *<br>Disallow: /</body></html>", "/a", true},
        {"User-agent: *\nNoindex: /a\nHost: example.com\nDisallow: /b", "/b", false},
    };
    check(rows, COUNT(rows));
}

static void the_deciding_rule_is_told(void **state)
{
    (void)state;
    struct robots *r = read_text("User-agent: *\r\nDisallow: /a # x\r\n\r\nAllow: /a/要闻");
    static const struct {
        const char *path;
        bool allowed;
        const char *want;
        int want_line;
    } rows[] = {
        {"/a/c", false, "Disallow: /a", 2},
        {"/a/%E8%A6%81%E9%97%BB/1", true, "Allow: /a/要闻", 4},
        {"/c", true, "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct robots_rule rule = {NULL, -1};
        assert_int_equal(robots_allows(r, rows[i].path, &rule), rows[i].allowed);
        assert_string_equal(rule.text, rows[i].want);
        assert_int_equal(rule.line, rows[i].want_line);
    }
    robots_free(&r);
    assert_null(r);
}

static void the_crawl_delay_is_whole_seconds_up_to_sixty(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int want;
    } rows[] = {
        {"User-agent: *\nCrawl-delay: 5", 5},
        {"User-agent: *\nCrawl-delay: 0.5", 1},
        {"User-agent: *\nCrawl-delay: 3600", 60},
        {"User-agent: *\nCrawl-delay: -1", 0},
        {"User-agent: *\nCrawl-delay: nan", 0},
        {"User-agent: *\nCrawl-delay: often", 0},
        {"User-agent: *\nCrawl-delay: 5\nUser-agent: newswire\nCrawl-delay: 7", 7},
        {"User-agent: *\nCrawl-delay: 5\nUser-agent: newswire\nDisallow: /x", 0},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct robots *r = read_text(rows[i].text);
        assert_int_equal(robots_delay_s(r), rows[i].want);
        assert_true(robots_delay_stated_s(r) >= rows[i].want);
        robots_free(&r);
    }
}

static void sitemaps_belong_to_no_group(void **state)
{
    (void)state;
    struct robots *r = read_text("Sitemap: https://example.com/a.xml\nUser-agent: b\nDisallow: /\n"
                                 "sitemap: /新闻.xml\n");
    assert_string_equal(robots_sitemap(r, 0), "https://example.com/a.xml");
    assert_string_equal(robots_sitemap(r, 1), "/新闻.xml");
    assert_null(robots_sitemap(r, 2));
    robots_free(&r);
}

static void an_answer_without_a_file_has_its_meaning(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum robots_answer want;
    } rows[] = {
        {200, ROBOTS_READ},         {404, ROBOTS_ALLOW_ALL},    {403, ROBOTS_ALLOW_ALL},
        {401, ROBOTS_ALLOW_ALL},    {429, ROBOTS_DISALLOW_ALL}, {500, ROBOTS_DISALLOW_ALL},
        {503, ROBOTS_DISALLOW_ALL}, {0, ROBOTS_DISALLOW_ALL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(robots_answer(rows[i].status), rows[i].want);
}

static void rules_made_to_be_slow_are_not(void **state)
{
    (void)state;
    struct buf text = buf_new(2 << 20);
    buf_puts(&text, "User-agent: *\n");
    while (text.size < ROBOTS_SIZE_MAX) {
        buf_puts(&text, "Disallow: /");
        for (int i = 0; i < 400; i++)
            buf_puts(&text, "*a");
        buf_puts(&text, "b\n");
    }
    char path[2000];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    struct robots *r = robots_read(text.data, text.size, "newswire");
    for (int i = 0; i < 100; i++)
        assert_true(robots_allows(r, path, NULL));
    robots_free(&r);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_group_that_names_us_counts_else_that_of_everyone),
        cmocka_unit_test(the_longest_rule_wins_and_allow_wins_a_tie),
        cmocka_unit_test(stars_and_dollars_have_their_meaning),
        cmocka_unit_test(escapes_are_compared_in_one_form),
        cmocka_unit_test(what_people_write_is_read),
        cmocka_unit_test(the_deciding_rule_is_told),
        cmocka_unit_test(the_crawl_delay_is_whole_seconds_up_to_sixty),
        cmocka_unit_test(sitemaps_belong_to_no_group),
        cmocka_unit_test(an_answer_without_a_file_has_its_meaning),
        cmocka_unit_test(rules_made_to_be_slow_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
