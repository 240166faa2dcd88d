// SPDX-License-Identifier: MIT
// What somebody may have meant who typed a word that does not exist.
#pragma once

#include <stddef.h>

// The name nearest to `typed`, or NULL if none is near. A name that begins with what was typed is
// nearest; otherwise the one with the fewest insertions, deletions, replacements and swaps of two
// neighbours (optimal string alignment), at most one for every three letters typed, but always one.
const char *suggest_nearest(const char *typed, const char *const *names, size_t n);
