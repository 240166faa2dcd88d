// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/date_plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

enum { TEN = 10, NOT_A_NUMERAL = -1, ERA_DIGITS_MAX = 3 };

static int numeral(uint32_t c)
{
    static const uint32_t numerals[] = {0x3007, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94,
                                        0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5341};
    for (int i = 0; i <= TEN; i++)
        if (numerals[i] == c)
            return i;
    // People also write the circle that is a symbol, or the formal zero.
    return c == 0x25CB || c == 0x25EF || c == 0x96F6 ? 0 : NOT_A_NUMERAL;
}

static char mark(uint32_t c)
{
    switch (c) {
    case 0x5E74: // 年
    case 0xB144: // 년
        return MARK_YEAR;
    case 0x6708: // 月
    case 0xC6D4: // 월
        return MARK_MONTH;
    case 0x65E5: // 日
    case 0x53F7: // 号
    case 0x865F: // 號
    case 0xC77C: // 일
        return MARK_DAY;
    case 0x65F6: // 时
    case 0x6642: // 時
    case 0x70B9: // 点
    case 0x9EDE: // 點
    case 0xC2DC: // 시
        return MARK_HOUR;
    case 0x5206: // 分
    case 0xBD84: // 분
        return MARK_MINUTE;
    case 0x79D2: // 秒
    case 0xCD08: // 초
        return MARK_SECOND;
    default:
        return 0;
    }
}

// 上 下 午 早 凌 晚 오
static bool may_be_half(uint32_t c)
{
    return c == 0x4E0A || c == 0x4E0B || c == 0x5348 || c == 0x65E9 || c == 0x51CC || c == 0x665A ||
           c == 0xC624;
}

// Marks of two characters, of which the second is eaten.
static char half_of_day(uint32_t first, uint32_t second)
{
    if (second == 0x5348) // 午
        return first == 0x4E0A ? MARK_MORNING : first == 0x4E0B ? MARK_AFTERNOON : 0;
    if (first == 0x5348) // 午前, 午後
        return second == 0x524D ? MARK_MORNING : second == 0x5F8C ? MARK_AFTERNOON : 0;
    if (first == 0xC624) // 오전, 오후
        return second == 0xC804 ? MARK_MORNING : second == 0xD6C4 ? MARK_AFTERNOON : 0;
    if ((first == 0x65E9 && second == 0x4E0A) || (first == 0x51CC && second == 0x6668))
        return MARK_MORNING;                                         // 早上, 凌晨
    return first == 0x665A && second == 0x4E0A ? MARK_AFTERNOON : 0; // 晚上
}

static bool is_space(uint32_t c)
{
    return c <= 0x20 || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
           c == 0x205F || c == 0xFEFF;
}

struct reader {
    const char *s;
    size_t n, at;
};

static uint32_t peek(const struct reader *r, size_t *length)
{
    uint32_t c = 0;
    *length = 0;
    if (r->at < r->n)
        *length = text_decode(r->s + r->at, r->n - r->at, &c);
    return c;
}

// Reads a run of Chinese numerals into digits: 二〇二一 by place, 二十七 by tens. False (nothing
// read) unless a mark follows, because 一 and 十 are ordinary words too.
static bool read_numerals(struct reader *r, char out[16])
{
    struct reader ahead = *r;
    int values[4], count = 0;
    bool tens = false;
    size_t length;
    for (int v = numeral(peek(&ahead, &length)); v != NOT_A_NUMERAL && count < 4;
         v = numeral(peek(&ahead, &length))) {
        values[count++] = v;
        tens |= v == TEN;
        ahead.at += length;
    }
    if (count == 0 || !mark(peek(&ahead, &length)))
        return false;
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (values[i] == TEN)
            value = (value ? value : 1) * TEN;
        else
            value = tens ? value + values[i] : value * 10 + values[i];
    }
    snprintf(out, 16, "%d", value);
    *r = ahead;
    return true;
}

