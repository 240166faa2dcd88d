// SPDX-License-Identifier: MIT
// A settings file taken apart, by libyaml's document API: the only file that includes <yaml.h> is
// settings_file.c. What the names mean is settings.c's business.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/mem.h"

struct file_entry {
    const char *section, *name; // a name "" is the section's own line
    const char *const *items;   // of a scalar: one
    size_t n;
    bool is_list;
    size_t line, column; // of the name, from 1
};

struct file_entries {
    const struct file_entry *items;
    size_t n;
};

// Reads the file of at most 1 MiB: a mapping of sections, each a mapping of names to scalars or
// lists of scalars. *why starts with PATH:LINE:COLUMN. What *out points to lives in `a`.
enum err settings_file_read(const char *path, struct arena *a, struct file_entries *out,
                            struct problem *why) MUST_CHECK;

// The same for bytes; `name` is for messages.
enum err settings_file_parse(const char *name, const unsigned char *bytes, size_t size,
                             struct arena *a, struct file_entries *out,
                             struct problem *why) MUST_CHECK;
