// SPDX-License-Identifier: MIT
// A table for a terminal: columns aligned by the width that characters have on a screen, where a
// Chinese character takes two columns and a combining mark none. Pure: it writes to a buffer.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

enum { TABLE_COLUMNS = 16 };

struct column {
    const char *title;
    bool right; // aligned to the right: numbers
};

struct table;

// `columns` (at most TABLE_COLUMNS) are borrowed for the life of the table.
struct table *table_new(const struct column *columns, size_t n);
void table_free(struct table **t);

// Fills the table cell by cell, from left to right, row by row. Control characters, line breaks
// among them, become spaces.
void table_cell(struct table *t, const char *format, ...) PRINTF_LIKE(2, 3);

// A line of its own beneath the row just filled, indented. For what concerns that row and must
// catch the eye.
void table_note(struct table *t, const char *format, ...) PRINTF_LIKE(2, 3);

size_t table_rows(const struct table *t);

// Titles, rows and notes; nothing at all if there are no rows. No spaces at line ends.
void table_write(const struct table *t, bool colour, struct buf *out);

// Columns that s[0..n) takes on a terminal.
size_t table_width(const char *s, size_t n);
