// SPDX-License-Identifier: MIT
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/loop.h"
#include "common/mem.h"
#include "common/socket.h"

enum { GIVE_UP_MS = 10000 };

static struct loop *loop;

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(arg, -1);
}

// Runs until somebody stops it; fails if nobody does.
static int run(void)
{
    struct timer *give_up = timer_new(loop, on_give_up, loop);
    timer_set(give_up, GIVE_UP_MS, false);
    int status = loop_run(loop);
    timer_free(&give_up);
    assert_int_not_equal(status, -1);
    return status;
}

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(&loop);
    assert_null(loop);
    loop_free(&loop);
    return 0;
}

// Timers.

struct note {
    char said[100];
    size_t n;
};

struct speaker {
    struct note *note;
    struct timer *timer, *other;
    int left;
    char word;
};

static void say(struct note *n, char word)
{
    n->said[n->n++] = word;
}

static void on_say(void *arg, struct timer *t)
{
    struct speaker *s = arg;
    assert_ptr_equal(t, s->timer);
    assert_false(timer_is_set(t));
    say(s->note, s->word);
}

static void on_stop(void *arg, struct timer *t)
{
    (void)arg, (void)t;
    loop_stop(loop, 7);
}

static void timers_fire_in_the_order_they_are_due(void **state)
{
    static const int due[] = {9, 1, 8, 2, 7, 3, 6, 4, 5, 0};
    enum { N = sizeof due / sizeof *due };
    (void)state;
    struct note note = {0};
    struct speaker speakers[N];
    for (size_t i = 0; i < N; i++) {
        speakers[i] = (struct speaker){.note = &note, .word = (char)('0' + due[i])};
        speakers[i].timer = timer_new(loop, on_say, &speakers[i]);
        timer_set(speakers[i].timer, due[i] * 10, false);
    }
    struct timer *stop = timer_new(loop, on_stop, NULL);
    timer_set(stop, 100, false);
    assert_int_equal(run(), 7);
    assert_string_equal(note.said, "0123456789");
    for (size_t i = 0; i < N; i++)
        timer_free(&speakers[i].timer);
    timer_free(&stop);
}

static void on_free_self(void *arg, struct timer *t)
{
    struct speaker *s = arg;
    (void)t;
    say(s->note, s->word);
    timer_free(&s->timer);
    timer_free(&s->other); // due as well
}

static void a_timer_may_free_itself_and_others(void **state)
{
    (void)state;
    struct note note = {0};
    struct speaker a = {.note = &note, .word = 'a'}, b = {.note = &note, .word = 'b'};
    a.timer = timer_new(loop, on_free_self, &a);
    b.timer = timer_new(loop, on_say, &b);
    a.other = b.timer;
    timer_set(a.timer, 0, true);
    timer_set(b.timer, 1, false);
    struct timer *stop = timer_new(loop, on_stop, NULL);
    timer_set(stop, 30, false);
    // Both are due when the loop begins.
    while (clock_monotonic_ms() < loop_now(loop) + 3)
        continue;
    run();
    assert_string_equal(note.said, "a");
    timer_free(&stop);
}

static void on_count(void *arg, struct timer *t)
{
    struct speaker *s = arg;
    if (--s->left == 0) {
        timer_stop(t);
        loop_stop(loop, 0);
    }
}

static void a_repeating_timer_fires_until_it_is_stopped(void **state)
{
    (void)state;
    struct speaker s = {.left = 5};
    struct timer *t = timer_new(loop, on_count, &s);
    timer_set(t, 2, true);
    run();
    assert_int_equal(s.left, 0);
    assert_false(timer_is_set(t));
    timer_free(&t);
}

static void on_late(void *arg, struct timer *t)
{
    struct speaker *s = arg;
    (void)t;
    if (s->left++ == 0)
        while (clock_monotonic_ms() < loop_now(loop) + 50)
            continue; // 49 of its own turns pass
    else
        loop_stop(loop, 0);
}

