// SPDX-License-Identifier: MIT
// The pages as they were fetched, compressed (zstd), for a while: so that text and labels can be
// made anew when extraction has learned something. A store of its own beside the ledger, not
// flushed to the disk at every commit: what a power cut takes can be fetched again.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum { PAGES_BODY_MAX = 8 << 20 };

struct pages;

// `path` of a SQLite file. ERR_CONFIG with a sentence for a person.
enum err pages_open(const char *path, struct pages **out, struct problem *why) MUST_CHECK;
void pages_close(struct pages **p); // flushes

struct page_copy {
    const char *id; // of the entry; a later page of the same entry takes its place
    int64_t fetched_ms;
    const char *url, *content_type;
    const uint8_t *compressed;
    size_t size;
};

// Keeps a page; grouped until pages_flush(). A failure is not the announcement's: say it and go on.
enum err pages_put(struct pages *p, const struct page_copy *page) MUST_CHECK;
enum err pages_flush(struct pages *p) MUST_CHECK;
// Forgets what was fetched before `before_ms`.
enum err pages_forget(struct pages *p, int64_t before_ms) MUST_CHECK;
const char *pages_problem(const struct pages *p);

// The page of an entry: *body is filled, the strings of *page are borrowed until the next call.
// ERR_NOTFOUND: not kept (any more).
enum err pages_get(struct pages *p, const char *id, struct page_copy *page,
                   struct buf *body) MUST_CHECK;

// When an entry's page was fetched. ERR_NOTFOUND as above.
enum err pages_kept(struct pages *p, const char *id, int64_t *fetched_ms) MUST_CHECK;

// Compression of a body, and back. ERR_LIMIT: larger than `out` allows. ERR_INPUT: not zstd.
// The memory that it takes to compress is kept from one body to the next.
struct packer;
struct packer *packer_new(void);
void packer_free(struct packer **p);
enum err pages_compress(struct packer *p, const uint8_t *bytes, size_t size,
                        struct buf *out) MUST_CHECK;
enum err pages_expand(const uint8_t *bytes, size_t size, struct buf *out) MUST_CHECK;
