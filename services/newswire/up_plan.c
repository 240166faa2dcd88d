// SPDX-License-Identifier: MIT
#include "services/newswire/up_plan.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "services/newswire/stack.h"

enum { ARGS_MAX = 1100 };

// Who is told to end first: what takes in, then what keeps, then what shows.
enum { STAGE_WORK, STAGE_SINK, STAGE_GATEWAY };

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

static struct args args_of(struct up_plan *p, const char *program)
{
    struct args a = {.arena = p->arena};
    a.items = arena_alloc(p->arena, ARGS_MAX * sizeof *a.items);
    add(&a, "%s/%s", p->bin, program);
    return a;
}

// What every service is told: where everybody is, and where to keep its health.
static const char *add_common(struct up_plan *p, struct args *a, const char *name)
{
    const struct up *u = p->settings;
    const struct service_settings *s = &u->service;
    const char *health = arena_printf(p->arena, "%s/run/%s", u->data, name);
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

static void add_child(struct up_plan *p, const char *name, const struct args *a, const char *health,
                      int stage)
{
    if (p->n == UP_CHILDREN_MAX)
        panic("more than %d children", UP_CHILDREN_MAX);
    p->children[p->n++] =
        (struct supervised){.name = name, .argv = a->items, .health_file = health, .stage = stage};
}

static void plan_sink(struct up_plan *p)
{
    struct args a = args_of(p, "newswire-sink");
    const char *health = add_common(p, &a, "sink");
    add(&a, "--sink-store=sqlite:%s/sink.db", p->settings->data);
    add_child(p, "sink", &a, health, STAGE_SINK);
}

static void plan_fetcher(struct up_plan *p)
{
    const struct up *u = p->settings;
    struct args a = args_of(p, "newswire-fetcher");
    const char *health = add_common(p, &a, "fetcher");
    add(&a, "--fetcher-store=sqlite:%s/fetcher.db", u->data);
    if (u->gap[0])
        add(&a, "--gap=%s", u->gap);
    for (size_t i = 0; i < u->allow_private.n; i++)
        add(&a, "--allow-private=%s", u->allow_private.items[i]);
    if (u->demo)
        add(&a, "--allow-private=127.0.0.1");
    add_child(p, "fetcher", &a, health, STAGE_WORK);
}

static void plan_classifiers(struct up_plan *p)
{
    for (int64_t i = 1; i <= p->settings->classifiers; i++) {
        struct args a = args_of(p, "newswire-classifier");
        const char *name = p->settings->classifiers == 1
                               ? "classifier"
                               : arena_printf(p->arena, "classifier-%" PRId64, i);
        const char *health = add_common(p, &a, name);
        add_child(p, name, &a, health, STAGE_WORK);
    }
}

static void plan_gateway(struct up_plan *p)
{
    const struct up *u = p->settings;
    struct args a = args_of(p, "newswire-gateway");
    const char *health = add_common(p, &a, "gateway");
    add(&a, "--http=%s", u->http);
    for (size_t i = 0; i < u->allowed_hosts.n; i++)
        add(&a, "--allowed-hosts=%s", u->allowed_hosts.items[i]);
    add_child(p, "gateway", &a, health, STAGE_GATEWAY);
}

static void plan_demo(struct up_plan *p)
{
    const struct service_settings *s = &p->settings->service;
    struct args a = args_of(p, "newswire");
    add(&a, "demo-site");
    add(&a, "--listen=127.0.0.1:%" PRId64, s->port_base + UP_DEMO_PORT);
    add(&a, "--control=%s", stack_reachable(s->control));
    add(&a, "--add");
    add_child(p, "demo-site", &a, NULL, STAGE_WORK);
}

void up_plan(struct up_plan *p)
{
    plan_sink(p);
    plan_fetcher(p);
    plan_classifiers(p);
    plan_gateway(p);
    if (p->settings->demo)
        plan_demo(p);
}

char **up_plan_check(const struct up_plan *p, size_t child)
{
    struct args a = {.arena = p->arena};
    a.items = arena_alloc(p->arena, (ARGS_MAX + 1) * sizeof *a.items);
    for (char *const *arg = p->children[child].argv; *arg; arg++)
        a.items[a.n++] = *arg;
    a.items[a.n++] = arena_strndup(p->arena, "--check", strlen("--check"));
    a.items[a.n] = NULL;
    return a.items;
}
