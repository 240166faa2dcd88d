// SPDX-License-Identifier: MIT
#include "services/classifier/label/normalize.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/classifier/label/folding.h"

enum { GLOSS_MAX = 24 }; // bytes of a pinyin gloss

void normal_clear(struct normal *n)
{
    n->n = n->n_shifts = 0;
    n->scripts = (struct scripts){0};
}

void normal_free(struct normal *n)
{
    free(n->text);
    free(n->shifts);
    *n = (struct normal){0};
}

size_t normal_origin(const struct normal *n, size_t out)
{
    size_t low = 0, high = n->n_shifts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (n->shifts[middle].out <= out)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return out;
    const struct shift *s = &n->shifts[low - 1];
    return s->in + (out - s->out);
}

// One call of normal_add: where it reads, where it writes.
struct pass {
    const struct folding *fold;
    const unsigned char *s;
    size_t size, base, in, out;
    struct normal *to;
    bool after_han;
};

// Notes that what is written next stems from what is read next, unless that is what anyone would
// think.
static void note_shift(struct pass *p)
{
    struct normal *to = p->to;
    uint32_t in = (uint32_t)(p->base + p->in), out = (uint32_t)p->out;
    if (to->n_shifts) {
        const struct shift *last = &to->shifts[to->n_shifts - 1];
        if (in - last->in == out - last->out)
            return;
    }
    mem_reserve((void **)&to->shifts, &to->cap_shifts, to->n_shifts + 1, sizeof *to->shifts);
    if (to->n_shifts && to->shifts[to->n_shifts - 1].out == out)
        to->n_shifts--;
    to->shifts[to->n_shifts++] = (struct shift){out, in};
}

static void put(struct pass *p, const char *bytes, size_t n)
{
    memcpy(p->to->text + p->out, bytes, n);
    p->out += n;
}

static bool is_han_at(const struct pass *p, size_t at)
{
    if (at >= p->size || p->s[at] < 0xE0)
        return false;
    uint32_t c;
    text_decode((const char *)p->s + at, p->size - at, &c);
    return folding_of(p->fold, c) & FOLD_HAN;
}

// Whitespace becomes one space, or one line break where it separates paragraphs; between Chinese
// characters on one line it goes.
static void fold_space(struct pass *p)
{
    size_t end = p->in, breaks = 0;
    for (; end < p->size && p->s[end] <= ' '; end++)
        breaks += p->s[end] == '\n';
    char before = p->out ? p->to->text[p->out - 1] : '\n';
    bool wrapped = isalnum((unsigned char)before) || before == ',';
    if (before != '\n' && before != ' ' && !(p->after_han && !breaks && is_han_at(p, end))) {
        note_shift(p);
        put(p, breaks > 1 || (breaks == 1 && !wrapped) ? "\n" : " ", 1);
    }
    p->in = end;
    p->after_han = false;
}

// Bytes of a gloss in Latin letters that stands in brackets at `p->in`; 0 if there is none.
// Plain abbreviations, (NDRC) or (a), are not glosses: a tone mark is asked for.
static size_t gloss(const struct pass *p, size_t bracket)
{
    bool tone = false;
    for (size_t i = p->in + bracket; i < p->size && i < p->in + GLOSS_MAX; i++) {
        unsigned char c = p->s[i];
        if (c == ')')
            return tone ? i + 1 - p->in : 0;
        if (c == 0xEF && p->size - i >= 3 && p->s[i + 1] == 0xBC && p->s[i + 2] == 0x89)
            return tone ? i + 3 - p->in : 0;
        if (c >= 0xC3 && c <= 0xC7)
            tone = true;
        else if (c < 0x80 ? !islower(c) && c != ' ' : c >= 0xC0)
            return 0;
    }
    return 0;
}

// ASCII, from p->in up to the first byte that is not.
static void fold_ascii(struct pass *p)
{
    note_shift(p);
    size_t start = p->in;
    while (p->in < p->size) {
        unsigned char c = p->s[p->in];
        if (!fold_plain[c])
            break;
        p->to->text[p->out++] = (char)fold_plain[c];
        p->in++;
    }
    if (p->in > start)
        p->after_han = false;
    p->to->scripts.latin += (uint32_t)(p->in - start);
}

