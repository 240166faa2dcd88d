// SPDX-License-Identifier: MIT
// List discovery, on pages of our own in tests/golden/lists: NAME.html, and in NAME.txt what is to
// be found: "page URL", "next URL", then a line "URL date title" for each entry.
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/extract/list.h"
#include "services/fetcher/extract/list_parts.h"

#define FOLDER   "../../../golden/lists/"
#define NOW_MS   INT64_C(1795219200000) // 2026-11-21T00:00:00Z
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int setup(void **state)
{
    *state = list_reader_new();
    return 0;
}

static int teardown(void **state)
{
    list_reader_free((struct list_reader **)state);
    return 0;
}

static struct buf read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("%s: cannot be opened", path);
    struct buf text = buf_new(1 << 20);
    char chunk[4096];
    for (size_t n = fread(chunk, 1, sizeof chunk, f); n > 0; n = fread(chunk, 1, sizeof chunk, f))
        buf_add(&text, chunk, n);
    fclose(f);
    return text;
}

static const struct list *must_read(struct list_reader *r, const char *html, const char *selector)
{
    struct page_source source = {(const uint8_t *)html, strlen(html), "https://example.com/news/",
                                 "", NOW_MS};
    const struct list *list = NULL;
    struct problem why;
    if (list_read(r, &source, selector, &list, &why) != OK)
        fail_msg("%s", why.text);
    return list;
}

// What one page gave, summed up over all.
struct tally {
    unsigned want, found, wrong, dates_wrong, titles_wrong, next_wrong;
};

static const struct list_link *find_link(const struct list *list, const char *url)
{
    for (size_t i = 0; i < list->n_links; i++)
        if (strcmp(list->links[i].url, url) == 0)
            return &list->links[i];
    return NULL;
}

static bool is_date(const struct list_link *link, const char *want)
{
    char text[20] = "-";
    time_t s = (time_t)(link->published_ms / 1000 + (link->precision == DATE_DAY ? 0 : 8 * 3600));
    struct tm tm;
    if (link->precision != DATE_NONE && gmtime_r(&s, &tm))
        strftime(text, sizeof text, "%Y-%m-%d", &tm);
    return strcmp(text, want) == 0;
}

static void compare(const struct list *list, char *answers, struct tally *tally)
{
    unsigned found = 0;
    for (char *line = strsep(&answers, "\n"); line; line = strsep(&answers, "\n")) {
        if (!*line || strncmp(line, "page ", 5) == 0)
            continue;
        if (strncmp(line, "next ", 5) == 0) {
            tally->next_wrong += strcmp(list->next, line + 5) != 0;
            continue;
        }
        const char *url = strsep(&line, " "), *date = strsep(&line, " ");
        const struct list_link *link = find_link(list, url);
        tally->want++;
        if (!link) {
            print_error("  missed %s %s\n", url, line);
            continue;
        }
        found++;
        if (!is_date(link, date))
            tally->dates_wrong++, print_error("  date of %s\n", url);
        if (strcmp(link->title, line) != 0)
            tally->titles_wrong++, print_error("  title \"%s\" of %s\n", link->title, url);
    }
    tally->found += found;
    tally->wrong += (unsigned)list->n_links - found;
}

static void list_wrong(const struct list *list, const char *answers)
{
    for (size_t i = 0; i < list->n_links; i++)
        if (!strstr(answers, list->links[i].url))
            print_error("  false %s %s\n", list->links[i].url, list->links[i].title);
}

static void run_page(struct list_reader *r, const char *path, struct tally *tally)
{
    char name[300], url[300] = "";
    snprintf(name, sizeof name, "%.*s.txt", (int)(strlen(path) - 5), path);
    struct buf html = read_file(path), answers = read_file(name);
    assert_int_equal(sscanf(buf_str(&answers), "page %299s", url), 1);
    struct page_source source = {html.data, html.size, url, "", NOW_MS};
    const struct list *list = NULL;
    struct problem why;
    struct tally one = {0};
    static const struct list none;
    if (list_read(r, &source, "", &list, &why) != OK)
        print_error("  %s\n", why.text);
    list_wrong(list ? list : &none, buf_str(&answers));
    compare(list ? list : &(struct list){.next = ""}, (char *)answers.data, &one);
    print_message("%-28s %2u of %2u, %u false, %u dates, %u titles wrong; %s%s\n",
                  strrchr(path, '/') + 1, one.found, one.want, one.wrong, one.dates_wrong,
                  one.titles_wrong, list ? list->finding : "none", list && list->sure ? "" : " ?");
    tally->want += one.want, tally->found += one.found, tally->wrong += one.wrong;
    tally->dates_wrong += one.dates_wrong, tally->titles_wrong += one.titles_wrong;
    tally->next_wrong += one.next_wrong;
    buf_free(&html);
    buf_free(&answers);
}

