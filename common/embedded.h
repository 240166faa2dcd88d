// SPDX-License-Identifier: MIT
// Files that were put into the program when it was built: see cmake/embed.cmake. An array of them
// ends with one without a name.
#pragma once

#include <stddef.h>

struct embedded {
    const char *name;
    const unsigned char *bytes; // and a NUL behind them
    size_t size;
};
