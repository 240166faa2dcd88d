// SPDX-License-Identifier: MIT
// newswire up: the whole stack in the foreground, from one data directory.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/http_address.h"
#include "common/log.h"
#include "common/mem.h"
#include "services/newswire/commands.h"
#include "services/newswire/data_dir.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"
#include "services/newswire/supervise.h"

enum { DEMO_PORT = 9, DRAIN_MARGIN_MS = 4000, ARGS_MAX = 1100 };

// Who is told to end first: what takes in, then what keeps, then what shows.
enum { STAGE_WORK, STAGE_SINK, STAGE_GATEWAY };

struct up {
    struct service_settings service;
    const char *data, *http, *gap, *config;
    struct setting_list allow_private, allowed_hosts;
    int64_t classifiers;
    bool demo;
};

#define AT(member) offsetof(struct up, member)

static const struct setting table[] = {
    {"data", SETTING_STRING, AT(data), NULL, 0, 0, "directory of the stack; made if need be"},
    {"http", SETTING_STRING, AT(http), "8080", 0, 0, "where the page is: PORT or HOST:PORT"},
    {"allowed-hosts", SETTING_LIST, AT(allowed_hosts), NULL, 0, 0,
     "names under which browsers reach the page, besides localhost"},
    {"allow-private", SETTING_LIST, AT(allow_private), NULL, 0, 0,
     "address ranges off the public Internet to fetch from: 10.0.0.0/8"},
    {"classifiers", SETTING_NUMBER, AT(classifiers), "1", 1, 32, "how many to run"},
    {"gap", SETTING_STRING, AT(gap), NULL, 0, 0, "pause between two requests to a host (2s)"},
    {"config", SETTING_STRING, AT(config), NULL, 0, 0, ""}, // passed on to the services
    {"demo", SETTING_BOOL, AT(demo), NULL, 0, 0,
     "also serve a small site of announcements (base + 9) and watch it"},
    {0}};

static const char usage[] =
    "Usage: newswire up --data DIR [options]\n"
    "Runs the whole stack in the foreground: fetcher, classifiers, sink and gateway, replaced when "
    "they\n"
    "die. Ctrl-C finishes what is under way and ends it. Everything is kept in DIR.\n"
    "\n"
    "  newswire up --data ~/news\n"
    "  newswire up --data ~/news --demo\n"
    "  newswire up --data /srv/news --classifiers 3 --http '*:80' --allowed-hosts "
    "news.example.com\n"
    "  newswire up --data ~/内网 --allow-private 10.0.0.0/8 --gap 0s\n";

struct stack_run {
    struct up *settings;
    struct arena *arena;
    struct loop *loop;
    struct supervisor *supervisor;
    char bin[PATH_MAX]; // the folder that our programs are in
    int status;
};

// Command lines.

struct args {
    struct arena *arena;
    char **items;
    size_t n;
};

