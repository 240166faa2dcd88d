// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/charset.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lexbor/encoding/encoding.h>

#include "common/text.h"
#include "services/fetcher/extract/charset_guess.h"
#include "services/fetcher/extract/charset_wide.h"

enum { PRESCAN_MAX = 4096, NAME_MAX_SIZE = 40, CHUNK = 1024 };

static const struct lxb_encoding_data *find(const char *label)
{
    return lxb_encoding_data_by_pre_name((const lxb_char_t *)label, strlen(label));
}

// A label as people write it. gb2312 and gbk are decoded as gb18030, their superset.
static const struct lxb_encoding_data *by_label(const char *label, size_t n)
{
    const lxb_encoding_data_t *e = lxb_encoding_data_by_pre_name((const lxb_char_t *)label, n);
    if (!e || e->encoding == LXB_ENCODING_REPLACEMENT || e->encoding == LXB_ENCODING_X_USER_DEFINED)
        return NULL;
    return e->encoding == LXB_ENCODING_GBK ? lxb_encoding_data(LXB_ENCODING_GB18030) : e;
}

// Static lower-case names for the report.
static const char *name_of(const lxb_encoding_data_t *e)
{
    static const struct {
        int encoding;
        const char *name;
    } names[] = {
        {LXB_ENCODING_BIG5, "big5"},
        {LXB_ENCODING_EUC_JP, "euc-jp"},
        {LXB_ENCODING_EUC_KR, "euc-kr"},
        {LXB_ENCODING_GB18030, "gb18030"},
        {LXB_ENCODING_GBK, "gbk"},
        {LXB_ENCODING_ISO_2022_JP, "iso-2022-jp"},
        {LXB_ENCODING_SHIFT_JIS, "shift_jis"},
        {LXB_ENCODING_UTF_8, "utf-8"},
        {LXB_ENCODING_UTF_16BE, "utf-16be"},
        {LXB_ENCODING_UTF_16LE, "utf-16le"},
        {LXB_ENCODING_WINDOWS_1252, "windows-1252"},
    };
    if (!e)
        return "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].encoding == (int)e->encoding)
            return names[i].name;
    return (const char *)e->name;
}

static bool is_utf16(const lxb_encoding_data_t *e)
{
    return e && (e->encoding == LXB_ENCODING_UTF_16LE || e->encoding == LXB_ENCODING_UTF_16BE);
}

static const char *find_word(const char *s, const char *end, const char *word)
{
    size_t n = strlen(word);
    for (; (size_t)(end - s) >= n; s++) {
        if (*word == '<' && !(s = memchr(s, '<', (size_t)(end - s) - n + 1)))
            return NULL;
        if ((*s | 0x20) == (*word | 0x20) && strncasecmp(s, word, n) == 0)
            return s;
    }
    return NULL;
}

// A label that no encoding has, as people shall see it. The first one stays.
static void keep_unknown(const char *label, size_t n, char unknown[CHARSET_LABEL_SIZE])
{
    if (*unknown)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < n && kept + 1 < CHARSET_LABEL_SIZE; i++)
        if (label[i] > ' ' && label[i] <= '~')
            unknown[kept++] = label[i];
    unknown[kept] = '\0';
}

// The value after `word`, "=", an optional quote: the label of a declaration. NULL if no encoding
// has it, `unknown` then says what it was.
static const lxb_encoding_data_t *label_after(const char *s, const char *end, const char *word,
                                              char unknown[CHARSET_LABEL_SIZE])
{
    const char *at = find_word(s, end, word);
    if (!at)
        return NULL;
    at += strlen(word);
    bool equals = false;
    for (; at < end && strchr(" \t\r\n=\"'", *at); at++)
        equals = equals || *at == '=';
    size_t n = 0;
    while (at + n < end && n < NAME_MAX_SIZE && !strchr(" \t\r\n\"';>?/,", at[n]))
        n++;
    const lxb_encoding_data_t *e = by_label(at, n);
    if (!e && equals)
        keep_unknown(at, n, unknown);
    return e;
}

// What the document says of itself.
static const lxb_encoding_data_t *label_inside(const char *s, size_t n,
                                               char unknown[CHARSET_LABEL_SIZE])
{
    const char *end = s + (n < PRESCAN_MAX ? n : PRESCAN_MAX);
    const lxb_encoding_data_t *e = NULL;
    if (n > 5 && strncasecmp(s, "<?xml", 5) == 0) {
        const char *close = memchr(s, '>', (size_t)(end - s));
        e = label_after(s, close ? close : end, "encoding", unknown);
    }
    for (const char *tag = find_word(s, end, "<meta"); !e && tag;
         tag = find_word(tag + 1, end, "<meta")) {
        const char *close = memchr(tag, '>', (size_t)(end - tag));
        e = label_after(tag, close ? close : end, "charset", unknown);
    }
    return e;
}

// The same of bytes that could be read as they are. WHATWG: then it is not UTF-16.
static const lxb_encoding_data_t *declared_inside(const char *s, size_t n,
                                                  char unknown[CHARSET_LABEL_SIZE])
{
    const lxb_encoding_data_t *e = label_inside(s, n, unknown);
    return is_utf16(e) ? lxb_encoding_data(LXB_ENCODING_UTF_8) : e;
}

