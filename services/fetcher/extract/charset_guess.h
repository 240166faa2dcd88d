// SPDX-License-Identifier: MIT
// Tells the encoding of Chinese bytes that declare none. Pure; reads the first 256 KB.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum charset_guess {
    CHARSET_GUESS_NONE, // nothing Chinese about it
    CHARSET_GUESS_UTF8, // UTF-8 with a few broken characters
    CHARSET_GUESS_GB18030,
    CHARSET_GUESS_BIG5,
};

enum charset_guess charset_guess(const uint8_t *bytes, size_t size);
