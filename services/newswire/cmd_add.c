// SPDX-License-Identifier: MIT
// newswire add: watch sources, and say what the first poll found.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "services/fetcher/extract/list.h"
#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/source.h"
#include "services/newswire/stack.h"

enum { WAIT_MS = 10000, ASK_EVERY_MS = 200 };

struct add {
    struct stack_settings stack;
    const char *kind, *backfill, *gap, *selector, *proxy, *identity;
    struct setting_list headers;
    bool old_tls;
    int64_t every_ms;
    bool no_wait;
};

static const struct setting table[] = {
    {"kind", SETTING_STRING, offsetof(struct add, kind), "auto", 0, 0,
     "auto, feed, page, sitemap or list"},
    {"every", SETTING_DURATION, offsetof(struct add, every_ms), NULL, 0, 7LL * 86400000,
     "ask at this interval; otherwise adaptive, 2 to 60 minutes"},
    {"backfill", SETTING_STRING, offsetof(struct add, backfill), NULL, 0, 0,
     "entries already there: all, none, or how many of the newest (50); for a source that is "
     "watched already, how many of those left out at first"},
    {"gap", SETTING_STRING, offsetof(struct add, gap), NULL, 0, 0,
     "pause between two requests to the host, such as 2s or 0s"},
    {"selector", SETTING_STRING, offsetof(struct add, selector), NULL, 0, 0,
     "where the links of a list page are, where guessing fails: \"#news ul > li a\""},
    {"header", SETTING_LIST, offsetof(struct add, headers), NULL, 0, 0,
     "send this too, to the source's own host alone: \"Cookie: lang=zh\"; may be repeated"},
    {"proxy", SETTING_STRING, offsetof(struct add, proxy), NULL, 0, 0,
     "URL of a proxy to go through for this source"},
    {"old-tls", SETTING_BOOL, offsetof(struct add, old_tls), NULL, 0, 0,
     "accept old TLS and certificates that cannot be verified from this source"},
    {"identity", SETTING_STRING, offsetof(struct add, identity), "url", 0, 0,
     "what names an entry of a feed: url, or guid where links change"},
    {"no-wait", SETTING_BOOL, offsetof(struct add, no_wait), NULL, 0, 0,
     "do not wait for the first poll"},
    {0}};

static const char usage[] =
    "Usage: newswire add URL… [options]\n"
    "Watches each URL: a feed, a page, a sitemap, or a page that lists others. Waits up to 10 s\n"
    "for the first poll and says what was found. A source in trouble is kept and asked again.\n"
    "With --backfill alone, a source that is watched already gives what was left out at first.\n"
    "\n"
    "  newswire add https://news.example.com/press/feed.xml\n"
    "  newswire add https://www.example.gov.cn/xinwen/index.html --kind list --every 30m\n"
    "  newswire add https://www.example.gov.cn/gonggao/ --selector 'ul.news li a'\n"
    "  newswire add https://例子.中国/要闻/rss.xml --backfill 20 --gap 5s\n"
    "  newswire add https://例子.中国/要闻/rss.xml --backfill all      # later: the rest as well\n";

// The parts of one request; the request points into them.
struct request {
    Newswire__V1__ControlRequest control;
    Newswire__V1__AddSource add;
    Newswire__V1__Backfill backfill;
    Newswire__V1__Gap gap;
    Newswire__V1__SourceOptions options;
};

// How the source wants to be asked; absent where nothing was said.
static enum err source_options_read(const struct add *a, struct request *r, struct problem *why)
{
    bool guid = strcmp(a->identity, "guid") == 0;
    if (!guid && strcmp(a->identity, "url") != 0)
        return problem_set(why, ERR_INPUT, "--identity %s: it is url or guid", a->identity);
    for (size_t i = 0; i < a->headers.n; i++)
        if (!strchr(a->headers.items[i], ':'))
            return problem_set(why, ERR_INPUT, "--header \"%s\": write it as Name: value",
                               a->headers.items[i]);
    if (a->headers.n > 20)
        return problem_set(why, ERR_INPUT, "--header: at most 20 of them");
    r->options.headers = (char **)a->headers.items;
    r->options.n_headers = a->headers.n;
    r->options.proxy = (char *)a->proxy;
    r->options.old_tls = a->old_tls;
    r->options.identity =
        guid ? NEWSWIRE__V1__IDENTITY__IDENTITY_GUID : NEWSWIRE__V1__IDENTITY__IDENTITY_URL;
    if (a->headers.n || *a->proxy || a->old_tls || guid)
        r->add.options = &r->options;
    return OK;
}

static enum err request_read(const struct add *a, struct request *r, struct problem *why)
{
    *r = (struct request){NEWSWIRE__V1__CONTROL_REQUEST__INIT, NEWSWIRE__V1__ADD_SOURCE__INIT,
                          NEWSWIRE__V1__BACKFILL__INIT, NEWSWIRE__V1__GAP__INIT,
                          NEWSWIRE__V1__SOURCE_OPTIONS__INIT};
    r->control.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD;
    r->control.add = &r->add;
    r->add.take_left_out = true;
    r->add.every_s = (uint32_t)(a->every_ms / 1000);
    if (source_kind_parse(a->kind, &r->add.kind) != OK)
        return problem_set(why, ERR_INPUT,
                           "--kind %s: it is one of auto, feed, page, sitemap and list", a->kind);
    if (*a->backfill && source_backfill_parse(a->backfill, &r->backfill) != OK)
        return problem_set(why, ERR_INPUT, "--backfill %s: it is all, none or a number",
                           a->backfill);
    r->add.backfill = *a->backfill ? &r->backfill : NULL;
    if (*a->selector && !list_selector_is_valid(a->selector))
        return problem_set(
            why, ERR_INPUT,
            "--selector \"%.200s\": write types, .classes, #ids, spaces and >, such as "
            "\"#news ul.list > li a\"; for JSON \"path.to.array url=FIELD "
            "title=FIELD date=FIELD\", of which the path alone will do",
            a->selector);
    r->add.selector = (char *)a->selector;
    enum err e = source_options_read(a, r, why);
    if (e)
        return e;
    if (!*a->gap)
        return OK;
    int64_t gap_ms;
    if (settings_duration(a->gap, &gap_ms) != OK || gap_ms > 3600000)
        return problem_set(why, ERR_INPUT, "--gap %s: write a time up to 1h, such as 2s or 500ms",
                           a->gap);
    r->gap.ms = (uint32_t)gap_ms;
    r->add.gap = &r->gap;
    return OK;
}

