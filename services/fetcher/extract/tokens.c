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

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_';
    // Beyond ASCII: not the spaces, punctuation and symbols of these blocks.
    return c >= 0xC0 && !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0x3000 && c <= 0x303F) &&
           !(c >= 0xFF00 && c <= 0xFF0F) && !(c >= 0xFF1A && c <= 0xFF20) && c != 0xFFFD;
}

struct tokens tokens_of(struct html_str text)
{
    struct tokens t = {0};
    uint32_t hash = 0;
    bool word = false;
    for (size_t i = 0; i < text.n;) {
        uint32_t c;
        i += text_decode(text.s + i, text.n - i, &c);
        bool cjk = text_is_cjk(c);
        if (word && (cjk || !is_letter(c))) {
            insert(&t, hash);
            word = false;
        }
        if (!is_letter(c))
            continue;
        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
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