static void add(struct args *a, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(struct args *a, const char *format, ...)
{
    char text[PATH_MAX + 64];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (a->n + 1 == ARGS_MAX || n < 0 || (size_t)n >= sizeof text)
        panic("a command line for a child is too long");
    a->items[a->n++] = arena_strndup(a->arena, text, (size_t)n);
    a->items[a->n] = NULL;
}

static struct args args_of(struct stack_run *r, const char *program)
{
    struct args a = {.arena = r->arena};
    a.items = arena_alloc(r->arena, ARGS_MAX * sizeof *a.items);
    add(&a, "%s/%s", r->bin, program);
    return a;
}

// What every service is told: where everybody is, and where to keep its health.
static const char *add_common(struct stack_run *r, struct args *a, const char *name)
{
    const struct up *u = r->settings;
    const struct service_settings *s = &u->service;
    const char *health = arena_printf(r->arena, "%s/run/%s", u->data, name);
    bool binds = strcmp(name, "fetcher") == 0 || strcmp(name, "sink") == 0;
    if (u->config[0])
        add(a, "--config=%s", u->config);
    add(a, "--log-level=%s", s->log_level);
    add(a, "--drain=%" PRId64 "ms", s->drain_ms);
    add(a, "--health-file=%s", health);
    add(a, "--control=%s", binds ? s->control : stack_reachable(s->control));
    add(a, "--work=%s", binds ? s->work : stack_reachable(s->work));
    add(a, "--ingest=%s", binds ? s->ingest : stack_reachable(s->ingest));
    add(a, "--topic=%s", binds ? s->topic : stack_reachable(s->topic));
    add(a, "--replay=%s", binds ? s->replay : stack_reachable(s->replay));
    return health;
}

static void launch(struct stack_run *r, const char *name, const struct args *a, const char *health,
                   int stage)
{
    struct supervised what = {
        .name = name, .argv = a->items, .health_file = health, .stage = stage};
    supervisor_add(r->supervisor, &what);
}

// The children.

static void launch_sink(struct stack_run *r)
{
    struct args a = args_of(r, "newswire-sink");
    const char *health = add_common(r, &a, "sink");
    add(&a, "--sink-store=sqlite:%s/sink.db", r->settings->data);
    launch(r, "sink", &a, health, STAGE_SINK);
}

static void launch_fetcher(struct stack_run *r)
{
    const struct up *u = r->settings;
    struct args a = args_of(r, "newswire-fetcher");
    const char *health = add_common(r, &a, "fetcher");
    add(&a, "--fetcher-store=sqlite:%s/fetcher.db", u->data);
    if (u->gap[0])
        add(&a, "--gap=%s", u->gap);
    for (size_t i = 0; i < u->allow_private.n; i++)
        add(&a, "--allow-private=%s", u->allow_private.items[i]);
    if (u->demo)
        add(&a, "--allow-private=127.0.0.1");
    launch(r, "fetcher", &a, health, STAGE_WORK);
}

static void launch_classifiers(struct stack_run *r)
{
    for (int64_t i = 1; i <= r->settings->classifiers; i++) {
        struct args a = args_of(r, "newswire-classifier");
        const char *name = r->settings->classifiers == 1
                               ? "classifier"
                               : arena_printf(r->arena, "classifier-%" PRId64, i);
        const char *health = add_common(r, &a, name);
        launch(r, name, &a, health, STAGE_WORK);
    }
}

static void launch_gateway(struct stack_run *r)
{
    const struct up *u = r->settings;
    struct args a = args_of(r, "newswire-gateway");
    const char *health = add_common(r, &a, "gateway");
    add(&a, "--http=%s", u->http);
    for (size_t i = 0; i < u->allowed_hosts.n; i++)
        add(&a, "--allowed-hosts=%s", u->allowed_hosts.items[i]);
    launch(r, "gateway", &a, health, STAGE_GATEWAY);
}

static void launch_demo(struct stack_run *r)
{
    const struct service_settings *s = &r->settings->service;
    struct args a = args_of(r, "newswire");
    add(&a, "demo-site");
    add(&a, "--listen=127.0.0.1:%" PRId64, s->port_base + DEMO_PORT);
    add(&a, "--control=%s", stack_reachable(s->control));
    add(&a, "--add");
    launch(r, "demo-site", &a, NULL, STAGE_WORK);
}

static void launch_all(struct stack_run *r)
{
    launch_sink(r);
    launch_fetcher(r);
    launch_classifiers(r);
    launch_gateway(r);
    if (r->settings->demo)
        launch_demo(r);
}

// What happens to them.

static void on_ready(void *arg)
{
    const struct stack_run *r = arg;
    const struct up *u = r->settings;
    struct http_address page;
    char flag[32] = "";
    if (http_address_parse(u->http, &page) != OK)
        return; // checked before
    bool everywhere = strcmp(page.host, "*") == 0;
    bool v6 = strchr(page.host, ':') != NULL;
    if (u->service.port_base != 5550)
        snprintf(flag, sizeof flag, " --port-base %" PRId64, u->service.port_base);
    printf("\nnewswire is running, with its data in %s\n\n"
           "  page    http://%s%s%s:%s/\n"
           "  topic   %s (ZeroMQ SUB: classified-news)\n\n",
           u->data, v6 ? "[" : "", everywhere ? "127.0.0.1" : page.host, v6 ? "]" : "", page.port,
           stack_reachable(u->service.topic));
    if (u->demo)
        printf("  demo    http://127.0.0.1:%" PRId64 "/ announces something every 10 seconds\n\n",
               u->service.port_base + DEMO_PORT);
    printf("Try, in another terminal:\n"
           "  newswire subscribe%s --from beginning\n"
           "  newswire add%s https://www.example.com/feed.xml\n"
           "  newswire status%s\n\n"
           "Ctrl-C ends it.\n\n",
           flag, flag, flag);
    fflush(stdout);
}

static void on_ended(void *arg, int status, const char *words)
{
    struct stack_run *r = arg;
    r->status = status;
    if (status != 0)
        fprintf(stderr, "newswire up: %s\n", words);
    loop_stop(r->loop, 0);
}

static void on_signal(void *arg, int signo)
{
    struct stack_run *r = arg;
    log_info("draining", "signal=%d", signo);
    // Three stages, one after the other.
    supervisor_drain(r->supervisor, 2 * r->settings->service.drain_ms + DRAIN_MARGIN_MS);
}

// Before anything runs.

static enum err find_programs(struct stack_run *r, struct problem *why)
{
    static const char *const programs[] = {"fetcher", "classifier", "sink", "gateway"};
    ssize_t n = readlink("/proc/self/exe", r->bin, sizeof r->bin - 1);
    char *slash = n > 0 ? memrchr(r->bin, '/', (size_t)n) : NULL;
    if (!slash)
        return problem_set(why, ERR_CONFIG, "cannot find out where newswire is installed: %s",
                           strerror(errno));
    *slash = '\0';
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/newswire-%s", r->bin, programs[i]);
        if (access(path, X_OK) != 0)
            return problem_set(why, ERR_CONFIG,
                               "%.300s: %s: the programs of newswire belong in one folder; install "
                               "it again",
                               path, strerror(errno));
    }
    return OK;
}

