// SPDX-License-Identifier: MIT
#include "services/fetcher/understand_pdf.h"

#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/language.h"
#include "services/fetcher/extract/pdf.h"

enum { TITLE_MAX = 2048, TEXT_MAX = 512 << 10, BEIJING = 8 * 60 };

bool understand_is_pdf(const uint8_t *bytes, size_t size)
{
    return size > 5 && memcmp(bytes, "%PDF-", 5) == 0;
}

static char *keep(struct arena *arena, const struct buf *b, size_t max)
{
    return arena_strndup(arena, buf_str(b), text_cut(buf_str(b), b->size, max));
}

static pb_announcement *announcement_of(const struct pdf *pdf, struct arena *arena)
{
    char language[LANGUAGE_SIZE];
    pb_announcement *a = arena_alloc(arena, sizeof *a);
    newswire__v1__announcement__init(a);
    a->title = keep(arena, &pdf->title, TITLE_MAX);
    a->text = keep(arena, &pdf->text, TEXT_MAX);
    a->text_cut = pdf->text.size > TEXT_MAX;
    const char *tag = language_tag((struct html_str){a->text, strlen(a->text)},
                                   (struct html_str){"", 0}, language);
    a->language = arena_strndup(arena, tag, strlen(tag));
    a->published_ms = pdf->date.precision == DATE_NONE ? 0 : pdf->date.ms;
    a->published_precision = (Newswire__V1__Precision)pdf->date.precision;
    a->charset_used = "utf-8"; // what pdftotext was asked for
    return a;
}

pb_announcement *understand_pdf(const Newswire__V1__ExtractTask *task, struct arena *arena,
                                char **problem)
{
    struct buf text = buf_new(PDF_TEXT_MAX);
    struct problem why;
    pb_announcement *a = NULL;
    if (pdf_to_text(task->body.data, task->body.len, &text, &why)) {
        *problem = arena_strndup(arena, why.text, strlen(why.text));
        goto out;
    }
    struct date_rules rules = {.zone = BEIJING, .now_ms = task->now_ms};
    struct pdf pdf = {0};
    pdf_read(buf_str(&text), text.size, &rules, &pdf);
    a = announcement_of(&pdf, arena);
    pdf_free(&pdf);
out:
    buf_free(&text);
    return a;
}
