// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/gunzip.h"

#include <zlib.h>

enum { GZIP_ONLY = 16, CHUNK = 32 << 10 };

// One pass of the decoder. Returns zlib's code; ERR_LIMIT shows in out->failed.
static int inflate_some(z_stream *z, struct buf *out)
{
    uint8_t chunk[CHUNK];
    z->next_out = chunk;
    z->avail_out = sizeof chunk;
    int rc = inflate(z, Z_NO_FLUSH);
    size_t n = sizeof chunk - z->avail_out, room = out->max - out->size;
    buf_add(out, chunk, n < room ? n : room);
    if (n > room)
        out->failed = true;
    return rc;
}

enum err gunzip(const uint8_t *bytes, size_t size, struct buf *out)
{
    z_stream z = {.next_in = (z_const Bytef *)bytes, .avail_in = (uInt)size};
    if (size > UINT32_MAX)
        return ERR_LIMIT;
    if (inflateInit2(&z, MAX_WBITS + GZIP_ONLY) != Z_OK)
        panic("zlib cannot start");
    int rc = Z_OK;
    while (rc == Z_OK && !buf_failed(out)) {
        rc = inflate_some(&z, out);
        bool another = rc == Z_STREAM_END && z.avail_in > 0; // members follow one another
        if (another && inflateReset(&z) == Z_OK)
            rc = Z_OK;
    }
    inflateEnd(&z);
    if (buf_failed(out))
        return ERR_LIMIT;
    return rc == Z_STREAM_END ? OK : ERR_INPUT;
}
