// SPDX-License-Identifier: MIT
#include "services/newswire/news_line.h"

#include <inttypes.h>
#include <string.h>

#include "services/newswire/ink.h"
#include "services/newswire/when.h"

enum { TO_THE_MINUTE = 16, LABEL_WIDTH = 15 };

// A title may hold tabs and newlines; a line must not.
static void add_flat(struct buf *out, const char *s)
{
    size_t start = out->size;
    buf_puts(out, s);
    for (size_t i = start; i < out->size; i++)
        if (out->data[i] == '\n' || out->data[i] == '\t')
            out->data[i] = ' ';
}

// When it was published, as exactly as that is known; else when it was stored.
static void add_time(struct buf *out, const pb_news *news)
{
    const pb_announcement *a = news->announcement;
    char text[WHEN_SIZE];
    bool known = a->published_ms != 0;
    bool day = known && a->published_precision == NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    when_published(known ? a->published_ms : news->committed_ms, day, text);
    buf_printf(out, "%-*.*s", TO_THE_MINUTE, TO_THE_MINUTE, text);
}

void news_line(const pb_news *news, bool colour, struct buf *out)
{
    const pb_announcement *a = news->announcement;
    const pb_classification *c = news->classification;
    const char *plain = ink(colour, INK_PLAIN);
    if (!a || !c)
        return; // wire.h lets it pass; the sink stores no such thing
    buf_printf(out, "%s%7" PRIu64, ink(colour, INK_DIM), news->sequence);
    buf_puts(out, "  ");
    add_time(out, news);
    buf_printf(out, "%s  %s%-*s%s  ", plain, ink(colour, INK_GOOD), LABEL_WIDTH, c->primary, plain);
    buf_puts(out, ink(colour, INK_BOLD));
    add_flat(out, *a->title ? a->title : "(no title)");
    buf_puts(out, plain);
    buf_printf(out, "\n%*s%s", 7 + 2 + TO_THE_MINUTE + 2 + LABEL_WIDTH + 2, "",
               ink(colour, INK_DIM));
    add_flat(out, *a->canonical_url ? a->canonical_url : *a->url ? a->url : a->source);
    buf_printf(out, "%s\n", plain);
}
