// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"
#include "services/fetcher/extract/charset.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

// "中国国务院，发布的通知。" and "中文的國際新聞，" in the encodings that Chinese pages come in.
#define GBK                                                                                        \
    "\xD6\xD0\xB9\xFA\xB9\xFA\xCE\xF1\xD4\xBA\xA3\xAC\xB7\xA2\xB2\xBC\xB5\xC4\xCD\xA8\xD6\xAA\xA1" \
    "\xA3"
#define BIG5 "\xA4\xA4\xA4\xE5\xAA\xBA\xB0\xEA\xBB\xDA\xB7\x73\xBB\x44\xA1\x41"

// "<p>國務院發布的通知，今年一月中國的公司在會上說了。</p>" in Big5, its simplified form in GBK.
#define LONG_BIG5                                                                                  \
    "<p>\xB0\xEA\xB0\xC8\xB0|\xB5o\xA5\xAC\xAA\xBA\xB3q\xAA\xBE\xA1"                               \
    "A\xA4\xB5"                                                                                    \
    "\xA6~\xA4@\xA4\xEB\xA4\xA4\xB0\xEA\xAA\xBA\xA4\xBD\xA5q\xA6"                                  \
    "b\xB7|\xA4W"                                                                                  \
    "\xBB\xA1\xA4"                                                                                 \
    "F\xA1"                                                                                        \
    "C</p>"
#define LONG_GBK                                                                                   \
    "<p>\xB9\xFA\xCE\xF1\xD4\xBA\xB7\xA2\xB2\xBC\xB5\xC4\xCD\xA8\xD6\xAA\xA3\xAC"                  \
    "\xBD\xF1\xC4\xEA\xD2\xBB\xD4\xC2\xD6\xD0\xB9\xFA\xB5\xC4\xB9\xAB\xCB\xBE\xD4"                 \
    "\xDA\xBB\xE1\xC9\xCF\xCB\xB5\xC1\xCB\xA1\xA3</p>"

struct row {
    const uint8_t *bytes;
    size_t size;
    const char *http, *want, *want_used, *want_declared;
    bool want_guessed;
    uint32_t want_replacements;
};

static void each_decodes_as(const struct row *rows, size_t n)
{
    struct buf scratch = buf_new(1 << 20);
    for (size_t i = 0; i < n; i++) {
        struct charset_text t = charset_decode(rows[i].bytes, rows[i].size, rows[i].http, &scratch);
        assert_string_equal(t.report.used, rows[i].want_used);
        assert_string_equal(t.report.declared, rows[i].want_declared);
        assert_int_equal(t.report.guessed, rows[i].want_guessed);
        assert_int_equal(t.report.replacements, rows[i].want_replacements);
        assert_int_equal(t.size, strlen(rows[i].want));
        assert_memory_equal(t.text, rows[i].want, t.size);
    }
    buf_free(&scratch);
}

static void what_is_declared_is_used(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES(GBK), "text/html; charset=gb2312", "中国国务院，发布的通知。", "gb18030", "gb18030",
         false, 0},
        {BYTES(BIG5), "text/html;charset=\"Big5\"", "中文的國際新聞，", "big5", "big5", false, 0},
        {BYTES("<meta charset=gbk>\xD6\xD0"), "", "<meta charset=gbk>中", "gb18030", "gb18030",
         false, 0},
        {BYTES("<META http-equiv='Content-Type' content='text/html; charset=big5'>\xA4\xA4"), "",
         "<META http-equiv='Content-Type' content='text/html; charset=big5'>中", "big5", "big5",
         false, 0},
        {BYTES("<?xml version='1.0' encoding='GB2312'?>\xB9\xFA"), "",
         "<?xml version='1.0' encoding='GB2312'?>国", "gb18030", "gb18030", false, 0},
        {BYTES("caf\xE9"), "text/html; charset=iso-8859-1", "café", "windows-1252", "windows-1252",
         false, 0},
        {BYTES("\x1B$B$\"\x1B(B"), "charset=iso-2022-jp", "あ", "iso-2022-jp", "iso-2022-jp", false,
         0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void valid_utf8_is_utf8_whatever_is_declared(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("国务院 says"), "text/html; charset=gb2312", "国务院 says", "utf-8", "gb18030",
         false, 0},
        {BYTES("plain"), "", "plain", "utf-8", "", false, 0},
        {BYTES("\xEF\xBB\xBF中"), "", "中", "utf-8", "utf-8", false, 0},
        {BYTES("中国\xE4\xB8"), "", "中国", "utf-8", "", false, 0}, // cut off with the document
    };
    each_decodes_as(rows, COUNT(rows));
}

