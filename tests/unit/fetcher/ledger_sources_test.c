// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fetcher/ledger_place.h"

static void a_source_is_added_once(void **state)
{
    struct place *p = *state;
    struct source s = {.url =
                           (char *)(uintptr_t) "http://例え.example/?a='; DROP TABLE sources; --"};
    uint64_t number, again;
    assert_int_equal(ledger_source_add(p->ledger, &s, &number), OK);
    assert_int_equal(ledger_source_add(p->ledger, &s, &again), ERR_EXISTS);
    assert_int_equal(ledger_flush(p->ledger), OK);
    place_reopen(p);
    struct source *found;
    assert_int_equal(ledger_source_find(p->ledger, s.url, &found), OK);
    assert_true(found->number == number);
    assert_string_equal(found->url, s.url);
    source_free(&found);
    assert_int_equal(counts(p->ledger).sources, 1);
}

static void count_due(void *arg, uint64_t number, const char *url, int64_t gap_ms)
{
    (void)number, (void)url, (void)gap_ms;
    ++*(int *)arg;
}

static void a_paused_source_is_never_due(void **state)
{
    struct place *p = *state;
    uint64_t number = add_source(p->ledger, "http://example.com/1"); // due at 5
    static const struct {
        int64_t now;
        bool paused;
        int want;
    } cases[] = {{4, false, 0}, {5, false, 1}, {1000, true, 0}, {1000, false, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int due = 0;
        int64_t at;
        assert_int_equal(ledger_source_pause(p->ledger, number, cases[i].paused), OK);
        assert_int_equal(ledger_due(p->ledger, cases[i].now, 10, count_due, &due), OK);
        assert_int_equal(due, cases[i].want);
        assert_int_equal(ledger_next_poll(p->ledger, &at), OK);
        assert_true(at == (cases[i].paused ? INT64_MAX : 5));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_source_is_added_once),
        TEST(a_paused_source_is_never_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
