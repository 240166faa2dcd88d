// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/language.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"

enum { READS = 1200, ENGLISH_PERCENT = 8 };

// Characters of everyday use that only one of the two ways of writing Chinese has, sorted.
static const uint32_t only_simplified[] = {
    0x4E13, 0x4E1A, 0x4E1C, 0x4E2A, 0x4E34, 0x4E3A, 0x4E3D, 0x4E3E, 0x4E49, 0x4E60, 0x4E66, 0x4E70,
    0x4EA7, 0x4EBF, 0x4EC5, 0x4ECE, 0x4F17, 0x4F1A, 0x4F20, 0x5173, 0x5174, 0x519B, 0x51B3, 0x51B5,
    0x5219, 0x52A1, 0x52A8, 0x534E, 0x5355, 0x536B, 0x5385, 0x53D1, 0x53D8, 0x5458, 0x56E2, 0x56FD,
    0x573A, 0x5B66, 0x5B9E, 0x5BF9, 0x5C14, 0x5C42, 0x5E94, 0x5F00, 0x5F20, 0x603B, 0x6218, 0x6237,
    0x62A5, 0x6570, 0x65E0, 0x65F6, 0x673A, 0x6743, 0x6761, 0x6765, 0x6807, 0x7535, 0x73B0, 0x79CD,
    0x7EA7, 0x7EC4, 0x7EC7, 0x7ECF, 0x7ED3, 0x7EDF, 0x7EE7, 0x8054, 0x8282, 0x89C1, 0x89C4, 0x8BA1,
    0x8BA4, 0x8BAE, 0x8BB0, 0x8BBA, 0x8BBE, 0x8BC1, 0x8BDD, 0x8BE5, 0x8BF4, 0x8D22, 0x8D23, 0x8D44,
    0x8F66, 0x8FD9, 0x8FDB, 0x8FD8, 0x95E8, 0x95EE, 0x95F4, 0x9886, 0x9898};
static const uint32_t only_traditional[] = {
    0x4F86, 0x500B, 0x50B3, 0x5104, 0x5175, 0x52D5, 0x52D9, 0x5340, 0x54E1, 0x554F, 0x55AE, 0x570B,
    0x5718, 0x5831, 0x5834, 0x5B78, 0x5BE6, 0x5C0D, 0x5C64, 0x5EE0, 0x5F35, 0x5F9E, 0x61C9, 0x6230,
    0x6236, 0x64DA, 0x6578, 0x66F8, 0x6703, 0x689D, 0x696D, 0x6A19, 0x6A5F, 0x6B0A, 0x6B72, 0x6C7A,
    0x6CC1, 0x70BA, 0x7121, 0x73FE, 0x7522, 0x767C, 0x7A2E, 0x7BC0, 0x7D1A, 0x7D44, 0x7D50, 0x7D71,
    0x7D93, 0x7E3D, 0x7E54, 0x7E7C, 0x7FA9, 0x7FD2, 0x806F, 0x8207, 0x8209, 0x865F, 0x885B, 0x898B,
    0x898F, 0x8A08, 0x8A18, 0x8A2D, 0x8A71, 0x8A72, 0x8A8D, 0x8AAA, 0x8AD6, 0x8B49, 0x8B70, 0x8B8A,
    0x8CA1, 0x8CAC, 0x8CB7, 0x8CC7, 0x8ECA, 0x8ECD, 0x9019, 0x9032, 0x9084, 0x958B, 0x9580, 0x9593,
    0x95DC, 0x96FB, 0x9818, 0x984C, 0x9EBC, 0x9EE8};

static bool is_in(const uint32_t *sorted, size_t n, uint32_t c)
{
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        if (sorted[low + half] < c) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return sorted[low] == c;
}

struct counts {
    uint32_t han, kana, hangul, latin, other; // characters
    uint32_t simplified, traditional;
    uint32_t words, english; // Latin words, and those that every English text is full of
};

