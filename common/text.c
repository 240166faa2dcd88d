// SPDX-License-Identifier: MIT
#include "common/text.h"

#include <string.h>

size_t text_decode(const char *str, size_t n, uint32_t *out)
{
    const unsigned char *s = (const unsigned char *)str;
    *out = 0xFFFD;
    if (s[0] < 0x80) {
        *out = s[0];
        return 1;
    }
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 1;
    size_t length = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (n < length)
        return 1;
    // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    unsigned low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
    unsigned high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 1;
    uint32_t c = s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (s[i] & 0x3F);
    }
    *out = c;
    return length;
}

size_t text_encode(uint32_t c, char out[4])
{
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> length & 0xFF) | c);
    return length;
}

// Length of the leading ASCII, most of any page: in strides, then up to where it ends.
static size_t ascii_prefix(const char *s, size_t n)
{
    uint64_t words[4];
    size_t i = 0;
    for (; n - i >= sizeof words; i += sizeof words) {
        memcpy(words, s + i, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080u)
            break;
    }
    while (i < n && (unsigned char)s[i] < 0x80)
        i++;
    return i;
}

size_t text_valid_prefix(const char *s, size_t n)
{
    size_t i = ascii_prefix(s, n);
    while (i < n) {
        uint32_t c;
        size_t length = text_decode(s + i, n - i, &c);
        if (length == 1)
            break;
        i += length;
        if (i < n && (unsigned char)s[i] < 0x80)
            i += ascii_prefix(s + i, n - i);
    }
    return i;
}

bool text_is_forbidden(uint32_t c)
{
    if (c < 0x20)
        return c != '\t' && c != '\n';
    return (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

// True if all eight bytes are printable ASCII. Each test leaves the high bit of a byte set that
// fails it.
static bool printable_word(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    uint64_t del = word ^ (ones * 0x7F);
    return !((word | ((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & high);
}

// True at a character of three bytes in U+3000–U+CFFF, where nothing is malformed or forbidden:
// Chinese text is made of them.
static bool plain_three(const char *str)
{
    const unsigned char *s = (const unsigned char *)str;
    return s[0] >= 0xE3 && s[0] <= 0xEC && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80;
}

// Length of the clean prefix; on a stop, *bad is the length of what must go. Every message passes
// here several times on its way, so the two common cases are taken first.
static size_t clean_prefix(const char *s, size_t n, size_t *bad)
{
    size_t i = 0;
    while (i < n) {
        if (n - i >= 8 && printable_word(s + i)) {
            i += 8;
            continue;
        }
        if (n - i >= 3 && plain_three(s + i)) {
            i += 3;
            continue;
        }
        unsigned char b = (unsigned char)s[i];
        if (b >= 0x20 && b < 0x7F) {
            i++;
            continue;
        }
        uint32_t c;
        size_t length = text_decode(s + i, n - i, &c);
        if ((length == 1 && b >= 0x80) || text_is_forbidden(c)) {
            *bad = length;
            return i;
        }
        i += length;
    }
    return n;
}

size_t text_clean(char *s, size_t n)
{
    size_t from = 0, to = 0;
    while (from < n) {
        size_t bad = 0;
        size_t keep = clean_prefix(s + from, n - from, &bad);
        if (to != from)
            memmove(s + to, s + from, keep);
        to += keep;
        from += keep + bad;
    }
    return to;
}

bool text_is_clean(const char *s, size_t n)
{
    size_t bad = 0;
    return clean_prefix(s, n, &bad) == n;
}

size_t text_cut(const char *s, size_t n, size_t max)
{
    if (n <= max)
        return n;
    size_t cut = max;
    while (cut > 0 && ((unsigned char)s[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}

bool text_is_cjk(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x323AF) || (c >= 0x3040 && c <= 0x30FF) ||
           (c >= 0xAC00 && c <= 0xD7AF);
}
