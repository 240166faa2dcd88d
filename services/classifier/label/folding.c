// SPDX-License-Identifier: MIT
#include "services/classifier/label/folding.h"

#include <opencc/opencc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/err.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/normalize.h"

// Letters that utf8proc folds, lower case; the printable rest as it is.
const unsigned char fold_plain[256] = {
    ['!'] = '!', ['"'] = '"', ['#'] = '#', ['$'] = '$', ['%'] = '%',   ['&'] = '&', ['\''] = '\'',
    [')'] = ')', ['*'] = '*', ['+'] = '+', [','] = ',', ['.'] = '.',   ['/'] = '/', [':'] = ':',
    [';'] = ';', ['<'] = '<', ['='] = '=', ['>'] = '>', ['?'] = '?',   ['@'] = '@', ['['] = '[',
    [']'] = ']', ['^'] = '^', ['_'] = '_', ['`'] = '`', ['\\'] = '\\', ['{'] = '{', ['|'] = '|',
    ['}'] = '}', ['~'] = '~', ['0'] = '0', ['1'] = '1', ['2'] = '2',   ['3'] = '3', ['4'] = '4',
    ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',   ['A'] = 'a', ['B'] = 'b',
    ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g',   ['H'] = 'h', ['I'] = 'i',
    ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',   ['O'] = 'o', ['P'] = 'p',
    ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u',   ['V'] = 'v', ['W'] = 'w',
    ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b',   ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',   ['j'] = 'j', ['k'] = 'k',
    ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',   ['q'] = 'q', ['r'] = 'r',
    ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w',   ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z',
};

// What compatibility forms leave in that a term should not stumble over.
static const struct {
    uint32_t from;
    const char *to;
} plain_marks[] = {
    {0x2018, "'"},  {0x2019, "'"},  {0x201B, "'"}, {0x02BC, "'"}, {0x201C, "\""}, {0x201D, "\""},
    {0x300C, "\""}, {0x300D, "\""}, {0x2010, "-"}, {0x2011, "-"}, {0x2012, "-"},  {0x2013, "-"},
    {0x2014, "-"},  {0x2015, "-"},  {0x2212, "-"}, {0x00B7, " "}, {0x2022, " "},  {0x30FB, " "},
    {0x3000, " "},  {0x00A0, " "},  {0x2028, " "}, {0x2029, " "}, {0x3002, "。"}, {0xFF61, "。"},
};

// The ranges of ideographs; decomposition leaves them alone, OpenCC may not.
static const struct {
    uint32_t first, last;
} ideographs[] = {{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0x20000, 0x2FFFF}};

static bool is_ideograph(uint32_t c)
{
    for (size_t i = 0; i < sizeof ideographs / sizeof *ideographs; i++)
        if (c >= ideographs[i].first && c <= ideographs[i].last)
            return true;
    return false;
}

static uint32_t script_of(uint32_t c)
{
    if (is_ideograph(c) || (c >= 0xF900 && c <= 0xFAFF) || c == 0x3007)
        return FOLD_HAN;
    if ((c >= 0x3041 && c <= 0x30FA) || (c >= 0x30FC && c <= 0x30FF))
        return FOLD_KANA;
    if ((c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF))
        return FOLD_HANGUL;
    if ((c >= 0xC0 && c <= 0x24F) || (c >= 0x1E00 && c <= 0x1EFF))
        return FOLD_LATIN;
    utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO ? FOLD_OTHER : 0;
}

// Remembers a replacement of at most 6 bytes and at most twice the original's; else c stays.
static uint32_t replace(struct folding *f, uint32_t c, const char *to, size_t n)
{
    char own[4];
    size_t length = text_encode(c, own);
    if (n == 0)
        return FOLD_DROP;
    if ((n == length && memcmp(to, own, n) == 0) || n > 6 || n > 2 * length ||
        f->n_texts > FOLD_INDEX)
        return FOLD_SAME;
    mem_reserve((void **)&f->texts, &f->cap_texts, f->n_texts + 1, sizeof *f->texts);
    f->texts[f->n_texts][0] = (char)n;
    memcpy(f->texts[f->n_texts] + 1, to, n);
    return (uint32_t)f->n_texts++;
}

// NFKC with case folded, marks and what is ignorable removed.
static uint32_t decompose(struct folding *f, uint32_t c)
{
    enum {
        OPTIONS = UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
                  UTF8PROC_STRIPMARK
    };
    utf8proc_int32_t parts[32];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32,
                                                 (utf8proc_option_t)OPTIONS, &boundary);
    if (n < 0 || n > 32)
        return FOLD_SAME;
    char text[32 * 4];
    size_t size = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        size += text_encode((uint32_t)parts[i], text + size);
    if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_CC)
        size = 0;
    return replace(f, c, text, size);
}

// Runs all ideographs through OpenCC in one call, a line each, so that no phrase rule sees two.
static void simplify(struct folding *f)
{
    opencc_t converter = opencc_open("t2s.json");
    if (converter == (opencc_t)-1) {
        fatal("cannot open OpenCC's t2s.json (%s): install libopencc-data", opencc_error());
    }
    enum {
        RANGES = 2
    }; // the two of the basic plane; rarer ones have no simplified form to speak of
    size_t cap = 0, n = 0;
    char *all = NULL;
    for (size_t r = 0; r < RANGES; r++) {
        for (uint32_t c = ideographs[r].first; c <= ideographs[r].last; c++) {
            mem_reserve((void **)&all, &cap, n + 8, 1);
            n += text_encode(c, all + n);
            all[n++] = '\n';
        }
    }
    char *simple = opencc_convert_utf8(converter, all, n);
    const char *line = simple;
    for (size_t r = 0; simple && r < RANGES; r++) {
        for (uint32_t c = ideographs[r].first; c <= ideographs[r].last; c++) {
            size_t length = strcspn(line, "\n");
            uint32_t fold = replace(f, c, line, length), to;
            if (fold != FOLD_SAME && fold != FOLD_DROP) {
                f->of[c] = fold | FOLD_HAN | FOLD_TRADITIONAL;
                text_decode(line, length, &to);
                if (to < FOLD_TABLE)
                    f->of[to] |= FOLD_SIMPLIFIED;
            }
            line += length + (line[length] == '\n');
        }
    }
    free(all);
    opencc_convert_utf8_free(simple);
    opencc_close(converter);
}

struct folding *folding_new(void)
{
    struct folding *f = mem_alloc(sizeof *f);
    for (uint32_t c = 0; c < FOLD_TABLE; c++) {
        uint32_t script = script_of(c);
        bool as_is = (script & (FOLD_HAN | FOLD_HANGUL) && (c < 0xF900 || c > 0xFAFF)) ||
                     (c >= 0xD800 && c < 0xF900) || c >= 0x20000;
        f->of[c] = script | (as_is ? (uint32_t)FOLD_SAME : decompose(f, c));
    }
    for (size_t i = 0; i < sizeof plain_marks / sizeof *plain_marks; i++) {
        uint32_t c = plain_marks[i].from;
        f->of[c] = replace(f, c, plain_marks[i].to, strlen(plain_marks[i].to));
    }
    simplify(f);
    // A form that is simplified from one character and written in traditional text too tells
    // nothing.
    for (uint32_t c = 0; c < FOLD_TABLE; c++)
        if (f->of[c] & FOLD_TRADITIONAL)
            f->of[c] &= ~(uint32_t)FOLD_SIMPLIFIED;
    return f;
}

void folding_free(struct folding **f)
{
    if (!*f)
        return;
    free((*f)->texts);
    free(*f);
    *f = NULL;
}