// Asks for the source until it was polled or `deadline` (monotonic) is over. *reply is replaced.
static enum err wait_for_poll(struct stack *stack, pb_envelope **reply, int64_t deadline,
                              struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__ListSources list = NEWSWIRE__V1__LIST_SOURCES__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST;
    request.list = &list;
    while (!source_was_asked((*reply)->control_reply->sources[0]) &&
           clock_monotonic_ms() < deadline) {
        nanosleep(&(struct timespec){.tv_nsec = ASK_EVERY_MS * 1000000L}, NULL);
        pb_envelope *next = NULL;
        list.url = (*reply)->control_reply->sources[0]->url;
        enum err e = stack_control(stack, &request, &next, why);
        if (!e && next->control_reply->n_sources != 1)
            e = problem_set(why, ERR_NOTFOUND, "it was removed meanwhile");
        if (e) {
            wire_envelope_free(&next);
            return e;
        }
        wire_envelope_free(reply);
        *reply = next;
    }
    return OK;
}

static void print(const Newswire__V1__Source *s, bool json)
{
    if (json) {
        jsonl_print(stdout, jsonl_message(&s->base));
        return;
    }
    struct buf line = buf_new(8192);
    source_summary(s, &line);
    printf("%s: %s\n", s->url, buf_str(&line));
    if (*s->poll_url && strcmp(s->poll_url, s->url) != 0)
        printf("    It announces the feed %s, which is read instead.\n", s->poll_url);
    if (*s->trouble)
        printf("    It is kept and will be asked again; `newswire why %s` tells more.\n", s->url);
    if (s->left_out)
        printf("    Published: the newest %" PRIu64 " of %" PRIu64
               ", the rest is known now; --backfill all takes them.\n",
               s->entries - s->left_out, s->entries);
    buf_free(&line);
}

// A source that was there already.
static void print_taken(const Newswire__V1__ControlReply *reply, bool json)
{
    const Newswire__V1__Source *s = reply->sources[0];
    if (json) {
        jsonl_print(stdout, jsonl_message(&s->base));
    } else if (reply->affected) {
        printf("%s: watched already; %" PRIu64 " %s left out at first %s fetched now, %" PRIu64
               " more are left\n",
               s->url, reply->affected, reply->affected == 1 ? "entry" : "entries",
               reply->affected == 1 ? "is" : "are", s->left_out);
    } else {
        printf("%s: watched already, and %s\n", s->url,
               s->left_out ? "nothing is taken" : "nothing of it was left out");
    }
}

static enum err add_one(struct stack *stack, struct request *r, char *url, pb_envelope **reply,
                        struct problem *why)
{
    r->add.url = url;
    enum err e = stack_control(stack, &r->control, reply, why);
    if (!e && (*reply)->control_reply->n_sources != 1) {
        wire_envelope_free(reply);
        e = problem_set(why, ERR_INPUT, "the fetcher did not say what it added");
    }
    return e;
}

// Adds them all, then waits for all of them at once: one slow host does not hold up the others.
static int add_all(struct stack *stack, const struct add *a, struct request *r, char **urls, int n)
{
    int status = CMD_DONE;
    struct problem why = {""};
    pb_envelope **replies = mem_alloc((size_t)n * sizeof(pb_envelope *));
    for (int i = 0; i < n; i++) {
        enum err e = add_one(stack, r, urls[i], &replies[i], &why);
        if (e)
            status = options_failed_at("add", urls[i], why.text);
        if (e == ERR_BUSY)
            break; // nobody there: the next one would only wait as long
    }
    int64_t deadline = clock_monotonic_ms() + WAIT_MS;
    for (int i = 0; i < n; i++) {
        if (!replies[i])
            continue;
        if (replies[i]->control_reply->known)
            print_taken(replies[i]->control_reply, a->stack.json);
        else if (!a->no_wait && wait_for_poll(stack, &replies[i], deadline, &why) != OK)
            status = options_failed("add", "%s: added, but: %s", urls[i], why.text);
        else
            print(replies[i]->control_reply->sources[0], a->stack.json);
        wire_envelope_free(&replies[i]);
    }
    free(replies);
    return status;
}

int cmd_add(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct add)};
    struct add a;
    struct request request;
    struct problem why = {""};
    int first;
    if (!options_read(&source, argc, argv, &a, &first))
        return CMD_WRONG;
    if (request_read(&a, &request, &why) != OK)
        return options_wrong(argv[0], "%s", why.text);
    if (first == argc)
        return options_wrong(argv[0], "give the URL of a source");
    struct stack *stack = stack_open(&a.stack);
    int status = add_all(stack, &a, &request, argv + first, argc - first);
    stack_close(&stack);
    return status;
}
