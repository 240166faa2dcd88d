// SPDX-License-Identifier: MIT
// Colour, where there is somebody to see it.
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_GOOD, INK_BAD };

// True if `f` is a terminal that shows colours and NO_COLOR (no-color.org) is unset or empty.
bool ink_wanted(FILE *f);

// The escape sequence that changes to this ink; "" if colour is not wanted.
const char *ink(bool wanted, enum ink which);