// Returns CMD_DONE if the settings make sense.
static int check(const struct up *u, const char *stray)
{
    struct http_address page;
    enum log_level level;
    int64_t gap;
    if (stray)
        return options_wrong("up", "%.80s: sources are added with `newswire add`", stray);
    if (!u->data[0])
        return options_wrong("up", "give a directory with --data");
    if (http_address_parse(u->http, &page) != OK)
        return options_wrong("up", "--http: \"%.80s\" is not PORT or HOST:PORT", u->http);
    if (u->gap[0] && settings_duration(u->gap, &gap) != OK)
        return options_wrong("up", "--gap: \"%.40s\" is not a duration: use 500ms, 2s or 1m",
                             u->gap);
    if (log_level_parse(u->service.log_level, &level) != OK)
        return options_wrong("up", "--log-level: it is one of debug, info, warn and error");
    log_open("up", level);
    return CMD_DONE;
}

static int refuse(const struct problem *why)
{
    fprintf(stderr, "newswire up: %s\n", why->text);
    return EX_CONFIG;
}

static void run(struct stack_run *r, int lock)
{
    static const struct supervisor_handlers handlers = {on_ready, on_ended};
    r->loop = loop_new();
    loop_signal(r->loop, SIGTERM, on_signal, r);
    loop_signal(r->loop, SIGINT, on_signal, r);
    loop_signal(r->loop, SIGHUP, on_signal, r);
    r->supervisor = supervisor_new(r->loop, lock, &handlers, r);
    launch_all(r);
    loop_run(r->loop);
    supervisor_free(&r->supervisor);
    loop_free(&r->loop);
}

int cmd_up(int argc, char **argv)
{
    const struct settings_source source = {"newswire", usage, table, service_settings_table,
                                           sizeof(struct up)};
    struct up settings;
    struct stack_run r = {.settings = &settings};
    struct problem why = {""};
    int first = argc, lock = -1;
    if (!options_read(&source, argc, argv, &settings, &first))
        return CMD_WRONG;
    int wrong = check(&settings, first < argc ? argv[first] : NULL);
    if (wrong)
        return wrong;
    service_endpoints(&settings.service);
    umask(027);
    signal(SIGPIPE, SIG_IGN);
    if (find_programs(&r, &why) != OK || data_dir_open(settings.data, &lock, &why) != OK)
        return refuse(&why);
    r.arena = arena_new(16 << 10);
    run(&r, lock);
    arena_free(&r.arena);
    close(lock);
    return r.status;
}
