// SPDX-License-Identifier: MIT
// Documents from files, one at a time: JSON Lines with `id`, `title`, `text` (and `label`,
// `labels`, `language`, `source` where they teach), or one plain text a file, its first line the
// title. Title, newline and text are the document's bytes as they stand, so that offsets mean the
// file's; only NUL is made a space.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum { DOCUMENT_LABELS = 8, DOCUMENTS_FILE_BYTES = 256 << 20, DOCUMENTS_LINE_BYTES = 16 << 20 };

struct item {
    const char *id, *title, *text;       // never NULL
    const char *labels[DOCUMENT_LABELS]; // what it is labelled, the primary first
    size_t n_labels;
    const char *language, *source; // "" if not said
    bool translated;               // by a machine
    const char *file;
    unsigned line; // where it stands, for messages
};

// Called for each item, which lives for the call; what it returns other than OK ends the reading.
typedef enum err documents_take(void *context, const struct item *item);
// Called for each line that is none; reading goes on.
typedef void documents_complain(void *context, const struct problem *why);

// Reads a file, or "-" for standard input. ERR_IO and *why if it cannot be read; else what take
// returned last.
enum err documents_read(const char *path, documents_take *take, documents_complain *complain,
                        void *context, struct problem *why) MUST_CHECK;
