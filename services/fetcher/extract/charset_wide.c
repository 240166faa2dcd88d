// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/charset_wide.h"

#include <stdbool.h>
#include <string.h>

#include "common/text.h"

enum { LOOK = 1024, REPLACEMENT = 0xFFFD };

static bool starts(const uint8_t *b, size_t n, const char *magic, size_t length)
{
    return n >= length && memcmp(b, magic, length) == 0;
}

// FF FE 00 00 could be UTF-16 that begins with a NUL, but no text does (Appendix F).
enum charset_wide charset_wide_mark(const uint8_t *bytes, size_t size, size_t *mark)
{
    static const struct {
        char magic[4];
        enum charset_wide wide;
        size_t length;
    } marks[] = {{"\xFF\xFE\0\0", CHARSET_UTF32LE, 4},
                 {"\0\0\xFE\xFF", CHARSET_UTF32BE, 4},
                 {"\xFF\xFE", CHARSET_UTF16LE, 2},
                 {"\xFE\xFF", CHARSET_UTF16BE, 2}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (starts(bytes, size, marks[i].magic, marks[i].length)) {
            *mark = marks[i].length;
            return marks[i].wide;
        }
    }
    *mark = 0;
    return CHARSET_NARROW;
}

static bool is_ascii(uint8_t b)
{
    return (b >= 0x20 && b < 0x7F) || b == '\t' || b == '\n' || b == '\r';
}

// True if the first two units of `width` bytes are ASCII in the byte at `at`, NUL in all others.
static bool begins(const uint8_t *b, size_t width, size_t at)
{
    for (size_t i = 0; i < 2 * width; i++)
        if (i % width == at ? !is_ascii(b[i]) : b[i] != 0)
            return false;
    return true;
}

static uint32_t unit_at(const uint8_t *b, size_t width, bool little)
{
    uint32_t v = 0;
    for (size_t i = 0; i < width; i++)
        v = v << 8 | b[little ? width - 1 - i : i];
    return v;
}

// Text has next to no units that are NUL or beyond Unicode; binary data has.
static bool keeps_on(const uint8_t *b, size_t n, size_t width, bool little)
{
    size_t units = n / width, bad = 0;
    for (size_t i = 0; i < units; i++) {
        uint32_t c = unit_at(b + i * width, width, little);
        bad += c == 0 || c > 0x10FFFF;
    }
    return bad * 50 <= units;
}

enum charset_wide charset_wide_guess(const uint8_t *bytes, size_t size)
{
    static const struct {
        size_t width, at;
        enum charset_wide wide;
    } forms[] = {{2, 0, CHARSET_UTF16LE},
                 {2, 1, CHARSET_UTF16BE},
                 {4, 0, CHARSET_UTF32LE},
                 {4, 3, CHARSET_UTF32BE}};
    size_t n = size < LOOK ? size : LOOK;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (n >= 2 * forms[i].width && begins(bytes, forms[i].width, forms[i].at) &&
            keeps_on(bytes, n, forms[i].width, forms[i].at == 0))
            return forms[i].wide;
    return CHARSET_NARROW;
}

const char *charset_wide_name(enum charset_wide wide)
{
    static const char *const names[] = {"", "utf-16le", "utf-16be", "utf-32le", "utf-32be"};
    return names[wide];
}

uint32_t charset_utf32(enum charset_wide wide, const uint8_t *bytes, size_t size, struct buf *out)
{
    uint32_t replacements = 0;
    for (size_t i = 0; i < size && !buf_failed(out); i += 4) {
        uint32_t c = size - i < 4 ? UINT32_MAX : unit_at(bytes + i, 4, wide == CHARSET_UTF32LE);
        bool good = c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
        char utf8[4];
        replacements += !good;
        buf_add(out, utf8, text_encode(good ? c : REPLACEMENT, utf8));
    }
    return replacements;
}
