// SPDX-License-Identifier: MIT
#include "services/newswire/findings.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/date.h"

json_t *findings_published(int64_t ms, enum date_precision precision, int zone)
{
    char text[DATE_TEXT_SIZE];
    if (precision == DATE_NONE)
        return json_null();
    date_format(&(struct date){ms, precision, zone}, text);
    return json_string(text);
}

static json_t *strings(const char *const *all, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(all[i]));
    return list;
}

static json_t *attachments_json(const struct article *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_attachments; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "url", a->attachments[i].url, "title",
                                              a->attachments[i].title));
    return list;
}

static void set(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, json_string(value));
}

void findings_article(json_t *object, const struct article *a)
{
    set(object, "title", a->title);
    set(object, "standfirst", a->standfirst);
    set(object, "text", a->text);
    json_object_set_new(object, "published_at",
                        findings_published(a->published_ms, a->precision, a->zone));
    set(object, "author", a->author);
    set(object, "site_name", a->site_name);
    set(object, "language", a->language);
    set(object, "charset", a->charset.used);
    json_object_set_new(object, "charset_guessed", json_boolean(a->charset.guessed));
    json_object_set_new(object, "replacements", json_integer(a->charset.replacements));
    set(object, "canonical_url", a->canonical_url);
    set(object, "image", a->image);
    json_object_set_new(object, "attachments", attachments_json(a));
    json_object_set_new(object, "feeds", strings(a->feeds, a->n_feeds));
}

json_t *findings_string(const char *s)
{
    char *copy = mem_strdup(s);
    json_t *value = json_stringn(copy, text_clean(copy, strlen(copy)));
    free(copy);
    return value;
}

static json_t *label_json(const struct label *l)
{
    json_t *evidence = json_array();
    for (size_t i = 0; i < l->n_evidence; i++) {
        const struct evidence *e = &l->evidence[i];
        json_array_append_new(evidence,
                              json_pack("{s:I, s:I, s:o, s:f}", "start", (json_int_t)e->start,
                                        "end", (json_int_t)e->end, "text", findings_string(e->text),
                                        "weight", (double)e->weight));
    }
    return json_pack("{s:s, s:s, s:f, s:o}", "label", l->name, "detail", l->detail, "score",
                     (double)l->score, "evidence", evidence);
}

void findings_labels(json_t *object, const struct labels *l)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(labels, label_json(&l->all[i]));
    set(object, "primary", l->primary);
    json_object_set_new(object, "labels", labels);
    json_object_set_new(object, "themes", strings(l->themes, l->n_themes));
    json_object_set_new(object, "entities", strings(l->entities, l->n_entities));
    json_object_set_new(object, "uncertain", json_boolean(l->uncertain));
    set(object, "model", l->model);
}
