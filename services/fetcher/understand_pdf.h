// SPDX-License-Identifier: MIT
// PDF documents among the responses: their text as an announcement. For a worker process: it runs
// pdftotext, and waits for it.
#pragma once

#include <stdbool.h>

#include "common/mem.h"
#include "common/wire.h"

// True if the bytes begin as a PDF document does.
bool understand_is_pdf(const uint8_t *bytes, size_t size);

// The document's announcement, in the arena; NULL and *problem (in the arena) where it cannot be
// read.
pb_announcement *understand_pdf(const Newswire__V1__ExtractTask *task, struct arena *arena,
                                char **problem);
