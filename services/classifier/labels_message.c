// SPDX-License-Identifier: MIT
#include "services/classifier/labels_message.h"

#include <string.h>

#include "common/mem.h"
#include "common/text.h"

enum {
    LABELS_MAX = 32,
    EVIDENCE_MAX = 32,
    EVIDENCE_TEXT_MAX = 256,
    THEMES_MAX = 32,
    ENTITIES_MAX = 64
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char *clip(struct arena *a, const char *s, size_t max)
{
    size_t n = strlen(s);
    return n <= max ? (char *)s : arena_strndup(a, s, text_cut(s, n, max));
}

static Newswire__V1__Evidence *evidence_message(struct arena *a, const struct evidence *e)
{
    Newswire__V1__Evidence *m = arena_alloc(a, sizeof *m);
    newswire__v1__evidence__init(m);
    m->start = e->start;
    m->end = e->end;
    m->text = clip(a, e->text, EVIDENCE_TEXT_MAX);
    m->weight = e->weight;
    return m;
}

static Newswire__V1__Label *label_message(struct arena *a, const struct label *l)
{
    Newswire__V1__Label *m = arena_alloc(a, sizeof *m);
    newswire__v1__label__init(m);
    m->name = (char *)l->name;
    m->detail = (char *)l->detail;
    m->score = l->score;
    m->n_evidence = least(l->n_evidence, EVIDENCE_MAX);
    m->evidence = arena_alloc(a, (m->n_evidence + 1) * sizeof *m->evidence);
    for (size_t i = 0; i < m->n_evidence; i++)
        m->evidence[i] = evidence_message(a, &l->evidence[i]);
    return m;
}

void labels_message(struct labeler *labeler, const pb_announcement *a, struct buf *answer)
{
    struct document document = {a->title, a->standfirst, a->text};
    const struct labels *labels = labeler_run(labeler, &document);
    struct arena *arena = arena_new(16 << 10);
    pb_classification m = NEWSWIRE__V1__CLASSIFICATION__INIT;
    m.primary = (char *)labels->primary;
    m.model_hash = (char *)labels->model;
    m.uncertain = labels->uncertain;
    m.n_labels = least(labels->n, LABELS_MAX);
    m.labels = arena_alloc(arena, (m.n_labels + 1) * sizeof *m.labels);
    for (size_t i = 0; i < m.n_labels; i++)
        m.labels[i] = label_message(arena, &labels->all[i]);
    m.themes = (char **)labels->themes;
    m.n_themes = least(labels->n_themes, THEMES_MAX);
    m.entities = (char **)labels->entities;
    m.n_entities = least(labels->n_entities, ENTITIES_MAX);
    if (wire_pack(&m.base, answer))
        panic("a classification is larger than its bounds allow");
    arena_free(&arena);
}
