// SPDX-License-Identifier: MIT
// Whole files in memory.
#pragma once

#include "common/buf.h"

// Appends all of the file, or of standard input for "-". ERR_NOTFOUND, ERR_IO, or ERR_LIMIT if it
// does not fit into the buffer; *why names the file and what is wrong.
enum err file_read(const char *path, struct buf *out, struct problem *why) MUST_CHECK;
