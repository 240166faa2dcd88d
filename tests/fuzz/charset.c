// SPDX-License-Identifier: MIT
// Decoding: any bytes under any declaration give valid UTF-8. The first line is the HTTP header.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char header[100] = "";
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t n = line ? (size_t)(line - data) : 0;
    if (n > 0 && n < sizeof header)
        memcpy(header, data, n);
    const uint8_t *body = line ? line + 1 : data;
    struct buf scratch = buf_new(1 << 20);
    struct charset_text t = charset_decode(body, size - (size_t)(body - data), header, &scratch);
    if (text_valid_prefix(t.text, t.size) != t.size || !t.report.used || !*t.report.used)
        abort();
    buf_free(&scratch);
    return 0;
}
