// SPDX-License-Identifier: MIT
// UTF-8 as newswire lets it in: valid (Unicode 15, table 3-7), without NUL, other control
// characters or the bidirectional overrides that make a log or a screen lie. Pure functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes of the longest valid prefix of s[0..n): n if all of it is valid UTF-8. NUL counts as valid.
size_t text_valid_prefix(const char *s, size_t n);

// Decodes the character at s[0..n), n > 0. Returns its length (1 to 4) and stores it; a malformed
// sequence gives length 1 and U+FFFD.
size_t text_decode(const char *s, size_t n, uint32_t *out);

// Writes the character as UTF-8 and returns its length (1 to 4); surrogates and beyond give U+FFFD.
size_t text_encode(uint32_t character, char out[4]);

// True for what text from outside must not carry: C0 and C1 controls except tab and newline, DEL,
// U+202A–202E, U+2066–2069, U+FEFF, U+FFFE, U+FFFF.
bool text_is_forbidden(uint32_t character);

// Makes s[0..n) clean in place: malformed bytes become nothing, forbidden characters are removed.
// Returns the new length, never larger. The result of cleaning clean text is itself.
size_t text_clean(char *s, size_t n);

// True if text_clean would change nothing.
bool text_is_clean(const char *s, size_t n);

// Largest m <= max, m <= n, that does not cut a character.
size_t text_cut(const char *s, size_t n, size_t max);

// Han ideographs, kana and hangul: characters of scripts written without spaces.
bool text_is_cjk(uint32_t character);
