// SPDX-License-Identifier: MIT
#include "services/sink/answer.h"

enum { VARINT = 0, BYTES = 2 };
enum { CHUNK_EPOCH = 1, CHUNK_NEWS = 2, CHUNK_THROUGH = 3, CHUNK_HEAD = 4, CHUNK_AFTER = 5 };
enum { FOUND_NEWS = 1 };

static enum err add_varint(struct buf *b, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; value > 0x7F; value >>= 7)
        bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    return buf_add(b, bytes, n);
}

static enum err add_number(struct buf *b, uint64_t field, uint64_t value)
{
    add_varint(b, field << 3 | VARINT);
    return add_varint(b, value);
}

static enum err add_bytes(struct buf *b, uint64_t field, const uint8_t *bytes, size_t size)
{
    add_varint(b, field << 3 | BYTES);
    add_varint(b, size);
    return buf_add(b, bytes, size);
}

enum err answer_chunk_row(struct buf *chunk, const uint8_t *packed, size_t size)
{
    return add_bytes(chunk, CHUNK_NEWS, packed, size);
}

enum err answer_chunk_end(struct buf *chunk, const struct store_extent *extent)
{
    add_number(chunk, CHUNK_EPOCH, extent->epoch);
    add_number(chunk, CHUNK_THROUGH, extent->through);
    add_number(chunk, CHUNK_HEAD, extent->head);
    return add_number(chunk, CHUNK_AFTER, extent->after);
}

enum err answer_found_row(struct buf *found, const uint8_t *packed, size_t size)
{
    return add_bytes(found, FOUND_NEWS, packed, size);
}

enum err answer_envelope(struct buf *out, enum answer_kind kind, const struct buf *body)
{
    return add_bytes(out, kind, body->data, body->size);
}
