// SPDX-License-Identifier: MIT
#include "services/newswire/readable.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

enum { LABEL_MAX = 63 };

// Punycode, RFC 3492, 6.2, with the parameters of section 5.

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t digit(char c)
{
    if (isdigit((unsigned char)c))
        return (uint32_t)(c - '0' + 26);
    return isalpha((unsigned char)c) ? (uint32_t)(tolower((unsigned char)c) - 'a') : BASE;
}

// One number of variable length from s[*at..n). False: it is none.
static bool read_delta(const char *s, size_t n, size_t *at, uint32_t bias, uint32_t *out)
{
    uint64_t value = 0, weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t d = *at < n ? digit(s[(*at)++]) : BASE;
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        value += d * weight;
        if (d == BASE || value > 0x10FFFF * (uint64_t)LABEL_MAX)
            return false;
        if (d < t) {
            *out = (uint32_t)value;
            return true;
        }
        weight *= BASE - t;
    }
}

// The characters of s[0..n), which stood after "xn--". 0: it cannot be decoded.
static size_t punycode(const char *s, size_t n, uint32_t out[LABEL_MAX])
{
    uint32_t character = FIRST_N, i = 0, bias = FIRST_BIAS, points = 0;
    const char *dash = memrchr(s, '-', n);
    size_t at = 0;
    if (n > LABEL_MAX)
        return 0;
    for (; dash && s + at < dash; at++)
        out[points++] = (unsigned char)s[at];
    at += dash != NULL;
    while (at < n && points < LABEL_MAX) {
        uint32_t delta, before = i;
        if (!read_delta(s, n, &at, bias, &delta))
            return 0;
        i += delta;
        bias = adapt(i - before, ++points, before == 0);
        character += i / points;
        i %= points;
        memmove(out + i + 1, out + i, (points - 1 - i) * sizeof *out);
        out[i++] = character;
    }
    return at == n ? points : 0;
}

static void add_label(const char *s, size_t n, struct buf *out)
{
    uint32_t characters[LABEL_MAX];
    bool encoded = n > 4 && n <= LABEL_MAX && strncmp(s, "xn--", 4) == 0;
    size_t points = encoded ? punycode(s + 4, n - 4, characters) : 0;
    bool plain = points > 0;
    for (size_t i = 0; i < points; i++)
        plain = plain &&
                (text_is_cjk(characters[i]) ||
                 (characters[i] < 0x80 && (isalnum((int)characters[i]) || characters[i] == '-')));
    if (!plain) {
        buf_add(out, s, n);
        return;
    }
    for (size_t i = 0; i < points; i++) {
        char utf8[4];
        buf_add(out, utf8, text_encode(characters[i], utf8));
    }
}

// Escapes.

static int hex(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

// What prints as itself: no controls, no blanks, nothing invisible.
static bool is_printable(uint32_t c)
{
    return c > 0xA0 && c != 0xAD && !(c >= 0x2000 && c <= 0x206F) && c != 0x3000 &&
           !(c >= 0xD800 && c <= 0xF8FF) && !(c >= 0xFE00 && c <= 0xFE0F) &&
           !(c >= 0xFFF0 && c <= 0xFFFF) && c < 0xE0000 && !text_is_forbidden(c);
}

// The character that the escapes at the start of s say, appended; returns the bytes of s that it
// takes, 0 if that is no such character.
static size_t add_escaped(const char *s, struct buf *out)
{
    char bytes[4];
    size_t n = 0;
    for (; n < 4 && s[3 * n] == '%' && hex(s[3 * n + 1]) >= 0 && hex(s[3 * n + 2]) >= 0; n++)
        bytes[n] = (char)(hex(s[3 * n + 1]) * 16 + hex(s[3 * n + 2]));
    uint32_t c;
    size_t size = n > 0 ? text_decode(bytes, n, &c) : 0;
    if (size < 2 || !is_printable(c))
        return 0;
    buf_add(out, bytes, size);
    return 3 * size;
}

void readable_url(const char *url, struct buf *out)
{
    const char *host = strstr(url, "://"), *s = url;
    if (host) {
        buf_add(out, url, (size_t)(host + 3 - url));
        for (s = host + 3; *s && !strchr(":/?#", *s);) {
            size_t n = strcspn(s, ".:/?#");
            add_label(s, n, out);
            s += n;
            if (*s == '.')
                buf_add(out, s++, 1);
        }
    }
    while (*s) {
        size_t taken = *s == '%' ? add_escaped(s, out) : 0;
        if (!taken)
            buf_add(out, s, taken = 1);
        s += taken;
    }
}
