// SPDX-License-Identifier: MIT
// Announcements for the sink's tests, in both languages. Every pointer in them is to constant text
// or to the struct itself.
#pragma once

#include <stdio.h>
#include <string.h>

#include "services/sink/store.h"

struct sample {
    pb_announcement announcement;
    pb_classification classification;
    Newswire__V1__Label label, *labels[1];
    char id[33], url[64];
};

// The `n`th announcement in its `revision`th version. Fill in place: it points into itself.
static inline void sample_fill(struct sample *s, unsigned n, uint64_t revision, const char *label)
{
    memset(s, 0, sizeof *s);
    newswire__v1__announcement__init(&s->announcement);
    newswire__v1__classification__init(&s->classification);
    newswire__v1__label__init(&s->label);
    snprintf(s->id, sizeof s->id, "%032x", n * 2654435761u);
    snprintf(s->url, sizeof s->url, "https://site.example/%u", n);
    s->announcement.id = s->id;
    s->announcement.revision = revision;
    s->announcement.url = s->announcement.canonical_url = s->url;
    s->announcement.title = n % 2 ? "集团召开年度工作会议" : "The group held its annual meeting";
    s->announcement.text = n % 2 ? "会议总结了全年工作。" : "It looked back on the year.";
    s->label.name = (char *)label;
    s->label.score = 0.9f;
    s->labels[0] = &s->label;
    s->classification.primary = (char *)label;
    s->classification.labels = s->labels;
    s->classification.n_labels = 1;
}

static inline struct store_put sample_put(const struct sample *s)
{
    return (struct store_put){
        .announcement = &s->announcement, .classification = &s->classification, .duplicate_of = ""};
}