// HTTP's word, unless it is the Latin-1 that servers add to everything by default.
static const lxb_encoding_data_t *declared(const uint8_t *bytes, size_t size,
                                           const char *content_type,
                                           char unknown[CHARSET_LABEL_SIZE])
{
    const lxb_encoding_data_t *http =
        label_after(content_type, content_type + strlen(content_type), "charset", unknown);
    if (http && http->encoding != LXB_ENCODING_WINDOWS_1252)
        return http;
    const lxb_encoding_data_t *inside = declared_inside((const char *)bytes, size, unknown);
    return inside ? inside : http;
}

static void add_characters(struct buf *out, const lxb_codepoint_t *cp, size_t n,
                           uint32_t *replacements)
{
    char utf8[CHUNK * 4];
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        *replacements += cp[i] == LXB_ENCODING_REPLACEMENT_CODEPOINT;
        size += text_encode(cp[i], utf8 + size);
    }
    buf_add(out, utf8, size); // what exceeds the maximum is cut off, as charset.h says
}

// Decodes into `out` and returns the number of replacements.
static uint32_t decode(const lxb_encoding_data_t *e, const uint8_t *bytes, size_t size,
                       struct buf *out)
{
    lxb_codepoint_t characters[CHUNK];
    const lxb_codepoint_t replacement = LXB_ENCODING_REPLACEMENT_CODEPOINT;
    lxb_encoding_decode_t state;
    uint32_t replacements = 0;
    buf_clear(out);
    lxb_encoding_decode_init(&state, e, characters, CHUNK);
    lxb_encoding_decode_replace_set(&state, &replacement, 1);
    const lxb_char_t *at = bytes, *end = bytes + size;
    lxb_status_t status = LXB_STATUS_SMALL_BUFFER;
    while (status == LXB_STATUS_SMALL_BUFFER && !buf_failed(out)) {
        status = e->decode(&state, &at, end);
        add_characters(out, characters, lxb_encoding_decode_buf_used(&state), &replacements);
        lxb_encoding_decode_buf_used_set(&state, 0);
    }
    lxb_encoding_decode_finish(&state);
    add_characters(out, characters, lxb_encoding_decode_buf_used(&state), &replacements);
    return replacements;
}

// The beginning of a character, cut off with the document: a lead byte, fewer than it asks for.
static bool is_cut_character(const uint8_t *b, size_t n)
{
    if (n == 0 || b[0] < 0xC2 || b[0] > 0xF4)
        return false;
    size_t length = b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if ((b[i] & 0xC0) != 0x80)
            return false;
    return n < length;
}

static bool is_utf8(const uint8_t *bytes, size_t size, size_t *valid)
{
    *valid = text_valid_prefix((const char *)bytes, size);
    if (*valid == size)
        return true;
    bool ascii = true; // one odd byte after nothing but ASCII is no sign of UTF-8
    for (size_t i = 0; i < *valid && ascii; i++)
        ascii = bytes[i] < 0x80;
    return !ascii && is_cut_character(bytes + *valid, size - *valid);
}

// ISO-2022-JP and UTF-16 look like ASCII, so their declaration outweighs being valid UTF-8.
static bool hides_in_ascii(const lxb_encoding_data_t *e, const uint8_t *bytes, size_t size)
{
    if (!e)
        return false;
    if (e->encoding == LXB_ENCODING_ISO_2022_JP)
        return memchr(bytes, 0x1B, size) != NULL;
    return is_utf16(e) && memchr(bytes, 0, size) != NULL;
}

static struct charset_text decoded(const lxb_encoding_data_t *e, const uint8_t *bytes, size_t size,
                                   struct buf *scratch)
{
    struct charset_text t = {.report.used = name_of(e)};
    t.report.replacements = decode(e, bytes, size, scratch);
    t.text = buf_str(scratch);
    t.size = scratch->size;
    return t;
}

static const lxb_encoding_data_t *guessed(enum charset_guess guess)
{
    switch (guess) {
    case CHARSET_GUESS_UTF8:
        return lxb_encoding_data(LXB_ENCODING_UTF_8);
    case CHARSET_GUESS_GB18030:
        return lxb_encoding_data(LXB_ENCODING_GB18030);
    case CHARSET_GUESS_BIG5:
        return lxb_encoding_data(LXB_ENCODING_BIG5);
    case CHARSET_GUESS_LATIN:
        return lxb_encoding_data(LXB_ENCODING_WINDOWS_1252);
    case CHARSET_GUESS_NONE:
        break;
    }
    return NULL;
}

// Chooses by the bytes: for what nothing valid was declared, or what the declaration does not fit.
static const lxb_encoding_data_t *guess(const uint8_t *bytes, size_t size)
{
    return guessed(charset_guess(bytes, size));
}