static void turns_that_were_missed_are_made_up_for_by_one(void **state)
{
    (void)state;
    struct speaker s = {0};
    struct timer *t = timer_new(loop, on_late, &s);
    timer_set(t, 1, true);
    run();
    assert_int_equal(s.left, 2);
    timer_free(&t);
}

static void setting_a_timer_again_moves_it(void **state)
{
    (void)state;
    struct note note = {0};
    struct speaker a = {.note = &note, .word = 'a'}, b = {.note = &note, .word = 'b'};
    a.timer = timer_new(loop, on_say, &a);
    b.timer = timer_new(loop, on_say, &b);
    struct timer *stop = timer_new(loop, on_stop, NULL);
    timer_set(a.timer, 1, false), timer_set(b.timer, 5, false), timer_set(a.timer, 20, false);
    timer_set(stop, 40, false);
    run();
    assert_string_equal(note.said, "ba");
    timer_free(&a.timer), timer_free(&b.timer), timer_free(&stop);
}

// Timers set, moved and stopped at random: those that are left fire in their order.

struct racer {
    struct timer *timer;
    int64_t at; // 0: stopped
    int64_t *last;
    size_t *fired;
};

static void on_race(void *arg, struct timer *t)
{
    struct racer *r = arg;
    (void)t;
    assert_true(r->at >= *r->last);
    *r->last = r->at;
    ++*r->fired;
}

static void any_number_of_timers_keeps_its_order(void **state)
{
    enum { N = 300, BEGIN_MS = 200, PLACES = 50 };
    static struct racer racers[N];
    (void)state;
    int64_t last = 0, begin = clock_monotonic_ms() + BEGIN_MS;
    size_t fired = 0, want = 0;
    uint64_t random = 1;
    for (size_t i = 0; i < N; i++)
        racers[i] = (struct racer){timer_new(loop, on_race, &racers[i]), 0, &last, &fired};
    for (int i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        struct racer *r = &racers[(random >> 33) % N];
        r->at = random >> 62 ? begin + (int64_t)((random >> 40) % PLACES) * 3 : 0;
        if (r->at)
            timer_set(r->timer, r->at - clock_monotonic_ms(), false);
        else
            timer_stop(r->timer);
        assert_true(timer_is_set(r->timer) == (r->at != 0));
    }
    for (size_t i = 0; i < N; i++)
        want += racers[i].at != 0;
    struct timer *stop = timer_new(loop, on_stop, NULL);
    timer_set(stop, begin + PLACES * 3 + 3 - clock_monotonic_ms(), false);
    run();
    assert_int_equal(fired, want);
    for (size_t i = 0; i < N; i++)
        timer_free(&racers[i].timer);
    timer_free(&stop);
}

// Descriptors.

struct end {
    int fd, calls, pipe[2];
    unsigned events;
    struct end *other;
};

static void on_read(void *arg, int fd, unsigned events)
{
    struct end *e = arg;
    char byte;
    assert_int_equal(fd, e->fd);
    e->calls++;
    e->events = events;
    if (read(fd, &byte, 1) < 0)
        return;
    loop_stop(loop, 0);
}

