// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/charset_guess.h"

#include "common/text.h"

enum { GUESS_READS = 256 * 1024 };

// Pairs of bytes that begin with one beyond ASCII, as both Chinese encodings see them.
struct pairs {
    uint32_t count;    // pairs
    uint32_t broken;   // a lead byte without a trail byte
    uint32_t ordinary; // in the part of the encoding that ordinary text uses
    uint32_t frequent; // one of the commonest characters and marks
    uint32_t lone;     // whose second byte is ASCII
    uint32_t followed; // by another at once
};

// 的 一 是 不 在 有 人 这 了 中 ， 。 、 和 国 为 年 日 月, and 公 司 告 报 会 关 于 股 市 大 发 业
// of announcements' titles, in each encoding; GBK has the traditional forms too. About one
// character in five of any Chinese text is among them; in the wrong encoding they come up by chance
// only.
static bool is_frequent_gb(unsigned pair)
{
    switch (pair) {
    case 0xB5C4:
    case 0xD2BB:
    case 0xCAC7:
    case 0xB2BB:
    case 0xD4DA:
    case 0xD3D0:
    case 0xC8CB:
    case 0xD5E2:
    case 0xC1CB:
    case 0xD6D0:
    case 0xA3AC:
    case 0xA1A3:
    case 0xA1A2:
    case 0xBACD:
    case 0xB9FA:
    case 0xCEAA:
    case 0xC4EA:
    case 0xC8D5:
    case 0xD4C2:
    case 0xB9AB:
    case 0xCBBE:
    case 0xB8E6:
    case 0xB1A8:
    case 0xBBE1:
    case 0xB9D8:
    case 0xD3DA:
    case 0xB9C9:
    case 0xCAD0:
    case 0xB4F3:
    case 0xB7A2:
    case 0xD2B5:
    case 0x87F8:
    case 0x95FE:
    case 0x9EE9:
    case 0xDF40:
    case 0x8280:
    case 0xB06C:
    case 0xECB6:
    case 0x88F3:
    case 0xEA50:
    case 0x9849:
    case 0x8CA6:
        return true;
    default:
        return false;
    }
}

static bool is_frequent_big5(unsigned pair)
{
    switch (pair) {
    case 0xAABA:
    case 0xA440:
    case 0xAC4F:
    case 0xA4A3:
    case 0xA662:
    case 0xA6B3:
    case 0xA448:
    case 0xB36F:
    case 0xA446:
    case 0xA4A4:
    case 0xA141:
    case 0xA143:
    case 0xA142:
    case 0xA94D:
    case 0xB0EA:
    case 0xACB0:
    case 0xA67E:
    case 0xA4E9:
    case 0xA4EB:
    case 0xA4BD:
    case 0xA571:
    case 0xA769:
    case 0xB3F8:
    case 0xB77C:
    case 0xC3F6:
    case 0xA9F3:
    case 0xAAD1:
    case 0xA5AB:
    case 0xA46A:
    case 0xB56F:
    case 0xB77E:
    case 0xADD3:
    case 0xB9EF:
        return true;
    default:
        return false;
    }
}

// Level 1 of GB 2312 (rows 16 to 55) and its punctuation.
static bool is_ordinary_gb(uint8_t lead, uint8_t trail)
{
    return trail >= 0xA1 && ((lead >= 0xB0 && lead <= 0xD7) || (lead >= 0xA1 && lead <= 0xA3));
}

// Level 1 of Big5 and its punctuation.
static bool is_ordinary_big5(uint8_t lead, uint8_t trail)
{
    return lead >= 0xA1 && lead <= 0xC6 && ((trail >= 0x40 && trail <= 0x7E) || trail >= 0xA1);
}

static struct pairs count_pairs(const uint8_t *b, size_t n, bool big5)
{
    struct pairs p = {0};
    for (size_t i = 0; i < n; i++) {
        if (b[i] < 0x80)
            continue;
        uint8_t trail = i + 1 < n ? b[i + 1] : 0;
        bool four = !big5 && trail >= 0x30 && trail <= 0x39; // gb18030's four-byte characters
        if (trail < 0x40 && !four) {
            p.broken += i + 1 < n;
            continue;
        }
        p.count++;
        p.ordinary += big5 ? is_ordinary_big5(b[i], trail) : is_ordinary_gb(b[i], trail);
        p.lone += trail < 0x80;
        unsigned pair = (unsigned)b[i] << 8 | trail;
        p.frequent += big5 ? is_frequent_big5(pair) : is_frequent_gb(pair);
        i += four ? 3 : 1;
        p.followed += i + 1 < n && b[i + 1] >= 0x80;
    }
    return p;
}

