// SPDX-License-Identifier: MIT
#include "common/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/setting_value.h"

enum {
    HEALTH_MS = 1000,
    DRAIN_LOOK_MS = 20,
    IMPATIENT_MS = 1000,
    DESCRIPTORS_WANTED = 16384, // one a peer; at the limit libzmq spins
    PATH_BYTES = 4096
};

#define AT(member) offsetof(struct service_settings, member)

const struct setting service_settings_table[] = {
    {"log-level", SETTING_STRING, AT(log_level), "info", 0, 0, "debug, info, warn or error"},
    {"health-file", SETTING_STRING, AT(health_file), NULL, 0, 0,
     "file rewritten every second: \"ready …\" or \"waiting …\""},
    {"port-base", SETTING_NUMBER, AT(port_base), "5550", 1, 65530,
     "first port of the stack; endpoints not given follow from it"},
    {"control", SETTING_ENDPOINT, AT(control), NULL, 0, 0, "the fetcher's control socket (base)"},
    {"work", SETTING_ENDPOINT, AT(work), NULL, 0, 0, "fetcher to classifiers (base + 1)"},
    {"ingest", SETTING_ENDPOINT, AT(ingest), NULL, 0, 0, "classifiers to sink (base + 2)"},
    {"topic", SETTING_ENDPOINT, AT(topic), NULL, 0, 0, "sink to subscribers (base + 3)"},
    {"replay", SETTING_ENDPOINT, AT(replay), NULL, 0, 0, "what subscribers missed (base + 4)"},
    {"drain", SETTING_DURATION, AT(drain_ms), "8s", 0, 3600000,
     "how long SIGTERM waits for work under way"},
    {"check", SETTING_BOOL, AT(check), NULL, 0, 0, "only see whether the settings are right"},
    {0},
};

void service_endpoints(struct service_settings *s)
{
    const char **places[] = {&s->control, &s->work, &s->ingest, &s->topic, &s->replay};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char text[64];
        if (*places[i] && **places[i])
            continue;
        int n = snprintf(text, sizeof text, "tcp://127.0.0.1:%" PRId64, s->port_base + (int64_t)i);
        *places[i] = setting_keep(text, (size_t)n);
    }
}

// The worker's side.

static int original_argc;
static char **original_argv; // before settings_read() sorted it

char **service_worker_argv(void)
{
    static char **argv;
    if (argv)
        return argv;
    argv = mem_alloc(((size_t)original_argc + 3) * sizeof *argv);
    size_t n = 0;
    argv[n++] = "/proc/self/exe";
    argv[n++] = "--worker";
    for (int i = 1; i < original_argc; i++)
        argv[n++] = original_argv[i];
    return argv;
}

static void keep_arguments(int argc, char **argv)
{
    original_argc = argc;
    original_argv = mem_alloc(((size_t)argc + 1) * sizeof *argv);
    memcpy(original_argv, argv, (size_t)argc * sizeof *argv);
}

static void read_settings(const struct service *s, int argc, char **argv, void *settings)
{
    struct settings_source source = {s->name, s->usage, s->settings, service_settings_table,
                                     s->settings_size};
    struct problem why;
    int first = argc;
    enum log_level level;
    if (settings_read(&source, argc, argv, settings, &first, &why) != OK)
        fatal("newswire-%s: %s", s->name, why.text);
    if (first < argc)
        fatal("newswire-%s: %s: no such argument; settings are flags (see --help)", s->name,
              argv[first]);
    const struct service_settings *base = settings;
    if (log_level_parse(base->log_level, &level) != OK)
        fatal("newswire-%s: log-level: \"%.40s\" is not debug, info, warn or error", s->name,
              base->log_level);
    log_open(s->name, level);
}

// argv: program --worker FLAGS… --fd N
static int worker_main(const struct service *s, int argc, char **argv)
{
    char name[16]; // as the kernel has it
    if (!s->worker || argc < 4 || strcmp(argv[argc - 2], "--fd") != 0)
        fatal("newswire-%s: --worker is for the service itself to use", s->name);
    int fd = (int)strtol(argv[argc - 1], NULL, 10);
    argv[1] = argv[0];
    void *settings = mem_alloc(s->settings_size);
    read_settings(s, argc - 3, argv + 1, settings);
    service_endpoints(settings);
    snprintf(name, sizeof name, "%.8s-worker", s->name);
    prctl(PR_SET_NAME, name);
    int status = s->worker(fd, settings);
    free(settings);
    return status;
}

// The service's side.

