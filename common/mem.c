// SPDX-License-Identifier: MIT
#include "common/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

enum { ALIGN = 16 };

struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

struct arena {
    struct chunk *first, *last;
    size_t used;
};

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        panic("out of memory for %zu bytes", size);
    return p;
}

void *mem_grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        panic("out of memory for %zu bytes", size);
    return p;
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy = mem_alloc(n + 1);
    if (n)
        memcpy(copy, s, n);
    return copy;
}

char *mem_strdup(const char *s)
{
    return s ? mem_strndup(s, strlen(s)) : NULL;
}

void mem_reserve(void **items, size_t *cap, size_t want, size_t size)
{
    if (want <= *cap)
        return;
    size_t grown = *cap ? *cap * 2 : 16;
    if (grown < want)
        grown = want;
    *items = mem_grow(*items, grown * size);
    *cap = grown;
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *c = mem_grow(NULL, sizeof *c + size);
    *c = (struct chunk){.size = size};
    return c;
}

struct arena *arena_new(size_t first_chunk)
{
    struct arena *a = mem_alloc(sizeof *a);
    a->first = a->last = chunk_new(first_chunk < 1024 ? 1024 : first_chunk);
    return a;
}

void arena_reset(struct arena *a)
{
    for (struct chunk *c = a->first->next; c;) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
    a->first->next = NULL;
    a->first->used = 0;
    a->last = a->first;
    a->used = 0;
}

void arena_free(struct arena **a)
{
    if (!*a)
        return;
    arena_reset(*a);
    free((*a)->first);
    free(*a);
    *a = NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > PTRDIFF_MAX - ALIGN)
        panic("arena_alloc of %zu bytes", size);
    size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (a->last->size - a->last->used < rounded) {
        size_t next = a->last->size < (4u << 20) ? a->last->size * 2 : a->last->size;
        a->last->next = chunk_new(next < rounded ? rounded : next);
        a->last = a->last->next;
    }
    void *p = a->last->bytes + a->last->used;
    a->last->used += rounded;
    a->used += rounded;
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        panic("arena_printf: bad format");
    char *out = arena_alloc(a, (size_t)n + 1);
    vsnprintf(out, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return out;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
