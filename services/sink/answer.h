// SPDX-License-Identifier: MIT
// CHUNK and FOUND, written around ClassifiedNews that are packed already, so that replaying neither
// unpacks nor packs them. Pure. The bytes are those that protobuf would write, in another order of
// fields, which every reader accepts (protobuf.dev/programming-guides/encoding, "order").
#pragma once

#include "common/buf.h"
#include "services/sink/store.h"

enum { CHUNK_BYTES = 768 << 10 };

// The body of a Chunk: its rows in order of sequence, then its extent.
enum err answer_chunk_row(struct buf *chunk, const uint8_t *packed, size_t size);
enum err answer_chunk_end(struct buf *chunk, const struct store_extent *extent);

// The body of a Found: one row, or nothing. It is written like a row of a chunk.
enum err answer_found_row(struct buf *found, const uint8_t *packed, size_t size);

enum answer_kind { ANSWER_CHUNK = 13, ANSWER_FOUND = 16 }; // fields of Envelope

// The Envelope around a body, appended to `out`. ERR_LIMIT if it does not fit.
enum err answer_envelope(struct buf *out, enum answer_kind kind, const struct buf *body);
