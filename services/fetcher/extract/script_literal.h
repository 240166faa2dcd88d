// SPDX-License-Identifier: MIT
// Array and object literals in scripts, as JSON: "var list = [{title: '…', url: '/1.html'},];".
// Nothing is run: a value that is no literal becomes null. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

// Finds the next literal at or after *at and writes it as JSON in place of what `out` holds. *at
// moves behind it, or behind the bracket that begins none; *vain grows by what was then read of it.
// False if there is no more.
bool script_literal_next(const char *script, size_t n, size_t *at, size_t *vain, struct buf *out);
