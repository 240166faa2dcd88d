// SPDX-License-Identifier: MIT
// newswire reprocess: kept pages, read again.
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "services/fetcher/extract/date.h"
#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"

enum { ASK_EVERY_MS = 200, SILENT_MAX = 12 }; // a fetcher that restarts is waited for

struct reprocess {
    struct stack_settings stack;
    const char *source, *since;
    bool all;
};

static const struct setting table[] = {
    {"source", SETTING_STRING, offsetof(struct reprocess, source), NULL, 0, 0,
     "the pages that this source listed first"},
    {"since", SETTING_STRING, offsetof(struct reprocess, since), NULL, 0, 0,
     "pages first seen or published since that day (UTC): 2026-11-07"},
    {"all", SETTING_BOOL, offsetof(struct reprocess, all), NULL, 0, 0, "every page that is kept"},
    {0}};

static const char usage[] =
    "Usage: newswire reprocess URL… | --source URL | --since DATE | --all [options]\n"
    "Reads pages again that were fetched before, as the fetcher keeps them (two weeks if not set\n"
    "otherwise), PDF documents too: for when a new version reads them better. What differs is\n"
    "published as a new revision. No site is asked. Status 1: some are not kept, or cannot be "
    "read.\n"
    "\n"
    "  newswire reprocess https://例子.中国/要闻/2026-11-21.html\n"
    "  newswire reprocess --source https://news.example.com/press/feed.xml --since 2026-11-07\n"
    "  newswire reprocess --all\n";

typedef Newswire__V1__ReprocessProgress progress_of;

static uint64_t sum(const progress_of *p)
{
    return p->changed + p->unchanged + p->unreadable + p->gone + p->waiting;
}

// What jobs before did: a restart of the fetcher begins to count anew.
static void add(progress_of *total, const progress_of *p)
{
    total->changed += p->changed;
    total->unchanged += p->unchanged;
    total->unreadable += p->unreadable;
    total->gone += p->gone;
    total->waiting += p->waiting;
}

static void show(const progress_of *done, const progress_of *now)
{
    if (isatty(STDERR_FILENO) && now->of)
        fprintf(stderr, "\r%3d %%, %" PRIu64 " pages, %" PRIu64 " changed ",
                (int)(100 * (now->through < now->of ? now->through : now->of) / now->of),
                sum(done) + sum(now), done->changed + now->changed);
}

static void wait(void)
{
    nanosleep(&(struct timespec){.tv_nsec = ASK_EVERY_MS * 1000000L}, NULL);
}

// One job to its end; *total gets what came of it.
static enum err run(struct stack *stack, Newswire__V1__Reprocess *ask, progress_of *total,
                    struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    progress_of last = NEWSWIRE__V1__REPROCESS_PROGRESS__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_REPROCESS;
    request.reprocess = ask;
    randombytes_buf(&ask->job, sizeof ask->job);
    ask->job |= 1;
    ask->after = 0;
    for (int silent = 0; !last.done; wait()) {
        pb_envelope *reply = NULL;
        enum err e = stack_control(stack, &request, &reply, why);
        if (e == ERR_BUSY && last.of && silent++ < SILENT_MAX)
            continue;
        if (!e && !reply->control_reply->reprocess)
            e = problem_set(why, ERR_INPUT, "the fetcher does not say how far it is: update it");
        if (e) {
            wire_envelope_free(&reply);
            return e;
        }
        const progress_of *p = reply->control_reply->reprocess;
        if (sum(p) < sum(&last)) // it was begun anew, from where the last answer said it was
            add(total, &last);
        last = *p;
        ask->after = p->through;
        silent = 0;
        wire_envelope_free(&reply);
        show(total, &last);
        if (last.done)
            break;
    }
    add(total, &last);
    return OK;
}

static int print(const progress_of *p, bool json)
{
    uint64_t redone = p->changed + p->unchanged + p->unreadable;
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (json)
        jsonl_print(stdout,
                    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "redone", (json_int_t)redone,
                              "changed", (json_int_t)p->changed, "unchanged",
                              (json_int_t)p->unchanged, "unreadable", (json_int_t)p->unreadable,
                              "not_kept", (json_int_t)p->gone, "waiting", (json_int_t)p->waiting));
    else
        printf("%" PRIu64 " redone: %" PRIu64 " changed, %" PRIu64 " unchanged, %" PRIu64
               " cannot be read; %" PRIu64 " no longer kept, %" PRIu64 " about to be fetched\n",
               redone, p->changed, p->unchanged, p->unreadable, p->gone, p->waiting);
    return p->gone || p->unreadable ? CMD_FAILED : CMD_DONE;
}

static int run_all(struct reprocess *o, Newswire__V1__Reprocess *ask, char **urls, int n)
{
    struct stack *stack = stack_open(&o->stack);
    progress_of total = NEWSWIRE__V1__REPROCESS_PROGRESS__INIT;
    int status = CMD_DONE;
    enum err e = OK;
    for (int i = 0; (i < n || (i == 0 && n == 0)) && e != ERR_BUSY; i++) {
        struct problem why = {""};
        ask->url = n ? urls[i] : ask->url;
        e = run(stack, ask, &total, &why);
        if (e)
            status = options_failed_at("reprocess", n ? urls[i] : "pages", why.text);
    }
    if (print(&total, o->stack.json) != CMD_DONE)
        status = CMD_FAILED;
    stack_close(&stack);
    return status;
}

int cmd_reprocess(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct reprocess)};
    struct reprocess o;
    Newswire__V1__Reprocess ask = NEWSWIRE__V1__REPROCESS__INIT;
    struct date since;
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    bool some = *o.source || *o.since;
    if ((first < argc) + some + o.all != 1)
        return options_wrong(argv[0], "give URLs, --source, --since or --all");
    if (*o.since && !date_read(o.since, strlen(o.since), &(struct date_rules){0}, &since))
        return options_wrong(argv[0], "--since %s: write a day, such as 2026-11-07", o.since);
    ask.source = (char *)o.source;
    ask.since_ms = *o.since ? since.ms : 0;
    return run_all(&o, &ask, argv + first, argc - first);
}
