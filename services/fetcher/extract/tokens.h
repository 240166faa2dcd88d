// SPDX-License-Identifier: MIT
// The set of words of a short text, to compare titles and headings: letters and digits make words,
// every CJK character is one. ASCII case is folded.
#pragma once

#include <stdint.h>

#include "services/fetcher/extract/html.h"

enum { TOKENS_MAX = 96 };

struct tokens {
    uint32_t n;
    uint32_t hash[TOKENS_MAX]; // sorted, each once
};

struct tokens tokens_of(struct html_str text); // the first TOKENS_MAX words
uint32_t tokens_common(const struct tokens *a, const struct tokens *b);
