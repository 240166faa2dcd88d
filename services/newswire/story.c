// SPDX-License-Identifier: MIT
#include "services/newswire/story.h"

#include <inttypes.h>
#include <string.h>

#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/source.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

static void write_published(const pb_announcement *a, struct buf *out)
{
    char at[WHEN_SIZE];
    bool day = a->published_precision == NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    when_published(a->published_ms, day, at);
    if (a->published_ms)
        buf_printf(out, "published %s", at);
    else
        buf_puts(out, "publication date unknown");
    buf_printf(out, ", %s, read as %s%s\n", a->language, a->charset_used,
               a->charset_guessed ? " (guessed)" : "");
}

static void write_source(const Newswire__V1__Source *source, struct buf *out)
{
    buf_printf(out, "a source%s%s: ", *source->title ? ", " : "", source->title);
    source_summary(source, out);
    buf_puts(out, "\n");
}

static void write_head(const struct story *s, bool colour, struct buf *out)
{
    const pb_announcement *a = s->news ? s->news->announcement : NULL;
    if (a && *a->title)
        buf_printf(out, "%s%s%s\n", ink(colour, INK_BOLD), a->title, ink(colour, INK_PLAIN));
    buf_printf(out, "%s\n", s->url);
    if (a && *a->canonical_url && strcmp(a->canonical_url, s->url) != 0)
        buf_printf(out, "also known as %s\n", a->canonical_url);
    if (a)
        write_published(a, out);
    for (size_t i = 0; i < s->fetcher->n_sources; i++)
        write_source(s->fetcher->sources[i], out);
    buf_puts(out, "\n");
}

static void event_row(struct table *t, int64_t ms, const char *name, const char *detail)
{
    char at[WHEN_SIZE];
    when_local(ms, at);
    table_cell(t, "%s", at);
    table_cell(t, "%s", name);
    table_cell(t, "%s", detail);
}

static void write_events(const struct story *s, bool colour, struct buf *out)
{
    static const struct column columns[] = {{"when", false}, {"what", false}, {"", false}};
    struct table *t = table_new(columns, 3);
    for (size_t i = 0; i < s->fetcher->n_events; i++) {
        const Newswire__V1__Event *e = s->fetcher->events[i];
        event_row(t, e->at_ms, e->name, e->detail);
    }
    if (s->news) {
        char detail[80];
        snprintf(detail, sizeof detail, "number %" PRIu64 " of the store", s->news->sequence);
        event_row(t, s->news->committed_ms, "committed", detail);
    }
    table_write(t, colour, out);
    table_free(&t);
}

static void write_label(const Newswire__V1__Label *l, bool primary, bool colour, struct buf *out)
{
    buf_printf(out, "\n%s%s%s", ink(colour, primary ? INK_GOOD : INK_PLAIN), l->name,
               ink(colour, INK_PLAIN));
    if (*l->detail)
        buf_printf(out, " (%s)", l->detail);
    buf_printf(out, ", %.0f %%%s\n", (double)l->score * 100,
               primary ? ", what headline and first paragraphs are about" : "");
    for (size_t i = 0; i < l->n_evidence; i++) {
        const Newswire__V1__Evidence *e = l->evidence[i];
        buf_printf(out, "    %+5.1f  %s\n", (double)e->weight, e->text);
    }
}

static void write_words(const char *what, char *const *words, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%s", i ? ", " : what, words[i]);
    buf_puts(out, n ? "\n" : "");
}

static void write_labels(const pb_classification *c, bool colour, struct buf *out)
{
    for (size_t i = 0; i < c->n_labels; i++)
        write_label(c->labels[i], strcmp(c->labels[i]->name, c->primary) == 0, colour, out);
    if (c->uncertain)
        buf_puts(out, "    No label reached its threshold: this one is a guess.\n");
    buf_puts(out, "\n");
    write_words("themes: ", c->themes, c->n_themes, out);
    write_words("organisations: ", c->entities, c->n_entities, out);
    buf_printf(out, "model %s\n", c->model_hash);
}

static void write_rest(const struct story *s, struct buf *out)
{
    if (*s->fetcher->id)
        buf_printf(out, "id %s", s->fetcher->id);
    if (s->news) {
        buf_printf(out, ", revision %" PRIu64, s->news->announcement->revision);
        if (*s->news->duplicate_of)
            buf_printf(out, ", the same story as %s", s->news->duplicate_of);
    }
    buf_puts(out, *s->fetcher->id ? "\n" : "");
}

void story_write(const struct story *s, bool colour, struct buf *out)
{
    write_head(s, colour, out);
    write_events(s, colour, out);
    if (s->news)
        write_labels(s->news->classification, colour, out);
    else if (*s->trouble)
        buf_printf(out, "\nWhat the store has of it is not known: %s\n", s->trouble);
    else if (*s->fetcher->id)
        buf_puts(out, "\nThe store does not have it yet.\n");
    else if (s->fetcher->n_sources == 0)
        buf_puts(out, "\nIt was not published yet.\n");
    write_rest(s, out);
}

json_t *story_json(const struct story *s)
{
    json_t *events = json_array();
    for (size_t i = 0; i < s->fetcher->n_events; i++)
        json_array_append_new(events, jsonl_message(&s->fetcher->events[i]->base));
    json_t *source =
        s->fetcher->n_sources ? jsonl_message(&s->fetcher->sources[0]->base) : json_null();
    json_t *news = s->news ? jsonl_message(&s->news->base) : json_null();
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "url", s->url, "id", s->fetcher->id,
                     "source", source, "events", events, "news", news, "trouble", s->trouble);
}
