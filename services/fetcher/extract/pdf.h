// SPDX-License-Identifier: MIT
// Announcements that are PDF documents, as listed companies file them. pdf_read is pure: it makes
// paragraphs of what pdftotext gives, and finds title and date. pdf_to_text runs pdftotext
// (poppler) as a process of its own under limits, for a worker to call.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "services/fetcher/extract/date.h"

struct pdf {
    struct buf title, text; // clean UTF-8; paragraphs separated by one newline
    struct date date;       // precision DATE_NONE if the document does not tell
};

// Reads pdftotext's output (UTF-8, a form feed after each page). Page numbers, and what stands at
// the top or bottom of most pages, are left out; lines are joined to paragraphs. The title is what
// the first lines say up to 公告, 通知 and their like, or the first paragraph; the date that of the
// first lines or, as in Chinese documents, of the signature. pdf_free frees what is in it.
void pdf_read(const char *text, size_t size, const struct date_rules *rules, struct pdf *out);
void pdf_free(struct pdf *pdf);

enum { PDF_SECONDS_MAX = 20, PDF_MEMORY_MAX_MB = 512, PDF_TEXT_MAX = 4 << 20 };

// The text of a PDF document, appended to `out`. ERR_INPUT: it is none, or damaged beyond reading;
// ERR_LIMIT: it took more than the bounds above; ERR_IO: pdftotext is not installed. Blocks for up
// to PDF_SECONDS_MAX seconds.
enum err pdf_to_text(const uint8_t *bytes, size_t size, struct buf *out,
                     struct problem *why) MUST_CHECK;
