// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/fetcher/dispatch.h"

static const struct route A = {2, "A"}, B = {2, "B"};

static void hello(struct dispatch *d, const struct route *peer, uint32_t window, int64_t now)
{
    dispatch_hello(d, peer, 1, window, 1 << 20, now);
}

// Leases one row; 'A', 'B', or what was answered instead.
static char lease(struct dispatch *d, uint64_t sequence, size_t size, int64_t now)
{
    struct route peer;
    enum lease l = dispatch_lease(d, sequence, size, now, &peer);
    return l == LEASE_GIVEN ? (char)peer.id[0] : l == LEASE_KNOWN ? 'k' : '-';
}

static uint64_t again(struct dispatch *d, int64_t now)
{
    struct route peer;
    uint64_t sequence = 0;
    return dispatch_again(d, now, &peer, &sequence) ? sequence : 0;
}

static void sessions_take_turns(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    hello(d, &B, 10, 0);
    char got[5] = "";
    for (uint64_t n = 1; n <= 4; n++)
        got[n - 1] = lease(d, n, 1, 0);
    assert_string_equal(got, "ABAB");
    dispatch_free(&d);
}

static void a_window_is_filled_in_count_and_bytes_and_never_beyond(void **state)
{
    static const struct {
        uint32_t window;
        uint64_t bytes;
        size_t sizes[4];
        const char *want; // who gets each row, '-' for nobody
    } cases[] = {
        {2, 1000, {10, 10, 10, 0}, "AA-"},
        {10, 30, {10, 20, 1, 0}, "AA-"},
        {10, 30, {10, 21, 0, 0}, "A-"},
        {1, 30, {31, 0, 0, 0}, "A"}, // alone, of any size
        {10, 30, {500, 1, 0, 0}, "A-"},
        {0, 30, {1, 0, 0, 0}, "-"},
        {10, UINT64_MAX, {1 << 20, 1 << 20, 1, 0}, "AAA"},
    };
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct dispatch *d = dispatch_new();
        dispatch_hello(d, &A, 1, cases[c].window, cases[c].bytes, 0);
        char got[5] = "";
        for (size_t i = 0; i < 4 && cases[c].sizes[i]; i++)
            got[i] = lease(d, i + 1, cases[c].sizes[i], 0);
        assert_string_equal(got, cases[c].want);
        dispatch_free(&d);
    }
}

static void the_cursor_stays_before_a_row_that_nobody_can_take(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    assert_int_equal(lease(d, 7, 1, 0), '-');
    assert_int_equal(dispatch_cursor(d), 0);
    hello(d, &A, 1, 0);
    assert_int_equal(lease(d, 7, 1, 0), 'A');
    assert_int_equal(dispatch_cursor(d), 7);
    dispatch_free(&d);
}

static void after_a_rewind_known_rows_are_skipped(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0), lease(d, 2, 1, 0);
    dispatch_return(d, &A, 2, 1000, 0);
    dispatch_rewind(d);
    assert_int_equal(lease(d, 1, 1, 0), 'k'); // leased
    assert_int_equal(lease(d, 2, 1, 0), 'k'); // waiting
    assert_int_equal(lease(d, 3, 1, 0), 'A');
    dispatch_free(&d);
}

static void what_ends_a_session_frees_its_rows(void **state)
{
    enum ending { BYE, SILENCE, NEW_HELLO };
    (void)state;
    for (enum ending ending = BYE; ending <= NEW_HELLO; ending++) {
        struct dispatch *d = dispatch_new();
        hello(d, &A, 10, 0);
        lease(d, 1, 1, 0);
        int64_t now = ending == SILENCE ? DISPATCH_SILENCE_MS : 1;
        if (ending == BYE)
            dispatch_gone(d, &A, now);
        else if (ending == SILENCE)
            dispatch_tick(d, now);
        else
            hello(d, &A, 10, now);
        assert_int_equal(dispatch_leased(d), 0);
        hello(d, &B, 10, now);
        assert_int_equal(again(d, now), 1);
        dispatch_free(&d);
    }
}