static void lists_of_all_usual_shapes_are_found(void **state)
{
    glob_t pages;
    assert_int_equal(glob(FOLDER "*.html", 0, NULL, &pages), 0);
    struct tally sum = {0};
    for (size_t i = 0; i < pages.gl_pathc; i++)
        run_page(*state, pages.gl_pathv[i], &sum);
    print_message("%zu pages: %u of %u links found (%.1f %%), %u false (%.1f %%); of these "
                  "%u dates, %u titles, %u next pages wrong\n",
                  pages.gl_pathc, sum.found, sum.want, 100.0 * sum.found / sum.want, sum.wrong,
                  100.0 * sum.wrong / (sum.found + sum.wrong), sum.dates_wrong, sum.titles_wrong,
                  sum.next_wrong);
    assert_true(pages.gl_pathc >= 20);
    // What is asked for is 95 % and at most 5 % false; on pages that we know, nothing may be lost.
    assert_int_equal(sum.found, sum.want);
    assert_int_equal(sum.wrong + sum.dates_wrong + sum.titles_wrong + sum.next_wrong, 0);
    globfree(&pages);
}

static void an_article_is_no_list(void **state)
{
    static const char *const pages[] = {
        ("<html><body><div class=nav><a href=/a/>新闻中心首页</a><a href=/b/>通知公告栏目</a></div>"
         "<h1>关于召开年度工作会议的通知</"
         "h1><p>各单位：现将有关事项通知如下。请按时参加会议，并做好"
         "准备工作。会议时间为2026年11月20日。</p><p>附件：<a "
         "href=/f/1.pdf>参会人员报名回执表格</a></p>"
         "<div><a href=/n/1.html>上一篇：关于放假安排的通知</a></div></body></html>"),
        ("<html><body><h1>Notice</h1><p>The company gives <a href=/x>notice of a meeting</a>.</p>"
         "</body></html>"),
        "",
        "plain text",
        "<a href=1.html>x</a>",
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct page_source source = {(const uint8_t *)pages[i], strlen(pages[i]),
                                     "https://example.com/news/1.html", "", NOW_MS};
        const struct list *list = NULL;
        struct problem why;
        if (list_read(*state, &source, "", &list, &why) == OK)
            assert_false(list->sure);
        else
            assert_null(list);
    }
}

static const char stubborn[] =
    "<div id=a class='x y'><p><a href=/1>Alpha</a> <b><a href=/2>二</a></b></p></div>"
    "<div id=b class=y><a href=/3>Three</a><span class=z><a href=/4>Four</a></span></div>";