static void a_byte_order_mark_outweighs_all(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("\xFF\xFE-N\xFDVa\0"), "charset=gbk", "中国a", "utf-16le", "utf-16le", false, 0},
        {BYTES("\xFE\xFFN-V\xFD"), "", "中国", "utf-16be", "utf-16be", false, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void what_is_undeclared_is_guessed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES(GBK), "", "中国国务院，发布的通知。", "gb18030", "", true, 0},
        {BYTES(BIG5), "", "中文的國際新聞，", "big5", "", true, 0},
        {BYTES("na\xEFve caf\xE9 d\xE9j\xE0 vu, \x93quoted\x94"), "",
         "naïve café déjà vu, “quoted”", "windows-1252", "", true, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void a_wrong_declaration_is_replaced(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES(GBK), "text/html; charset=utf-8", "中国国务院，发布的通知。", "gb18030", "utf-8",
         true, 0},
        {BYTES(GBK), "text/html; charset=ISO-8859-1", "中国国务院，发布的通知。", "gb18030",
         "windows-1252", true, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void broken_utf8_stays_utf8_and_is_counted(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("中国国务院办公厅发布关于的通知\xE4\xB8中国"), "charset=utf-8",
         "中国国务院办公厅发布关于的通知\xEF\xBF\xBD中国", "utf-8", "utf-8", false, 1},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void the_meta_element_beats_the_latin1_of_a_servers_default(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("<meta charset=big5>\xA4\xA4\xA4\xE5"), "text/html; charset=iso-8859-1",
         "<meta charset=big5>中文", "big5", "big5", false, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void each_chinese_encoding_is_told_from_the_other(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES(LONG_BIG5), "text/html; charset=gbk",
         "<p>國務院發布的通知，今年一月中國的公司在會上說了。</p>", "big5", "gb18030", true, 0},
        {BYTES(LONG_GBK), "text/html; charset=big5",
         "<p>国务院发布的通知，今年一月中国的公司在会上说了。</p>", "gb18030", "big5", true, 0},
        {BYTES(LONG_BIG5), "text/html; charset=big5",
         "<p>國務院發布的通知，今年一月中國的公司在會上說了。</p>", "big5", "big5", false, 0},
        {BYTES(LONG_GBK), "text/html; charset=gbk",
         "<p>国务院发布的通知，今年一月中国的公司在会上说了。</p>", "gb18030", "gb18030", false, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void latin_declared_as_utf8_is_windows_1252(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("the company\x92s caf\xE9 \x96 \x93good\x94"), "charset=utf-8",
         "the company’s café – “good”", "windows-1252", "utf-8", true, 0},
        {BYTES("<?xml version='1.0' encoding='utf-8'?>caf\xE9"), "",
         "<?xml version='1.0' encoding='utf-8'?>café", "windows-1252", "utf-8", true, 0},
        // But one broken byte among good characters is a broken byte.
        {BYTES("caf\xC3\xA9, na\xC3\xAFve\xFF"), "charset=utf-8", "café, naïve\xEF\xBF\xBD",
         "utf-8", "utf-8", false, 1},
        {BYTES("好好学习天天向上\xFF"), "charset=utf-8", "好好学习天天向上\xEF\xBF\xBD", "utf-8",
         "utf-8", false, 1},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void wide_encodings_need_no_mark(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("<\0?\0x\0m\0l\0 \0e\0n\0c\0o\0d\0i\0n\0g\0=\0'\0u\0t\0f\0-\0"
               "1\0"
               "6\0'\0?\0>\0-N\xFDV\0N"),
         "", "<?xml encoding='utf-16'?>中国一", "utf-16le", "utf-16le", false, 0},
        {BYTES("\0<\0?\0x\0m\0l\0 \0e\0n\0c\0o\0d\0i\0n\0g\0=\0'\0u\0t\0f\0-\0"
               "1\0"
               "6\0'\0?\0>N-V\xFD"),
         "", "<?xml encoding='utf-16'?>中国", "utf-16be", "utf-16be", false, 0},
        {BYTES("<\0h\0t\0m\0l\0>\0N\0o\0"), "text/html", "<html>No", "utf-16le", "", true, 0},
        {BYTES("\0<\0h\0t\0m\0l\0>N-V\xFD"), "charset=gbk", "<html>中国", "utf-16be", "gb18030",
         true, 0},
        {BYTES("<\0\0\0p\0\0\0>\0\0\0-N\0\0"), "", "<p>中", "utf-32le", "", true, 0},
        {BYTES("\0\0\0<\0\0\0p\0\0\0>\0\0N-"), "charset=utf-32", "<p>中", "utf-32be", "utf-32be",
         false, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void nuls_in_other_text_make_nothing_wide(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("<\0p>中国"), "", "<\0p>中国", "utf-8", "", false, 0},
        {BYTES("B\0M\0\0\0\0\0\0\0\0\0"), "", "B\0M\0\0\0\0\0\0\0\0\0", "utf-8", "", false, 0},
    };
    struct buf scratch = buf_new(100);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(charset_decode(rows[i].bytes, rows[i].size, "", &scratch).report.used,
                            rows[i].want_used);
    buf_free(&scratch);
}

static void utf32_is_decoded_with_its_mark(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("\xFF\xFE\0\0-N\0\0\xB7\x0B\2\0"), "", "中𠮷", "utf-32le", "utf-32le", false, 0},
        {BYTES("\0\0\xFE\xFF\0\0N-\0\2\x0B\xB7"), "charset=gbk", "中𠮷", "utf-32be", "utf-32be",
         false, 0},
        {BYTES("\0\0\xFE\xFF\0\0\xD8\0\0\x11\0\0\0\0\0a\0"), "",
         "\xEF\xBF\xBD\xEF\xBF\xBD"
         "a\xEF\xBF\xBD",
         "utf-32be", "utf-32be", false, 3},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void a_few_characters_tell_the_encoding(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("<p>"
               "\xCA\xD0\xB3\xA1\xBC\xE0\xB9\xDC\xD7\xDC\xBE\xD6\xB6\xD4\xC4\xB3\xB9\xAB\xCB\xBE"
               "\xD7\xF7\xB3\xF6\xD0\xD0\xD5\xFE\xB4\xA6\xB7\xA3\xBE\xF6\xB6\xA8"),
         "charset=big5", "<p>市场监管总局对某公司作出行政处罚决定", "gb18030", "big5", true, 0},
        {BYTES("<p>\xA5x\xBFn\xB9q\xA5x\xBFn\xB9q"), "charset=gbk", "<p>台積電台積電", "big5",
         "gb18030", true, 0},
        {BYTES("<p>\xAA\xF7\xBA\xDE\xB7|\xB9\xEF\xACY\xBB\xC8\xA6\xE6\xB3"
               "B\xA5H\xBB@\xC1\xEC"),
         "charset=gbk", "<p>金管會對某銀行處以罰鍰", "big5", "gb18030", true, 0},
        {BYTES("<p>\xBD\xF0\xB9\xDC\x95\xFE\x8C\xA6\xC4\xB3\xE3y\xD0\xD0\xCC\x8E\xD2\xD4\xC1P\xE6"
               "D"),
         "charset=gbk", "<p>金管會對某銀行處以罰鍰", "gb18030", "gb18030", false, 0},
        {BYTES("<p>\xA4\xBD\xA7i"), "charset=gbk", "<p>公告", "big5", "gb18030", true, 0},
        {BYTES("<p>\xB9\xAB\xB8\xE6"), "charset=utf-8", "<p>公告", "gb18030", "utf-8", true, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void traditional_characters_in_gbk_are_chinese(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("<p>\xB1\xBE\xB9\xAB\xCB\xBE\xB6\xAD\xCA\xC2\x95\xFE\x9BQ\xD7h\xB0l\xB7\xC5\xAC"
               "F\xBD\xF0\xB9\xC9\xC0\xFB"),
         "", "<p>本公司董事會決議發放現金股利", "gb18030", "", true, 0},
        {BYTES(
             "<p>\xEAP\xEC\xB6\xD5\xD9\xE9_\xB9\xC9\x96|\xB3\xA3\x95\xFE\xD6\xAE\xB9\xAB\xB8\xE6"),
         "charset=utf-8", "<p>關於召開股東常會之公告", "gb18030", "utf-8", true, 0},
        {BYTES(
             "<p>\xEAP\xEC\xB6\xD5\xD9\xE9_\xB9\xC9\x96|\xB3\xA3\x95\xFE\xD6\xAE\xB9\xAB\xB8\xE6"),
         "charset=iso-8859-1", "<p>關於召開股東常會之公告", "gb18030", "windows-1252", true, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

static void latin_declared_as_gbk_is_windows_1252(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {BYTES("\x82]\x92]\x9D]"), "charset=gbk", "俔抅漖", "gb18030", "gb18030", false, 0},
        {BYTES("the company\x92s caf\xE9 \x96 it\x92s \x93good\x94"), "charset=gbk",
         "the company’s café – it’s “good”", "windows-1252", "gb18030", true, 0},
        {BYTES("Gr\xF6\xDF"
               "e \xFC"
               "ber alles, \xC4nderung"),
         "charset=gb2312", "Größe über alles, Änderung", "windows-1252", "gb18030", true, 0},
        {BYTES("\xD6\xEC\xE9"
               "F\xBB\xF9 Zhu, \xE9"
               "F"),
         "charset=gbk", "朱镕基 Zhu, 镕", "gb18030", "gb18030", false, 0},
    };
    each_decodes_as(rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_declared_is_used),
        cmocka_unit_test(valid_utf8_is_utf8_whatever_is_declared),
        cmocka_unit_test(a_byte_order_mark_outweighs_all),
        cmocka_unit_test(what_is_undeclared_is_guessed),
        cmocka_unit_test(a_wrong_declaration_is_replaced),
        cmocka_unit_test(broken_utf8_stays_utf8_and_is_counted),
        cmocka_unit_test(the_meta_element_beats_the_latin1_of_a_servers_default),
        cmocka_unit_test(each_chinese_encoding_is_told_from_the_other),
        cmocka_unit_test(latin_declared_as_utf8_is_windows_1252),
        cmocka_unit_test(a_few_characters_tell_the_encoding),
        cmocka_unit_test(traditional_characters_in_gbk_are_chinese),
        cmocka_unit_test(latin_declared_as_gbk_is_windows_1252),
        cmocka_unit_test(wide_encodings_need_no_mark),
        cmocka_unit_test(nuls_in_other_text_make_nothing_wide),
        cmocka_unit_test(utf32_is_decoded_with_its_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
