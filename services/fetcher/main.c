// SPDX-License-Identifier: MIT
// newswire-fetcher: watches sources, fetches what is new, hands it to classifiers.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/service.h"
#include "common/workers.h"
#include "services/fetcher/control.h"
#include "services/fetcher/fetch.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/understand.h"
#include "services/fetcher/work.h"

enum { FORGET_EVERY_MS = 3600000 };

struct fetcher_settings {
    struct service_settings service;
    const char *store, *pages, *user_agent, *proxy;
    struct setting_list allow_private;
    int64_t gap_ms, at_once, per_host, workers, worker_memory, worker_deadline_ms;
    bool robots;
    int64_t connect_ms, total_ms, body_max, redirects, backfill, story_ms, pages_ms;
};

#define AT(field) offsetof(struct fetcher_settings, field)

static const struct setting settings[] = {
    {"fetcher-store", SETTING_STRING, AT(store), "sqlite:fetcher.db", 0, 0,
     "the ledger: sqlite:PATH"},
    {"pages-store", SETTING_STRING, AT(pages), NULL, 0, 0,
     "where fetched pages are kept: sqlite:PATH; beside the ledger if not given"},
    {"pages-keep", SETTING_DURATION, AT(pages_ms), "14d", 0, 0, "for how long; 0s: not at all"},
    {"allow-private", SETTING_LIST, AT(allow_private), NULL, 0, 0,
     "address ranges off the public Internet to fetch from, any port: 10.0.0.0/8"},
    {"user-agent", SETTING_STRING, AT(user_agent), "newswire/" NEWSWIRE_VERSION, 0, 0,
     "how we introduce ourselves; add an address where you can be reached"},
    {"proxy", SETTING_STRING, AT(proxy), NULL, 0, 0, "URL of a proxy to fetch through"},
    {"gap", SETTING_DURATION, AT(gap_ms), "2s", 0, 3600000, "pause between two requests to a host"},
    {"at-once", SETTING_NUMBER, AT(at_once), "32", 1, 256, "requests under way"},
    {"per-host", SETTING_NUMBER, AT(per_host), "0", 0, 32,
     "of them to one host; 0: one, or 8 where the gap is 0"},
    {"robots", SETTING_BOOL, AT(robots), "true", 0, 0, "fetch pages as robots.txt allows"},
    {"connect-timeout", SETTING_DURATION, AT(connect_ms), "5s", 100, 60000, "for a connection"},
    {"timeout", SETTING_DURATION, AT(total_ms), "30s", 100, 600000, "for a whole response"},
    {"body-max", SETTING_SIZE, AT(body_max), "8M", 1024, 8 << 20, "of a response, unpacked"},
    {"redirects", SETTING_NUMBER, AT(redirects), "5", 0, 20, "followed in a row"},
    {"backfill", SETTING_NUMBER, AT(backfill), "50", 0, 5000,
     "newest entries published of a source at first sight"},
    {"story", SETTING_DURATION, AT(story_ms), "90d", 3600000, 0, "how long `why` remembers"},
    {"extract-workers", SETTING_NUMBER, AT(workers), "2", 1, 64, "worker processes"},
    {"extract-memory", SETTING_SIZE, AT(worker_memory), "768M", 64 << 20, 0,
     "address space of each"},
    {"extract-deadline", SETTING_DURATION, AT(worker_deadline_ms), "25s", 100, 600000,
     "for one page"},
    {0},
};

struct fetcher {
    struct loop *loop;
    struct ledger *ledger;
    struct pages *pages;
    struct guard *guard;
    struct http *http;
    struct flush *flush;
    struct fetch *fetch;
    struct work *work;
    struct reprocess *reprocess;
    struct control *control;
    struct timer *forget;
    int64_t story_ms, pages_ms;
};

static void on_flushed(void *arg)
{
    struct fetcher *f = arg;
    if (f->pages && pages_flush(f->pages))
        log_warn("pages-not-kept", "problem=%s", pages_problem(f->pages));
    if (f->work)
        work_pump(f->work);
}

static void on_forget(void *arg, struct timer *t)
{
    struct fetcher *f = arg;
    (void)t;
    ledger_must(f->ledger, ledger_forget(f->ledger, clock_utc_ms() - f->story_ms));
    flush_soon(f->flush);
    if (f->pages && pages_forget(f->pages, clock_utc_ms() - f->pages_ms))
        log_warn("pages-not-forgotten", "problem=%s", pages_problem(f->pages));
}

static void stop(void **state)
{
    struct fetcher *f = *state;
    if (!f)
        return;
    control_free(&f->control);
    work_free(&f->work);
    reprocess_free(&f->reprocess);
    fetch_free(&f->fetch);
    timer_free(&f->forget);
    flush_free(&f->flush);
    http_free(&f->http);
    guard_free(&f->guard);
    pages_close(&f->pages);
    ledger_close(&f->ledger);
    free(f);
    *state = NULL;
}

