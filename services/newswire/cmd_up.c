// SPDX-License-Identifier: MIT
// newswire up: the whole stack in the foreground, from one data directory.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/http_address.h"
#include "common/log.h"
#include "common/run.h"
#include "services/newswire/commands.h"
#include "services/newswire/data_dir.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"
#include "services/newswire/up_plan.h"

enum { DRAIN_MARGIN_MS = 4000 };

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
    struct up_plan plan;
    struct loop *loop;
    struct supervisor *supervisor;
    int status;
};

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
               u->service.port_base + UP_DEMO_PORT);
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

static enum err find_programs(struct up_plan *p, struct problem *why)
{
    static const char *const programs[] = {"fetcher", "classifier", "sink", "gateway"};
    ssize_t n = readlink("/proc/self/exe", p->bin, sizeof p->bin - 1);
    char *slash = n > 0 ? memrchr(p->bin, '/', (size_t)n) : NULL;
    if (!slash)
        return problem_set(why, ERR_CONFIG, "cannot find out where newswire is installed: %s",
                           strerror(errno));
    *slash = '\0';
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/newswire-%s", p->bin, programs[i]);
        if (access(path, X_OK) != 0)
            return problem_set(why, ERR_CONFIG,
                               "%.300s: %s: the programs of newswire belong in one folder; install "
                               "it again",
                               path, strerror(errno));
    }
    return OK;
}

// Has every service look at its settings, before any of them opens anything. It says itself what is
// wrong.
static bool children_agree(const struct up_plan *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct problem why;
        pid_t pid;
        int status = 0;
        if (!p->children[i].health_file) // no service
            continue;
        char **argv = up_plan_check(p, i);
        struct run_options o = {.argv = argv, .keep = -1, .error = -1, .own_group = true};
        if (run_start(&o, &pid, &why) != OK || waitpid(pid, &status, 0) != pid || status != 0)
            return false;
    }
    return true;
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
    for (size_t i = 0; i < r->plan.n; i++)
        supervisor_add(r->supervisor, &r->plan.children[i]);
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
    if (find_programs(&r.plan, &why) != OK)
        return refuse(&why);
    r.plan.settings = &settings;
    r.plan.arena = arena_new(64 << 10);
    up_plan(&r.plan);
    if (!children_agree(&r.plan))
        r.status = EX_CONFIG;
    else if (settings.service.check)
        r.status = CMD_DONE;
    else if (data_dir_open(settings.data, &lock, &why) != OK)
        r.status = refuse(&why);
    else
        run(&r, lock);
    arena_free(&r.plan.arena);
    if (lock >= 0)
        close(lock);
    return r.status;
}
