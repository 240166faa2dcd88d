// SPDX-License-Identifier: MIT
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct buf buf_new(size_t max)
{
    return (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->failed = false;
}

// Makes room for n more bytes and the NUL.
static enum err reserve(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->size) {
        b->failed = true;
        return ERR_LIMIT;
    }
    mem_reserve((void **)&b->data, &b->cap, b->size + n + 1, 1);
    return OK;
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
    if (reserve(b, n))
        return NULL;
    uint8_t *fresh = b->data + b->size;
    b->size += n;
    b->data[b->size] = '\0';
    return fresh;
}

enum err buf_add(struct buf *b, const void *bytes, size_t n)
{
    uint8_t *fresh = buf_extend(b, n);
    if (!fresh)
        return ERR_LIMIT;
    if (n)
        memcpy(fresh, bytes, n);
    return OK;
}

enum err buf_puts(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

enum err buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    enum err e = n < 0 ? ERR_INPUT : reserve(b, (size_t)n);
    if (!e) {
        vsnprintf((char *)b->data + b->size, (size_t)n + 1, format, again);
        b->size += (size_t)n;
    }
    va_end(again);
    va_end(args);
    return e;
}

bool buf_failed(const struct buf *b)
{
    return b->failed;
}

const char *buf_str(const struct buf *b)
{
    return b->size ? (const char *)b->data : "";
}

void buf_consume(struct buf *b, size_t n)
{
    if (n > b->size)
        panic("buf_consume %zu of %zu", n, b->size);
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->size - n);
    b->size -= n;
    b->data[b->size] = '\0';
}
