// SPDX-License-Identifier: MIT
#include "services/classifier/label/match.h"

#include <stdbool.h>

#include "common/mem.h"

enum { NEGATION_REACH = 16, MATCHES = 16384 }; // bytes before a word; matches of one text

static size_t distance(const struct hit *a, const struct hit *b)
{
    if (a->end <= b->start)
        return b->start - a->end;
    return b->end <= a->start ? a->start - b->end : 0;
}

static bool covers(const struct hit *outer, const struct hit *h)
{
    return outer->start <= h->start && outer->end >= h->end;
}

static bool negates(const struct hit *negation, const struct hit *h)
{
    return negation->end <= h->start && h->start - negation->end <= NEGATION_REACH;
}

struct text {
    const struct taxonomy *taxonomy;
    const struct hits *hits;
};

static bool any_near(const struct text *x, const struct list *words, const struct hit *h,
                     size_t within)
{
    for (uint32_t i = 0; i < words->n; i++) {
        int32_t at = x->hits->first[x->taxonomy->lists[words->first + i]];
        for (; at != NO_HIT; at = x->hits->all[at].next)
            if (distance(&x->hits->all[at], h) <= within)
                return true;
    }
    return false;
}

static bool any(const struct text *x, const struct list *words, const struct hit *h,
                bool (*agrees)(const struct hit *context, const struct hit *h))
{
    for (uint32_t i = 0; i < words->n; i++) {
        int32_t at = x->hits->first[x->taxonomy->lists[words->first + i]];
        for (; at != NO_HIT; at = x->hits->all[at].next)
            if (agrees(&x->hits->all[at], h))
                return true;
    }
    return false;
}

static bool fulfils(const struct text *x, const struct rule *r, const struct hit *h, enum zone zone)
{
    if ((r->place == PLACE_TITLE && zone != ZONE_TITLE) ||
        (r->place == PLACE_LEAD && zone == ZONE_BODY))
        return false;
    return (r->near.n == 0 || any_near(x, &r->near, h, r->within)) &&
           !any_near(x, &r->unless, h, r->within) && !any(x, &r->part_of, h, covers);
}

void match_rules(const struct taxonomy *t, const struct hits *hits, const struct zones *zones,
                 struct matches *into)
{
    struct text x = {t, hits};
    into->n = 0;
    for (size_t i = 0; i < hits->n && into->n < MATCHES; i++) {
        const struct hit *h = &hits->all[i];
        const struct list *uses = &t->words[h->word].uses;
        if (uses->n == 0 || any(&x, &t->negations, h, negates))
            continue;
        enum zone zone = h->start < zones->title  ? ZONE_TITLE
                         : h->start < zones->lead ? ZONE_LEAD
                                                  : ZONE_BODY;
        for (uint32_t u = 0; u < uses->n; u++) {
            uint32_t rule = t->lists[uses->first + u];
            if (!fulfils(&x, &t->rules[rule], h, zone))
                continue;
            mem_reserve((void **)&into->all, &into->cap, into->n + 1, sizeof *into->all);
            into->all[into->n++] = (struct match){rule, h->start, h->end, zone};
        }
    }
}
