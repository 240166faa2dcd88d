// SPDX-License-Identifier: MIT
// The story of one URL.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/fetcher/control_parts.h"

static void tell_event(void *arg, const Newswire__V1__Event *e)
{
    struct listing *list = arg;
    if (list->reply->n_events == 2 * CONTROL_LIST_MAX ||
        arena_used(list->control->arena) > CONTROL_LIST_BYTES)
        return;
    Newswire__V1__Event *m = arena_alloc(list->control->arena, sizeof *m);
    newswire__v1__event__init(m);
    m->at_ms = e->at_ms;
    m->name = control_copy(list->control, e->name);
    m->detail = control_copy(list->control, e->detail);
    list->reply->events[list->reply->n_events++] = m;
}

void control_why(struct control *c, const char *url, pb_reply *reply)
{
    struct source *s = NULL;
    struct entry *entry = NULL;
    struct listing listing = {c, reply};
    char id[URL_ID_SIZE], subject[40];
    reply->events = arena_alloc(c->arena, 2 * CONTROL_LIST_MAX * sizeof *reply->events);
    if (control_find(c, url, &s, reply) == OK) {
        snprintf(subject, sizeof subject, "source %" PRIu64, s->number);
        ledger_must(c->tools.ledger, ledger_story(c->tools.ledger, subject, tell_event, &listing));
        control_list_from(c, s->number - 1, 1, reply);
        source_free(&s);
    }
    if (control_entry_id(url, id) == OK && ledger_entry_get(c->tools.ledger, id, &entry) == OK) {
        reply->error = "";
        reply->id = control_copy(c, entry->announcement);
        ledger_must(c->tools.ledger, ledger_story(c->tools.ledger, id, tell_event, &listing));
        entry_free(&entry);
    } else if (!reply->n_sources) {
        control_refuse(c, reply,
                       "%.300s is not known: it is no source, and no source has listed it; "
                       "`newswire add` makes it one",
                       url);
    }
}
