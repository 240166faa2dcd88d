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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
