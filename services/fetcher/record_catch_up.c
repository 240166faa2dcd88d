// SPDX-License-Identifier: MIT
// Each page is asked for once, politely, as robots.txt allows, and on the source's own site only;
// what cannot be had is told and passed over. Until all is done the source itself waits.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

enum {
    STEPS_MAX = 20,
    ASKED_MAX = 10,
    TAKEN_MAX = 1000, // entries
    DEPTH_MAX = 2,    // indexes that may lead from one sitemap to another
};

static const int64_t DAY_MS = 86400000;

typedef Newswire__V1__CatchUp pb_catch_up;
typedef Newswire__V1__CatchUp__Step pb_step;
typedef Newswire__V1__ExtractResult pb_result;
typedef Newswire__V1__Entry pb_entry;

// Steps to come; the strings are borrowed.
struct steps {
    pb_step steps[STEPS_MAX], *all[STEPS_MAX];
    size_t n;
};

static void add(struct steps *s, const char *url, Newswire__V1__SourceKind kind, uint32_t depth)
{
    if (s->n == STEPS_MAX)
        return;
    pb_step *step = &s->steps[s->n];
    newswire__v1__catch_up__step__init(step);
    step->url = (char *)(uintptr_t)url;
    step->kind = kind;
    step->depth = depth;
    s->all[s->n++] = step;
}

static void add_rest(struct steps *s, const pb_catch_up *c)
{
    for (size_t i = 1; i < c->n_steps; i++)
        add(s, c->steps[i]->url, c->steps[i]->kind, c->steps[i]->depth);
}

// ---- One step after the other ----

static void finish(struct record *r, struct ledger *l, const pb_catch_up *c)
{
    char detail[200];
    snprintf(detail, sizeof detail, "pages asked for: %u, entries found on them: %u", c->asked,
             c->taken);
    poll_tell(r, l, "caught-up", detail);
    log_info("caught-up", "url=%s asked=%u found=%u", r->source->url, c->asked, c->taken);
    if (c->taken > 0)
        r->source->lost_ms = 0;
}

// Keeps what is still to be done, and makes the source due for it.
static void go_on(struct record *r, struct ledger *l, pb_catch_up *c, struct steps *steps)
{
    struct source *s = r->source;
    bool more = steps->n > 0 && c->asked < ASKED_MAX && c->taken < TAKEN_MAX;
    c->steps = steps->all;
    c->n_steps = steps->n;
    if (!more)
        finish(r, l, c);
    ledger_must(l, ledger_source_catch_up(l, s->number, more ? c : NULL));
    s->next_poll_ms = more ? r->fetched_ms : c->resume_ms;
    ledger_must(l, ledger_source_save(l, s));
}

static void begin(struct record *r, struct ledger *l, struct steps *steps, int64_t since_ms,
                  uint32_t wanted)
{
    pb_catch_up c = NEWSWIRE__V1__CATCH_UP__INIT;
    c.since_ms = since_ms;
    c.wanted = wanted;
    c.resume_ms = r->source->next_poll_ms;
    go_on(r, l, &c, steps);
}

// The first step is done.
static void next(struct record *r, struct ledger *l, struct steps *steps)
{
    pb_catch_up c = *r->source->catch_up;
    c.asked++;
    c.taken += r->poll.fresh;
    go_on(r, l, &c, steps);
}

void catch_up_failed(struct record *r, struct ledger *l, const char *trouble)
{
    char detail[URL_MAX + 600];
    struct steps steps = {.n = 0};
    snprintf(detail, sizeof detail, "%s: %s", r->step->url, trouble);
    poll_tell(r, l, "catch-up-failed", detail);
    add_rest(&steps, r->source->catch_up);
    next(r, l, &steps);
}

// ---- Sitemaps ----

// News sitemaps hold the last two days, and titles: they come first.
static bool names_news(const char *url)
{
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    return path && strcasestr(path, "news");
}

void catch_up_feed(struct record *r, struct ledger *l, int64_t since_ms)
{
    char url[URL_MAX + 1];
    struct steps steps = {.n = 0};
    if (url_resolve(r->source->poll_url, "/sitemap.xml", url))
        return;
    add(&steps, url, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP, 0);
    steps.steps[0].guess = true;
    begin(r, l, &steps, since_ms, 0);
}

