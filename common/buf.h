// SPDX-License-Identifier: MIT
// A growing byte buffer with a maximum given at birth. What would exceed the maximum is refused,
// never truncated silently: the buffer keeps what it had and `buf_failed` stays true.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct buf {
    uint8_t *data; // always followed by a NUL that is not counted, once something was added
    size_t size, cap, max;
    bool failed;
};

struct buf buf_new(size_t max); // allocates nothing yet
void buf_free(struct buf *b);   // may be used again afterwards, with the same maximum
void buf_clear(struct buf *b);  // empties it, keeps the memory

// ERR_LIMIT if it does not fit. The result may be ignored where buf_failed() is asked at the end.
enum err buf_add(struct buf *b, const void *bytes, size_t n);
enum err buf_puts(struct buf *b, const char *s);
enum err buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
// Makes the buffer n bytes longer and returns them, to be written; NULL if it does not fit.
uint8_t *buf_extend(struct buf *b, size_t n);
bool buf_failed(const struct buf *b);

const char *buf_str(const struct buf *b);  // NUL-terminated; "" when empty
void buf_consume(struct buf *b, size_t n); // removes the first n bytes
