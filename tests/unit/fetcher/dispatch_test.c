// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/dispatch.h"

static struct route route(unsigned n)
{
    struct route r = {.size = 5};
    memcpy(r.id + 1, &n, sizeof n);
    return r;
}

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

// A naive model: arrays, looked through from end to end. Random events go to both, and after each
// the invariants of the protocol are checked (proto/PROTOCOL.md).

enum { ROWS = 400, PEERS = 6, EVENTS = 300000 };

enum row_state { BEYOND, LEASED, WAITING, DONE };

struct model_row {
    enum row_state state;
    unsigned peer, deliveries;
    size_t size;
    int64_t until, ready;
};

struct model_session {
    bool open;
    uint64_t id;
    uint32_t window;
    uint64_t bytes;
    int64_t heard;
};

struct model {
    struct dispatch *d;
    struct model_row rows[ROWS + 1]; // by sequence
    struct model_session sessions[PEERS];
    uint64_t newest, next_id, delivered;
    int64_t now;
    uint64_t random;
};

static unsigned roll(struct model *m, unsigned below) // xorshift64* (Vigna 2016)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return (unsigned)((m->random * 0x2545F4914F6CDD1Du) >> 33) % below;
}

static size_t count(const struct model *m, unsigned peer, uint64_t *bytes)
{
    size_t n = 0;
    *bytes = 0;
    for (uint64_t s = 1; s <= m->newest; s++)
        if (m->rows[s].state == LEASED && m->rows[s].peer == peer) {
            n++;
            *bytes += m->rows[s].size;
        }
    return n;
}

static void model_wait(struct model *m, struct model_row *row, int64_t pause)
{
    if (row->deliveries >= DISPATCH_TRIES && pause < DISPATCH_PROBATION_MS)
        pause = DISPATCH_PROBATION_MS;
    row->state = WAITING;
    row->ready = m->now + pause;
}

static void model_close(struct model *m, unsigned peer)
{
    m->sessions[peer].open = false;
    for (uint64_t s = 1; s <= m->newest; s++)
        if (m->rows[s].state == LEASED && m->rows[s].peer == peer)
            model_wait(m, &m->rows[s], 0);
}

static void check_given(struct model *m, uint64_t sequence, const struct route *peer)
{
    struct model_row *row = &m->rows[sequence];
    unsigned p;
    memcpy(&p, peer->id + 1, sizeof p);
    assert_true(row->state == BEYOND || row->state == WAITING); // to one session at most
    assert_true(p < PEERS && m->sessions[p].open);
    if (row->state == WAITING)
        assert_true(row->ready <= m->now);
    row->state = LEASED;
    row->peer = p;
    row->deliveries++;
    row->until = m->now + DISPATCH_LEASE_MS;
    m->delivered++;
    uint64_t bytes;
    size_t n = count(m, p, &bytes);
    assert_true(n <= m->sessions[p].window);
    assert_true(bytes <= m->sessions[p].bytes || n == 1);
    for (uint64_t s = 1; s <= m->newest; s++) // what is on probation is alone
        if (m->rows[s].state == LEASED && m->rows[s].peer == p &&
            m->rows[s].deliveries > DISPATCH_TRIES)
            assert_int_equal(n, 1);
}

// As work.c does: what waits first, then what is new.
static void pump(struct model *m)
{
    struct route peer;
    uint64_t sequence;
    while (dispatch_again(m->d, m->now, &peer, &sequence))
        check_given(m, sequence, &peer);
    for (uint64_t s = dispatch_cursor(m->d) + 1; s <= m->newest; s++) {
        if (m->rows[s].state == DONE)
            continue;
        enum lease l = dispatch_lease(m->d, s, m->rows[s].size, m->now, &peer);
        assert_true((l == LEASE_KNOWN) ==
                    (m->rows[s].state == LEASED || m->rows[s].state == WAITING));
        if (l == LEASE_NO_ROOM)
            break;
        if (l == LEASE_GIVEN)
            check_given(m, s, &peer);
        assert_int_equal(dispatch_cursor(m->d), s);
    }
}

static void event_hello(struct model *m, unsigned p)
{
    struct route peer = route(p);
    model_close(m, p);
    m->sessions[p] =
        (struct model_session){true, ++m->next_id, roll(m, 12), 1 + roll(m, 5000), m->now};
    dispatch_hello(m->d, &peer, m->next_id, m->sessions[p].window, m->sessions[p].bytes, m->now);
}

static void event_heartbeat(struct model *m, unsigned p)
{
    struct route peer = route(p);
    uint64_t held[8] = {0}, id = m->sessions[p].id - (roll(m, 10) == 0);
    size_t n = roll(m, 8);
    for (size_t i = 0; i < n; i++)
        held[i] = 1 + roll(m, ROWS + 10);
    bool known = m->sessions[p].open && id == m->sessions[p].id;
    assert_true(dispatch_alive(m->d, &peer, id, held, n, m->now) == known);
    if (!known)
        return;
    m->sessions[p].heard = m->now;
    for (size_t i = 0; i < n; i++)
        if (held[i] <= ROWS && m->rows[held[i]].state == LEASED && m->rows[held[i]].peer == p)
            m->rows[held[i]].until = m->now + DISPATCH_LEASE_MS;
}