// True if a guess may replace the declaration: its decoder fails, or it is one whose decoder hardly
// ever fails: a single-byte set (GBK pages sent as Latin-1), GB18030 (Big5 pages sent as GBK).
static bool doubtful(const lxb_encoding_data_t *e, uint32_t replacements)
{
    return replacements > 0 || e->encoding == LXB_ENCODING_WINDOWS_1252 ||
           e->encoding == LXB_ENCODING_GB18030 || e->encoding == LXB_ENCODING_BIG5;
}

// What the bytes are more likely in than in what was declared; NULL if nothing is.
static const lxb_encoding_data_t *better_than(const lxb_encoding_data_t *e, uint32_t replacements,
                                              const uint8_t *bytes, size_t size)
{
    if (!doubtful(e, replacements))
        return NULL;
    bool gb = e->encoding == LXB_ENCODING_GB18030, big5 = e->encoding == LXB_ENCODING_BIG5;
    const lxb_encoding_data_t *instead = NULL;
    if (gb || big5)
        instead = guessed(
            charset_guess_instead(bytes, size, gb ? CHARSET_GUESS_GB18030 : CHARSET_GUESS_BIG5));
    if (instead || ((gb || big5) && replacements == 0))
        return instead;
    const lxb_encoding_data_t *better = guess(bytes, size);
    // Invalid as UTF-8 and not Chinese: the Latin of old editors, whose authors never declare it.
    return !better && e->encoding == LXB_ENCODING_UTF_8 ? find("windows-1252") : better;
}

static struct charset_text decode_declared(const lxb_encoding_data_t *e, const uint8_t *bytes,
                                           size_t size, struct buf *scratch)
{
    struct charset_text t = decoded(e, bytes, size, scratch);
    const lxb_encoding_data_t *better = better_than(e, t.report.replacements, bytes, size);
    if (!better || better == e)
        return t;
    t = decoded(better, bytes, size, scratch);
    t.report.guessed = true;
    return t;
}

static struct charset_text decode_wide(enum charset_wide wide, const uint8_t *bytes, size_t size,
                                       struct buf *scratch)
{
    if (wide == CHARSET_UTF16LE || wide == CHARSET_UTF16BE)
        return decoded(find(charset_wide_name(wide)), bytes, size, scratch);
    struct charset_text t = {.report.used = charset_wide_name(wide)};
    buf_clear(scratch);
    t.report.replacements = charset_utf32(wide, bytes, size, scratch);
    t.text = buf_str(scratch);
    t.size = scratch->size;
    return t;
}

// Without a mark. The document can say "utf-16" only in what it is decoded to; which of the two
// it is, the bytes say.
static struct charset_text decode_unmarked(enum charset_wide wide, const uint8_t *bytes,
                                           size_t size, const char *content_type,
                                           struct buf *scratch)
{
    struct charset_text t = decode_wide(wide, bytes, size, scratch);
    char unknown[CHARSET_LABEL_SIZE] = "";
    const lxb_encoding_data_t *said =
        label_after(content_type, content_type + strlen(content_type), "charset", unknown);
    if (!said && !*unknown)
        said = label_inside(t.text, t.size, unknown);
    bool right = is_utf16(said) || strncasecmp(unknown, "utf-32", 6) == 0;
    t.report.guessed = !right;
    snprintf(t.report.declared, sizeof t.report.declared, "%s",
             right  ? t.report.used
             : said ? name_of(said)
                    : unknown);
    return t;
}

static struct charset_text decode_narrow(const uint8_t *bytes, size_t size,
                                         const char *content_type, struct buf *scratch)
{
    char unknown[CHARSET_LABEL_SIZE] = "";
    bool mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    const lxb_encoding_data_t *said =
        mark ? find("utf-8") : declared(bytes, size, content_type, unknown);
    bytes += mark ? 3 : 0;
    size -= mark ? 3 : 0;
    struct charset_text t;
    size_t valid;
    if (!hides_in_ascii(said, bytes, size) && is_utf8(bytes, size, &valid)) {
        t = (struct charset_text){(const char *)bytes, valid, {.used = "utf-8"}};
    } else if (mark) {
        t = decoded(said, bytes, size, scratch);
    } else if (said) {
        t = decode_declared(said, bytes, size, scratch);
    } else {
        const lxb_encoding_data_t *e = guess(bytes, size);
        t = decoded(e ? e : find("windows-1252"), bytes, size, scratch);
        t.report.guessed = true;
    }
    snprintf(t.report.declared, sizeof t.report.declared, "%s", said ? name_of(said) : unknown);
    return t;
}

struct charset_text charset_decode(const uint8_t *bytes, size_t size, const char *content_type,
                                   struct buf *scratch)
{
    size_t mark;
    buf_clear(scratch);
    enum charset_wide wide = charset_wide_mark(bytes, size, &mark);
    if (wide == CHARSET_NARROW) {
        wide = charset_wide_guess(bytes, size);
        return wide == CHARSET_NARROW ? decode_narrow(bytes, size, content_type, scratch)
                                      : decode_unmarked(wide, bytes, size, content_type, scratch);
    }
    struct charset_text t = decode_wide(wide, bytes + mark, size - mark, scratch);
    snprintf(t.report.declared, sizeof t.report.declared, "%s", t.report.used);
    return t;
}
