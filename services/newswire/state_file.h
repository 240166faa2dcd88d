// SPDX-License-Identifier: MIT
// Where a subscriber has come to, kept in a small JSON file between runs. Written beside it and
// renamed, so that it is always whole.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct state_file {
    const char *path;
    const char *const *labels; // what is subscribed to
    size_t n_labels;
};

struct state {
    uint64_t epoch, through; // as in subscription.h
};

// ERR_NOTFOUND: there is none yet. ERR_CONFIG and a sentence: it cannot be read, is no state of a
// subscriber, or is one of other labels.
enum err state_file_read(const struct state_file *f, struct state *out,
                         struct problem *why) MUST_CHECK;
enum err state_file_write(const struct state_file *f, const struct state *s,
                          struct problem *why) MUST_CHECK;
