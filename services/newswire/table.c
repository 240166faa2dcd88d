// SPDX-License-Identifier: MIT
#include "services/newswire/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/newswire/ink.h"

enum { GAP = 2, CELL_MAX = 4096 };

struct row {
    const char *cells[TABLE_COLUMNS];
    const char *note; // NULL: none
};

struct table {
    const struct column *columns;
    size_t n_columns, next; // next: the column to be filled; n_columns: a new row begins
    struct row *rows;
    size_t n_rows, cap_rows;
    struct arena *texts;
};

struct table *table_new(const struct column *columns, size_t n)
{
    if (n == 0 || n > TABLE_COLUMNS)
        panic("a table of %zu columns", n);
    struct table *t = mem_alloc(sizeof *t);
    t->columns = columns;
    t->n_columns = t->next = n;
    t->texts = arena_new(4096);
    return t;
}

void table_free(struct table **t)
{
    if (!*t)
        return;
    arena_free(&(*t)->texts);
    free((*t)->rows);
    free(*t);
    *t = NULL;
}

// Keeps a text, cut to CELL_MAX, as one line.
static const char *keep(struct table *t, const char *format, va_list args)
{
    char text[CELL_MAX + 4];
    vsnprintf(text, sizeof text, format, args);
    size_t n = text_cut(text, strlen(text), CELL_MAX);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            text[i] = ' ';
    return arena_strndup(t->texts, text, n);
}

void table_cell(struct table *t, const char *format, ...)
{
    if (t->next == t->n_columns) {
        mem_reserve((void **)&t->rows, &t->cap_rows, t->n_rows + 1, sizeof *t->rows);
        t->rows[t->n_rows++] = (struct row){.note = NULL};
        t->next = 0;
    }
    va_list args;
    va_start(args, format);
    t->rows[t->n_rows - 1].cells[t->next++] = keep(t, format, args);
    va_end(args);
}

void table_note(struct table *t, const char *format, ...)
{
    if (t->n_rows == 0)
        panic("a note beneath no row");
    va_list args;
    va_start(args, format);
    t->rows[t->n_rows - 1].note = keep(t, format, args);
    va_end(args);
}

size_t table_rows(const struct table *t)
{
    return t->n_rows;
}

size_t table_width(const char *s, size_t n)
{
    size_t width = 0;
    while (n > 0) {
        uint32_t c;
        size_t length = text_decode(s, n, &c);
        int w = utf8proc_charwidth((utf8proc_int32_t)c);
        width += w > 0 ? (size_t)w : 0;
        s += length;
        n -= length;
    }
    return width;
}

static size_t width_of(const char *s)
{
    return table_width(s, strlen(s));
}

static const char *cell(const struct row *row, size_t column)
{
    return row->cells[column] ? row->cells[column] : "";
}

static void measure(const struct table *t, size_t widths[TABLE_COLUMNS])
{
    for (size_t c = 0; c < t->n_columns; c++) {
        widths[c] = width_of(t->columns[c].title);
        for (size_t r = 0; r < t->n_rows; r++) {
            size_t w = width_of(cell(&t->rows[r], c));
            widths[c] = w > widths[c] ? w : widths[c];
        }
    }
}

// `owed` spaces go before the next text, so that none are left at the end of a line.
static void write_cell(const char *s, size_t width, bool right, size_t *owed, struct buf *out)
{
    size_t fill = width - width_of(s);
    if (right)
        *owed += fill;
    if (*s) {
        buf_printf(out, "%*s%s", (int)*owed, "", s);
        *owed = 0;
    }
    *owed += (right ? 0 : fill) + GAP;
}

static void write_titles(const struct table *t, const size_t widths[TABLE_COLUMNS], bool colour,
                         struct buf *out)
{
    size_t owed = 0;
    buf_puts(out, ink(colour, INK_BOLD));
    for (size_t c = 0; c < t->n_columns; c++)
        write_cell(t->columns[c].title, widths[c], t->columns[c].right, &owed, out);
    buf_printf(out, "%s\n", ink(colour, INK_PLAIN));
}

void table_write(const struct table *t, bool colour, struct buf *out)
{
    size_t widths[TABLE_COLUMNS];
    if (t->n_rows == 0)
        return;
    measure(t, widths);
    write_titles(t, widths, colour, out);
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t owed = 0;
        for (size_t c = 0; c < t->n_columns; c++)
            write_cell(cell(&t->rows[r], c), widths[c], t->columns[c].right, &owed, out);
        buf_puts(out, "\n");
        if (t->rows[r].note)
            buf_printf(out, "    %s%s%s\n", ink(colour, INK_BAD), t->rows[r].note,
                       ink(colour, INK_PLAIN));
    }
}
