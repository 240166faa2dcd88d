// SPDX-License-Identifier: MIT
// What pdftotext may give: title and text come out clean, with nothing that was not there, and the
// same bytes give the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/pdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Bytes of visible ASCII letters: none are made up.
static size_t letters(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z';
    return count;
}

static void check(const struct buf *b)
{
    const char *s = buf_str(b);
    if (b->failed || !text_is_clean(s, b->size) || strlen(s) != b->size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct pdf_hint hint = {"董事会公告 announcement", INT64_C(1795000000000), DATE_SECOND};
    const struct pdf_hint *told = size % 2 ? &hint : NULL;
    struct pdf pdf, again;
    struct buf explanation = buf_new(64 << 20);
    pdf_read(text, size, told, INT64_C(1795219200000), &pdf, &explanation);
    pdf_read(text, size, told, INT64_C(1795219200000), &again, NULL);
    check(&pdf.title);
    check(&pdf.text);
    check(&explanation);
    if (strcmp(buf_str(&pdf.title), buf_str(&again.title)) != 0 ||
        strcmp(buf_str(&pdf.text), buf_str(&again.text)) != 0 || pdf.date.ms != again.date.ms)
        abort();
    if (letters(buf_str(&pdf.text), pdf.text.size) > letters(text, size))
        abort();
    if (strstr(buf_str(&pdf.text), "\n\n") || (pdf.text.size && *buf_str(&pdf.text) == '\n'))
        abort();
    (void)pdf_sniff(data, size);
    (void)pdf_trouble(&pdf);
    pdf_free(&pdf);
    pdf_free(&again);
    buf_free(&explanation);
    return 0;
}
