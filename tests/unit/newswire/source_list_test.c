// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/source.h"
#include "services/newswire/source_list.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum err read_text(const char *text, struct source_list *l, struct problem *why)
{
    return source_list_read("list", text, strlen(text), l, why);
}

static void opml_of_any_reader_is_read(void **state)
{
    (void)state;
    static const char opml[] =
        "\xEF\xBB\xBF\n<?xml version=\"1.0\"?>\n<opml version=\"1.1\"><body>\n"
        "<outline text=\"政府\"><outline text=\"要闻\" title=\"国资委要闻\" type=\"rss\" "
        "xmlUrl=\"https://例子.中国/a?x=1&amp;y=2\"/>\n"
        "<outline text=\"inner\"><outline xmlurl=' http://example.com/feed "
        "'/></outline></outline>\n"
        "<outline text=\"again\" xmlUrl=\"http://example.com/feed\"/>\n"
        "<outline text=\"a link\" url=\"http://example.com/\"/>\n"
        "</body></opml>\n";
    struct source_list l;
    struct problem why = {""};
    assert_int_equal(read_text(opml, &l, &why), OK);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.items[0].url, "https://例子.中国/a?x=1&y=2");
    assert_string_equal(l.items[0].title, "国资委要闻");
    assert_string_equal(l.items[1].url, "http://example.com/feed");
    assert_string_equal(l.items[1].title, "");
    source_list_free(&l);
}

static void opml_that_is_not_well_formed_is_read_and_its_line_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want_url, *want_title, *want_line;
    } rows[] = {
        {"<opml><body>\n<outline text='研发 & 公告' "
         "xmlUrl='https://例子.中国/a?x=1&y=2'/></body></opml>",
         "https://例子.中国/a?x=1&y=2", "研发 & 公告", "list:2: "},
        {"<opml><body>\n\n<outline text='R&D &amp; &lt;news>' "
         "xmlUrl='http://a/?b=1&copy=2&#38;d&#x;'/>"
         "</body></opml>",
         "http://a/?b=1&copy=2&d&#x;", "R&D & <news>", "list:3: "},
        {"<opml><body>\n<outline text='未关'>\n<outline xmlUrl='http://a/' text='x'></body></opml>",
         "http://a/", "x", "list:3: "},
        {"<opml><body>\n<outline xmlUrl='http://a/' text='要闻'/>\n<outline xmlU", "http://a/",
         "要闻", "list:3: "},
        {"<opml><body><outline xmlUrl='http://a/' text='要闻'/></body></opml>", "http://a/", "要闻",
         ""},
        {"<?xml version='1.0' encoding='gb2312'?><opml><body>\n<outline "
         "text='\xB9\xFA\xCE\xF1\xD4\xBA' "
         "xmlUrl='http://a/?b=1&c=2'/></body></opml>",
         "http://a/?b=1&c=2", "国务院", "list:2: "},
        {"<opml><body>\n<outline text='要\xED\xA7\x94闻中国公告' "
         "xmlUrl='http://a/?b&c'/></body></opml>",
         "http://a/?b&c", "要\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD闻中国公告", "list:2: "},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct source_list l;
        struct problem why = {""};
        assert_int_equal(read_text(rows[i].text, &l, &why), OK);
        assert_int_equal(l.n, 1);
        assert_string_equal(l.items[0].url, rows[i].want_url);
        assert_string_equal(l.items[0].title, rows[i].want_title);
        assert_memory_equal(l.mended.text, rows[i].want_line, strlen(rows[i].want_line));
        assert_int_equal(*l.mended.text != 0, *rows[i].want_line != 0);
        source_list_free(&l);
    }
}

static void a_plain_list_may_have_remarks(void **state)
{
    (void)state;
    struct source_list l;
    struct problem why = {""};
    assert_int_equal(read_text("# 来源\r\n\r\n  https://例子.中国/#!/要闻 # news\r\n"
                               "HTTP://example.com/feed\nHTTP://example.com/feed",
                               &l, &why),
                     OK);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.items[0].url, "https://例子.中国/#!/要闻");
    assert_string_equal(l.items[1].url, "HTTP://example.com/feed");
    source_list_free(&l);
}

static void an_empty_file_has_no_sources(void **state)
{
    (void)state;
    struct source_list l;
    struct problem why = {""};
    assert_int_equal(read_text("", &l, &why), OK);
    assert_int_equal(l.n, 0);
    source_list_free(&l);
}

