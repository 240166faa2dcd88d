// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static void every_character_is_encoded_and_decoded(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        uint32_t back;
        size_t n = text_encode(c, bytes);
        uint32_t want = c >= 0xD800 && c < 0xE000 ? 0xFFFD : c;
        assert_int_equal(text_decode(bytes, n, &back), n);
        assert_int_equal(back, want);
        assert_int_equal(text_valid_prefix(bytes, n), n);
        assert_true(text_is_clean(bytes, n) == !text_is_forbidden(want));
    }
}

// All sequences of two bytes and, behind each lead byte, all of three: what is valid is what the
// encoder writes (Unicode 15, table 3-7, without looking at it).
static void nothing_else_is_decoded(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 1 << 24; bits++) {
        const char s[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        char again[4];
        uint32_t c;
        size_t n = text_decode(s, 3, &c);
        bool malformed = n == 1 && (unsigned char)s[0] >= 0x80;
        if (malformed && c != 0xFFFD)
            fail_msg("%06x gives %x", bits, c);
        if (!malformed && (text_encode(c, again) != n || memcmp(s, again, n) != 0))
            fail_msg("%06x is %x", bits, c);
    }
}

static void a_cut_character_is_malformed(void **state)
{
    static const char *const characters[] = {"é", "国", "𠀀", "\xF4\x8F\xBF\xBD"};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 1; n < strlen(characters[i]); n++) {
            uint32_t c;
            assert_int_equal(text_decode(characters[i], n, &c), 1);
            assert_int_equal(c, 0xFFFD);
            assert_int_equal(text_valid_prefix(characters[i], n), 0);
        }
}

static void the_valid_prefix_ends_at_the_first_bad_byte(void **state)
{
    static const struct {
        const char *text;
        size_t size, want;
    } cases[] = {
        {"", 0, 0},
        {"plain ascii text", 16, 16},
        {"a\0b", 3, 3},
        {"国资委", 9, 9},
        {"国资委\xFF", 10, 9},
        {"12345678\x80", 9, 8},
        {"1234567\xE5\x9B\xBD"
         "89012345\xC0\xAF",
         20, 18},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(text_valid_prefix(cases[i].text, cases[i].size), cases[i].want);
}

static void cleaning_removes_what_must_go(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *want;
    } cases[] = {
        {"", 0, ""},
        {"国资委\n\tabc", 14, "国资委\n\tabc"},
        {"a\0b\r\nc", 6, "ab\nc"},
        {"\x1B[31mred", 8, "[31mred"},
        {"a\x7F\xC2\x85"
         "b",
         5, "ab"},
        {"\xEF\xBB\xBF"
         "公告",
         9, "公告"},
        {"x\xE2\x80\xAE"
         "y\xE2\x81\xA9",
         8, "xy"},
        {"\xE5\x9B", 2, ""},
        {"\xE5\x9B\x01\xBD", 4, ""}, // the parts of a character do not join
        {"\xED\xA0\x80\xF4\x90\x80\x80", 7, ""},
        {"aaaaaaaa\x01"
         "bbbbbbbb\x02"
         "cccccccc",
         26, "aaaaaaaabbbbbbbbcccccccc"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char s[64];
        memcpy(s, cases[i].text, cases[i].size);
        size_t n = text_clean(s, cases[i].size);
        assert_int_equal(n, strlen(cases[i].want));
        assert_memory_equal(s, cases[i].want, n);
    }
}

// Against the slow way: one character after the other. Bytes are drawn so that runs of ASCII and of
// Chinese, which are taken faster, meet everything else at every place.
static void cleaning_any_bytes_gives_what_the_slow_way_gives(void **state)
{
    static const char *const parts[] = {
        "公",           "司",           "a",        "abcdefgh", "\x1F",
        "\x7F",         "\x80",         "\xE3\x80", "\xEC\xBF", "\xED\xA0\x80",
        "\xE2\x80\xAE", "\xEF\xBB\xBF", "\n",       "\t",       "\xC2\x85",
        "𠀀",           "\xF0\x9F",     " ",        "~",        "é"};
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 20000; round++) {
        char s[400], want[400];
        size_t n = 0, m = 0;
        for (int i = 0; i < 20; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            const char *part = parts[(random >> 33) % (sizeof parts / sizeof *parts)];
            n += (size_t)snprintf(s + n, sizeof s - n, "%s", part);
        }
        for (size_t i = 0, length; i < n; i += length) {
            uint32_t c;
            length = text_decode(s + i, n - i, &c);
            bool malformed = length == 1 && (unsigned char)s[i] >= 0x80;
            if (!malformed && !text_is_forbidden(c)) {
                memcpy(want + m, s + i, length);
                m += length;
            }
        }
        assert_true(text_is_clean(s, n) == (n == m));
        assert_int_equal(text_clean(s, n), m);
        assert_memory_equal(s, want, m);
        assert_true(text_is_clean(s, m));
        assert_int_equal(text_valid_prefix(s, m), m);
    }
}

static void a_cut_is_never_within_a_character(void **state)
{
    static const struct {
        const char *text;
        size_t max, want;
    } cases[] = {{"国资", 6, 6}, {"国资", 7, 6}, {"国资", 5, 3},        {"国资", 3, 3},
                 {"国资", 2, 0}, {"国资", 0, 0}, {"abc", 2, 2},         {"é", 1, 0},
                 {"a𠀀", 4, 1},  {"", 5, 0},     {"\x80\x80\x80", 2, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(text_cut(cases[i].text, strlen(cases[i].text), cases[i].max),
                         cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_encoded_and_decoded),
        cmocka_unit_test(nothing_else_is_decoded),
        cmocka_unit_test(a_cut_character_is_malformed),
        cmocka_unit_test(the_valid_prefix_ends_at_the_first_bad_byte),
        cmocka_unit_test(cleaning_removes_what_must_go),
        cmocka_unit_test(cleaning_any_bytes_gives_what_the_slow_way_gives),
        cmocka_unit_test(a_cut_is_never_within_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
