// SPDX-License-Identifier: MIT
// Whose answer is whose. This program, started with --worker, is the worker, which never answers:
// the test does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/fetcher/lend.h"

struct run {
    struct loop *loop;
    struct workers *workers;
    struct lend *lend;
};

struct waiter {
    int calls;
    const Newswire__V1__ExtractResult *result;
    const char *problem;
};

static void on_read(void *arg, const Newswire__V1__ExtractResult *result, const char *problem)
{
    struct waiter *w = arg;
    w->calls++;
    w->result = result;
    w->problem = problem;
}

static void on_done(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                    size_t size)
{
    (void)arg, (void)tag, (void)outcome, (void)bytes, (void)size;
}

static int set_up(void **state)
{
    static char *argv[] = {"/proc/self/exe", "--worker", NULL};
    static struct run r;
    const struct workers_options o = {.name = "extract",
                                      .processes = 1,
                                      .depth = 1,
                                      .deadline_ms = 60000,
                                      .answer_max = 1024,
                                      .argv = argv};
    r.loop = loop_new();
    r.workers = workers_new(r.loop, &o, on_done, NULL);
    r.lend = lend_new();
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    struct run *r = *state;
    lend_free(&r->lend);
    lend_free(&r->lend); // of none
    workers_free(&r->workers);
    loop_free(&r->loop);
    return 0;
}

static void lend(struct run *r, uint64_t tag, struct waiter *w)
{
    Newswire__V1__ExtractTask task = NEWSWIRE__V1__EXTRACT_TASK__INIT;
    task.url = (char *)"http://例子.中国/要闻";
    lend_out(r->lend, r->workers, tag, &task, on_read, w);
}

static void each_answer_goes_to_who_waits_for_it_once(void **state)
{
    struct run *r = *state;
    struct waiter one = {0}, two = {0};
    Newswire__V1__ExtractResult result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    lend(r, 7, &one), lend(r, 8, &two);
    assert_int_equal(workers_waiting(r->workers), 2);
    assert_true(lend_back(r->lend, 8, NULL, "它使三个进程崩溃"));
    assert_int_equal(one.calls, 0);
    assert_null(two.result);
    assert_string_equal(two.problem, "它使三个进程崩溃");
    assert_true(lend_back(r->lend, 7, &result, NULL));
    assert_ptr_equal(one.result, &result);
    assert_false(lend_back(r->lend, 7, &result, NULL));
    assert_int_equal(one.calls, 1);
    assert_int_equal(two.calls, 1);
}

static void a_task_of_others_is_not_ours(void **state)
{
    struct run *r = *state;
    assert_false(lend_back(r->lend, 7, NULL, "late"));
}

static void who_is_gone_is_not_called_and_nobody_else_forgotten(void **state)
{
    struct run *r = *state;
    struct waiter gone = {0}, there = {0};
    lend(r, 1, &gone), lend(r, 2, &there), lend(r, 3, &gone);
    lend_forget(r->lend, &gone);
    for (uint64_t tag = 1; tag <= 3; tag++)
        assert_true(lend_back(r->lend, tag, NULL, "problem"));
    assert_int_equal(gone.calls, 0);
    assert_int_equal(there.calls, 1);
}

static void at_the_end_nobody_is_called(void **state)
{
    struct run *r = *state;
    struct waiter w = {0};
    lend(r, 1, &w);
    lend_free(&r->lend);
    assert_int_equal(w.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return pause();
    const struct CMUnitTest tests[] = {
        TEST(each_answer_goes_to_who_waits_for_it_once),
        TEST(a_task_of_others_is_not_ours),
        TEST(who_is_gone_is_not_called_and_nobody_else_forgotten),
        TEST(at_the_end_nobody_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
