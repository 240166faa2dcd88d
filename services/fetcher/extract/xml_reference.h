// SPDX-License-Identifier: MIT
// References in XML as it is sent: &#8217; &nbsp; &copy; without a declaration, &#150; as browsers
// take it, and simple entities of the document's own DOCTYPE. Part of xml_mend.c. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

enum { XML_ENTITIES_MAX = 64, XML_ENTITY_VALUE_MAX = 200 };

struct span {
    const char *s;
    size_t n;
};

// What the document itself declares; the spans point into it.
struct xml_entities {
    struct xml_entity {
        struct span name, value;
    } list[XML_ENTITIES_MAX];
    size_t n;
};

// Takes up the declaration <!ENTITY name "value"> in s[0..end); of other forms, nothing. A value is
// text and character references: nothing nested, so nothing multiplies.
void xml_entity_declare(struct xml_entities *own, const char *s, const char *end);

// Appends the characters that the reference at s (an &) stands for, escaped as XML needs, and
// returns the byte after it. A bare & is one too. Adds 1 to *mended where it was not XML's own.
const char *xml_reference(const struct xml_entities *own, const char *s, const char *end,
                          struct buf *out, unsigned *mended);

// Appends one character, escaped as XML needs.
void xml_add_character(struct buf *out, uint32_t c);

// The ASCII name at s, empty if there is none: letters, digits, _ - . and colons.
struct span xml_read_name(const char *s, const char *end);
bool xml_is_space(char c);
bool span_equal(struct span a, struct span b);
