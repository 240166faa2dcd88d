// SPDX-License-Identifier: MIT
// The whole article extractor: any bytes give an article whose strings are clean UTF-8, and the
// same bytes the same article.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *s)
{
    if (!text_is_clean(s, strlen(s)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct extractor *extractor;
    if (!extractor)
        extractor = extractor_new();
    struct page_source page = {.bytes = data,
                               .size = size,
                               .url = "https://www.example.cn/a/",
                               .content_type = "",
                               .now_ms = INT64_C(1795219200000)};
    struct buf explanation = buf_new(8 << 20);
    const struct article *a = extractor_page(extractor, &page, size % 8 ? NULL : &explanation);
    const char *strings[] = {a->title,     a->standfirst,    a->text,  a->author,
                             a->site_name, a->canonical_url, a->image, a->language};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        check(strings[i]);
    if (strlen(a->text) != a->text_size || (a->precision == DATE_NONE) != (a->published_ms == 0))
        abort();
    for (size_t i = 0; i < a->n_attachments; i++) {
        check(a->attachments[i].url);
        check(a->attachments[i].title);
    }
    buf_free(&explanation);
    return 0;
}
