// SPDX-License-Identifier: MIT
#include "services/gateway/newest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"

struct item {
    struct arena *strings;
    struct headline line;
};

struct newest {
    struct item items[NEWEST_MAX]; // oldest first
    size_t n;
};

struct newest *newest_new(void)
{
    return mem_alloc(sizeof(struct newest));
}

void newest_clear(struct newest *n)
{
    for (size_t i = 0; i < n->n; i++)
        arena_free(&n->items[i].strings);
    n->n = 0;
}

void newest_free(struct newest **n)
{
    if (!*n)
        return;
    newest_clear(*n);
    free(*n);
    *n = NULL;
}

static void drop(struct newest *n, size_t at)
{
    arena_free(&n->items[at].strings);
    n->n--;
    memmove(n->items + at, n->items + at + 1, (n->n - at) * sizeof *n->items);
}

static const char *keep(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

static bool has_word(const struct headline *h, const char *word)
{
    for (size_t i = 0; i < h->n_words; i++)
        if (strcasecmp(h->words[i], word) == 0)
            return true;
    return false;
}

static void keep_label(struct headline *h, struct arena *a, const Newswire__V1__Label *l)
{
    h->score = l->score;
    for (size_t i = 0; i < l->n_evidence && h->n_words < HEADLINE_WORDS; i++) {
        const Newswire__V1__Evidence *e = l->evidence[i];
        if (e->weight > 0 && e->text[0] && !has_word(h, e->text))
            h->words[h->n_words++] = keep(a, e->text);
    }
}

static struct item item_new(const pb_news *news)
{
    struct item item = {.strings = arena_new(1024)};
    struct arena *a = item.strings;
    const pb_announcement *p = news->announcement;
    const pb_classification *c = news->classification;
    item.line = (struct headline){.sequence = news->sequence,
                                  .id = keep(a, p->id),
                                  .title = keep(a, p->title),
                                  .url = keep(a, p->url[0] ? p->url : p->canonical_url),
                                  .site = keep(a, p->site),
                                  .language = keep(a, p->language),
                                  .label = keep(a, c->primary),
                                  .uncertain = c->uncertain,
                                  .published_ms = p->published_ms,
                                  .fetched_ms = p->fetched_ms,
                                  .precision = p->published_precision};
    for (size_t i = 0; i < c->n_labels; i++)
        if (strcmp(c->labels[i]->name, c->primary) == 0)
            keep_label(&item.line, a, c->labels[i]);
    return item;
}

void newest_add(struct newest *n, const pb_news *news)
{
    if (!news->announcement || !news->classification)
        return;
    for (size_t i = 0; i < n->n; i++)
        if (strcmp(n->items[i].line.id, news->announcement->id) == 0) {
            drop(n, i);
            break;
        }
    if (n->n == NEWEST_MAX)
        drop(n, 0);
    n->items[n->n++] = item_new(news);
}

size_t newest_size(const struct newest *n)
{
    return n->n;
}

const struct headline *newest_at(const struct newest *n, size_t i)
{
    return &n->items[n->n - 1 - i].line;
}
