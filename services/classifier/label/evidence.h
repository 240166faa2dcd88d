// SPDX-License-Identifier: MIT
// The spans that spoke for a label and against it, strongest first, as they stand in the document.
#pragma once

#include <stddef.h>

#include "common/mem.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/match.h"
#include "services/classifier/label/normalize.h"

enum { EVIDENCE_MAX = 10 }; // spans a label

// A span of the normalised text and what it weighed.
struct span {
    uint32_t start, end;
    float weight;
};

// The spans of a label's rules, in the text's order, without repetitions of the same words in the
// same zone. Returns their number, at most `cap`.
size_t evidence_spans(const struct taxonomy *t, const struct matches *matches, size_t label,
                      struct span *into, size_t cap);

// Chooses the strongest, without overlap, and shows them in the document (whole[0..n), which
// `text` was made from). The result and its texts live in the arena.
const struct evidence *evidence_show(const struct normal *text, const char *whole, size_t n,
                                     struct span *spans, size_t n_spans, struct arena *arena,
                                     size_t *n_shown);
