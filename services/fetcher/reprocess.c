// SPDX-License-Identifier: MIT
#include "services/fetcher/reprocess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/record.h"

struct reprocess {
    struct loop *loop;
    struct ledger *ledger;
    struct flush *flush;
    struct pages *pages;
    struct fetch *fetch;
    struct timer *timer;
    uint64_t job;  // 0: none
    int64_t asked; // when somebody did so last
    struct ledger_range range;
    uint64_t last; // row of the newest entry when the job began
    struct page *pages_out;
    Newswire__V1__ReprocessProgress progress;
};

// A page in the hands of a worker.
struct page {
    struct reprocess *reprocess;
    uint64_t job; // that it was read for, which may have ended meanwhile
    struct page *prev, *next;
    char id[URL_ID_SIZE];
    int64_t fetched_ms;
    char *url, *content_type;
};

static size_t out(const struct reprocess *r)
{
    size_t n = 0;
    for (const struct page *p = r->pages_out; p; p = p->next)
        n++;
    return n;
}

static void page_free(struct reprocess *r, struct page *p)
{
    if (r->pages_out == p)
        r->pages_out = p->next;
    if (p->prev)
        p->prev->next = p->next;
    if (p->next)
        p->next->prev = p->prev;
    free(p->url);
    free(p->content_type);
    free(p);
}

// What a worker read.

// A page that was fetched again meanwhile has been read since: what is in hand is the older one.
static bool overtaken(const struct page *p)
{
    int64_t fetched_ms;
    return pages_kept(p->reprocess->pages, p->id, &fetched_ms) || fetched_ms != p->fetched_ms;
}

static void record(struct reprocess *r, const struct page *p,
                   const Newswire__V1__ExtractResult *result, const char *problem)
{
    const struct page_copy copy = {p->id, p->fetched_ms, p->url, p->content_type, NULL, 0};
    if (overtaken(p)) {
        r->progress.waiting++;
        return;
    }
    switch (record_again(r->ledger, &copy, result, problem, clock_utc_ms())) {
    case RECORD_CHANGED:
        r->progress.changed++;
        break;
    case RECORD_SAME:
        r->progress.unchanged++;
        break;
    case RECORD_ELSEWHERE:
        r->progress.gone++;
        break;
    default:
        r->progress.unreadable++;
    }
    flush_soon(r->flush);
}

static void on_read(void *arg, const Newswire__V1__ExtractResult *result, const char *problem)
{
    struct page *p = arg;
    struct reprocess *r = p->reprocess;
    if (r->job == p->job)
        record(r, p, result, problem);
    page_free(r, p);
    timer_set(r->timer, 0, false);
}

// What is given to workers.

static void hand_out(struct reprocess *r, const char *id, const struct page_copy *copy,
                     const struct buf *body)
{
    Newswire__V1__ExtractTask t = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    struct page *p = mem_alloc(sizeof *p);
    *p = (struct page){.reprocess = r,
                       .job = r->job,
                       .next = r->pages_out,
                       .fetched_ms = copy->fetched_ms,
                       .url = mem_strdup(copy->url),
                       .content_type = mem_strdup(copy->content_type)};
    snprintf(p->id, sizeof p->id, "%s", id);
    if (p->next)
        p->next->prev = p;
    r->pages_out = p;
    struct entry *e = NULL;
    enum err error = ledger_entry_get(r->ledger, id, &e);
    if (error != ERR_NOTFOUND)
        ledger_must(r->ledger, error);
    pb_announcement hint = record_hint(e);
    t.hint = &hint;
    t.kind = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    t.url = p->url;
    t.content_type = p->content_type;
    t.body.data = body->data;
    t.body.len = body->size;
    t.now_ms = copy->fetched_ms;
    fetch_lend(r->fetch, &t, on_read, p);
    entry_free(&e);
}

static void take_entry(void *arg, const struct ledger_candidate *c)
{
    struct reprocess *r = arg;
    struct page_copy copy;
    struct buf body = buf_new(PAGES_BODY_MAX);
    r->range.after = c->row;
    if (c->pending) {
        r->progress.waiting++; // it will be fetched, which is better
        return;
    }
    enum err e = pages_get(r->pages, c->id, &copy, &body);
    if (!e)
        hand_out(r, c->id, &copy, &body);
    else if (e == ERR_NOTFOUND)
        r->progress.gone += c->published;
    else
        r->progress.unreadable++;
    buf_free(&body);
}