struct running {
    const struct service *service;
    struct service_settings *settings;
    struct loop *loop;
    struct socket_context *sockets;
    void *state;
    struct timer *health, *drain;
    int64_t started, drain_since;
    bool health_failed; // said so already
};

static bool write_health(const char *path, const char *line)
{
    char fresh[PATH_BYTES];
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *f = fopen(fresh, "we");
    if (!f)
        return false;
    bool written = fprintf(f, "%s\n", line) > 0;
    return fclose(f) == 0 && written && rename(fresh, path) == 0;
}

static void on_health(void *arg, struct timer *t)
{
    struct running *r = arg;
    char detail[400] = "", line[420];
    (void)t;
    if (!r->settings->health_file[0])
        return;
    bool ready = r->service->health ? r->service->health(r->state, detail, sizeof detail) : true;
    if (timer_is_set(r->drain))
        snprintf(line, sizeof line, "waiting draining");
    else
        snprintf(line, sizeof line, "%s %s", ready ? "ready" : "waiting", detail);
    bool written = write_health(r->settings->health_file, line);
    if (!written && !r->health_failed)
        log_error("health-file-not-written", "file=%s why=%s", r->settings->health_file,
                  strerror(errno));
    r->health_failed = !written;
}

static void on_drain(void *arg, struct timer *t)
{
    struct running *r = arg;
    (void)t;
    bool done = !r->service->drain || r->service->drain(r->state);
    if (!done && loop_now(r->loop) - r->drain_since < r->settings->drain_ms)
        return;
    if (!done)
        log_warn("drain-timeout", "ms=%" PRId64, r->settings->drain_ms);
    loop_stop(r->loop, 0);
}

static void on_terminate(void *arg, int signo)
{
    struct running *r = arg;
    if (timer_is_set(r->drain)) {
        // Asked again: at once, nothing is lost by it. But timeout(1) and others send it twice.
        if (loop_now(r->loop) - r->drain_since >= IMPATIENT_MS)
            loop_stop(r->loop, 0);
        return;
    }
    log_info("draining", "signal=%d", signo);
    r->drain_since = loop_now(r->loop);
    timer_set(r->drain, DRAIN_LOOK_MS, true);
    on_drain(r, r->drain);
}

static void on_reload(void *arg, int signo)
{
    struct running *r = arg;
    (void)signo;
    if (r->service->reload)
        r->service->reload(r->state);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < DESCRIPTORS_WANTED)
        log_warn("few-descriptors", "limit=%llu wanted=%d mend=%s",
                 (unsigned long long)limit.rlim_cur, DESCRIPTORS_WANTED,
                 "raise the hard limit: LimitNOFILE, ulimits or ulimit -Hn");
}

static void run(struct running *r)
{
    struct problem why = {""};
    r->started = clock_monotonic_ms();
    r->loop = loop_new();
    loop_signal(r->loop, SIGTERM, on_terminate, r);
    loop_signal(r->loop, SIGINT, on_terminate, r);
    loop_signal(r->loop, SIGHUP, on_reload, r);
    r->sockets = socket_context_new();
    r->health = timer_new(r->loop, on_health, r);
    r->drain = timer_new(r->loop, on_drain, r);
    if (r->service->start(r->loop, r->sockets, r->settings, &r->state, &why) != OK)
        fatal("newswire-%s: %s", r->service->name, why.text);
    log_info("started", "version=%s pid=%d", NEWSWIRE_VERSION, (int)getpid());
    timer_set(r->health, HEALTH_MS, true);
    on_health(r, r->health);
    loop_run(r->loop);
}

static void stop(struct running *r)
{
    if (r->service->stop)
        r->service->stop(&r->state);
    if (r->settings->health_file[0])
        unlink(r->settings->health_file);
    timer_free(&r->health);
    timer_free(&r->drain);
    socket_context_free(&r->sockets);
    loop_free(&r->loop);
    log_info("stopped", "after_s=%" PRId64, (clock_monotonic_ms() - r->started) / 1000);
}

int service_main(const struct service *s, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--worker") == 0)
        return worker_main(s, argc, argv);
    keep_arguments(argc, argv);
    struct running r = {.service = s, .settings = mem_alloc(s->settings_size)};
    read_settings(s, argc, argv, r.settings);
    if (r.settings->check) {
        free(r.settings);
        return 0;
    }
    service_endpoints(r.settings);
    signal(SIGPIPE, SIG_IGN);
    umask(027);
    raise_descriptor_limit();
    run(&r);
    stop(&r);
    free(r.settings);
    return 0;
}