static void a_lease_lives_as_long_as_heartbeats_name_it(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    static const uint64_t held[] = {1, 99};
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0), lease(d, 2, 1, 0);
    int64_t now = 0;
    for (; now < 2 * DISPATCH_LEASE_MS; now += 1000) {
        assert_true(dispatch_alive(d, &A, 1, held, 2, now));
        dispatch_tick(d, now);
    }
    assert_int_equal(dispatch_leased(d), 1);
    dispatch_gone(d, &B, now); // unknown: nothing
    assert_int_equal(again(d, now), 2);
    dispatch_free(&d);
}

static void only_the_session_of_the_connection_is_alive(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    assert_false(dispatch_alive(d, &A, 1, NULL, 0, 0));
    dispatch_hello(d, &A, 5, 10, 100, 0);
    assert_false(dispatch_alive(d, &A, 4, NULL, 0, 0));
    assert_false(dispatch_alive(d, &B, 5, NULL, 0, 0));
    assert_true(dispatch_alive(d, &A, 5, NULL, 0, 0));
    dispatch_free(&d);
}

static void another_session_cannot_renew_or_return_a_lease(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    static const uint64_t held[] = {1};
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0);
    hello(d, &B, 10, 0);
    dispatch_return(d, &B, 1, 0, 0);
    assert_int_equal(dispatch_leased(d), 1);
    for (int64_t now = 0; now <= DISPATCH_LEASE_MS; now += 1000) {
        dispatch_alive(d, &A, 1, NULL, 0, now);
        dispatch_alive(d, &B, 1, held, 1, now);
        dispatch_tick(d, now);
    }
    assert_int_equal(dispatch_leased(d), 0);
    dispatch_free(&d);
}

static void done_is_done_whoever_says_so_and_however_often(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0), lease(d, 2, 1, 0);
    dispatch_return(d, &A, 2, 0, 0); // waits
    dispatch_done(d, 1), dispatch_done(d, 1), dispatch_done(d, 2), dispatch_done(d, 77);
    dispatch_return(d, &A, 1, 0, 0);
    assert_int_equal(dispatch_leased(d), 0);
    assert_int_equal(again(d, 1000), 0);
    dispatch_free(&d);
}

static void a_returned_row_waits_its_pause(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0);
    dispatch_return(d, &A, 1, 1000, 500);
    assert_int_equal(again(d, 1499), 0);
    assert_int_equal(again(d, 1500), 1);
    dispatch_free(&d);
}

static void after_twenty_deliveries_a_row_goes_alone_and_ever_rarer(void **state)
{
    static const int64_t want_minutes[] = {1, 2, 4, 8, 16, 32, 60, 60};
    (void)state;
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    lease(d, 1, 1, 0);
    int64_t now = 0;
    for (int i = 1; i < DISPATCH_TRIES; i++) {
        dispatch_return(d, &A, 1, 0, ++now);
        assert_int_equal(again(d, now), 1);
    }
    for (size_t i = 0; i < sizeof want_minutes / sizeof *want_minutes; i++) {
        int64_t pause = want_minutes[i] * 60000;
        dispatch_return(d, &A, 1, 0, now);
        assert_int_equal(again(d, now + pause - 1), 0);
        now += pause;
        assert_int_equal(lease(d, 100 + i, 1, now), 'A');
        assert_int_equal(again(d, now), 0); // there is another row
        dispatch_done(d, 100 + i);
        assert_int_equal(again(d, now), 1);
        assert_int_equal(lease(d, 200 + i, 1, now), '-'); // it is not given company
        assert_int_equal(dispatch_room(d), 0);
    }
    dispatch_free(&d);
}