static void end(struct reprocess *r)
{
    if (r->job)
        log_info("reprocessed", "changed=%zu unchanged=%zu unreadable=%zu gone=%zu",
                 (size_t)r->progress.changed, (size_t)r->progress.unchanged,
                 (size_t)r->progress.unreadable, (size_t)r->progress.gone);
    r->job = 0;
}

// A step: as many pages as workers may have, or else some rows on.
static void on_timer(void *arg, struct timer *t)
{
    struct reprocess *r = arg;
    (void)t;
    if (!r->job || r->progress.done)
        return;
    if (loop_now(r->loop) - r->asked > REPROCESS_LAPSE_MS) {
        end(r);
        return;
    }
    size_t busy = out(r);
    if (busy == 0) // all before are in the ledger: a client may go on from here
        r->progress.through = r->range.after;
    if (busy == 0 && r->range.after >= r->last) {
        flush_now(r->flush);
        r->progress.done = true;
        return;
    }
    if (busy == 0) {
        r->range.limit = REPROCESS_AT_ONCE;
        ledger_must(r->ledger, ledger_candidates(r->ledger, &r->range, take_entry, r));
        timer_set(r->timer, out(r) ? REPROCESS_LAPSE_MS + 1 : 0, false);
    }
}

// A job.

static enum err begin(struct reprocess *r, const Newswire__V1__Reprocess *q, struct problem *why)
{
    struct ledger_range range = {
        .after = q->after, .since_ms = q->since_ms, .rows = REPROCESS_STEP_ROWS};
    struct source *source = NULL;
    char url[URL_MAX + 1];
    const char *given = *q->url ? q->url : q->source;
    if (*given && url_resolve("", given, url))
        return problem_set(why, ERR_NOTFOUND, "\"%.300s\" is not a URL: write it whole", given);
    if (*q->url) {
        char canonical[URL_MAX + 1];
        if (url_canonical(url, canonical))
            return problem_set(why, ERR_NOTFOUND, "\"%.300s\" is not a URL of a page", given);
        url_id(canonical, range.id);
        if (ledger_row(r->ledger, range.id, &range.after))
            return problem_set(why, ERR_NOTFOUND,
                               "no page %.300s: `newswire why` of it tells what is known", url);
        range.after--;
        range.rows = 1;
        r->last = range.after + 1;
    } else {
        ledger_must(r->ledger, ledger_row(r->ledger, "", &r->last));
    }
    if (*q->source) {
        enum err e = ledger_source_find(r->ledger, url, &source);
        if (e)
            return problem_set(why, e, "no source %.300s: `newswire sources` lists them", url);
        range.source = source->number;
        source_free(&source);
    }
    end(r);
    r->job = q->job;
    r->range = range;
    newswire__v1__reprocess_progress__init(&r->progress);
    r->progress.of = r->last;
    r->progress.through = range.after;
    timer_set(r->timer, 0, false);
    return OK;
}

enum err reprocess_ask(struct reprocess *r, const Newswire__V1__Reprocess *q,
                       Newswire__V1__ReprocessProgress *out_progress, struct problem *why)
{
    bool alive = r->job && !r->progress.done && loop_now(r->loop) - r->asked <= REPROCESS_LAPSE_MS;
    if (!r->pages)
        return problem_set(why, ERR_NOTFOUND,
                           "no pages are kept: the fetcher was started with --pages-keep 0s");
    if (q->job == 0)
        return problem_set(why, ERR_NOTFOUND, "the request has no job number");
    if (alive && r->job != q->job)
        return problem_set(why, ERR_BUSY, "another reprocess is under way: wait for its end");
    enum err e = r->job == q->job ? OK : begin(r, q, why);
    if (e)
        return e;
    r->asked = loop_now(r->loop);
    *out_progress = r->progress;
    return OK;
}

struct reprocess *reprocess_new(struct loop *l, struct ledger *ledger, struct flush *flush,
                                struct pages *pages, struct fetch *fetch)
{
    struct reprocess *r = mem_alloc(sizeof *r);
    *r = (struct reprocess){.loop = l,
                            .ledger = ledger,
                            .flush = flush,
                            .pages = pages,
                            .fetch = fetch,
                            .timer = timer_new(l, on_timer, r)};
    newswire__v1__reprocess_progress__init(&r->progress);
    return r;
}

void reprocess_free(struct reprocess **reprocess)
{
    struct reprocess *r = *reprocess;
    if (!r)
        return;
    while (r->pages_out) {
        fetch_take_back(r->fetch, r->pages_out);
        page_free(r, r->pages_out);
    }
    timer_free(&r->timer);
    free(r);
    *reprocess = NULL;
}
