// SPDX-License-Identifier: MIT
// A naive model: arrays, looked through from end to end. Random events go to both, and after each
// the invariants of the protocol are checked (proto/PROTOCOL.md).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/fetcher/dispatch.h"

static struct route route(unsigned n)
{
    struct route r = {.size = 5};
    memcpy(r.id + 1, &n, sizeof n);
    return r;
}

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
        cmocka_unit_test(no_order_of_events_breaks_the_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
