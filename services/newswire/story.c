// SPDX-License-Identifier: MIT
#include "services/newswire/story.h"

#include <inttypes.h>
#include <string.h>

#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/readable.h"
#include "services/newswire/source.h"
#include "services/newswire/story_facts.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

enum { EVENT_BYTES = 16384, URL_BYTES = 8192 };

static void write_source(const Newswire__V1__Source *source, struct buf *out)
{
    buf_printf(out, "a source%s%s: ", *source->title ? ", " : "", source->title);
    source_summary(source, out);
    buf_puts(out, "\n");
}

static const char *title_of(const struct story *s)
{
    const Newswire__V1__Reading *r = story_reading(s);
    if (s->news && *s->news->announcement->title)
        return s->news->announcement->title;
    if (r && *r->title)
        return r->title;
    return s->fetcher->page ? s->fetcher->page->title : "";
}

static void write_head(const struct story *s, bool colour, struct buf *out)
{
    const pb_announcement *a = s->news ? s->news->announcement : NULL;
    const char *title = title_of(s);
    if (*title)
        buf_printf(out, "%s%s%s\n", ink(colour, INK_BOLD), title, ink(colour, INK_PLAIN));
    struct buf url = buf_new(URL_BYTES), canonical = buf_new(URL_BYTES);
    readable_url(s->url, &url);
    readable_url(a ? a->canonical_url : "", &canonical);
    buf_printf(out, "%s\n", buf_str(&url));
    if (canonical.size && strcmp(buf_str(&url), buf_str(&canonical)) != 0)
        buf_printf(out, "also known as %s\n", buf_str(&canonical));
    buf_free(&url);
    buf_free(&canonical);
    for (size_t i = 0; i < s->fetcher->n_sources; i++)
        write_source(s->fetcher->sources[i], out);
    if (s->fetcher->page || s->fetcher->n_sources == 0) {
        story_summary(s, out);
        buf_puts(out, "\n");
    }
    buf_puts(out, "\n");
    size_t before = out->size;
    story_facts(s, out);
    buf_puts(out, out->size > before ? "\n" : "");
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
    struct buf detail = buf_new(EVENT_BYTES);
    for (size_t i = 0; i < s->fetcher->n_events; i++) {
        const Newswire__V1__Event *e = s->fetcher->events[i];
        buf_clear(&detail);
        story_event(e, &detail);
        event_row(t, e->at_ms, e->name, buf_str(&detail));
    }
    if (s->news) {
        buf_clear(&detail);
        buf_printf(&detail, "number %" PRIu64 " of the store", s->news->sequence);
        event_row(t, s->news->committed_ms, "committed", buf_str(&detail));
    }
    table_write(t, colour, out);
    table_free(&t);
    buf_free(&detail);
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
    }
    buf_puts(out, *s->fetcher->id ? "\n" : "");
}

static void write_near(const struct story *s, struct buf *out)
{
    buf_puts(out, s->fetcher->n_near ? "Known ones that are spelled like it:\n" : "");
    for (size_t i = 0; i < s->fetcher->n_near; i++) {
        buf_puts(out, "    ");
        readable_url(s->fetcher->near[i], out);
        buf_puts(out, "\n");
    }
    buf_printf(out, "%s`newswire add` watches it, `newswire sources` lists what is watched.\n",
               s->fetcher->n_near ? "\n" : "");
}

void story_write(const struct story *s, bool colour, struct buf *out)
{
    write_head(s, colour, out);
    write_events(s, colour, out);
    if (s->news)
        write_labels(s->news->classification, colour, out);
    if (!story_known(s))
        write_near(s, out);
    write_rest(s, out);
}

bool story_known(const struct story *s)
{
    return s->fetcher->page || s->fetcher->n_sources;
}

static json_t *message(const ProtobufCMessage *m)
{
    return m ? jsonl_message(m) : json_null();
}

static json_t *messages(ProtobufCMessage *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, jsonl_message(list[i]));
    return array;
}

json_t *story_json(const struct story *s)
{
    const Newswire__V1__ControlReply *f = s->fetcher;
    const Newswire__V1__Visit *visit = story_visit(s);
    const Newswire__V1__Reading *reading = story_reading(s);
    struct buf summary = buf_new(16384);
    json_t *near = json_array();
    for (size_t i = 0; i < f->n_near; i++)
        json_array_append_new(near, json_string(f->near[i]));
    story_summary(s, &summary);
    json_t *story = json_pack(
        "{s:s, s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "url", s->url, "known",
        story_known(s), "summary", buf_str(&summary), "id", f->id, "source",
        message(f->n_sources ? &f->sources[0]->base : NULL), "page",
        message(f->page ? &f->page->base : NULL), "visit", message(visit ? &visit->base : NULL),
        "reading", message(reading ? &reading->base : NULL), "events",
        messages((ProtobufCMessage **)(void *)f->events, f->n_events), "news",
        message(s->news ? &s->news->base : NULL), "near", near, "trouble", s->trouble);
    buf_free(&summary);
    return story;
}