static const struct era {
    uint32_t first, second; // characters of its name
    int zero;               // the year before its first
} eras[] = {{0x6C11, 0x570B, 1911},
            {0x6C11, 0x56FD, 1911}, // 民國 民国
            {0x4EE4, 0x548C, 2018},
            {0x5E73, 0x6210, 1988}}; // 令和 平成

// The era whose name stands here and is eaten, NULL if none does.
static const struct era *read_era(struct reader *r)
{
    size_t length, next;
    uint32_t first = peek(r, &length);
    for (size_t i = 0; i < sizeof eras / sizeof *eras; i++) {
        struct reader ahead = {r->s, r->n, r->at + length};
        if (eras[i].first == first && eras[i].second == peek(&ahead, &next)) {
            r->at += length + next;
            return &eras[i];
        }
    }
    return NULL;
}

// 民國110年, 令和6年, 令和元年: the era's name and number, up to the 年.
static bool read_era_year(struct reader *r, char out[16])
{
    struct reader ahead = *r;
    size_t length;
    const struct era *era = read_era(&ahead);
    if (!era)
        return false;
    int year = 0, digits = 0;
    uint32_t c;
    for (c = peek(&ahead, &length); digits <= ERA_DIGITS_MAX; c = peek(&ahead, &length)) {
        if (c >= '0' && c <= '9')
            year = year * 10 + (int)(c - '0'), digits++;
        else if (c == 0x5143 && digits == 0) // 元
            year = digits = 1;
        else if (c != ' ')
            break;
        ahead.at += length;
    }
    if (digits < 1 || digits > ERA_DIGITS_MAX || mark(c) != MARK_YEAR)
        return false;
    snprintf(out, 16, "%d", year + era->zero);
    *r = ahead;
    return true;
}

// The letter that months are written with in place of an accented or Cyrillic one; 0: none is.
static char letter(uint32_t c)
{
    static const char latin[] = "aaaaaa.ceeeeiiii.nooooo..uuuu...", // U+00E0 to U+00FF
        cyrillic[] = "abvgdejziyklmnoprstufhccssqyqeua";            // U+0430 to U+044F, one to one
    char found = '.';
    if (c >= 0xC0 && c <= 0xFF)
        found = latin[c % 32];
    else if (c >= 0x410 && c <= 0x44F)
        found = cyrillic[(c - 0x410) % 32];
    return found == '.' ? 0 : found;
}

// The plain spelling of one character, after the longer forms were tried.
static char plain_character(struct reader *r)
{
    size_t length;
    uint32_t c = peek(r, &length);
    r->at += length;
    char half = may_be_half(c) ? half_of_day(c, peek(r, &length)) : 0;
    if (half) {
        r->at += length;
        return half;
    }
    if (is_space(c))
        return ' ';
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    if (c < 0x7F)
        return (char)c;
    if (c >= 0x2010 && c <= 0x2015)
        return '-';
    char plain = letter(c);
    if (!plain)
        plain = mark(c);
    return plain ? plain : MARK_OTHER;
}

static char plain_ascii(char c)
{
    return c <= ' ' ? ' ' : c;
}

size_t date_plain(const char *s, size_t n, char out[DATE_PLAIN_SIZE])
{
    struct reader r = {.s = s, .n = text_cut(s, n, DATE_PLAIN_READS)};
    size_t size = 0;
    while (r.at < r.n && size < DATE_PLAIN_SIZE - 20) {
        char number[16];
        bool ascii = (uint8_t)r.s[r.at] < 0x7F; // no numeral, no era: most of most lines
        if (!ascii && (read_era_year(&r, number) || read_numerals(&r, number))) {
            size_t digits = strlen(number);
            memcpy(out + size, number, digits);
            size += digits;
            continue;
        }
        char c = ascii ? plain_ascii(r.s[r.at++]) : plain_character(&r);
        if (c != ' ' || (size > 0 && out[size - 1] != ' '))
            out[size++] = c;
    }
    out[size] = '\0';
    return size;
}
