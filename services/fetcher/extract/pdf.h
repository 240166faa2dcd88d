// SPDX-License-Identifier: MIT
// Announcements that are PDF documents, as listed companies file them. pdf_read is pure: it makes
// paragraphs of what pdftotext gives, and finds title and date. pdf_to_text runs pdftotext
// (poppler) as a process of its own under limits, for a worker or the command line to call.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/language.h"

// What the page or feed says that links the document.
struct pdf_hint {
    const char *title; // "" if nothing
    int64_t published_ms;
    enum date_precision precision;
};

struct pdf {
    struct buf title, text; // clean UTF-8; paragraphs separated by one newline
    struct date date;       // precision DATE_NONE if nothing tells
    const char *date_rule;  // what told it: static, "" if nothing did
    char language[LANGUAGE_SIZE];
    uint32_t pages;
    uint32_t unreadable; // characters that the fonts do not explain
};

// Reads pdftotext's output (UTF-8, laid out as on paper, a form feed after each page). Page
// numbers, and what stands at the top or bottom of many pages, are left out; so are securities
// codes and the exchange's disclaimer above the title.
//
// Title: what the first lines say, if it ends as titles do (公告, 通知, …, "announcement"); else
// the hint's, unless it says no more than 下载 or "PDF"; else the first lines'. Date: the one
// beside the title; else the hint's; else that of the signature, or of any of the first lines.
//
// `hint` may be NULL. `explanation`, if not NULL, receives what was kept and dropped and by which
// rule. pdf_free frees what is in it.
void pdf_read(const char *text, size_t size, const struct pdf_hint *hint, int64_t now_ms,
              struct pdf *out, struct buf *explanation);
void pdf_free(struct pdf *pdf);

// The document as an article, its strings borrowed from it.
void pdf_article(const struct pdf *pdf, struct article *out);

// Why there is nothing to publish: no text, or a garbled one. NULL: there is.
const char *pdf_trouble(const struct pdf *pdf);

// True if the bytes begin as a PDF document does, after at most 1 KB of something else.
bool pdf_sniff(const uint8_t *bytes, size_t size);

enum {
    PDF_SECONDS_MAX = 20,
    PDF_MEMORY_MAX_MB = 512,
    PDF_FILES_MAX = 32,
    PDF_TEXT_MAX = 4 << 20, // what comes after is left unread
};

// The text of a PDF document, appended to `out`. ERR_INPUT: it is none, or encrypted, or damaged
// beyond reading; ERR_LIMIT: it took more than `seconds` or the bounds above; ERR_IO: pdftotext, or
// what it needs, is not installed. Blocks for up to that time.
enum err pdf_to_text(const uint8_t *bytes, size_t size, int seconds, struct buf *out,
                     struct problem *why) MUST_CHECK;

// Both in one: the document in `source`, understood.
enum err pdf_document(const struct page_source *source, const struct pdf_hint *hint,
                      struct pdf *out, struct buf *explain, struct problem *why) MUST_CHECK;
