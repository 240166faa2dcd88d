// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/hosts.h"

static void add_poll(struct hosts *h, const char *host, uint64_t source, int64_t gap_ms)
{
    struct job job = {.source = source, .gap_ms = gap_ms};
    hosts_add(h, host, &job);
}

static void add_page(struct hosts *h, const char *host, const char *id, int64_t gap_ms)
{
    struct job job = {.gap_ms = gap_ms};
    snprintf(job.id, sizeof job.id, "%s", id);
    hosts_add(h, host, &job);
}

static void add_document(struct hosts *h, const char *host, const char *id, int64_t gap_ms)
{
    struct job job = {.gap_ms = gap_ms, .parked = true};
    snprintf(job.id, sizeof job.id, "%s", id);
    hosts_add(h, host, &job);
}

// The next job as text: "host number" or "host id"; "-" for none, and *wake is when.
static const char *next(struct hosts *h, int64_t now, int64_t *wake)
{
    static char text[400];
    char host[300];
    struct job job;
    if (!hosts_next(h, now, &job, host, wake))
        return "-";
    if (job.source)
        snprintf(text, sizeof text, "%s %llu", host, (unsigned long long)job.source);
    else
        snprintf(text, sizeof text, "%s %s", host, job.id);
    return text;
}

static void hosts_take_turns(void **state)
{
    static const char *const want[] = {"a:80 1", "b:80 3", "a:80 2", "b:80 4", "-"};
    (void)state;
    struct hosts *h = hosts_new(2);
    int64_t wake;
    add_poll(h, "a:80", 1, 0), add_poll(h, "a:80", 2, 0);
    add_poll(h, "b:80", 3, 0), add_poll(h, "b:80", 4, 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_string_equal(next(h, 0, &wake), want[i]);
    assert_int_equal(hosts_waiting(h), 0);
    hosts_free(&h);
}

static void polls_go_before_pages_and_each_kind_in_its_order(void **state)
{
    static const char *const want[] = {"a:80 1", "a:80 2", "a:80 3", "a:80 x", "a:80 y", "-"};
    (void)state;
    struct hosts *h = hosts_new(10);
    int64_t wake;
    add_page(h, "a:80", "x", 0), add_poll(h, "a:80", 1, 0), add_page(h, "a:80", "y", 0);
    add_poll(h, "a:80", 2, 0), add_poll(h, "a:80", 3, 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_string_equal(next(h, 0, &wake), want[i]);
    hosts_free(&h);
}

static void documents_go_before_pages_so_that_few_wait_for_theirs(void **state)
{
    static const char *const want[] = {"a:80 1", "a:80 d", "a:80 2", "a:80 e", "a:80 x", "-"};
    (void)state;
    struct hosts *h = hosts_new(10);
    int64_t wake;
    add_page(h, "a:80", "x", 0), add_poll(h, "a:80", 1, 0), add_document(h, "a:80", "d", 0);
    add_poll(h, "a:80", 2, 0), add_document(h, "a:80", "e", 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_string_equal(next(h, 0, &wake), want[i]);
    hosts_free(&h);
}

static void jobs_added_when_only_pages_or_only_polls_are_left_keep_the_order(void **state)
{
    static const char *const want[] = {"a:80 1", "a:80 2", "a:80 x", "a:80 y"};
    (void)state;
    struct hosts *h = hosts_new(10);
    int64_t wake;
    add_poll(h, "a:80", 9, 0), add_page(h, "a:80", "x", 0);
    next(h, 0, &wake); // the last poll goes, pages stay
    add_poll(h, "a:80", 1, 0), add_poll(h, "a:80", 2, 0), add_page(h, "a:80", "y", 0);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_string_equal(next(h, 0, &wake), want[i]);
    hosts_free(&h);
}

static void a_host_rests_between_two_requests_as_the_second_asks(void **state)
{
    static const int64_t gaps[] = {0, 1, 2000, 60000};
    (void)state;
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
        struct hosts *h = hosts_new(1);
        int64_t wake;
        add_poll(h, "a:80", 1, 0), add_poll(h, "a:80", 2, gaps[i]);
        next(h, 1000, &wake);
        assert_string_equal(next(h, 1500, &wake), "-");
        assert_true(wake == INT64_MAX); // until the first one ends
        hosts_done(h, "a:80", 1500);
        if (gaps[i]) {
            assert_string_equal(next(h, 1500 + gaps[i] - 1, &wake), "-");
            assert_true(wake == 1500 + gaps[i]);
        }
        assert_string_equal(next(h, 1500 + gaps[i], &wake), "a:80 2");
        hosts_free(&h);
    }
}

static void a_host_has_as_many_requests_as_allowed(void **state)
{
    static const struct {
        int64_t gap_ms;
        int per_host, want;
    } cases[] = {{0, 1, 1}, {0, 3, 3}, {2000, 3, 3}, {0, 0, HOSTS_AT_ONCE}, {1, 0, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hosts *h = hosts_new(cases[i].per_host);
        int64_t wake;
        int started = 0;
        for (uint64_t n = 1; n <= 20; n++)
            add_poll(h, "a:80", n, cases[i].gap_ms);
        while (strcmp(next(h, 0, &wake), "-") != 0)
            started++;
        assert_int_equal(started, cases[i].want);
        hosts_free(&h);
    }
}

static void a_paused_host_waits_and_the_others_go_on(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(1);
    int64_t wake;
    hosts_pause(h, "a:80", 5000);
    hosts_pause(h, "a:80", 100); // a shorter pause does not end a longer one
    add_poll(h, "a:80", 1, 0), add_poll(h, "b:80", 2, 0);
    assert_string_equal(next(h, 10, &wake), "b:80 2");
    assert_string_equal(next(h, 4999, &wake), "-");
    assert_true(wake == 5000);
    assert_string_equal(next(h, 5000, &wake), "a:80 1");
    hosts_free(&h);
}

static void what_waits_is_counted_by_host_and_over_all(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(1);
    int64_t wake;
    add_poll(h, "a:80", 1, 0), add_page(h, "a:80", "x", 0), add_poll(h, "b:80", 2, 0);
    assert_int_equal(hosts_queued(h, "a:80"), 2);
    assert_int_equal(hosts_queued(h, "c:80"), 0);
    assert_int_equal(hosts_waiting(h), 3);
    next(h, 0, &wake);
    assert_int_equal(hosts_queued(h, "a:80"), 1);
    hosts_free(&h);
}

// A feed may name a new host in every entry, for ever.
static void hosts_that_were_used_are_forgotten_after_their_rest(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(1);
    enum { MANY = 50000 };
    int64_t wake;
    for (int i = 0; i < MANY; i++) {
        char name[40];
        snprintf(name, sizeof name, "h%d.example:80", i);
        add_poll(h, name, 1, 2000);
        next(h, i * 10, &wake);
        hosts_done(h, name, i * 10);
    }
    assert_in_range(hosts_known(h), 1, 5000);
    hosts_free(&h);
}

static void a_host_is_not_forgotten_while_it_must_rest(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(1);
    int64_t wake;
    add_poll(h, "slow:80", 1, 900000000), add_poll(h, "running:80", 2, 0);
    next(h, 1, &wake), next(h, 1, &wake);
    hosts_done(h, "slow:80", 1);
    hosts_pause(h, "paused:80", 900000000);
    for (int i = 0; i < 20000; i++) {
        char name[40];
        snprintf(name, sizeof name, "h%d.example:80", i);
        add_poll(h, name, 1, 0);
        next(h, 1000 + i, &wake);
        hosts_done(h, name, 1000 + i);
    }
    add_poll(h, "slow:80", 3, 900000000), add_poll(h, "paused:80", 4, 0);
    add_poll(h, "running:80", 5, 0);
    assert_string_equal(next(h, 899999999, &wake), "-");
    assert_true(wake == 900000000);
    hosts_free(&h);
}

static void a_host_that_is_held_starts_nothing(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(0);
    int64_t wake;
    add_page(h, "a:80", "x", 0), add_page(h, "a:80", "y", 0), add_page(h, "新闻.cn:80", "z", 0);
    assert_string_equal(next(h, 0, &wake), "a:80 x");
    assert_true(hosts_hold(h, "a:80"));
    assert_false(hosts_hold(h, "a:80")); // by another already
    assert_string_equal(next(h, 0, &wake), "新闻.cn:80 z");
    assert_string_equal(next(h, 0, &wake), "-");
    assert_int_equal(wake, INT64_MAX);
    hosts_release(h, "a:80");
    assert_string_equal(next(h, 0, &wake), "a:80 y");
    assert_true(hosts_hold(h, "a:80"));
    hosts_free(&h);
}

static void a_crawl_delay_is_kept_to_like_a_pause(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(0);
    int64_t wake;
    add_page(h, "a:80", "x", 0);
    hosts_delay(h, "a:80", 5000);
    hosts_delay(h, "a:80", 3000); // shortens nothing
    assert_string_equal(next(h, 4999, &wake), "-");
    assert_int_equal(wake, 5000);
    assert_string_equal(next(h, 5000, &wake), "a:80 x");
    hosts_free(&h);
}

static void what_a_job_waits_for_is_told(void **state)
{
    (void)state;
    struct hosts *h = hosts_new(1);
    struct job page = {.gap_ms = 1000}, poll = {.source = 9, .gap_ms = 1000};
    struct hosts_look look;
    int64_t wake;
    snprintf(page.id, sizeof page.id, "z");
    hosts_look(h, "a:80", &page, &look);
    assert_false(look.queued);
    add_page(h, "a:80", "x", 1000), add_page(h, "a:80", "y", 1000), add_page(h, "a:80", "z", 1000);
    add_poll(h, "a:80", 9, 1000);
    assert_string_equal(next(h, 0, &wake), "a:80 9");
    hosts_hold(h, "a:80");
    hosts_pause(h, "a:80", 7000);
    hosts_done(h, "a:80", 500);
    hosts_look(h, "a:80", &page, &look);
    assert_true(look.queued && look.held);
    assert_int_equal(look.before, 2);
    assert_int_equal(look.running, 0);
    assert_int_equal(look.paused_ms, 7000);
    assert_int_equal(look.resting_ms, 1500);
    hosts_delay(h, "a:80", 2000);
    hosts_look(h, "a:80", &poll, &look);
    assert_false(look.queued);
    assert_int_equal(look.resting_ms, 2000);
    hosts_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_take_turns),
        cmocka_unit_test(polls_go_before_pages_and_each_kind_in_its_order),
        cmocka_unit_test(documents_go_before_pages_so_that_few_wait_for_theirs),
        cmocka_unit_test(jobs_added_when_only_pages_or_only_polls_are_left_keep_the_order),
        cmocka_unit_test(a_host_rests_between_two_requests_as_the_second_asks),
        cmocka_unit_test(a_host_has_as_many_requests_as_allowed),
        cmocka_unit_test(a_paused_host_waits_and_the_others_go_on),
        cmocka_unit_test(what_waits_is_counted_by_host_and_over_all),
        cmocka_unit_test(hosts_that_were_used_are_forgotten_after_their_rest),
        cmocka_unit_test(a_host_is_not_forgotten_while_it_must_rest),
        cmocka_unit_test(a_host_that_is_held_starts_nothing),
        cmocka_unit_test(a_crawl_delay_is_kept_to_like_a_pause),
        cmocka_unit_test(what_a_job_waits_for_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
