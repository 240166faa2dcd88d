// SPDX-License-Identifier: MIT
// PDF documents among the responses, for a worker process: it runs pdftotext, and waits for it.
// And pages that are no more than the wrapper of one.
#pragma once

#include <stdbool.h>

#include "common/wire.h"
#include "services/fetcher/extract/pdf.h"

// Reads the task's document, with what the task says of it. Free *out with pdf_free().
enum err understand_pdf(const Newswire__V1__ExtractTask *task, struct pdf *out,
                        struct problem *why) MUST_CHECK;
