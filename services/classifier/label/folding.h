// SPDX-License-Identifier: MIT
// The table behind normalize.h: for each code point what it becomes and what script it belongs to.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    FOLD_TABLE = 0x30000, // planes 0 to 2; what lies beyond stays as it is
    FOLD_INDEX = 0xFFFF,  // where the replacement stands, if neither same nor dropped
    FOLD_SAME = 1 << 16,
    FOLD_DROP = 1 << 17,
    FOLD_HAN = 1 << 18,
    FOLD_SIMPLIFIED = 1 << 19,  // a form that only simplified text has
    FOLD_TRADITIONAL = 1 << 20, // likewise
    FOLD_KANA = 1 << 21,
    FOLD_HANGUL = 1 << 22,
    FOLD_LATIN = 1 << 23,
    FOLD_OTHER = 1 << 24, // letters of other scripts
};

struct folding {
    uint32_t of[FOLD_TABLE];
    char (*texts)[8]; // replacements: a length byte, then up to 6 bytes
    size_t n_texts, cap_texts;
};

// ASCII that becomes one byte wherever it stands: that byte; 0 for space, controls, '-' and '('.
extern const unsigned char fold_plain[256];

static inline uint32_t folding_of(const struct folding *f, uint32_t c)
{
    return c < FOLD_TABLE ? f->of[c] : (uint32_t)FOLD_SAME;
}

static inline const char *folding_text(const struct folding *f, uint32_t fold, size_t *n)
{
    const char *entry = f->texts[fold & FOLD_INDEX];
    *n = (size_t)entry[0];
    return entry + 1;
}