static void what_comes_back_cannot_crowd_out_what_is_new(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    enum { ROWS = 5000 };
    dispatch_hello(d, &A, 1, ROWS, UINT64_MAX, 1);
    for (uint64_t n = 1; n <= ROWS; n++)
        lease(d, n, 1, 1);
    dispatch_hello(d, &A, 2, ROWS, UINT64_MAX, 1);
    int given = 0;
    for (int64_t now = 1; now <= 2001; now += 10)
        while (again(d, now))
            given++;
    int burst = 2 * DISPATCH_AGAIN_RATE, steady = 2 * DISPATCH_AGAIN_RATE;
    assert_in_range(given, steady, burst + steady + 1);
    dispatch_free(&d);
}

static void a_row_tells_how_it_is_doing(void **state)
{
    (void)state;
    struct dispatch_row row = {0};
    struct dispatch *d = dispatch_new();
    hello(d, &A, 10, 0);
    assert_false(dispatch_look(d, 1, &row)); // nobody had it yet
    lease(d, 1, 1, 100);
    assert_true(dispatch_look(d, 1, &row));
    assert_true(row.leased);
    assert_int_equal(row.deliveries, 1);
    assert_int_equal(row.at, 100 + DISPATCH_LEASE_MS);
    dispatch_return(d, &A, 1, 700, 200);
    assert_true(dispatch_look(d, 1, &row));
    assert_false(row.leased);
    assert_int_equal(row.at, 900);
    assert_int_equal(again(d, 900), 1);
    assert_true(dispatch_look(d, 1, &row));
    assert_int_equal(row.deliveries, 2);
    dispatch_done(d, 1);
    assert_false(dispatch_look(d, 1, &row));
    dispatch_free(&d);
}

// The only session always has something: one row of each pair is done when the next one comes.
static void a_busy_session_is_emptied_now_and_then_for_a_row_on_probation(void **state)
{
    (void)state;
    struct dispatch *d = dispatch_new();
    int64_t now = 0;
    hello(d, &A, 2, now);
    lease(d, 1, 1, now);
    for (int n = 1; n < DISPATCH_TRIES; n++) {
        dispatch_return(d, &A, 1, 0, now += 1000);
        dispatch_alive(d, &A, 1, NULL, 0, now);
        assert_int_equal(again(d, now), 1);
    }
    dispatch_return(d, &A, 1, 0, now);
    int alone = 0, others = 0;
    uint64_t next = 2;
    for (uint64_t held = 0; now < 10 * DISPATCH_PROBATION_MS;) {
        dispatch_alive(d, &A, 1, NULL, 0, now += 1000);
        dispatch_tick(d, now);
        if (again(d, now) == 1) {
            assert_int_equal(dispatch_leased(d), 1);
            alone++;
            dispatch_return(d, &A, 1, 0, now);
        }
        if (lease(d, next, 1, now) == 'A') {
            others++;
            if (held)
                dispatch_done(d, held);
            held = next++;
        } else {
            dispatch_done(d, held);
            held = 0;
        }
    }
    assert_in_range(alone, 3, 9); // after pauses of 1, 2, 4 minutes
    assert_true(others > 500);    // a second each
    dispatch_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_take_turns),
        cmocka_unit_test(a_window_is_filled_in_count_and_bytes_and_never_beyond),
        cmocka_unit_test(the_cursor_stays_before_a_row_that_nobody_can_take),
        cmocka_unit_test(after_a_rewind_known_rows_are_skipped),
        cmocka_unit_test(what_ends_a_session_frees_its_rows),
        cmocka_unit_test(a_lease_lives_as_long_as_heartbeats_name_it),
        cmocka_unit_test(only_the_session_of_the_connection_is_alive),
        cmocka_unit_test(another_session_cannot_renew_or_return_a_lease),
        cmocka_unit_test(done_is_done_whoever_says_so_and_however_often),
        cmocka_unit_test(a_returned_row_waits_its_pause),
        cmocka_unit_test(after_twenty_deliveries_a_row_goes_alone_and_ever_rarer),
        cmocka_unit_test(a_busy_session_is_emptied_now_and_then_for_a_row_on_probation),
        cmocka_unit_test(what_comes_back_cannot_crowd_out_what_is_new),
        cmocka_unit_test(a_row_tells_how_it_is_doing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
