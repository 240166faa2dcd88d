// SPDX-License-Identifier: MIT
#include "services/fetcher/understand_pdf.h"

enum err understand_pdf(const Newswire__V1__ExtractTask *task, struct pdf *out, struct problem *why)
{
    const pb_announcement *h = task->hint;
    struct page_source source = {.bytes = task->body.data,
                                 .size = task->body.len,
                                 .url = task->url,
                                 .content_type = task->content_type,
                                 .now_ms = task->now_ms};
    struct pdf_hint hint = {"", 0, DATE_NONE};
    if (h) // the precisions have the same names in the same order
        hint = (struct pdf_hint){h->title, h->published_ms,
                                 (enum date_precision)h->published_precision};
    return pdf_document(&source, &hint, out, NULL, why);
}