// The pages' own store: where the user says, else beside the ledger.
static enum err open_pages(struct fetcher *f, const struct fetcher_settings *s, struct problem *why)
{
    char path[4096];
    const char *given = *s->pages ? s->pages : s->store;
    if (s->pages_ms == 0)
        return OK;
    if (strncmp(given, "sqlite:", 7) != 0)
        return problem_set(why, ERR_CONFIG, "pages-store \"%s\": write sqlite:PATH", given);
    snprintf(path, sizeof path, *s->pages ? "%s" : "%s.pages", given + 7);
    return pages_open(path, &f->pages, why);
}

static void start_fetching(struct fetcher *f, const struct fetcher_settings *s)
{
    struct http_options http = {s->user_agent,    f->guard,    s->proxy,
                                s->connect_ms,    s->total_ms, (size_t)s->body_max,
                                (int)s->redirects};
    struct fetch_options fetch = {.gap_ms = s->gap_ms,
                                  .at_once = (int)s->at_once,
                                  .per_host = (int)s->per_host,
                                  .pages = f->pages,
                                  .robots = s->robots,
                                  .backfill = s->backfill,
                                  .workers = (int)s->workers,
                                  .worker_memory = s->worker_memory,
                                  .worker_deadline_ms = s->worker_deadline_ms,
                                  .worker_argv = service_worker_argv()};
    f->http = http_new(f->loop, &http);
    f->flush = flush_new(f->loop, f->ledger, on_flushed, f);
    f->fetch = fetch_new(f->loop, f->ledger, f->flush, f->http, &fetch);
    f->reprocess = reprocess_new(f->loop, f->ledger, f->flush, f->pages, f->fetch);
    f->forget = timer_new(f->loop, on_forget, f);
    timer_set(f->forget, FORGET_EVERY_MS, true);
}

static enum err start(struct loop *l, struct socket_context *z, const void *given, void **state,
                      struct problem *why)
{
    const struct fetcher_settings *s = given;
    struct fetcher *f = mem_alloc(sizeof *f);
    f->loop = l;
    f->story_ms = s->story_ms;
    f->pages_ms = s->pages_ms;
    enum err e = guard_new(s->allow_private.items, s->allow_private.n, &f->guard, why);
    if (!e)
        e = ledger_open(s->store, &f->ledger, why);
    if (!e)
        e = open_pages(f, s, why);
    if (e) {
        ledger_close(&f->ledger);
        guard_free(&f->guard);
        free(f);
        return e;
    }
    start_fetching(f, s);
    e = work_new(l, z, s->service.work, f->ledger, f->flush, &f->work, why);
    struct control_tools tools = {f->ledger, f->flush,     f->fetch, f->work,
                                  f->pages,  f->reprocess, s->store};
    if (!e)
        e = control_new(l, z, s->service.control, &tools, &f->control, why);
    *state = f;
    if (e)
        stop(state);
    return e;
}

static bool health(void *state, char *line, size_t size)
{
    const struct fetcher *f = state;
    snprintf(line, size, "sessions=%zu requests=%zu", dispatch_sessions(work_dispatch(f->work)),
             fetch_running(f->fetch));
    return true;
}

static bool drain(void *state)
{
    struct fetcher *f = state;
    return fetch_drain(f->fetch);
}

static void on_task(void *arg, const uint8_t *bytes, size_t size, struct buf *answer)
{
    ProtobufCMessage *task;
    struct problem why;
    if (wire_unpack(&newswire__v1__extract_task__descriptor, bytes, size, &task, &why)) {
        Newswire__V1__ExtractResult refused = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
        refused.problem = why.text;
        if (wire_pack(&refused.base, answer))
            panic("no room for an answer");
        return;
    }
    understand_run(arg, (Newswire__V1__ExtractTask *)task, answer);
    wire_free(task);
}

static int worker(int fd, const void *given)
{
    (void)given;
    struct understand *u = understand_new();
    int status = worker_serve(fd, FETCH_TASK_MAX, FETCH_ANSWER_MAX, on_task, u);
    understand_free(&u);
    return status;
}

int main(int argc, char **argv)
{
    static const struct service fetcher = {
        .name = "fetcher",
        .usage = "Watches feeds and pages, fetches what is new and hands it to classifiers.\n"
                 "Usually started by `newswire up` or docker-compose; sources are added with\n"
                 "`newswire add`.\n"
                 "\n"
                 "  newswire-fetcher --fetcher-store sqlite:/var/lib/newswire/fetcher.db\n"
                 "  newswire-fetcher --config newswire.yaml --allow-private 10.20.0.0/16\n",
        .settings = settings,
        .settings_size = sizeof(struct fetcher_settings),
        .start = start,
        .health = health,
        .drain = drain,
        .stop = stop,
        .worker = worker,
    };
    return service_main(&fetcher, argc, argv);
}
