// SPDX-License-Identifier: MIT
// Encodings whose units are wider than a byte: told by a byte order mark, or without one by where
// the NULs stand (XML 1.0, appendix F), since no other encoding of text has any. Also the decoder
// of UTF-32, which the WHATWG Encoding Standard leaves out. Pure functions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum charset_wide {
    CHARSET_NARROW, // none of these
    CHARSET_UTF16LE,
    CHARSET_UTF16BE,
    CHARSET_UTF32LE,
    CHARSET_UTF32BE,
};

// What the byte order mark says; its length goes into *mark, 0 if there is none of these.
enum charset_wide charset_wide_mark(const uint8_t *bytes, size_t size, size_t *mark);

// What the NULs in the first kilobyte say of a document that begins with two characters of ASCII,
// as markup does. CHARSET_NARROW where they say nothing.
enum charset_wide charset_wide_guess(const uint8_t *bytes, size_t size);

// "utf-16le" and so on; "" for CHARSET_NARROW.
const char *charset_wide_name(enum charset_wide wide);

// Appends UTF-32 as UTF-8 and returns the number of replacements: units that are no character, and
// one for an incomplete last unit. What exceeds out->max is cut off.
uint32_t charset_utf32(enum charset_wide wide, const uint8_t *bytes, size_t size, struct buf *out);
