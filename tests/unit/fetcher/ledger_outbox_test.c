// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/fetcher/ledger_place.h"

static void the_third_poison_buries_and_a_retry_starts_anew(void **state)
{
    struct place *p = *state;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0], n = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= 3; i++) {
            bool dead = i < 3;
            assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "it crashes", 5, &dead), OK);
            assert_true(dead == (i == 3));
        }
        assert_int_equal(flushed_outbox(p->ledger).n, 0);
        assert_int_equal(counts(p->ledger).dead, 1);
        assert_int_equal(ledger_dead_retry(p->ledger, "", &n), OK);
        assert_int_equal(n, 1);
        assert_int_equal(flushed_outbox(p->ledger).n, 1);
    }
}

// Two classifiers may have had the row, one in vain.
static void poison_for_a_row_that_is_done_is_not_found(void **state)
{
    struct place *p = *state;
    bool dead = false;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0];
    assert_int_equal(ledger_outbox_done(p->ledger, sequence), OK);
    assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "late", 5, &dead), ERR_NOTFOUND);
    assert_int_equal(ledger_outbox_poison(p->ledger, UINT64_MAX, "never", 5, &dead), ERR_NOTFOUND);
    assert_false(dead);
    assert_int_equal(ledger_flush(p->ledger), OK);
}

static void keep_dead(void *arg, const Newswire__V1__DeadLetter *d)
{
    char *line = arg;
    snprintf(line, 200, "%s|%s|%s|%" PRId64, d->id, d->title, d->reason, d->at_ms);
}

static void a_dead_letter_says_what_it_is_and_why(void **state)
{
    struct place *p = *state;
    char line[200] = "";
    bool dead;
    uint64_t n;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0];
    for (int i = 0; i < 3; i++)
        assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "分类器崩溃", 5, &dead), OK);
    assert_int_equal(ledger_dead(p->ledger, 10, keep_dead, line), OK);
    assert_string_equal(
        line, "00000000000000000000000000000001|A company announces its results|分类器崩溃|5");
    assert_int_equal(ledger_dead_drop(p->ledger, "nobody", 6, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(ledger_dead_drop(p->ledger, "00000000000000000000000000000001", 6, &n), OK);
    assert_int_equal(n, 1);
    assert_int_equal(counts(p->ledger).dead, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_third_poison_buries_and_a_retry_starts_anew),
        TEST(poison_for_a_row_that_is_done_is_not_found),
        TEST(a_dead_letter_says_what_it_is_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