// Up to four letters as one number.
#define WORD(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static bool is_english_word(const char *s, size_t n)
{
    uint32_t word = 0;
    if (n > 4)
        return false;
    for (size_t i = 0; i < n; i++)
        word = word << 8 | ((uint8_t)s[i] | 0x20);
    switch (word) {
    case WORD(0, 0, 0, 'a'):
    case WORD(0, 0, 'a', 's'):
    case WORD(0, 0, 'a', 't'):
    case WORD(0, 0, 'b', 'e'):
    case WORD(0, 0, 'b', 'y'):
    case WORD(0, 0, 'i', 'n'):
    case WORD(0, 0, 'i', 's'):
    case WORD(0, 0, 'i', 't'):
    case WORD(0, 0, 'o', 'f'):
    case WORD(0, 0, 'o', 'n'):
    case WORD(0, 0, 't', 'o'):
    case WORD(0, 'a', 'n', 'd'):
    case WORD(0, 'a', 'r', 'e'):
    case WORD(0, 'f', 'o', 'r'):
    case WORD(0, 't', 'h', 'e'):
    case WORD(0, 'w', 'a', 's'):
    case WORD('f', 'r', 'o', 'm'):
    case WORD('t', 'h', 'a', 't'):
    case WORD('t', 'h', 'i', 's'):
    case WORD('w', 'i', 't', 'h'):
        return true;
    default:
        return false;
    }
}

static void count_foreign(struct counts *k, uint32_t c)
{
    if ((c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF)) {
        k->han++;
        k->simplified += is_in(only_simplified, sizeof only_simplified / 4 - 1, c);
        k->traditional += is_in(only_traditional, sizeof only_traditional / 4 - 1, c);
    }
    k->kana += c >= 0x3040 && c <= 0x30FF;
    k->hangul += c >= 0xAC00 && c <= 0xD7AF;
    k->other += c < 0x2000;
}

static struct counts count(struct html_str text)
{
    struct counts k = {0};
    size_t word = 0, n = text.n < READS ? text.n : READS;
    for (size_t i = 0; i < n;) {
        uint32_t c = (uint8_t)text.s[i];
        size_t length = c < 0x80 ? 1 : text_decode(text.s + i, n - i, &c);
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c < 0x250);
        if (!letter && word < i) {
            k.words++;
            k.english += is_english_word(text.s + word, i - word);
        }
        if (!letter)
            word = i + length;
        k.latin += letter;
        if (c >= 0x370)
            count_foreign(&k, c);
        i += length;
    }
    return k;
}

static bool begins(struct html_str s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && strncasecmp(s.s, with, n) == 0;
}

static const char *chinese(const struct counts *k, struct html_str declared)
{
    if (k->simplified != k->traditional)
        return k->simplified > k->traditional ? "zh-Hans" : "zh-Hant";
    bool traditional = begins(declared, "zh-TW") || begins(declared, "zh-HK") ||
                       begins(declared, "zh_TW") || begins(declared, "zh_HK") ||
                       begins(declared, "zh-Hant") || begins(declared, "zh-MO");
    return traditional ? "zh-Hant" : "zh-Hans";
}

// The primary tag of what the page declares, if it could be one.
static const char *primary(struct html_str declared, char out[LANGUAGE_SIZE])
{
    size_t n = 0;
    for (; n < declared.n && n < 4; n++) {
        char c = declared.s[n];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            break;
        out[n] = (char)(c | 0x20);
    }
    out[n] = '\0';
    bool ended = n == declared.n || declared.s[n] == '-' || declared.s[n] == '_';
    return ended && (n == 2 || n == 3) ? out : "und";
}

const char *language_tag(struct html_str text, struct html_str declared, char out[LANGUAGE_SIZE])
{
    struct counts k = count(text);
    uint32_t cjk = k.han + k.kana + k.hangul;
    if (k.kana * 10 > cjk && k.kana > 3)
        return "ja";
    if (k.hangul * 2 > cjk)
        return "ko";
    if (k.han * 5 > k.latin + k.other) // a Chinese character says as much as five letters
        return chinese(&k, declared);
    if (k.other < k.latin && k.english * 100 >= k.words * ENGLISH_PERCENT && k.words > 0)
        return "en";
    const char *tag = primary(declared, out);
    bool wrong = strcmp(tag, "zh") == 0 || (strcmp(tag, "en") == 0 && k.words > 50);
    return wrong ? "und" : tag;
}