static void a_selector_says_where_the_links_are(void **state)
{
    static const struct {
        const char *selector, *want;
    } rows[] = {
        {"a", "/1/3/4"}, // two characters are no title
        {"#b a", "/3/4"},
        {"#b > a", "/3"},
        {".y a", "/1/3/4"},
        {".x.y a", "/1"},
        {"div.y span", "/4"},
        {"div > p > a", "/1"},
        {"div#b.y > span.z > a", "/4"},
        {"#b", "/3/4"},
        {"* a", "/1/3/4"},
        {" div   p a ", "/1"},
        {"div>p>a", "/1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct list *list = must_read(*state, stubborn, rows[i].selector);
        struct buf got = buf_new(100);
        for (size_t k = 0; k < list->n_links; k++)
            buf_puts(&got, list->links[k].url + strlen("https://example.com"));
        assert_string_equal(buf_str(&got), rows[i].want);
        buf_free(&got);
    }
}

static void a_selector_that_cannot_work_is_named(void **state)
{
    static const struct {
        const char *selector, *want;
    } rows[] = {
        {"a[href]", "malformed"},
        {"> a", "malformed"},
        {"div >", "malformed"},
        {"..a", "malformed"},
        {"a:hover", "malformed"},
        {"#nowhere a", "matches no link"},
        {"a a a a a a a a a", "malformed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct page_source source = {(const uint8_t *)stubborn, strlen(stubborn),
                                     "https://example.com/", "", NOW_MS};
        const struct list *list = NULL;
        struct problem why;
        assert_int_equal(list_read(*state, &source, rows[i].selector, &list, &why), ERR_INPUT);
        assert_non_null(strstr(why.text, rows[i].want));
        assert_null(list);
    }
}

static void dates_in_running_text_stand_before_or_after_their_links(void **state)
{
    static const char *const pages[] = {
        "<div>2026-11-20 <a href=/n/10001.html>关于召开会议的通知</a><br>"
        "2026-11-19 <a href=/n/10002.html>Notice of a meeting</a><br>"
        "2026-11-18 <a href=/n/10003.html>关于放假安排的通知</a></div>",
        "<div><a href=/n/10001.html>关于召开会议的通知</a> 2026-11-20<br>"
        "<a href=/n/10002.html>Notice of a meeting</a> 2026-11-19<br>"
        "<a href=/n/10003.html>关于放假安排的通知</a> 2026-11-18</div>",
        // As many dates behind the links as before them.
        "<div>2026-11-20 <a href=/n/10001.html>关于召开会议的通知</a><br>"
        "2026-11-19 <a href=/n/10002.html>Notice of a meeting</a><br>"
        "2026-11-18 <a href=/n/10003.html>關於放假安排的通知</a><br>2026-11-01 更新</div>",
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        const struct list *list = must_read(*state, pages[i], "");
        assert_int_equal(list->n_links, 3);
        assert_true(is_date(&list->links[0], "2026-11-20"));
        assert_true(is_date(&list->links[1], "2026-11-19"));
        assert_true(is_date(&list->links[2], "2026-11-18"));
    }
}

static void json_lists_are_read_by_guess_or_by_statement(void **state)
{
    static const struct {
        const char *text, *selector, *want_url, *want_title, *want_date;
    } rows[] = {
        {"{\"code\":0,\"data\":{\"rows\":[{\"id\":7,\"docTitle\":\"关于召开会议的通知\","
         "\"docPubUrl\":"
         "\"/art/7.html\",\"pubTime\":\"2026-11-20 08:00:00\",\"img\":\"/a.jpg\"},{\"id\":8,"
         "\"docTitle\":\"Notice\",\"docPubUrl\":\"/art/8.html\",\"pubTime\":\"2026-11-19\"}]}}",
         "", "https://example.com/art/7.html", "关于召开会议的通知", "2026-11-20"},
        {"callback([{\"t\":\"Notice of a meeting\",\"u\":\"x/1.html\",\"d\":1795132800},"
         "{\"t\":\"公告二\",\"u\":\"x/2.html\",\"d\":1795132801}]);",
         "", "https://example.com/news/x/1.html", "Notice of a meeting", "2026-11-20"},
        {"{\"list\":[{\"id\":11,\"n\":\"公告\",\"w\":\"2026年11月20日\"}]}",
         "list url=/a/{id}/{n}.html title=n date=w",
         "https://example.com/a/11/%E5%85%AC%E5%91%8A.html", "公告", "2026-11-20"},
        {"{\"hot\":[{\"title\":\"Somewhere else entirely\",\"url\":\"/h/1\"},{\"title\":\"Another "
         "one\","
         "\"url\":\"/h/2\"}],\"data\":{\"rows\":[{\"title\":\"国务院国资委公告\",\"url\":\"/g/"
         "1\",\"date\":"
         "\"2026-11-20\"}]}}",
         "data.rows", "https://example.com/g/1", "国务院国资委公告", "2026-11-20"},
        {"{\"hot\":[{\"title\":\"Recommended to you\",\"url\":\"/h/1\"},{\"title\":\"Recommended "
         "as "
         "well\",\"url\":\"/h/2\"},{\"title\":\"And another "
         "one\",\"url\":\"/h/3\"}],\"rows\":[{\"title\":"
         "\"国务院国资委公告\",\"url\":\"/g/"
         "1\",\"date\":\"2026-11-20\"},{\"title\":\"国务院国资委通知\","
         "\"url\":\"/g/2\",\"date\":\"2026-11-19\"}]}",
         "", "https://example.com/g/1", "国务院国资委公告", "2026-11-20"},
        {"[{\"article\":{\"title\":\"关于召开会议的通知\",\"url\":\"/"
         "1.html\",\"date\":\"2026-11-20\"}},"
         "{\"article\":{\"title\":\"Notice of a meeting\",\"url\":\"/2.html\"}}]",
         "", "https://example.com/1.html", "关于召开会议的通知", "2026-11-20"},
        {"{\"rows\":[{\"title\":\"国务院国资委公告\",\"url\":\"/g/1\",\"date\":\"2026-11-20\"}]}",
         "", "https://example.com/g/1", "国务院国资委公告", "2026-11-20"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct list *list = must_read(*state, rows[i].text, rows[i].selector);
        assert_string_equal(list->links[0].url, rows[i].want_url);
        assert_string_equal(list->links[0].title, rows[i].want_title);
        assert_true(is_date(&list->links[0], rows[i].want_date));
        assert_true(list->sure);
    }
}

static void json_without_a_list_says_what_to_state(void **state)
{
    static const struct {
        const char *text, *selector, *want;
    } rows[] = {
        {"{\"a\":1}", "", "no list was found in this JSON"},
        {"{\"a\":[1,2,3]}", "", "no list was found"},
        {"{\"a\":[{\"u\":\"/1\"}]}", "b url=u", "no list was found"},
        {"{\"a\":[]}", "a", "no list was found in this JSON at a"},
        {"{\"a\":[]}", "a..b", "malformed"},
        {"{\"a\":[{\"msg\":\"请先登录\",\"path\":\"/x\"}]}", "", "no list was found"},
        {"{\"a\":[]}", "a link=u", "malformed"},
        {"{\"a\":", "", "no list was found"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct page_source source = {(const uint8_t *)rows[i].text, strlen(rows[i].text),
                                     "https://example.com/api", "", NOW_MS};
        const struct list *list = NULL;
        struct problem why;
        assert_int_equal(list_read(*state, &source, rows[i].selector, &list, &why), ERR_INPUT);
        assert_non_null(strstr(why.text, rows[i].want));
        assert_null(list);
    }
}

static void the_dates_of_lists_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"2026-11-20", "2026-11-20"},
        {"[2026/11/20]", "2026-11-20"},
        {"（11-20）", ""},
        {"11-20", "2026-11-20"},
        {"[11-20]", "2026-11-20"},
        {"12/31", "2025-12-31"},
        {"11/20 18:00", "2026-11-20T18:00:00+00:00"},
        {"[11-20 08:05]", "2026-11-20T08:05:00+00:00"},
        {"12月31日 23:59", "2025-12-31T23:59:00+00:00"},
        {"11/20 18:00 起", ""},
        {"11/20 -8:00", ""},
        {"18:00", ""},
        {"11月20日", "2026-11-20"},
        {"20 2026-11", "2026-11-20"},
        {"2026 11 20", "2026-11-20"},
        {"11 20 2026", "2026-11-20"},
        {"115-11-20", "2026-11-20"},
        {"20 Nov", "2026-11-20"},
        {"Dec 31", "2025-12-31"},
        {"02-29", "2024-02-29"}, // the last year that has it
        {"29 Feb", "2024-02-29"},
        {"02-30", ""},
        {"26-11-20", "2026-11-20"},
        {"26 11 20", ""}, // counts of something
        {"11-26-20", ""},
        {"13-40", ""},
        {"123", ""},
        {"第3页", ""},
        {"", ""},
        {"more", ""},
    };
    const struct date_rules rules = {.now_ms = NOW_MS};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct date date;
        char text[DATE_TEXT_SIZE] = "";
        if (list_date(rows[i].text, &rules, &date))
            date_format(&date, text);
        assert_string_equal(text, rows[i].want);
    }
}

