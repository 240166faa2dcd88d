// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/extract/gunzip.h"
#include "services/fetcher/extract/sitemap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define SET      HEAD "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"

static int setup(void **state)
{
    *state = sitemap_reader_new();
    return 0;
}

static int teardown(void **state)
{
    sitemap_reader_free((struct sitemap_reader **)state);
    return 0;
}

static enum err read_bytes(struct sitemap_reader *r, const void *bytes, size_t size,
                           const struct sitemap **out, struct problem *why)
{
    struct page_source source = {bytes, size, "https://example.com/sitemap.xml", "", 0};
    return sitemap_read(r, &source, out, why);
}

static const struct sitemap *must_read(struct sitemap_reader *r, const char *text)
{
    const struct sitemap *s = NULL;
    struct problem why;
    assert_int_equal(read_bytes(r, text, strlen(text), &s, &why), OK);
    return s;
}

static void addresses_are_read_with_their_dates(void **state)
{
    const struct sitemap *s =
        must_read(*state, SET "<url><loc> https://example.com/a?b=1&amp;c=2 </loc>"
                              "<lastmod>2026-11-20T08:00:00+08:00</lastmod></url>"
                              "<url><lastmod>2026-11-20</lastmod><priority>0.5</priority>"
                              "<loc>/新闻/1.html</loc></url></urlset>");
    assert_false(s->is_index);
    assert_int_equal(s->n_entries, 2);
    assert_string_equal(s->entries[0].url, "https://example.com/a?b=1&c=2");
    assert_int_equal(s->entries[0].modified_ms, INT64_C(1795132800000));
    assert_string_equal(s->entries[1].url, "https://example.com/%E6%96%B0%E9%97%BB/1.html");
    assert_int_equal(s->entries[1].modified_precision, DATE_DAY);
    assert_string_equal(s->defect, "");
}

static void an_index_is_known_as_one(void **state)
{
    const struct sitemap *s = must_read(
        *state, HEAD "<sitemapindex xmlns=\"http://www.google.com/schemas/sitemap/0.84\">"
                     "<sitemap><loc>https://example.com/1.xml.gz</loc></sitemap></sitemapindex>");
    assert_true(s->is_index);
    assert_int_equal(s->n_entries, 1);
    assert_string_equal(s->entries[0].url, "https://example.com/1.xml.gz");
}

static void the_news_extension_gives_title_date_and_language(void **state)
{
    const struct sitemap *s = must_read(
        *state, HEAD "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" "
                     "xmlns:n=\"http://www.google.com/schemas/sitemap-news/0.9\"><url>"
                     "<loc>https://example.com/1</loc><n:news><n:publication><n:name>报</n:name>"
                     "<n:language>zh-cn</n:language></n:publication>"
                     "<n:publication_date>2026-11-20T00:00:00Z</n:publication_date>"
                     "<n:title>关于召开会议的通知 &amp; more</n:title></n:news></url>"
                     "<url><loc>https://example.com/2</loc><news:news><news:title>undeclared prefix"
                     "</news:title></news:news></url></urlset>");
    assert_int_equal(s->n_entries, 2);
    assert_string_equal(s->entries[0].title, "关于召开会议的通知 & more");
    assert_string_equal(s->entries[0].language, "zh-cn");
    assert_int_equal(s->entries[0].published_ms, INT64_C(1795132800000));
    assert_string_equal(s->entries[1].title, "undeclared prefix");
}

