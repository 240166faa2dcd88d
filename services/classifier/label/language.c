// SPDX-License-Identifier: MIT
#include "services/classifier/label/language.h"

#include <stdbool.h>
#include <string.h>

enum { SAMPLE = 1500 }; // bytes that are enough to tell English

static const char *const small_words[] = {"the", "of", "and", "to",  "in",   "for",
                                          "on",  "a",  "is",  "was", "with", "at"};

static bool is_small_word(const char *s, size_t n)
{
    if (n > 4)
        return false;
    for (size_t i = 0; i < sizeof small_words / sizeof *small_words; i++)
        if (strlen(small_words[i]) == n && memcmp(s, small_words[i], n) == 0)
            return true;
    return false;
}

// At least one word in twelve is one of the small ones; a mere headline needs none if it is ASCII.
static bool is_english(const char *s, size_t n)
{
    size_t words = 0, small = 0, foreign = 0, start = 0;
    if (n > SAMPLE)
        n = SAMPLE;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && s[i] >= 'a' && s[i] <= 'z')
            continue;
        if (i > start) {
            words++;
            small += is_small_word(s + start, i - start);
        }
        foreign += i < n && (unsigned char)s[i] >= 0xC3 && (unsigned char)s[i] <= 0xC9;
        start = i + 1;
    }
    return words > 0 && (small * 12 >= words || (words < 12 && foreign == 0));
}

const char *language_of(const struct normal *text)
{
    const struct scripts *s = &text->scripts;
    if (s->hangul > s->han && s->hangul > s->latin / 4)
        return "ko";
    if (s->kana > s->han / 4 && s->kana > s->latin / 4)
        return "ja";
    // A Chinese character says about as much as four letters.
    if (s->han && s->han * 4 >= s->latin && s->han > s->other)
        return s->traditional > s->simplified ? "zh-Hant" : "zh-Hans";
    return s->latin > s->other && is_english(text->text, text->n) ? "en" : "und";
}
