// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/extract/sniff.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

static void a_document_is_what_its_bytes_are(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *bytes;
        size_t size;
        enum sniff want;
    } rows[] = {
        {BYTES(" \r\n\t"), SNIFF_EMPTY},
        {BYTES("<!DOCTYPE html><p>公告"), SNIFF_HTML},
        {BYTES("<div><p>公告</p></div>"), SNIFF_HTML},
        {BYTES("<\0h\0t\0m\0l\0>\0\x01\x4E\x02\x4E\x03\x4E\x04\x4E"), SNIFF_HTML}, // UTF-16
        {BYTES("\xFF\xFE<\0h\0t\0m\0l\0>\0\x01\x4E\x02\x4E"), SNIFF_HTML},
        {BYTES("<p>damaged\x01 in one place, and so long a text that it counts for little"),
         SNIFF_HTML},
        {BYTES("\x1b$B%K%e!<%9\x1b(B<html>"), SNIFF_HTML}, // ISO-2022-JP shifts by ESC
        {BYTES("中国石油：关于重大合同的公告"), SNIFF_TEXT},
        {BYTES("[1] 国务院国资委公告"), SNIFF_TEXT},
        {BYTES("[快讯] 国务院国资委公告"), SNIFF_TEXT},
        {BYTES("[{\"title\": \"公告\"}]"), SNIFF_JSON},
        {BYTES("{\"code\":401,\"msg\":\"请先登录\"}"), SNIFF_JSON},
        {BYTES("{ }"), SNIFF_JSON},
        {BYTES("[[[["), SNIFF_JSON},
        {BYTES("/**/jQuery.list_1({\"title\": \"<p>公告\"});"), SNIFF_JSON},
        {BYTES("see(this) <p>公告"), SNIFF_HTML},
        {BYTES("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), SNIFF_XML},
        {BYTES("https://例子.中国/一\r\nhttp://example.com/2\n\n"), SNIFF_URLS},
        {BYTES("https://example.com/1 and more"), SNIFF_TEXT},
        {BYTES("http://example.com/1\n公告\n"), SNIFF_TEXT},
        {BYTES("PK\x03\x04\x14zip<html>"), SNIFF_BINARY},
        {BYTES("\x89PNG\r\n\x1a\n"), SNIFF_BINARY},
        {BYTES("\0\0\0\x20"
               "ftypisom\0\0\2\0isomiso2<a>"),
         SNIFF_BINARY},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (sniff_document(rows[i].bytes, rows[i].size) != rows[i].want)
            fail_msg("row %zu: %s, not %s", i,
                     sniff_name(sniff_document(rows[i].bytes, rows[i].size)),
                     sniff_name(rows[i].want));
}

static void noise_is_no_page(void **state)
{
    (void)state;
    uint8_t noise[20000];
    uint64_t x = 7;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((x = x * 6364136223846793005u + 1442695040888963407u) >> 56);
    assert_int_equal(sniff_document(noise, sizeof noise), SNIFF_BINARY);
    assert_string_equal(sniff_no_page(noise, sizeof noise, "text/html"), "binary data");
}

static void what_a_server_calls_it_counts_where_bytes_tell_nothing(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *bytes;
        size_t size;
        const char *type, *want; // NULL: a page
    } rows[] = {
        {BYTES("var a = '<div>';"), "application/javascript", "application/javascript"},
        {BYTES("代码,名称\n600000,浦发银行\n"), "text/csv", "text/csv"},
        {BYTES("body{color:red}"), "text/css;charset=gbk", "text/css;charset=gbk"},
        {BYTES("<html><p>公告"), "application/octet-stream", NULL},
        {BYTES("公告"), "application/octet-stream", "application/octet-stream"},
        {BYTES("公告"), "text/plain", NULL},
        {BYTES("{\"code\":500}"), "text/html", "JSON"},
        {BYTES("<?xml version='1.0'?><Error>x</Error>"), "text/html", "XML"},
        {BYTES("<Error>x</Error>"), "application/xml", "XML"},
        {BYTES("<section><p>公告"), "text/html", NULL},
        {BYTES("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>"),
         "application/xhtml+xml", NULL},
        {BYTES("<urlset>"), "text/html", "a sitemap"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = sniff_no_page(rows[i].bytes, rows[i].size, rows[i].type);
        if (!got != !rows[i].want || (got && strcmp(got, rows[i].want) != 0))
            fail_msg("row %zu: %s", i, got ? got : "a page");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_what_its_bytes_are),
        cmocka_unit_test(noise_is_no_page),
        cmocka_unit_test(what_a_server_calls_it_counts_where_bytes_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
