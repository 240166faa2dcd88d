// SPDX-License-Identifier: MIT
#include "services/newswire/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"auto", "feed", "page", "sitemap", "list"};

enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *source_kind_name(Newswire__V1__SourceKind kind)
{
    return (unsigned)kind < N_KINDS ? kinds[kind] : "unknown";
}

enum err source_kind_parse(const char *name, Newswire__V1__SourceKind *out)
{
    for (int i = 0; i < N_KINDS; i++) {
        if (strcmp(name, kinds[i]) == 0) {
            *out = (Newswire__V1__SourceKind)i;
            return OK;
        }
    }
    return ERR_INPUT;
}

enum err source_backfill_parse(const char *text, Newswire__V1__Backfill *out)
{
    out->all = strcmp(text, "all") == 0;
    out->newest = 0;
    if (out->all || strcmp(text, "none") == 0)
        return OK;
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || n > UINT32_MAX)
        return ERR_INPUT;
    out->newest = (uint32_t)n;
    return OK;
}

bool source_was_asked(const Newswire__V1__Source *s)
{
    return s->polled_ms || s->failures || *s->trouble;
}

int64_t source_asked_ms(const Newswire__V1__Source *s)
{
    return s->visit && s->visit->at_ms > s->polled_ms ? s->visit->at_ms : s->polled_ms;
}

static void count(struct buf *out, uint64_t n, const char *one, const char *several)
{
    if (n)
        buf_printf(out, ", %" PRIu64 " %s", n, n == 1 ? one : several);
}

void source_summary(const Newswire__V1__Source *s, struct buf *out)
{
    if (!source_was_asked(s)) {
        buf_puts(out, s->paused ? "paused" : "not asked yet");
        return;
    }
    Newswire__V1__SourceKind kind = s->found ? s->found : s->kind;
    bool page = kind == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    buf_puts(out, s->paused ? "paused " : "");
    buf_puts(out, kind ? source_kind_name(kind) : "");
    if (!page)
        count(out, s->entries, "entry", "entries");
    count(out, s->published, "published", "published");
    count(out, s->pending, "to fetch", "to fetch");
    count(out, s->failed, "given up", "given up");
    count(out, s->left_out, "left out", "left out");
    if (*s->trouble)
        buf_printf(out, "%s%s", kind ? ": " : "", s->trouble);
    else if (s->entries == 0 && !page)
        buf_puts(out, ", nothing on it yet");
}
