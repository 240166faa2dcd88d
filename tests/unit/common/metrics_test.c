// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/metrics.h"

static void a_counter_stays_where_it_is_while_others_are_made(void **state)
{
    (void)state;
    uint64_t *first = metric("m_total");
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d_total", i);
        metric(name);
    }
    ++*first;
    assert_ptr_equal(metric("m_total"), first);
    assert_int_equal(*metric("m_total"), 1);
}

static void check_order(void *arg, const char *name, uint64_t value)
{
    char *last = arg;
    (void)value;
    assert_true(strcmp(last, name) < 0);
    snprintf(last, 32, "%s", name);
}

static void counters_are_visited_in_order_of_name(void **state)
{
    (void)state;
    char last[32] = "";
    metric("z_total");
    metric("a_total");
    metrics_each(check_order, last);
    assert_string_equal(last, "z_total");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_stays_where_it_is_while_others_are_made),
        cmocka_unit_test(counters_are_visited_in_order_of_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
