// SPDX-License-Identifier: MIT
// Memory that is there or the program ends: inputs are bounded before they get here. An arena holds
// what lives and dies together (one page, one document); it is not for threads to share.
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size);               // zeroed; free() it
void *mem_grow(void *old, size_t size);     // realloc
char *mem_strdup(const char *s);            // NULL stays NULL
char *mem_strndup(const char *s, size_t n); // n bytes and a NUL

// Grows `*items` (of `size` bytes each) to hold at least `want`; doubles `*cap`.
void mem_reserve(void **items, size_t *cap, size_t want, size_t size);

struct arena;

struct arena *arena_new(size_t first_chunk);
void arena_free(struct arena **a);
void arena_reset(struct arena *a); // forgets everything, keeps the first chunk

void *arena_alloc(struct arena *a, size_t size); // 16-byte aligned, not zeroed
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
size_t arena_used(const struct arena *a); // bytes handed out since the last reset