// How many characters beyond ASCII are well-formed UTF-8, and how many bytes are in none.
struct well_formed {
    size_t good, bad;
};

static struct well_formed count_utf8(const char *s, size_t n)
{
    struct well_formed w = {0, 0};
    for (size_t i = 0; i < n;) {
        uint32_t c;
        size_t length = text_decode(s + i, n - i, &c);
        if (length > 1)
            w.good++;
        else if ((unsigned char)s[i] >= 0x80)
            w.bad++;
        i += length;
    }
    return w;
}

// Nearly free of errors, and what ordinary text is made of. Less than four characters tell nothing,
// unless they are common ones: 公告.
static bool is_plausible(const struct pairs *p)
{
    bool enough = p->count >= 4 || (p->count >= 2 && p->frequent * 2 >= p->count);
    return enough && p->broken * 50 <= p->count && p->ordinary * 10 >= p->count * 8;
}

// Traditional characters in GBK: half of them are outside of GB 2312, but the second byte of most
// is beyond ASCII, which a Latin letter's neighbour hardly ever is.
static bool is_traditional_gbk(const struct pairs *p)
{
    return p->count >= 4 && p->broken * 50 <= p->count && p->ordinary * 10 >= p->count * 4 &&
           p->lone * 2 <= p->count && p->frequent * 25 > p->count;
}

enum charset_guess charset_guess(const uint8_t *bytes, size_t size)
{
    size_t n = size < GUESS_READS ? size : GUESS_READS;
    // UTF-8 in which something was broken (cut summaries, one file pasted into another) still has
    // far more good characters than bad bytes; Chinese in another encoding has hardly any, and
    // the Latin sets have none to speak of.
    struct well_formed utf8 = count_utf8((const char *)bytes, n);
    if (utf8.good > 10 * utf8.bad)
        return CHARSET_GUESS_UTF8;
    struct pairs gb = count_pairs(bytes, n, false), big5 = count_pairs(bytes, n, true);
    bool gb_fits = is_plausible(&gb), big5_fits = is_plausible(&big5);
    if (gb_fits && (!big5_fits || gb.frequent >= big5.frequent))
        return CHARSET_GUESS_GB18030;
    if (big5_fits)
        return CHARSET_GUESS_BIG5;
    if (is_traditional_gbk(&gb))
        return CHARSET_GUESS_GB18030;
    return utf8.good > utf8.bad ? CHARSET_GUESS_UTF8 : CHARSET_GUESS_NONE;
}

// Letters with accents and quotation marks among ASCII: what a Chinese decoder takes for the first
// byte of a pair, it completes with the letter that follows.
static bool is_latin(const struct pairs *p)
{
    return p->count + p->broken >= 2 && p->lone * 10 >= p->count * 6 &&
           p->followed * 4 <= p->count && p->ordinary * 10 <= p->count && p->frequent == 0;
}

enum charset_guess charset_guess_instead(const uint8_t *bytes, size_t size,
                                         enum charset_guess declared)
{
    size_t n = size < GUESS_READS ? size : GUESS_READS;
    bool said_big5 = declared == CHARSET_GUESS_BIG5;
    struct pairs own = count_pairs(bytes, n, said_big5), other = count_pairs(bytes, n, !said_big5);
    if (!said_big5 && is_latin(&own) && !is_plausible(&other))
        return CHARSET_GUESS_LATIN;
    if (!is_plausible(&other) || other.frequent < own.frequent)
        return CHARSET_GUESS_NONE;
    // A plausible declaration yields to more than twice as many common characters, one that is not
    // to more, and to any where its text is not made of ordinary characters and the other's is.
    bool odd = own.ordinary * 10 < own.count * 6 && other.ordinary * 10 >= other.count * 9;
    uint32_t needed = is_plausible(&own) ? 2 * own.frequent : own.frequent;
    if (!odd && (other.frequent < 2 || other.frequent <= needed))
        return CHARSET_GUESS_NONE;
    return said_big5 ? CHARSET_GUESS_GB18030 : CHARSET_GUESS_BIG5;
}
