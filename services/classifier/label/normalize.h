// SPDX-License-Identifier: MIT
// Text made comparable: NFKC and case folded (Unicode 15, by utf8proc), traditional characters made
// simplified (OpenCC's t2s), marks and invisible characters dropped, quotes and dashes made plain,
// whitespace collapsed, "state-owned" the same as "state owned", pinyin glosses after a Chinese
// character (涉(shè)) removed. One table by code point, filled at start, serves all texts: the
// libraries themselves run at 7 and 37 MB/s, too slow to call per text.
// Every byte of the result leads back to the original, so that evidence can be shown where it
// stands.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct folding; // the table

struct folding *folding_new(void); // fatal if OpenCC's data files are missing
void folding_free(struct folding **f);

// What a text is written with, in characters; for language.h.
struct scripts {
    uint32_t han, simplified, traditional; // the last two: forms of one of the scripts only
    uint32_t kana, hangul, latin, other;   // latin also counts ASCII digits and marks
};

// From here on, up to the next shift, byte `out + i` of the result is byte `in + i` of the
// document.
struct shift {
    uint32_t out, in;
};

struct normal {
    char *text; // NUL-terminated
    size_t n, cap;
    struct shift *shifts;
    size_t n_shifts, cap_shifts;
    struct scripts scripts;
};

void normal_clear(struct normal *n); // keeps its memory
void normal_free(struct normal *n);

// Appends s[0..size), which stands at `base` in the document; linear in size. The result grows by
// at most 2 × size bytes. Malformed UTF-8 is dropped.
void normal_add(struct normal *n, const struct folding *f, const char *s, size_t size, size_t base);

// Appends a line break that stands at `base`.
void normal_break(struct normal *n, size_t base);

// The byte of the document that byte `out` of the result stems from. O(log shifts).
size_t normal_origin(const struct normal *n, size_t out);
