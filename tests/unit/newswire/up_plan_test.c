// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/up_plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct up settings_new(void)
{
    struct up u = {.service = {.log_level = "info", .port_base = 7000, .drain_ms = 8000},
                   .data = "/data/新闻",
                   .http = "8080",
                   .gap = "",
                   .config = "",
                   .classifiers = 1};
    service_endpoints(&u.service);
    return u;
}

static struct up_plan plan_of(const struct up *u)
{
    struct up_plan p = {.settings = u, .arena = arena_new(4096), .bin = "/opt/bin"};
    up_plan(&p);
    return p;
}

static const struct supervised *child(const struct up_plan *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->children[i].name, name) == 0)
            return &p->children[i];
    fail_msg("no child %s", name);
    return NULL;
}

static bool has(const struct supervised *c, const char *arg)
{
    for (char *const *a = c->argv; *a; a++)
        if (strcmp(*a, arg) == 0)
            return true;
    return false;
}

static void every_child_is_told_what_concerns_it(void **state)
{
    (void)state;
    static const char *const ranges[] = {"10.0.0.0/8", "fd00::/8"};
    static const struct {
        const char *child, *want;
    } rows[] = {
        {"fetcher", "/opt/bin/newswire-fetcher"},
        {"fetcher", "--fetcher-store=sqlite:/data/新闻/fetcher.db"},
        {"fetcher", "--health-file=/data/新闻/run/fetcher"},
        {"fetcher", "--allow-private=10.0.0.0/8"},
        {"fetcher", "--allow-private=fd00::/8"},
        {"fetcher", "--gap=0s"},
        {"fetcher", "--control=tcp://*:9000"}, // it binds
        {"fetcher", "--config=n.yaml"},
        {"sink", "--sink-store=sqlite:/data/新闻/sink.db"},
        {"sink", "--ingest=tcp://127.0.0.1:7002"},
        {"sink", "--log-level=info"},
        {"classifier", "--drain=8000ms"},
        {"classifier", "--control=tcp://127.0.0.1:9000"}, // it connects
        {"gateway", "--http=8080"},
        {"gateway", "--replay=tcp://127.0.0.1:7004"},
    };
    struct up u = settings_new();
    u.allow_private = (struct setting_list){ranges, 2};
    u.gap = "0s";
    u.config = "n.yaml";
    u.service.control = "tcp://*:9000";
    struct up_plan p = plan_of(&u);
    assert_int_equal(p.n, 4);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (!has(child(&p, rows[i].child), rows[i].want))
            fail_msg("%s: no %s", rows[i].child, rows[i].want);
    arena_free(&p.arena);
}

static void what_takes_in_ends_before_what_keeps_and_what_shows(void **state)
{
    (void)state;
    struct up u = settings_new();
    u.demo = true;
    struct up_plan p = plan_of(&u);
    assert_true(child(&p, "fetcher")->stage < child(&p, "sink")->stage);
    assert_true(child(&p, "classifier")->stage < child(&p, "sink")->stage);
    assert_true(child(&p, "demo-site")->stage < child(&p, "sink")->stage);
    assert_true(child(&p, "sink")->stage < child(&p, "gateway")->stage);
    arena_free(&p.arena);
}

static void classifiers_are_numbered(void **state)
{
    (void)state;
    struct up u = settings_new();
    u.classifiers = 32;
    struct up_plan p = plan_of(&u);
    assert_int_equal(p.n, 35);
    assert_true(has(child(&p, "classifier-32"), "--health-file=/data/新闻/run/classifier-32"));
    arena_free(&p.arena);
}

static void the_demo_is_served_beside_the_stack_and_allowed(void **state)
{
    (void)state;
    struct up u = settings_new();
    u.demo = true;
    struct up_plan p = plan_of(&u);
    assert_true(has(child(&p, "demo-site"), "--listen=127.0.0.1:7009"));
    assert_true(has(child(&p, "demo-site"), "--add"));
    assert_null(child(&p, "demo-site")->health_file);
    assert_true(has(child(&p, "fetcher"), "--allow-private=127.0.0.1"));
    arena_free(&p.arena);
}

static void a_check_is_the_same_command_line_and_one_word_more(void **state)
{
    (void)state;
    struct up u = settings_new();
    struct up_plan p = plan_of(&u);
    char **check = up_plan_check(&p, 0);
    size_t i = 0;
    for (; p.children[0].argv[i]; i++)
        assert_string_equal(check[i], p.children[0].argv[i]);
    assert_string_equal(check[i], "--check");
    assert_null(check[i + 1]);
    arena_free(&p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_child_is_told_what_concerns_it),
        cmocka_unit_test(what_takes_in_ends_before_what_keeps_and_what_shows),
        cmocka_unit_test(classifiers_are_numbered),
        cmocka_unit_test(the_demo_is_served_beside_the_stack_and_allowed),
        cmocka_unit_test(a_check_is_the_same_command_line_and_one_word_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
