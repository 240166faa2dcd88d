// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/tokens.h"

#include <stdbool.h>

#include "common/text.h"

static void insert(struct tokens *t, uint32_t hash)
{
    if (t->n == TOKENS_MAX)
        return;
    uint32_t at = t->n;
    while (at > 0 && t->hash[at - 1] > hash)
        at--;
    if (at > 0 && t->hash[at - 1] == hash)
        return;
    for (uint32_t i = t->n; i > at; i--)
        t->hash[i] = t->hash[i - 1];
    t->hash[at] = hash;
    t->n++;
}

// The letter or digit at s, ASCII in lower case; 0 for anything else.
static uint32_t letter_at(const char *s, size_t n, size_t *length)
{
    uint8_t byte = (uint8_t)*s;
    *length = 1;
    if (byte < 0x80) {
        uint8_t lower = byte | 0x20;
        if (lower >= 'a' && lower <= 'z')
            return lower;
        return (byte >= '0' && byte <= '9') || byte == '_' ? byte : 0;
    }
    uint32_t c;
    *length = text_decode(s, n, &c);
    // Not the spaces, punctuation and symbols of these blocks.
    bool mark = c < 0xC0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
                (c >= 0xFF00 && c <= 0xFF0F) || (c >= 0xFF1A && c <= 0xFF20) || c == 0xFFFD;
    return mark ? 0 : c;
}

struct tokens tokens_of(struct html_str text)
{
    struct tokens t = {0};
    uint32_t hash = 0;
    bool word = false;
    for (size_t i = 0, length; i < text.n; i += length) {
        uint32_t c = letter_at(text.s + i, text.n - i, &length);
        bool cjk = c >= 0x80 && text_is_cjk(c);
        if (word && (cjk || !c)) {
            insert(&t, hash);
            word = false;
        }
        if (!c)
            continue;
        hash = ((word ? hash : 2166136261u) ^ c) * 16777619u;
        word = !cjk;
        if (cjk)
            insert(&t, hash);
    }
    if (word)
        insert(&t, hash);
    return t;
}

uint32_t tokens_common(const struct tokens *a, const struct tokens *b)
{
    uint32_t i = 0, k = 0, common = 0;
    while (i < a->n && k < b->n) {
        if (a->hash[i] == b->hash[k])
            common++, i++, k++;
        else if (a->hash[i] < b->hash[k])
            i++;
        else
            k++;
    }
    return common;
}
