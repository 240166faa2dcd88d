// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "services/fetcher/flush.h"
#include "tests/unit/fetcher/place.h"

enum { GIVE_UP_MS = 60000 };

struct run {
    struct place *place;
    struct loop *loop;
    struct timer *give_up;
    struct flush *flush;
    int flushes;
};

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(arg, 1);
}

static void after(void *arg)
{
    struct run *r = arg;
    r->flushes++;
    loop_stop(r->loop, 0);
}

static int set_up(void **state)
{
    static struct run r;
    r = (struct run){.loop = loop_new()};
    place_set_up((void **)&r.place);
    r.give_up = timer_new(r.loop, on_give_up, r.loop);
    r.flush = flush_new(r.loop, r.place->ledger, after, &r);
    timer_set(r.give_up, GIVE_UP_MS, false);
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    struct run *r = *state;
    flush_free(&r->flush);
    timer_free(&r->give_up);
    loop_free(&r->loop);
    return place_tear_down((void **)&r->place);
}

static void change(struct run *r)
{
    assert_int_equal(ledger_tell(r->place->ledger, "source 1", 5, "轮询", ""), OK);
}

static void count_event(void *arg, const Newswire__V1__Event *e)
{
    (void)e;
    ++*(int *)arg;
}

// Of what was told, after a crash.
static int kept(struct run *r)
{
    int n = 0;
    place_reopen(r->place);
    assert_int_equal(ledger_story(r->place->ledger, "source 1", count_event, &n), OK);
    return n;
}

static void changes_are_flushed_soon_and_together(void **state)
{
    struct run *r = *state;
    for (int i = 0; i < 3; i++) {
        change(r);
        flush_soon(r->flush);
    }
    assert_int_equal(r->flushes, 0);
    assert_int_equal(loop_run(r->loop), 0);
    assert_int_equal(r->flushes, 1);
    assert_false(ledger_dirty(r->place->ledger));
}

static void who_waits_has_it_at_once_and_not_again(void **state)
{
    struct run *r = *state;
    change(r);
    flush_soon(r->flush);
    flush_now(r->flush);
    assert_int_equal(r->flushes, 1);
    assert_false(ledger_dirty(r->place->ledger));
    flush_now(r->flush); // nothing to write: nobody is told
    assert_int_equal(r->flushes, 1);
    change(r);
    flush_soon(r->flush);
    assert_int_equal(loop_run(r->loop), 0);
    assert_int_equal(r->flushes, 2);
}

static void the_end_flushes_what_waits(void **state)
{
    struct run *r = *state;
    change(r);
    flush_free(&r->flush);
    flush_free(&r->flush); // of none
    assert_int_equal(kept(r), 1);
}

static void a_ledger_that_fails_ends_the_process_for_now(void **state)
{
    struct run *r = *state;
    int status;
    ledger_must(r->place->ledger, OK);
    pid_t child = fork();
    if (child == 0) {
        ledger_must(r->place->ledger, ERR_IO);
        _exit(EX_OK);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EX_TEMPFAIL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes_are_flushed_soon_and_together),
        TEST(who_waits_has_it_at_once_and_not_again),
        TEST(the_end_flushes_what_waits),
        TEST(a_ledger_that_fails_ends_the_process_for_now),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
