// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "services/fetcher/fetch_parts.h"

struct search {
    const struct job *job;
    const struct request *found;
};

static void on_running(void *arg, uint64_t tag, void *value)
{
    struct search *s = arg;
    const struct request *r = value;
    (void)tag;
    if (r->job.source == 0 && strcmp(r->job.id, s->job->id) == 0)
        s->found = r;
}

// The loop's clock, as UTC; 0 for what is over.
static int64_t utc(const struct fetch *f, int64_t loop_ms)
{
    int64_t left = loop_ms - loop_now(f->loop);
    return left > 0 ? clock_utc_ms() + left : 0;
}

static void look_at_queue(const struct fetch *f, const struct job *job, struct fetch_wait *out)
{
    struct hosts_look look;
    hosts_look(f->hosts, out->host, job, &look);
    out->stage = look.held ? WAIT_ROBOTS : WAIT_TURN;
    out->before = look.before;
    out->paused_ms = utc(f, look.paused_ms);
    out->resting_ms = utc(f, look.resting_ms);
}

void fetch_look(const struct fetch *f, const struct entry *e, struct fetch_wait *out)
{
    struct job job = {.gap_ms = e->gap_ms < 0 ? f->options.gap_ms : e->gap_ms};
    struct search search = {.job = &job};
    *out = (struct fetch_wait){.stage = WAIT_LATER};
    snprintf(job.id, sizeof job.id, "%s", e->id);
    if (url_host(e->url, out->host))
        out->host[0] = '\0';
    map_each(f->running, on_running, &search);
    const struct request *r = search.found ? search.found : map_get(f->parked, fetch_key(&job));
    if (r)
        snprintf(out->host, sizeof out->host, "%s", r->host);
    if (search.found)
        out->stage = r->stage == REQUEST_ROBOTS ? WAIT_ROBOTS
                     : r->stage == REQUEST_PAGE ? WAIT_ANSWER
                                                : WAIT_READER;
    else if (r || map_get(f->known, fetch_key(&job)) || e->next_try_ms <= clock_utc_ms())
        look_at_queue(f, &job, out);
}
