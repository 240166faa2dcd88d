// SPDX-License-Identifier: MIT
#include "services/classifier/label/evidence.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "services/classifier/label/tally.h"

size_t evidence_spans(const struct taxonomy *t, const struct matches *matches, size_t label,
                      struct span *into, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < matches->n && n < cap; i++) {
        const struct match *m = &matches->all[i];
        const struct rule *r = &t->rules[m->rule];
        if (r->owner != OWNER_LABEL || r->of != label)
            continue;
        into[n++] = (struct span){m->start, m->end, r->weight * zone_factor[m->zone]};
    }
    return n;
}

static int by_weight(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    float wx = fabsf(x->weight), wy = fabsf(y->weight);
    if (wx != wy)
        return wx < wy ? 1 : -1;
    if (x->end - x->start != y->end - y->start)
        return x->end - x->start < y->end - y->start ? 1 : -1;
    return x->start < y->start ? -1 : x->start > y->start;
}

// The same words again, or a part of what is shown already.
static bool is_told(const struct normal *text, const struct span *shown, size_t n,
                    const struct span *s)
{
    for (size_t i = 0; i < n; i++) {
        const struct span *o = &shown[i];
        if (s->start < o->end && o->start < s->end)
            return true;
        if (s->end - s->start == o->end - o->start &&
            memcmp(text->text + s->start, text->text + o->start, s->end - s->start) == 0)
            return true;
    }
    return false;
}

// The document's bytes behind a span, without the whitespace that folding left at its ends.
static struct evidence locate(const struct normal *text, const char *whole, size_t n,
                              const struct span *s, struct arena *arena)
{
    size_t start = normal_origin(text, s->start), end = normal_origin(text, s->end);
    if (end > n)
        end = n;
    while (end > start && (unsigned char)whole[end - 1] <= ' ')
        end--;
    return (struct evidence){(uint32_t)start, (uint32_t)end,
                             arena_strndup(arena, whole + start, end - start), s->weight};
}

const struct evidence *evidence_show(const struct normal *text, const char *whole, size_t n,
                                     struct span *spans, size_t n_spans, struct arena *arena,
                                     size_t *n_shown)
{
    qsort(spans, n_spans, sizeof *spans, by_weight);
    struct evidence *shown = arena_alloc(arena, EVIDENCE_MAX * sizeof *shown);
    size_t kept = 0;
    for (size_t i = 0; i < n_spans && kept < EVIDENCE_MAX; i++) {
        if (is_told(text, spans, kept, &spans[i]))
            continue;
        spans[kept] = spans[i];
        shown[kept] = locate(text, whole, n, &spans[i], arena);
        kept += shown[kept].end > shown[kept].start;
    }
    *n_shown = kept;
    return shown;
}