static void broken_ones_give_what_can_be_read(void **state)
{
    static const struct {
        const char *text;
        size_t want_n;
        const char *want_url, *want_defect;
    } rows[] = {
        {"<urlset><url><loc>https://example.com/?a&b</loc></url></urlset>", 1,
         "https://example.com/?a&b", "mended"},
        {SET "<url><loc>https://example.com/1</loc></url><url><loc>https://example.com/2", 1,
         "https://example.com/1", "cut off"},
        {SET "<url><loc>https://example.com/1</loc><url><loc>https://example.com/2</loc></urlset>",
         2, "https://example.com/1", "mended"},
        {"Warning: x\n" SET "<url><loc>https://example.com/1</loc></url></urlset>", 1,
         "https://example.com/1", "before"},
        {"<urlset xmlns=\"http://example.com/wrong\"><url><loc>https://example.com/1</loc></url>"
         "</urlset>",
         1, "https://example.com/1", ""},
        {SET "<url><loc>ftp://example.com/x</loc></url><url/><url><loc>公告.html</loc></url>"
             "</urlset>",
         1, "https://example.com/%E5%85%AC%E5%91%8A.html", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sitemap *s = must_read(*state, rows[i].text);
        assert_int_equal(s->n_entries, rows[i].want_n);
        assert_string_equal(s->entries[0].url, rows[i].want_url);
        assert_non_null(strstr(s->defect, rows[i].want_defect));
    }
}

static void a_plain_list_of_addresses_is_a_sitemap(void **state)
{
    const struct sitemap *s =
        must_read(*state, "\xEF\xBB\xBFhttps://example.com/1\r\n\r\nhttp://example.com/公告 \n");
    assert_int_equal(s->n_entries, 2);
    assert_string_equal(s->entries[1].url, "http://example.com/%E5%85%AC%E5%91%8A");
}

static void what_is_no_sitemap_is_named(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"<!doctype html><title>404</title>", "this is an HTML page, not a sitemap; add it with "
                                              "--kind page"},
        {"<rss><channel/></rss>", "this is an RSS feed, not a sitemap; add it with --kind feed"},
        {"404 没有找到", "plain text"},
        {"", "empty"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct sitemap *s = NULL;
        struct problem why;
        assert_int_equal(read_bytes(*state, rows[i].text, strlen(rows[i].text), &s, &why),
                         ERR_INPUT);
        assert_non_null(strstr(why.text, rows[i].want));
        assert_non_null(strstr(why.text, "https://example.com/sitemap.xml"));
        assert_null(s);
    }
}

// printf '<urlset><url><loc>https://example.com/1</loc></url></urlset>' | gzip -9n
static const uint8_t packed[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3, 0x29, 0x2d, 0xca,
    0x29, 0x4e, 0x2d, 0xb1, 0xb3, 0x01, 0xd2, 0x76, 0x36, 0x39, 0xf9, 0xc9, 0x76, 0x19,
    0x25, 0x25, 0x05, 0xc5, 0x56, 0xfa, 0xfa, 0xa9, 0x15, 0x89, 0xb9, 0x05, 0x39, 0xa9,
    0x7a, 0xc9, 0xf9, 0xb9, 0xfa, 0x86, 0x36, 0xfa, 0x20, 0x29, 0x1b, 0x7d, 0xb0, 0x2a,
    0x7d, 0xa8, 0x1e, 0x00, 0x0a, 0x6f, 0xb7, 0x93, 0x3c, 0x00, 0x00, 0x00,
};

static void gzip_is_undone(void **state)
{
    const struct sitemap *s = NULL;
    struct problem why;
    assert_int_equal(read_bytes(*state, packed, sizeof packed, &s, &why), OK);
    assert_int_equal(s->n_entries, 1);
    assert_string_equal(s->entries[0].url, "https://example.com/1");
    assert_string_equal(s->defect, "");
}

static void damaged_gzip_gives_what_it_holds(void **state)
{
    (void)state;
    struct buf out = buf_new(1000);
    assert_int_equal(gunzip(packed, sizeof packed - 6, &out), ERR_INPUT);
    assert_string_equal(buf_str(&out),
                        "<urlset><url><loc>https://example.com/1</loc></url></urlset>");
    buf_clear(&out);
    assert_int_equal(gunzip((const uint8_t *)"\x1f\x8b rubbish", 10, &out), ERR_INPUT);
    assert_int_equal(out.size, 0);
    buf_free(&out);
}

static void a_gzip_bomb_stops_at_the_bound(void **state)
{
    (void)state;
    struct buf out = buf_new(20);
    assert_int_equal(gunzip(packed, sizeof packed, &out), ERR_LIMIT);
    assert_int_equal(out.size, 20);
    buf_free(&out);
}

static void gzip_members_follow_one_another(void **state)
{
    (void)state;
    struct buf two = buf_new(1000), out = buf_new(1000);
    buf_add(&two, packed, sizeof packed);
    buf_add(&two, packed, sizeof packed);
    assert_int_equal(gunzip(two.data, two.size, &out), OK);
    assert_int_equal(out.size, 2 * strlen("<urlset><url><loc>https://example.com/1</loc></url>"
                                          "</urlset>"));
    buf_free(&two);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_their_dates),
        cmocka_unit_test(an_index_is_known_as_one),
        cmocka_unit_test(the_news_extension_gives_title_date_and_language),
        cmocka_unit_test(broken_ones_give_what_can_be_read),
        cmocka_unit_test(a_plain_list_of_addresses_is_a_sitemap),
        cmocka_unit_test(what_is_no_sitemap_is_named),
        cmocka_unit_test(gzip_is_undone),
        cmocka_unit_test(damaged_gzip_gives_what_it_holds),
        cmocka_unit_test(a_gzip_bomb_stops_at_the_bound),
        cmocka_unit_test(gzip_members_follow_one_another),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
