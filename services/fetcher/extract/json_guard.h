// SPDX-License-Identifier: MIT
// What is asked of JSON from outside before it is parsed. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { JSON_VALUES_MAX = 300000 };

// False if parsing it would take more memory than it is worth: a parsed value takes some 100 bytes,
// however short it is written.
bool json_is_bounded(const char *s, size_t n);
