// SPDX-License-Identifier: MIT
// The files of a label folder as one piece of bytes, so that what was read and verified once can be
// handed on as it was, whatever becomes of the files since. Made by label_files_read() (label.h),
// taken apart here.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum label_file { LABEL_TAXONOMY, LABEL_ENTITIES, LABEL_MODEL, LABEL_FILES };

// One file's bytes, borrowed, and its path for messages. Of one that is not there both are empty.
struct label_source {
    const char *path;
    const uint8_t *bytes;
    size_t n;
};

// ERR_CONFIG if `bytes` are not what label_files_read() made.
enum err label_files_open(const uint8_t *bytes, size_t n, struct label_source out[LABEL_FILES],
                          struct problem *why) MUST_CHECK;