bool record_sitemaps(struct record *r, struct ledger *l, const char *const *urls, size_t n,
                     int64_t now_ms)
{
    struct steps steps = {.n = 0};
    char url[STEPS_MAX][URL_MAX + 1];
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n && steps.n < STEPS_MAX; i++) {
            char *to = url[steps.n];
            if (names_news(urls[i]) == (pass == 0) && !url_resolve(r->step->url, urls[i], to) &&
                url_same_site(to, r->source->url))
                add(&steps, to, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP, 0);
        }
    if (steps.n == 0)
        return false;
    pb_catch_up c = *r->source->catch_up;
    r->fetched_ms = now_ms;
    go_on(r, l, &c, &steps);
    return true;
}

static void index_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    const pb_catch_up *c = r->source->catch_up;
    struct steps steps = {.n = 0};
    if (r->step->depth == DEPTH_MAX) {
        catch_up_failed(r, l, "a sitemap index within indexes within indexes is not followed");
        return;
    }
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < result->n_feeds; i++) {
            int64_t at = i < result->n_feeds_ms ? result->feeds_ms[i] : 0;
            bool old = at > 0 && at + DAY_MS < c->since_ms;
            if (names_news(result->feeds[i]) == (pass == 0) && !old &&
                url_same_site(result->feeds[i], r->source->url))
                add(&steps, result->feeds[i], NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP,
                    r->step->depth + 1);
        }
    add_rest(&steps, c);
    next(r, l, &steps);
}

// True if it came between the newest entry of the last poll and now, as far as the sitemap says.
static bool is_between(const struct record *r, const pb_entry *e)
{
    bool day = e->precision == NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    return e->at_ms > 0 && e->at_ms + (day ? DAY_MS : 0) >= r->source->catch_up->since_ms &&
           e->at_ms <= r->fetched_ms + DAY_MS && *e->link && url_same_site(e->link, r->source->url);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = (*(pb_entry *const *)a)->at_ms, y = (*(pb_entry *const *)b)->at_ms;
    return x < y ? 1 : x > y ? -1 : 0;
}

// A news sitemap that reaches back to before the last poll lacks nothing that came since.
static bool covers(const struct record *r, const pb_result *result)
{
    bool reaches = false;
    for (size_t i = 0; i < result->n_entries; i++) {
        const pb_entry *e = result->entries[i];
        if (!e->hint)
            return false;
        reaches |= e->at_ms > 0 && e->at_ms <= r->source->catch_up->since_ms;
    }
    return reaches;
}

static void sitemap_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    size_t n = 0, room = TAKEN_MAX - r->source->catch_up->taken;
    pb_entry **between = mem_alloc((result->n_entries + 1) * sizeof *between);
    for (size_t i = 0; i < result->n_entries; i++)
        if (is_between(r, result->entries[i]))
            between[n++] = result->entries[i];
    qsort(between, n, sizeof(pb_entry *), newest_first);
    for (size_t i = n < room ? n : room; i-- > 0;) // the oldest is published first
        poll_see(r, l, between[i], ENTRY_PENDING);
    free(between);
    struct steps steps = {.n = 0};
    if (!covers(r, result))
        add_rest(&steps, r->source->catch_up);
    next(r, l, &steps);
}

// ---- Further pages of a list ----

void catch_up_list(struct record *r, struct ledger *l, const char *next_url, uint32_t wanted)
{
    struct steps steps = {.n = 0};
    if (!url_same_site(next_url, r->source->url) || strcmp(next_url, r->source->poll_url) == 0)
        return;
    add(&steps, next_url, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST, 0);
    begin(r, l, &steps, 0, wanted);
}

static void list_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    const pb_catch_up *c = r->source->catch_up;
    struct steps steps = {.n = 0};
    size_t wanted = c->wanted ? c->wanted - c->taken : TAKEN_MAX;
    for (size_t i = result->n_entries; i-- > 0;)
        poll_see(r, l, result->entries[i], i < wanted ? ENTRY_PENDING : ENTRY_BASELINE);
    if (r->poll.fresh > wanted) // those beyond are only remembered
        r->poll.fresh = (uint32_t)wanted;
    // A page of which all is known is one that was read before; a list that moved on shows what is
    // known where it stood.
    bool more = c->wanted ? r->poll.fresh > 0 && r->poll.fresh < wanted
                          : r->poll.fresh == result->n_entries;
    if (more && *result->next && url_same_site(result->next, r->source->url))
        add(&steps, result->next, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST, 0);
    next(r, l, &steps);
}

void catch_up_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    bool sitemap = result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP;
    if (!url_same_site(r->url, r->source->url))
        record_failed(r, l, "it leads to another site", true);
    else if (sitemap && result->n_feeds)
        index_understood(r, l, result);
    else if (sitemap)
        sitemap_understood(r, l, result);
    else if (result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST)
        list_understood(r, l, result);
    else
        record_failed(r, l, result->problem, true);
}
