// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/sink/turns.h"

enum { RATE = 1000000 }; // bytes a second

static struct route route(unsigned n)
{
    struct route r = {.size = 2, .id = {(uint8_t)(n >> 8), (uint8_t)n}};
    return r;
}

// A REPLAY as it arrives: packed and unpacked.
static pb_envelope *question(uint64_t after)
{
    Newswire__V1__Replay replay = NEWSWIRE__V1__REPLAY__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT, *arrived;
    struct buf bytes = buf_new(MESSAGE_MAX);
    struct problem why;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_REPLAY;
    e.replay = &replay;
    replay.after = after;
    assert_int_equal(wire_pack(&e.base, &bytes), OK);
    assert_int_equal(wire_envelope(bytes.data, bytes.size, &arrived, &why), OK);
    buf_free(&bytes);
    return arrived;
}

static enum err add(struct turns *t, unsigned who, uint64_t after)
{
    struct route r = route(who);
    pb_envelope *e = question(after);
    enum err result = turns_add(t, &r, &e);
    assert_null(e);
    return result;
}

static void want_next(struct turns *t, int64_t now, unsigned who, uint64_t after)
{
    struct route from, want = route(who);
    pb_envelope *e;
    int64_t wait;
    assert_int_equal(turns_next(t, now, &from, &e, &wait), OK);
    assert_true(route_equal(&from, &want));
    assert_int_equal(e->replay->after, after);
    wire_envelope_free(&e);
}

static enum err try_next(struct turns *t, int64_t now, int64_t *wait)
{
    struct route from;
    pb_envelope *e = NULL;
    enum err result = turns_next(t, now, &from, &e, wait);
    wire_envelope_free(&e);
    return result;
}

static void first_come_first_served(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    int64_t wait;
    assert_int_equal(try_next(t, 0, &wait), ERR_NOTFOUND);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(add(t, i, i * 10), OK);
    for (unsigned i = 0; i < 5; i++)
        want_next(t, 0, i, i * 10);
    assert_int_equal(try_next(t, 0, &wait), ERR_NOTFOUND);
    turns_free(&t);
}

static void a_newer_question_takes_the_place_of_the_older(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    add(t, 1, 10);
    add(t, 2, 20);
    add(t, 1, 11);
    assert_int_equal(turns_waiting(t), 2);
    want_next(t, 0, 1, 11);
    want_next(t, 0, 2, 20);
    turns_free(&t);
}

static void who_has_used_up_the_rate_waits_as_long_as_it_takes(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    int64_t wait = 0;
    add(t, 1, 0);
    add(t, 2, 0);
    want_next(t, 5000, 1, 0);
    turns_spent(t, RATE / 2); // a tenth of a second's worth was in hand
    assert_int_equal(try_next(t, 5000, &wait), ERR_BUSY);
    assert_int_equal(wait, 401);
    assert_int_equal(try_next(t, 5399, &wait), ERR_BUSY);
    want_next(t, 5400, 2, 0);
    turns_free(&t);
}

static void what_is_not_used_is_not_saved_up(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    int64_t wait;
    add(t, 1, 0);
    want_next(t, 0, 1, 0);
    add(t, 1, 0);
    want_next(t, 3600000, 1, 0);
    turns_spent(t, RATE / 10 + 1);
    add(t, 1, 0);
    assert_int_equal(try_next(t, 3600000, &wait), ERR_BUSY);
    turns_free(&t);
}

static void over_a_minute_the_rate_is_kept(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    int64_t now = 0, wait, given = 0;
    while (now < 60000) {
        add(t, 1, 0);
        if (try_next(t, now, &wait) == OK) {
            turns_spent(t, 300000);
            given += 300000;
        } else {
            now += wait;
        }
    }
    assert_in_range(given, 59 * RATE, 61 * RATE);
    turns_free(&t);
}

static void too_many_are_dropped_not_stored(void **state)
{
    (void)state;
    struct turns *t = turns_new(RATE);
    for (unsigned i = 0; i < TURNS_MAX; i++)
        assert_int_equal(add(t, i, 0), OK);
    assert_int_equal(add(t, TURNS_MAX, 0), ERR_LIMIT);
    assert_int_equal(add(t, 5, 1), OK);
    assert_int_equal(turns_waiting(t), TURNS_MAX);
    turns_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(a_newer_question_takes_the_place_of_the_older),
        cmocka_unit_test(who_has_used_up_the_rate_waits_as_long_as_it_takes),
        cmocka_unit_test(what_is_not_used_is_not_saved_up),
        cmocka_unit_test(over_a_minute_the_rate_is_kept),
        cmocka_unit_test(too_many_are_dropped_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