static void what_cannot_be_read_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"http://a/\nftp://b/\n", "list:2: not an http or https URL: ftp://b/"},
        {"http://a/ http://b/\n", "list:1: one URL a line"},
        {"新闻\n", "list:1: not an http or https URL: 新闻"},
        {"\x1b[2J\n", "list:1: not an http or https URL: (unprintable)"},
        {"http://a/\xC3\n", "list:1: a URL longer than"},
        {"\n<!-- 列表 ", "list:1: not well-formed XML: "},
        {"<opml><body>\n<outline xmlUrl='http://a/?b&c'/>\n<outline xmlUrl='新闻'/></body></opml>",
         "list:3: not an http or https URL: 新闻"},
        {"<opml><outline xmlUrl='http://a/&#10;b'/></opml>", "list:1: a URL longer than"},
        {"<html><body/></html>", "list: <html> is no OPML"},
        {"<rss version=\"2.0\"><channel/></rss>", "newswire add URL"},
        {"<opml><body>\n<outline xmlUrl='javascript:1'/></body></opml>", "list:2: not an http"},
        {"<opml xmlns:n='" SOURCE_LIST_NAMESPACE
         "'><outline n:kind='博客' xmlUrl='http://a/'/></opml>",
         "list:1: not what kind can be: 博客"},
        {"<opml xmlns:n='" SOURCE_LIST_NAMESPACE
         "'><outline n:every='8d' xmlUrl='http://a/'/></opml>",
         "list:1: not what every can be: 8d"},
        {"<!DOCTYPE opml [<!ENTITY a 'http://a/'>]><opml><outline xmlUrl='&a;'/></opml>",
         "list: defines entities"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct source_list l = {.items = NULL};
        struct problem why = {""};
        assert_int_equal(read_text(rows[i].text, &l, &why), ERR_INPUT);
        if (!strstr(why.text, rows[i].want))
            assert_string_equal(why.text, rows[i].want);
        assert_null(l.items);
    }
}

static void too_many_sources_are_refused(void **state)
{
    (void)state;
    struct buf text = buf_new(1 << 20);
    for (int i = 0; i <= SOURCE_LIST_MAX; i++)
        buf_printf(&text, "http://例/%d\n", i);
    struct source_list l;
    struct problem why = {""};
    assert_int_equal(read_text(buf_str(&text), &l, &why), ERR_LIMIT);
    assert_non_null(strstr(why.text, "list:20001: more than 20000 sources"));
    buf_free(&text);
}

static void assert_same(const struct listed_source *got, const struct listed_source *want)
{
    const char *const texts[][2] = {
        {got->url, want->url}, {got->selector, want->selector}, {got->backfill, want->backfill},
        {got->gap, want->gap}, {got->proxy, want->proxy},       {got->headers, want->headers}};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_string_equal(texts[i][0] ? texts[i][0] : "", texts[i][1] ? texts[i][1] : "");
    assert_int_equal(got->kind, want->kind);
    assert_int_equal(got->every_s, want->every_s);
    assert_int_equal(got->old_tls, want->old_tls);
    assert_int_equal(got->guid, want->guid);
    assert_int_equal(got->paused, want->paused);
    assert_int_equal(got->depth, want->depth);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    static const struct listed_source rows[] = {
        {.url = (char *)"https://例子.中国/a?x=1&y=\"2\"",
         .title = (char *)"国资委 <要闻> & \"more\"",
         .selector = (char *)"",
         .kind = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED,
         .backfill = (char *)"none",
         .gap = (char *)"500ms",
         .headers = (char *)"Cookie: lang=zh; a=\"b\"\nX-Key: 密钥 & <1>",
         .paused = true,
         .guid = true},
        {.url = (char *)"http://example.com/list",
         .title = (char *)"",
         .selector = (char *)"ul[title=\"公告\"] > li a",
         .kind = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST,
         .every_s = 1800,
         .backfill = (char *)"20",
         .proxy = (char *)"http://10.0.0.1:3128/",
         .old_tls = true},
        {.url = (char *)"http://example.com/auto",
         .title = (char *)"Auto",
         .selector = (char *)"",
         .found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED,
         .every_s = 90,
         .depth = 2},
    };
    struct source_list l = {.items = NULL}, back;
    struct problem why = {""};
    struct buf opml = buf_new(65536), plain = buf_new(65536);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(source_list_add(&l, &rows[i]), OK);
    source_list_opml(&l, "说明 & more", &opml);
    assert_int_equal(read_text(buf_str(&opml), &back, &why), OK);
    assert_int_equal(back.n, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_same(&back.items[i], &rows[i]);
        assert_string_equal(back.items[i].title, *rows[i].title ? rows[i].title : rows[i].url);
    }
    source_list_free(&back);
    source_list_plain(&l, "说明", &plain);
    assert_int_equal(read_text(buf_str(&plain), &back, &why), OK);
    assert_int_equal(back.n, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_same(&back.items[i], &rows[i]);
    source_list_free(&back);
    source_list_free(&l);
    buf_free(&opml);
    buf_free(&plain);
}

static void an_option_has_only_its_values(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        enum err want;
    } rows[] = {
        {"gap", "2s", OK},
        {"gap", "2h", ERR_INPUT},
        {"gap", "很快", ERR_INPUT},
        {"backfill", "all", OK},
        {"backfill", "-1", ERR_INPUT},
        {"old-tls", "yes", ERR_INPUT},
        {"identity", "url", OK},
        {"identity", "id", ERR_INPUT},
        {"paused", "false", OK},
        {"headers", "A: b", OK},
        {"headers", "AB", ERR_INPUT},
        {"headers", "A: b\nC", ERR_INPUT},
        {"proxy", "\x01", ERR_INPUT},
        {"depth", "101", ERR_INPUT},
        {"颜色", "red", ERR_NOTFOUND},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct listed_source s = {.url = NULL};
        assert_int_equal(listed_option_set(&s, rows[i].name, rows[i].value), rows[i].want);
        listed_source_free(&s);
    }
}

