// SPDX-License-Identifier: MIT
// Undoes gzip, into bounded memory. Pure; the only file that knows zlib is gunzip.c.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

// Appends what the gzip members of bytes[0..size) hold. ERR_INPUT if they are damaged or cut off,
// ERR_LIMIT if it does not fit into out->max: then what could be read before that is in `out`.
enum err gunzip(const uint8_t *bytes, size_t size, struct buf *out) MUST_CHECK;
