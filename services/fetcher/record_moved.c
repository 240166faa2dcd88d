// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"
#include "services/fetcher/visit.h"

enum { SHRUNK_TO_ONE_IN = 5 };

// What was read of the page last time.
struct last {
    char *title; // NULL: nothing was
    uint32_t characters;
};

static void on_event(void *arg, const Newswire__V1__Event *e)
{
    struct last *last = arg;
    if (!e->reading || e->reading->from_feed)
        return;
    free(last->title);
    last->title = mem_strdup(e->reading->title);
    last->characters = e->reading->characters;
}

// The redirect ends on neither the page that was listed nor the one that was announced.
static bool ends_elsewhere(const struct record *r)
{
    char canonical[URL_MAX + 1], id[URL_ID_SIZE];
    if (url_canonical(r->url, canonical))
        return false;
    url_id(canonical, id);
    return strcmp(id, r->entry->id) != 0 && strcmp(id, r->entry->announcement) != 0;
}

bool page_moved_away(const struct record *r, struct ledger *l, const pb_announcement *a,
                     struct problem *why)
{
    struct last last = {0};
    Newswire__V1__Reading now;
    if (r->entry->revision == 0 || !ends_elsewhere(r))
        return false;
    ledger_must(l, ledger_story(l, r->entry->id, on_event, &last));
    visit_reading(a, "", 0, &now);
    bool moved = last.title && strcmp(last.title, a->title) != 0 &&
                 (uint64_t)now.characters * SHRUNK_TO_ONE_IN < last.characters;
    free(last.title);
    if (moved)
        problem_set(why, OK,
                    "it now redirects to %.300s, with another title and hardly any text: what was "
                    "published stays",
                    r->url);
    return moved;
}
