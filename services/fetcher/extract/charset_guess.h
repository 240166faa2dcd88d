// SPDX-License-Identifier: MIT
// Tells the encoding of Chinese bytes that declare none, or the wrong one. Pure; reads the first
// 256 KB.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum charset_guess {
    CHARSET_GUESS_NONE, // nothing Chinese about it
    CHARSET_GUESS_UTF8, // UTF-8 with a few broken characters
    CHARSET_GUESS_GB18030,
    CHARSET_GUESS_BIG5,
    CHARSET_GUESS_LATIN, // windows-1252; only given by charset_guess_instead
};

enum charset_guess charset_guess(const uint8_t *bytes, size_t size);

// What bytes that are declared as GB18030 or Big5, which reads most of the other and of Latin text
// without an error, more likely are: by the commonest characters of each and where the pairs stand.
// CHARSET_GUESS_NONE: the declaration is as good.
enum charset_guess charset_guess_instead(const uint8_t *bytes, size_t size,
                                         enum charset_guess declared);
