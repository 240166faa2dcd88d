// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/work_queue.h"

static struct work_queue *queue_of(size_t workers, size_t depth, uint64_t tasks)
{
    struct work_queue *q = work_queue_new(workers, depth);
    for (uint64_t tag = 1; tag <= tasks; tag++) {
        struct task *t = mem_alloc(sizeof *t);
        t->tag = tag;
        work_queue_add(q, &t);
    }
    return q;
}

static uint64_t give(struct work_queue *q, size_t worker)
{
    const struct task *t = work_queue_give(q, worker);
    return t ? t->tag : 0;
}

static uint64_t taken(struct task *t)
{
    uint64_t tag = t ? t->tag : 0;
    free(t);
    return tag;
}

static void a_worker_gets_as_many_as_the_depth_and_answers_in_order(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(1, 2, 3);
    assert_int_equal(give(q, 0), 1);
    assert_int_equal(give(q, 0), 2);
    assert_int_equal(give(q, 0), 0);
    assert_int_equal(taken(work_queue_answered(q, 0)), 1);
    assert_int_equal(give(q, 0), 3);
    assert_int_equal(work_queue_first(q, 0)->tag, 2);
    assert_int_equal(work_queue_size(q), 2);
    work_queue_free(&q);
}

static void only_the_task_the_worker_was_on_is_blamed(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(1, 3, 4);
    give(q, 0), give(q, 0), give(q, 0);
    assert_null(work_queue_died(q, 0, true));
    const struct task *suspect = work_queue_give(q, 0);
    assert_int_equal(suspect->tag, 1);
    assert_int_equal(suspect->deaths, 1);
    assert_int_equal(give(q, 0), 0); // it is tried alone
    assert_int_equal(taken(work_queue_answered(q, 0)), 1);
    for (uint64_t want = 2; want <= 4; want++) {
        const struct task *t = work_queue_give(q, 0);
        assert_int_equal(t->tag, want);
        assert_int_equal(t->deaths, 0);
    }
    work_queue_free(&q);
}

static void the_third_death_is_poison(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(1, 3, 2);
    for (int death = 1; death < DEATHS_TO_POISON; death++) {
        assert_int_equal(give(q, 0), 1);
        assert_null(work_queue_died(q, 0, true));
    }
    assert_int_equal(give(q, 0), 1);
    assert_int_equal(taken(work_queue_died(q, 0, true)), 1);
    assert_int_equal(give(q, 0), 2);
    assert_int_equal(work_queue_size(q), 1);
    work_queue_free(&q);
}

static void a_worker_that_dies_idle_is_held_against_nothing(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(2, 1, 1);
    assert_null(work_queue_died(q, 0, false));
    assert_int_equal(work_queue_give(q, 1)->deaths, 0);
    work_queue_free(&q);
}

static void a_task_that_was_not_begun_is_not_blamed(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(1, 2, 3);
    for (int death = 0; death < 5; death++) {
        assert_int_equal(give(q, 0), 1);
        assert_int_equal(give(q, 0), 2);
        assert_null(work_queue_died(q, 0, false));
    }
    work_queue_free(&q);
}

static void a_suspect_that_was_not_begun_stays_one(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(2, 2, 3);
    give(q, 0);
    assert_null(work_queue_died(q, 0, true));
    assert_int_equal(give(q, 0), 1);
    assert_int_equal(give(q, 1), 2);
    for (int death = 0; death < 5; death++) {
        assert_null(work_queue_died(q, 0, false));
        assert_int_equal(give(q, 1), 0); // not beside another
        assert_int_equal(give(q, 0), 1);
        assert_int_equal(give(q, 0), 0);
    }
    assert_null(work_queue_died(q, 0, false));
    assert_int_equal(work_queue_give(q, 0)->deaths, 1);
    assert_int_equal(work_queue_size(q), 3);
    work_queue_free(&q);
}

static void busy_workers_run_empty_while_a_suspect_waits(void **state)
{
    (void)state;
    struct work_queue *q = queue_of(2, 2, 6);
    give(q, 0), give(q, 1), give(q, 0), give(q, 1); // 1 3, 2 4
    assert_null(work_queue_died(q, 0, true));
    assert_int_equal(taken(work_queue_answered(q, 1)), 2);
    assert_int_equal(give(q, 1), 0);
    assert_int_equal(taken(work_queue_answered(q, 1)), 4);
    assert_int_equal(give(q, 1), 1);
    assert_int_equal(give(q, 0), 3); // the other goes on meanwhile
    assert_int_equal(give(q, 0), 5);
    work_queue_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_gets_as_many_as_the_depth_and_answers_in_order),
        cmocka_unit_test(only_the_task_the_worker_was_on_is_blamed),
        cmocka_unit_test(the_third_death_is_poison),
        cmocka_unit_test(a_worker_that_dies_idle_is_held_against_nothing),
        cmocka_unit_test(a_task_that_was_not_begun_is_not_blamed),
        cmocka_unit_test(a_suspect_that_was_not_begun_stays_one),
        cmocka_unit_test(busy_workers_run_empty_while_a_suspect_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