static void event_tick(struct model *m)
{
    dispatch_tick(m->d, m->now);
    for (unsigned p = 0; p < PEERS; p++)
        if (m->sessions[p].open && m->now - m->sessions[p].heard >= DISPATCH_SILENCE_MS)
            model_close(m, p);
    for (uint64_t s = 1; s <= m->newest; s++)
        if (m->rows[s].state == LEASED && m->rows[s].until <= m->now)
            model_wait(m, &m->rows[s], 0);
}

static void event_done(struct model *m, uint64_t s)
{
    dispatch_done(m->d, s);
    if (s <= m->newest && m->rows[s].state != BEYOND)
        m->rows[s].state = DONE;
}

static void event_return(struct model *m, unsigned p, uint64_t s)
{
    struct route peer = route(p);
    int64_t pause = roll(m, 3) * 500;
    dispatch_return(m->d, &peer, s, pause, m->now);
    if (s <= m->newest && m->rows[s].state == LEASED && m->rows[s].peer == p)
        model_wait(m, &m->rows[s], pause);
}

// Buried rows come alive again, and the outbox is read from its beginning.
static void event_rewind(struct model *m)
{
    for (uint64_t s = 1; s <= m->newest; s++)
        if (m->rows[s].state == DONE && roll(m, 4) == 0)
            m->rows[s] = (struct model_row){.size = m->rows[s].size};
    dispatch_rewind(m->d);
}

static void step(struct model *m)
{
    unsigned p = roll(m, PEERS);
    uint64_t s = 1 + roll(m, ROWS + 5);
    m->now += roll(m, 20) ? roll(m, 30) : roll(m, 3000);
    unsigned kind = roll(m, 100);
    if (kind < 3) {
        event_hello(m, p);
    } else if (kind < 40) {
        event_heartbeat(m, p);
    } else if (kind < 50) {
        event_tick(m);
    } else if (kind < 60) {
        event_done(m, s);
    } else if (kind < 90) {
        event_return(m, p, s);
    } else if (kind < 91) {
        struct route peer = route(p);
        dispatch_gone(m->d, &peer, m->now);
        model_close(m, p);
    } else if (kind < 92) {
        event_rewind(m);
    } else if (m->newest < ROWS) {
        m->rows[++m->newest].size = 1 + roll(m, 1500);
    }
    pump(m);
}

static void check_counts(const struct model *m)
{
    size_t leased = 0, sessions = 0;
    for (uint64_t s = 1; s <= m->newest; s++) {
        leased += m->rows[s].state == LEASED;
        assert_true(m->rows[s].state != BEYOND || s > dispatch_cursor(m->d));
    }
    for (unsigned p = 0; p < PEERS; p++)
        sessions += m->sessions[p].open;
    assert_int_equal(dispatch_leased(m->d), leased);
    assert_int_equal(dispatch_sessions(m->d), sessions);
}

static size_t left(const struct model *m)
{
    size_t n = 0;
    for (uint64_t s = 1; s <= m->newest; s++)
        n += m->rows[s].state != DONE;
    return n;
}

// With one willing session and time, everything that is not done is delivered.
static void check_all_arrive(struct model *m)
{
    for (unsigned p = 0; p < PEERS; p++) {
        struct route peer = route(p);
        dispatch_gone(m->d, &peer, m->now);
        model_close(m, p);
    }
    struct route peer = route(0);
    m->sessions[0] = (struct model_session){true, ++m->next_id, 50, 1 << 20, m->now};
    dispatch_hello(m->d, &peer, m->next_id, 50, 1 << 20, m->now);
    for (int hour = 0; hour < 2 * ROWS && left(m); hour++) {
        m->now += DISPATCH_PROBATION_MAX_MS;
        assert_true(dispatch_alive(m->d, &peer, m->next_id, NULL, 0, m->now));
        pump(m);
        for (uint64_t s = 1; s <= m->newest; s++)
            if (m->rows[s].state == LEASED)
                event_done(m, s);
    }
    assert_int_equal(left(m), 0);
    assert_int_equal(dispatch_leased(m->d), 0);
}

static void no_order_of_events_breaks_the_protocol(void **state)
{
    static const uint64_t seeds[] = {1, 42, 20240229, 0xC0FFEE, 0x9E3779B97F4A7C15};
    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        static struct model m;
        m = (struct model){.d = dispatch_new(), .random = seeds[i], .now = 1};
        for (int n = 0; n < EVENTS / 5; n++) {
            step(&m);
            check_counts(&m);
        }
        assert_true(m.delivered > 1000);
        check_all_arrive(&m);
        dispatch_free(&m.d);
    }
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
        cmocka_unit_test(what_comes_back_cannot_crowd_out_what_is_new),
        cmocka_unit_test(no_order_of_events_breaks_the_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