static void a_backfill_is_all_none_or_a_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err want;
        bool all;
        uint32_t newest;
    } rows[] = {
        {"all", OK, true, 0},
        {"none", OK, false, 0},
        {"20", OK, false, 20},
        {"0", OK, false, 0},
        {"4294967295", OK, false, UINT32_MAX},
        {"4294967296", ERR_INPUT, 0, 0},
        {"", ERR_INPUT, 0, 0},
        {"-1", ERR_INPUT, 0, 0},
        {"+5", ERR_INPUT, 0, 0},
        {" 5", ERR_INPUT, 0, 0},
        {"5x", ERR_INPUT, 0, 0},
        {"全部", ERR_INPUT, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Newswire__V1__Backfill b = NEWSWIRE__V1__BACKFILL__INIT;
        assert_int_equal(source_backfill_parse(rows[i].text, &b), rows[i].want);
        if (rows[i].want != OK)
            continue;
        assert_int_equal(b.all, rows[i].all);
        assert_int_equal(b.newest, rows[i].newest);
    }
}

static void a_summary_says_how_a_source_does(void **state)
{
    (void)state;
    static const struct {
        Newswire__V1__SourceKind found;
        int paused;
        int64_t polled_ms;
        uint64_t entries, published, pending, failed;
        const char *trouble, *want;
    } rows[] = {
        {0, 0, 0, 0, 0, 0, 0, "", "not asked yet"},
        {0, 1, 0, 0, 0, 0, 0, "", "paused"},
        {0, 0, 0, 0, 0, 0, 0, "HTTP 404 不存在", "HTTP 404 不存在"},
        {1, 0, 1, 40, 0, 40, 0, "", "feed, 40 entries, 40 to fetch"},
        {1, 0, 1, 1, 1, 0, 0, "", "feed, 1 entry, 1 published"},
        {1, 0, 1, 0, 0, 0, 0, "", "feed, nothing on it yet"},
        {2, 0, 1, 1, 1, 0, 0, "", "page, 1 published"},
        {2, 0, 1, 0, 0, 0, 0, "", "page"},
        {4, 1, 1, 9, 7, 1, 1, "cut short",
         "paused list, 9 entries, 7 published, 1 to fetch, "
         "1 given up: cut short"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Newswire__V1__Source s = NEWSWIRE__V1__SOURCE__INIT;
        struct buf out = buf_new(4096);
        s.found = rows[i].found;
        s.polled_ms = rows[i].polled_ms;
        s.paused = rows[i].paused;
        s.entries = rows[i].entries;
        s.published = rows[i].published;
        s.pending = rows[i].pending;
        s.failed = rows[i].failed;
        s.trouble = (char *)rows[i].trouble;
        source_summary(&s, &out);
        assert_string_equal(buf_str(&out), rows[i].want);
        buf_free(&out);
    }
}

static void a_source_that_failed_was_asked_all_the_same(void **state)
{
    (void)state;
    Newswire__V1__Source s = NEWSWIRE__V1__SOURCE__INIT;
    Newswire__V1__Visit visit = NEWSWIRE__V1__VISIT__INIT;
    assert_int_equal(source_asked_ms(&s), 0);
    s.visit = &visit;
    visit.at_ms = 7000;
    assert_int_equal(source_asked_ms(&s), 7000);
    s.polled_ms = 8000;
    assert_int_equal(source_asked_ms(&s), 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opml_of_any_reader_is_read),
        cmocka_unit_test(opml_that_is_not_well_formed_is_read_and_its_line_told),
        cmocka_unit_test(a_plain_list_may_have_remarks),
        cmocka_unit_test(an_empty_file_has_no_sources),
        cmocka_unit_test(what_cannot_be_read_is_named_with_its_line),
        cmocka_unit_test(too_many_sources_are_refused),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(an_option_has_only_its_values),
        cmocka_unit_test(a_backfill_is_all_none_or_a_number),
        cmocka_unit_test(a_summary_says_how_a_source_does),
        cmocka_unit_test(a_source_that_failed_was_asked_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
