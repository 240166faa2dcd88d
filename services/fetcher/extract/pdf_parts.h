// SPDX-License-Identifier: MIT
// What the passes over a PDF document's lines share. Private to pdf*.c; pdf.h is the public face.
// Lengths are counted as in page.h: characters other than space, CJK ones double.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/fetcher/extract/html.h"
#include "services/fetcher/extract/pdf.h"

// Why a line is not part of the text.
enum pdf_drop {
    PDF_KEPT,
    PDF_PAGE_NUMBER,
    PDF_REPEATED,   // header or footer of many pages
    PDF_LETTERHEAD, // securities code, number of the announcement, the exchange's disclaimer
    PDF_TITLE,      // it has become the title
    PDF_SCANNER,    // what a scanning program writes onto each page
};

struct pdf_line {
    struct html_str s; // without space around it; n 0: an empty line
    uint32_t length;
    uint32_t indent; // columns
    uint32_t page;   // from 0
    bool edge;       // near the top or bottom of its page
    bool row;        // of a table: cells with wide gaps between them
    enum pdf_drop drop;
};

struct pdf_lines {
    struct pdf_line *items;
    size_t n, cap;
    uint32_t pages;
};

// Splits pdftotext's output, at most so many lines of it, and marks what only furnishes the pages.
enum { PDF_LINES_MAX = 100000 };
void pdf_lines_read(const char *text, size_t size, struct pdf_lines *out);
void pdf_lines_free(struct pdf_lines *l);

// The next cell at *at of a line, which moves behind it; false at the end. Gaps of three columns
// or more part cells, except between single CJK characters: a heading that is spread out.
bool pdf_next_cell(struct html_str line, size_t *at, struct html_str *cell);

bool pdf_ends(struct html_str s, const char *with);
bool pdf_contains(struct html_str s, const char *what);
uint32_t pdf_first_character(struct html_str s);
uint32_t pdf_last_character(struct html_str s);
// A character that no space is written beside: CJK letters and their punctuation.
bool pdf_is_wide(uint32_t character);
// Appends the line with its gaps made single spaces or, between cells, " | ".
void pdf_add_line(struct buf *out, const struct pdf_line *line);

// Title and dateline from the first page's lines; what they and the letterhead take is marked as
// dropped. *sure: the title ends as titles do. *dateline has precision DATE_NONE if there is none.
void pdf_head(struct pdf_lines *l, const struct date_rules *rules, struct buf *title, bool *sure,
              struct date *dateline);
// The date of the signature at the document's end, or any in its first lines.
bool pdf_signature(const struct pdf_lines *l, const struct date_rules *rules, struct date *out,
                   const char **rule);

// Makes paragraphs of the lines that are kept.
void pdf_paragraphs(const struct pdf_lines *l, struct buf *text);