static void the_dates_of_urls_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want;
    } rows[] = {
        {"https://example.com/art/2026/11/20/1.html", "2026-11-20"},
        {"https://example.com/news/2026/nov/20/a-merger", "2026-11-20"},
        {"https://example.com/news/2026/November/9", "2026-11-09"},
        {"https://example.com/news/2026/novel/20/", ""},
        {"https://example.com/news/2026/nov/31/", ""},
        {"https://example.com/news/2026/nov/-3/", ""},
        {"https://example.com/news/2026/nov/20th", ""},
    };
    const struct date_rules rules = {.now_ms = NOW_MS};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct date date;
        char text[DATE_TEXT_SIZE] = "";
        if (list_date_in_url(rows[i].url, &rules, &date))
            date_format(&date, text);
        assert_string_equal(text, rows[i].want);
    }
}

static void an_entry_without_a_date_gets_no_other_entrys(void **state)
{
    const struct list *list = must_read(
        *state,
        "<div><div class=r><p><a href=/n/10001.html>关于召开会议的通知</a></p></div>"
        "<div class=r><i>2026-11-19</i><p><a href=/n/10002.html>Notice of a meeting</a></p></div>"
        "<div class=r><i>2026-11-18</i><p><a href=/n/10003.html>關於放假安排的通知</a></p></div>"
        "<div class=r><p><a href=/n/10004.html>关于干部任前公示的通知</a></p></div></div>",
        "");
    assert_int_equal(list->n_links, 4);
    assert_true(is_date(&list->links[0], "-"));
    assert_true(is_date(&list->links[1], "2026-11-19"));
    assert_true(is_date(&list->links[2], "2026-11-18"));
    assert_true(is_date(&list->links[3], "-"));
}

