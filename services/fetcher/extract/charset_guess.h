// SPDX-License-Identifier: MIT
// Tells the encoding of Chinese bytes that declare none, or the wrong one. Pure; reads the first
// 256 KB.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum charset_guess {
    CHARSET_GUESS_NONE, // nothing Chinese about it
    CHARSET_GUESS_UTF8, // UTF-8 with a few broken characters
    CHARSET_GUESS_GB18030,
    CHARSET_GUESS_BIG5,
};

enum charset_guess charset_guess(const uint8_t *bytes, size_t size);

// True if bytes that are declared as GB18030 or Big5, and decode as such, are in the other of the
// two: by counts of the commonest characters, since either reads most of the other without error.
bool charset_guess_other(const uint8_t *bytes, size_t size, enum charset_guess declared);