static bool is_letter(unsigned char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

// The ASCII bytes that fold_plain leaves out.
static void fold_special(struct pass *p)
{
    unsigned char c = p->s[p->in];
    if (c <= ' ') {
        fold_space(p);
        return;
    }
    size_t skipped = c == '(' && p->after_han ? gloss(p, 1) : 0;
    if (skipped) {
        p->in += skipped;
        return;
    }
    bool joins = c == '-' && p->in > 0 && p->in + 1 < p->size && is_letter(p->s[p->in - 1]) &&
                 is_letter(p->s[p->in + 1]);
    note_shift(p);
    p->after_han = false;
    p->in++;
    if (c != 0x7F)
        put(p, joins ? " " : (const char *)&c, 1);
}

static void count(struct scripts *s, uint32_t fold)
{
    s->han += (fold & FOLD_HAN) != 0;
    s->simplified += (fold & FOLD_SIMPLIFIED) != 0;
    s->traditional += (fold & FOLD_TRADITIONAL) != 0;
    s->kana += (fold & FOLD_KANA) != 0;
    s->hangul += (fold & FOLD_HANGUL) != 0;
    s->latin += (fold & FOLD_LATIN) != 0;
    s->other += (fold & FOLD_OTHER) != 0;
}

static void fold_character(struct pass *p)
{
    uint32_t c;
    size_t length = text_decode((const char *)p->s + p->in, p->size - p->in, &c);
    uint32_t fold = folding_of(p->fold, c);
    size_t skipped = c == 0xFF08 && p->after_han ? gloss(p, 3) : 0;
    if (skipped) {
        p->in += skipped;
        return;
    }
    if (length > 1 && !(fold & FOLD_DROP)) {
        count(&p->to->scripts, fold);
        note_shift(p);
        if (fold & FOLD_SAME) {
            put(p, (const char *)p->s + p->in, length);
        } else {
            size_t n;
            const char *as = folding_text(p->fold, fold, &n);
            bool again = n == 1 && *as == ' ' && p->out && p->to->text[p->out - 1] == ' ';
            put(p, as, again ? 0 : n);
        }
        p->after_han = fold & FOLD_HAN;
    }
    p->in += length;
}

// Ideographs that stay as they are, up to the first character that is none: most of a Chinese text.
static void fold_ideographs(struct pass *p)
{
    struct scripts *counts = &p->to->scripts;
    note_shift(p);
    while (p->size - p->in >= 3 && p->s[p->in] >= 0xE3 && p->s[p->in] <= 0xE9) {
        const unsigned char *s = p->s + p->in;
        if ((s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
            break;
        uint32_t fold =
            folding_of(p->fold, (s[0] & 0xFu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu));
        if ((fold & (FOLD_SAME | FOLD_HAN)) != (FOLD_SAME | FOLD_HAN))
            break;
        counts->han++;
        counts->simplified += (fold & FOLD_SIMPLIFIED) != 0;
        memcpy(p->to->text + p->out, s, 3);
        p->out += 3;
        p->in += 3;
        p->after_han = true;
    }
}

void normal_add(struct normal *n, const struct folding *f, const char *s, size_t size, size_t base)
{
    mem_reserve((void **)&n->text, &n->cap, n->n + 2 * size + 1, 1);
    struct pass p = {f, (const unsigned char *)s, size, base, 0, n->n, n, false};
    while (p.in < size) {
        fold_ascii(&p);
        fold_ideographs(&p);
        if (p.in == size)
            break;
        if (fold_plain[p.s[p.in]])
            continue;
        if (p.s[p.in] < 0x80)
            fold_special(&p);
        else
            fold_character(&p);
    }
    n->n = p.out;
    n->text[n->n] = '\0';
}

void normal_break(struct normal *n, size_t base)
{
    mem_reserve((void **)&n->text, &n->cap, n->n + 2, 1);
    struct pass p = {.base = base, .out = n->n, .to = n};
    note_shift(&p);
    n->text[n->n++] = '\n';
    n->text[n->n] = '\0';
}