static void put_byte(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

static void a_readable_descriptor_is_told_and_a_hang_up_as_both(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct end e = {.fd = fds[0]};
    loop_fd(loop, fds[0], LOOP_READ, on_read, &e);
    put_byte(fds[1]);
    run();
    assert_int_equal(e.events, LOOP_READ);
    close(fds[1]);
    run();
    assert_int_equal(e.events, LOOP_READ | LOOP_WRITE);
    loop_fd(loop, fds[0], 0, NULL, NULL);
    close(fds[0]);
}

static void on_again(void *arg, struct timer *t)
{
    (void)arg;
    timer_set(t, 0, false);
}

static void a_timer_that_is_always_due_does_not_starve_descriptors(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct end e = {.fd = fds[0]};
    struct timer *t = timer_new(loop, on_again, NULL);
    timer_set(t, 0, false);
    loop_fd(loop, fds[0], LOOP_READ, on_read, &e);
    put_byte(fds[1]);
    run();
    assert_int_equal(e.calls, 1);
    timer_free(&t);
    loop_fd(loop, fds[0], 0, NULL, NULL);
    close(fds[0]), close(fds[1]);
}

static void never(void *arg, int fd, unsigned events)
{
    (void)arg, (void)fd, (void)events;
    fail_msg("an event of an earlier owner of the descriptor");
}

// Both are readable: whoever comes first puts a new descriptor in the other's place.
static void on_replace(void *arg, int fd, unsigned events)
{
    struct end *e = arg;
    (void)events;
    loop_fd(loop, e->other->fd, 0, NULL, NULL);
    close(e->other->fd);
    int fresh = dup(STDIN_FILENO); // takes its number
    assert_int_equal(fresh, e->other->fd);
    close(fresh);
    assert_int_equal(pipe(e->pipe), 0);
    assert_int_equal(e->pipe[0], e->other->fd);
    loop_fd(loop, e->pipe[0], LOOP_READ, never, NULL);
    loop_fd(loop, fd, 0, NULL, NULL);
    e->calls++;
}

static void a_handler_may_replace_another_that_is_ready_too(void **state)
{
    (void)state;
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    struct end x = {.fd = a[0]}, y = {.fd = b[0], .other = &x};
    struct timer *stop = timer_new(loop, on_stop, NULL);
    x.other = &y;
    loop_fd(loop, a[0], LOOP_READ, on_replace, &x);
    loop_fd(loop, b[0], LOOP_READ, on_replace, &y);
    put_byte(a[1]), put_byte(b[1]);
    timer_set(stop, 0, false);
    run();
    struct end *first = x.calls ? &x : &y;
    assert_int_equal(x.calls + y.calls, 1);
    loop_fd(loop, first->pipe[0], 0, NULL, NULL);
    close(first->pipe[0]), close(first->pipe[1]);
    close(first->fd), close(a[1]), close(b[1]);
    timer_free(&stop);
}

static void on_new(void *arg, int fd, unsigned events)
{
    (void)fd, (void)events;
    ++*(int *)arg;
    loop_stop(loop, 0);
}

// As libraries do: closed without a word, and the number is used again.
static void a_descriptor_that_was_closed_unnoticed_may_be_watched_again(void **state)
{
    (void)state;
    int a[2], b[2], calls = 0;
    assert_int_equal(pipe(a), 0);
    loop_fd(loop, a[0], LOOP_READ, never, NULL);
    close(a[0]), close(a[1]);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(b[0], a[0]);
    loop_fd(loop, b[0], LOOP_READ, on_new, &calls);
    put_byte(b[1]);
    run();
    assert_int_equal(calls, 1);
    loop_fd(loop, b[0], 0, NULL, NULL);
    loop_fd(loop, b[0], 0, NULL, NULL);
    close(b[0]), close(b[1]);
    loop_fd(loop, b[0], 0, NULL, NULL);
}

// ZeroMQ sockets.

struct pair {
    struct socket_context *z;
    struct socket *router, *dealer;
    int received;
};

static void on_message(void *arg, struct socket *s)
{
    struct pair *p = arg;
    const uint8_t *bytes;
    size_t size;
    while (socket_receive(s, NULL, NULL, &bytes, &size) == OK)
        p->received++;
    loop_stop(loop, 0);
}

static struct pair pair_new(void)
{
    struct problem why;
    char endpoint[64];
    struct pair p = {.z = socket_context_new()};
    static int number;
    p.router = socket_new(p.z, SOCKET_ROUTER, 100);
    p.dealer = socket_new(p.z, SOCKET_DEALER, 100);
    snprintf(endpoint, sizeof endpoint, "inproc://loop-%d", ++number);
    assert_int_equal(socket_bind(p.router, endpoint, &why), OK);
    assert_int_equal(socket_connect(p.dealer, endpoint, &why), OK);
    return p;
}

static void pair_free(struct pair *p)
{
    socket_free(&p->dealer);
    socket_free(&p->router);
    socket_context_free(&p->z);
}

// Sending may take the wake-up that announced a message to read.
static void on_send(void *arg, struct timer *t)
{
    struct pair *p = arg;
    struct pollfd there = {.fd = socket_fd(p->router), .events = POLLIN};
    (void)t;
    assert_int_equal(socket_send(p->dealer, NULL, NULL, "x", 1), OK);
    assert_int_equal(poll(&there, 1, GIVE_UP_MS), 1);
    assert_true(socket_readable(p->router)); // and the descriptor is silent from now on
}

static void a_message_whose_wake_up_a_timer_took_is_not_forgotten(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct timer *t = timer_new(loop, on_send, &p);
    loop_socket(loop, p.router, on_message, &p);
    timer_set(t, 1, false);
    run();
    assert_int_equal(p.received, 1);
    loop_socket(loop, p.router, NULL, NULL);
    timer_free(&t);
    pair_free(&p);
}

static void a_paused_socket_is_not_read_and_lets_the_loop_sleep(void **state)
{
    (void)state;
    struct pair p = pair_new();
    struct timer *stop = timer_new(loop, on_stop, NULL);
    loop_socket(loop, p.router, on_message, &p);
    loop_socket_pause(loop, p.router, true);
    assert_int_equal(socket_send(p.dealer, NULL, NULL, "x", 1), OK);
    timer_set(stop, 1, false);
    run();
    struct pollfd there = {.fd = socket_fd(p.router), .events = POLLIN};
    assert_int_equal(p.received, 0);
    assert_int_equal(poll(&there, 1, 0), 0); // nothing that would wake it
    loop_socket_pause(loop, p.router, false);
    run();
    assert_int_equal(p.received, 1);
    loop_socket(loop, p.router, NULL, NULL);
    timer_free(&stop);
    pair_free(&p);
}

static void on_remove_both(void *arg, struct socket *s)
{
    struct pair *both = arg;
    (void)s;
    both[0].received++;
    loop_socket(loop, both[0].router, NULL, NULL);
    loop_socket(loop, both[1].router, NULL, NULL);
    socket_free(&both[0].router);
    socket_free(&both[1].router);
    loop_stop(loop, 0);
}

static void a_handler_may_free_its_socket_and_others(void **state)
{
    (void)state;
    struct pair both[2] = {pair_new(), pair_new()};
    for (int i = 0; i < 2; i++) {
        loop_socket(loop, both[i].router, on_remove_both, both);
        assert_int_equal(socket_send(both[i].dealer, NULL, NULL, "x", 1), OK);
    }
    run();
    assert_int_equal(both[0].received, 1);
    pair_free(&both[0]), pair_free(&both[1]);
}

// Signals.

static void on_signal(void *arg, int signo)
{
    *(int *)arg = signo;
    loop_stop(loop, 0);
}

static void signals_are_events(void **state)
{
    static const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM};
    (void)state;
    int got = 0;
    for (size_t i = 0; i < 3; i++)
        loop_signal(loop, signals[i], on_signal, &got);
    for (size_t i = 0; i < 3; i++) {
        raise(signals[i]);
        run();
        assert_int_equal(got, signals[i]);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_fire_in_the_order_they_are_due),
        TEST(a_timer_may_free_itself_and_others),
        TEST(a_repeating_timer_fires_until_it_is_stopped),
        TEST(turns_that_were_missed_are_made_up_for_by_one),
        TEST(setting_a_timer_again_moves_it),
        TEST(any_number_of_timers_keeps_its_order),
        TEST(a_readable_descriptor_is_told_and_a_hang_up_as_both),
        TEST(a_timer_that_is_always_due_does_not_starve_descriptors),
        TEST(a_handler_may_replace_another_that_is_ready_too),
        TEST(a_descriptor_that_was_closed_unnoticed_may_be_watched_again),
        TEST(a_message_whose_wake_up_a_timer_took_is_not_forgotten),
        TEST(a_paused_socket_is_not_read_and_lets_the_loop_sleep),
        TEST(a_handler_may_free_its_socket_and_others),
        TEST(signals_are_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
