// SPDX-License-Identifier: MIT
// newswire demo-site: a small site of invented announcements, so that a newcomer without a network
// sees news arrive.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/http_address.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/mem.h"
#include "services/newswire/commands.h"
#include "services/newswire/demo/demo_site.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"

enum { POLL_S = 10, ADD_RETRY_MS = 1000, URL_BYTES = 640 };

struct demo {
    struct stack_settings stack;
    const char *listen;
    int64_t every_ms;
    bool add;
};

static const struct setting table[] = {{"listen", SETTING_STRING, offsetof(struct demo, listen),
                                        "127.0.0.1:5559", 0, 0,
                                        "where the site is: PORT or HOST:PORT"},
                                       {"every", SETTING_DURATION, offsetof(struct demo, every_ms),
                                        "10s", 100, 3600000, "time between two new announcements"},
                                       {"add", SETTING_BOOL, offsetof(struct demo, add), NULL, 0, 0,
                                        "have a running stack watch the site"},
                                       {0}};

static const char usage[] =
    "Usage: newswire demo-site [--listen HOST:PORT] [--add]\n"
    "Serves a small site of invented announcements, Chinese and English: RSS, Atom and pages, one "
    "of\n"
    "them in GBK and one in Big5. Half are there from the start, then one more appears every 10 "
    "seconds.\n"
    "\n"
    "  newswire up --data ~/news --demo          (runs it beside the stack)\n"
    "  newswire demo-site --listen 127.0.0.1:8088\n"
    "  newswire demo-site --add                  (to a stack with --allow-private 127.0.0.1)\n";

extern const struct embedded demo_files[];

struct serving {
    struct demo *settings;
    char host[300]; // as it stands in URLs
    struct loop *loop;
    struct demo_stories *stories;
    struct demo_site site;
    struct http_server *server;
    struct stack *stack;
    struct timer *add;
    size_t next; // of the sources that are to be added
};

static void on_call(void *arg, const struct http_call *call, struct http_reply *reply)
{
    struct serving *s = arg;
    demo_site_answer(&s->site, clock_utc_ms(), call, reply);
}

static void on_signal(void *arg, int signo)
{
    struct serving *s = arg;
    (void)signo;
    loop_stop(s->loop, 0);
}

// Adding to the stack.

// The URL of the n-th source: the feeds, then the stories that are in none. False: no more.
static bool source_url(const struct serving *s, size_t n, char url[URL_BYTES])
{
    size_t feeds = 0;
    for (; demo_site_feeds[feeds]; feeds++)
        if (feeds == n) {
            snprintf(url, URL_BYTES, "http://%s%s", s->host, demo_site_feeds[n]);
            return true;
        }
    for (size_t i = 0; i < demo_stories_count(s->stories); i++) {
        const struct demo_story *story = demo_stories_at(s->stories, i);
        if (strcmp(story->feed, "page") == 0 && feeds++ == n) {
            snprintf(url, URL_BYTES, "http://%s/%s/%s.html", s->host, story->feed, story->name);
            return true;
        }
    }
    return false;
}

static enum err add_source(struct serving *s, char *url, bool feed, struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__AddSource add = NEWSWIRE__V1__ADD_SOURCE__INIT;
    Newswire__V1__Backfill all = NEWSWIRE__V1__BACKFILL__INIT;
    Newswire__V1__Gap none = NEWSWIRE__V1__GAP__INIT;
    pb_envelope *reply = NULL;
    all.all = true;
    add.url = url;
    add.kind = feed ? NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED
                    : NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    add.every_s = POLL_S;
    add.backfill = &all;
    add.gap = &none;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD;
    request.add = &add;
    enum err e = stack_control(s->stack, &request, &reply, why);
    wire_envelope_free(&reply);
    return e;
}

// One source a turn, so that the site answers in between.
static void on_add(void *arg, struct timer *t)
{
    struct serving *s = arg;
    char url[URL_BYTES];
    struct problem why;
    size_t feeds = 0;
    while (demo_site_feeds[feeds])
        feeds++;
    if (!source_url(s, s->next, url))
        return;
    enum err e = add_source(s, url, s->next < feeds, &why);
    if (e == ERR_BUSY) { // the fetcher is not there yet
        timer_set(t, ADD_RETRY_MS, false);
        return;
    }
    if (e != OK) // it is known from an earlier run
        log_info("not-added", "url=%s why=%s", url, why.text);
    s->next++;
    timer_set(t, 0, false);
}

// Life.

static void name_host(struct serving *s)
{
    struct http_address at;
    if (http_address_parse(s->settings->listen, &at) != OK)
        return; // the server says so
    bool v6 = strchr(at.host, ':') != NULL;
    snprintf(s->host, sizeof s->host, "%s%s%s:%s", v6 ? "[" : "",
             strcmp(at.host, "*") == 0 ? "127.0.0.1" : at.host, v6 ? "]" : "", at.port);
}

static enum err start(struct serving *s, struct problem *why)
{
    struct http_server_options o = {.listen = s->settings->listen, .setting = "--listen"};
    name_host(s);
    enum err e = demo_stories_new(demo_files, &s->stories, why);
    if (e == OK)
        e = http_server_new(s->loop, &o, on_call, s, &s->server, why);
    if (e != OK)
        return e;
    s->site = (struct demo_site){s->stories, clock_utc_ms(), s->settings->every_ms};
    log_info("serving", "url=http://%s/ stories=%zu", s->host, demo_stories_count(s->stories));
    if (s->settings->add)
        timer_set(s->add, 0, false);
    return OK;
}

static int serve(struct demo *settings)
{
    struct serving s = {.settings = settings, .loop = loop_new()};
    struct problem why;
    signal(SIGPIPE, SIG_IGN);
    loop_signal(s.loop, SIGINT, on_signal, &s);
    loop_signal(s.loop, SIGTERM, on_signal, &s);
    s.stack = stack_open(&settings->stack);
    s.add = timer_new(s.loop, on_add, &s);
    enum err e = start(&s, &why);
    if (e == OK)
        loop_run(s.loop);
    else
        options_failed("demo-site", "%s", why.text);
    http_server_free(&s.server);
    timer_free(&s.add);
    stack_close(&s.stack);
    demo_stories_free(&s.stories);
    loop_free(&s.loop);
    return e == OK ? CMD_DONE : EX_CONFIG;
}

int cmd_demo(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct demo)};
    struct demo settings;
    int first;
    if (!options_read(&source, argc, argv, &settings, &first))
        return CMD_WRONG;
    if (first < argc)
        return options_wrong(argv[0], "%.80s: no such argument", argv[first]);
    log_open("demo-site", LOG_INFO);
    return serve(&settings);
}
