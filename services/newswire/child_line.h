// SPDX-License-Identifier: MIT
// What a child of `newswire up` writes to standard error, as lines of one log. Pure.
#pragma once

#include <stdbool.h>

#include "common/buf.h"

// If the line is one of common/log.h: appends it with the child's name in place of the service's
// ("classifier-2"), and a newline. False: it is anything else, and nothing is appended.
bool child_line(const char *name, const char *line, size_t n, struct buf *out);
