// SPDX-License-Identifier: MIT
// Makes well-formed XML of what servers send as XML, before a parser sees it: undeclared entities,
// bare & and <, attributes without quotes, tags left open or closed twice, text before and after
// the document. Declarations, DOCTYPE, comments and instructions are left out, so that no entity is
// ever expanded by the parser. One pass, linear, without recursion; pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum {
    XML_DEPTH_MAX = 200,   // deeper tags are left out, their text stays
    XML_NODES_MAX = 400000 // elements and attributes; the document ends there
};

struct xml_mended {
    unsigned junk;       // text before or after the document
    unsigned entities;   // undeclared or malformed references
    unsigned brackets;   // bare <
    unsigned attributes; // without quotes, doubled, or malformed
    unsigned tags;       // not closed, or closed without having been opened
    bool truncated;      // the document ends before its last end tag
    bool in_entry;       // ... inside an <item>, <entry>, <url> or <sitemap>
    bool too_large;      // ended at XML_NODES_MAX
};

// Appends the mended form of s[0..n), which is clean UTF-8, to *out and says what was mended.
// buf_failed(out) tells that it did not fit.
void xml_mend(const char *s, size_t n, struct buf *out, struct xml_mended *report);