// Friendly links are such too: it takes a person who says that it is a list.
static void a_list_of_another_sites_articles_is_never_guessed(void **state)
{
    static const char page[] =
        "<ul><li><a href=https://a.example/art/2026-11-20/100001.html>省国资委召开年度会议</a>"
        "<li><a href=https://a.example/art/2026-11-20/100002.html>东海港务公司发布半年度报告</a>"
        "<li><a href=https://a.example/art/2026-11-19/100003.html>长青药业董事会决议公告</a>"
        "<li><a href=https://a.example/art/2026-11-19/100004.html>The authority publishes rules"
        "</a><li><a href=https://a.example/art/2026-11-18/100005.html>The board approves a sale"
        "</a></ul>";
    assert_int_equal(must_read(*state, page, "")->n_links, 5);
    struct page_source source = {(const uint8_t *)page, strlen(page), "https://example.com/news/",
                                 "", NOW_MS};
    assert_null(list_read_sure(*state, &source));
}

static void the_base_of_the_page_counts(void **state)
{
    const struct list *list = must_read(
        *state,
        "<base href=/other/><ul><li><a href=2026112001.html>关于召开会议的通知</a> 2026-11-20"
        "<li><a href=2026112002.html>关于放假安排的通知</a> 2026-11-19</ul>",
        "");
    assert_int_equal(list->n_links, 2);
    assert_string_equal(list->links[0].url, "https://example.com/other/2026112001.html");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_all_usual_shapes_are_found),
        cmocka_unit_test(an_article_is_no_list),
        cmocka_unit_test(a_selector_says_where_the_links_are),
        cmocka_unit_test(a_selector_that_cannot_work_is_named),
        cmocka_unit_test(dates_in_running_text_stand_before_or_after_their_links),
        cmocka_unit_test(json_lists_are_read_by_guess_or_by_statement),
        cmocka_unit_test(json_without_a_list_says_what_to_state),
        cmocka_unit_test(the_dates_of_lists_are_read),
        cmocka_unit_test(the_dates_of_urls_are_read),
        cmocka_unit_test(an_entry_without_a_date_gets_no_other_entrys),
        cmocka_unit_test(a_list_of_another_sites_articles_is_never_guessed),
        cmocka_unit_test(the_base_of_the_page_counts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
