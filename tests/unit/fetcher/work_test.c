// SPDX-License-Identifier: MIT
// The work socket before a classifier that is this test: who gets which row, and what becomes of
// it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/wire.h"
#include "services/fetcher/work.h"
#include "tests/unit/fetcher/ledger_place.h"

enum { GIVE_UP_MS = 60000, MESSAGES_MAX = 50 };

#define BODY(b) NEWSWIRE__V1__ENVELOPE__BODY_##b

struct run {
    struct place *place;
    struct loop *loop;
    struct socket_context *sockets;
    struct socket *classifier;
    struct flush *flush;
    struct work *work;
    struct timer *give_up;
    pb_envelope *got[MESSAGES_MAX];
    size_t n;
    int kind; // run until a message of this kind has come
    size_t want;
};

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(arg, 1);
}

static pb_envelope *nth(const struct run *r, int kind, size_t n)
{
    for (size_t i = 0; i < r->n; i++)
        if ((int)r->got[i]->body_case == kind && n-- == 0)
            return r->got[i];
    return NULL;
}

static void on_message(void *arg, struct socket *s)
{
    struct run *r = arg;
    const uint8_t *bytes;
    size_t size;
    struct problem why = {""};
    while (r->n < MESSAGES_MAX && socket_receive(s, NULL, NULL, &bytes, &size) == OK)
        assert_int_equal(wire_envelope(bytes, size, &r->got[r->n++], &why), OK);
    if (nth(r, r->kind, r->want - 1))
        loop_stop(r->loop, 0);
}

// Waits until `n` messages of a kind have come; returns the last of them.
static const pb_envelope *await(struct run *r, int kind, size_t n)
{
    r->kind = kind;
    r->want = n;
    timer_set(r->give_up, GIVE_UP_MS, false);
    if (!nth(r, kind, n - 1))
        assert_int_equal(loop_run(r->loop), 0);
    return nth(r, kind, n - 1);
}

static void pump(void *arg)
{
    struct run *r = arg;
    work_pump(r->work);
}

static int set_up(void **state)
{
    struct run *r = mem_alloc(sizeof *r);
    struct problem why = {""};
    char endpoint[80];
    place_set_up((void **)&r->place);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/work", r->place->folder);
    r->loop = loop_new();
    r->sockets = socket_context_new();
    r->give_up = timer_new(r->loop, on_give_up, r->loop);
    r->flush = flush_new(r->loop, r->place->ledger, pump, r);
    if (work_new(r->loop, r->sockets, endpoint, r->place->ledger, r->flush, &r->work, &why))
        fail_msg("%s", why.text);
    r->classifier = socket_new(r->sockets, SOCKET_DEALER, 1000);
    assert_int_equal(socket_connect(r->classifier, endpoint, &why), OK);
    loop_socket(r->loop, r->classifier, on_message, r);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct run *r = *state;
    loop_socket(r->loop, r->classifier, NULL, NULL);
    socket_free(&r->classifier);
    work_free(&r->work);
    work_free(&r->work); // of none
    flush_free(&r->flush);
    socket_context_free(&r->sockets);
    timer_free(&r->give_up);
    loop_free(&r->loop);
    for (size_t i = 0; i < r->n; i++)
        wire_envelope_free(&r->got[i]);
    place_tear_down((void **)&r->place);
    free(r);
    return 0;
}

static void send(struct run *r, int kind, void *content)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = (Newswire__V1__Envelope__BodyCase)kind;
    e.hello = content; // all bodies are pointers in one union
    assert_int_equal(wire_send(r->classifier, NULL, &e), OK);
}

static void hello(struct run *r, uint64_t session)
{
    Newswire__V1__Hello h = NEWSWIRE__V1__HELLO__INIT;
    h.session = session;
    h.window = 8;
    h.window_bytes = 1 << 20;
    send(r, BODY(HELLO), &h);
}

static void heartbeat(struct run *r, uint64_t session)
{
    Newswire__V1__Heartbeat h = NEWSWIRE__V1__HEARTBEAT__INIT;
    h.session = session;
    send(r, BODY(HEARTBEAT), &h);
}

// Answers after all that was sent before have been seen to.
static void settle(struct run *r, uint64_t session)
{
    size_t before = 0;
    while (nth(r, BODY(HEARTBEAT), before))
        before++;
    heartbeat(r, session);
    await(r, BODY(HEARTBEAT), before + 1);
}

static void ack(struct run *r, pb_key *key)
{
    Newswire__V1__Ack a = NEWSWIRE__V1__ACK__INIT;
    a.session = 1;
    a.keys = &key;
    a.n_keys = 1;
    send(r, BODY(ACK), &a);
}

static void nack(struct run *r, pb_key *key, Newswire__V1__Refusal refusal)
{
    Newswire__V1__Nack n = NEWSWIRE__V1__NACK__INIT;
    n.session = 1;
    n.key = key;
    n.refusal = refusal;
    n.reason = (char *)"分类器崩溃";
    send(r, BODY(NACK), &n);
}

static const Newswire__V1__Data *data(struct run *r, size_t n)
{
    return await(r, BODY(DATA), n)->data;
}

static void queue(struct run *r, int n)
{
    queue_one(r->place->ledger, n);
    flush_now(r->flush);
}

static void a_row_goes_to_who_asks_and_leaves_with_the_acknowledgement(void **state)
{
    struct run *r = *state;
    struct ledger *l = r->place->ledger;
    queue(r, 1);
    hello(r, 1);
    const Newswire__V1__Welcome *w = await(r, BODY(WELCOME), 1)->welcome;
    assert_int_equal(w->session, 1);
    assert_string_equal(w->store, ledger_store(l));
    assert_true(w->epoch == ledger_epoch(l));
    const Newswire__V1__Data *d = data(r, 1);
    assert_string_equal(d->key->id, "00000000000000000000000000000001");
    assert_int_equal(d->key->revision, 7);
    assert_string_equal(d->announcement->title, "A company announces its results");
    ack(r, d->key);
    settle(r, 1);
    assert_int_equal(flushed_outbox(l).n, 0);
    assert_int_equal(dispatch_leased(work_dispatch(r->work)), 0);
    queue(r, 2); // what comes later is sent when it is flushed
    assert_string_equal(data(r, 2)->key->id, "00000000000000000000000000000002");
}

static void the_third_poison_buries_a_row(void **state)
{
    struct run *r = *state;
    queue(r, 1);
    hello(r, 1);
    for (size_t i = 1; i <= 3; i++)
        nack(r, data(r, i)->key, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON);
    settle(r, 1);
    assert_int_equal(counts(r->place->ledger).dead, 1);
    assert_null(nth(r, BODY(DATA), 3));
    uint64_t n;
    assert_int_equal(ledger_dead_retry(r->place->ledger, "", &n), OK);
    flush_now(r->flush);
    work_rewind(r->work);
    work_pump(r->work);
    data(r, 4);
}

static void a_key_of_another_ledger_means_nothing(void **state)
{
    struct run *r = *state;
    queue(r, 1);
    hello(r, 1);
    pb_key store = *data(r, 1)->key, epoch = store;
    store.store = (char *)"ffffffffffffffffffffffffffffffff";
    epoch.epoch++;
    ack(r, &store), ack(r, &epoch);
    for (int i = 0; i < 3; i++)
        nack(r, &store, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON);
    settle(r, 1);
    assert_int_equal(flushed_outbox(r->place->ledger).n, 1);
    assert_int_equal(counts(r->place->ledger).dead, 0);
    assert_int_equal(dispatch_leased(work_dispatch(r->work)), 1);
}

static void an_unknown_session_is_told_to_begin_anew(void **state)
{
    struct run *r = *state;
    heartbeat(r, 99);
    assert_int_equal(await(r, BODY(RESET), 1)->reset->session, 99);
    assert_null(nth(r, BODY(HEARTBEAT), 0));
}

static void who_says_bye_gives_its_rows_to_the_next(void **state)
{
    struct run *r = *state;
    Newswire__V1__Bye bye = NEWSWIRE__V1__BYE__INIT;
    queue(r, 1);
    hello(r, 1);
    data(r, 1);
    bye.session = 1;
    send(r, BODY(BYE), &bye);
    heartbeat(r, 1);
    await(r, BODY(RESET), 1);
    assert_int_equal(dispatch_sessions(work_dispatch(r->work)), 0);
    assert_int_equal(dispatch_leased(work_dispatch(r->work)), 0);
    hello(r, 2);
    assert_string_equal(data(r, 2)->key->id, "00000000000000000000000000000001");
}

static void what_makes_no_sense_is_passed_over(void **state)
{
    struct run *r = *state;
    Newswire__V1__Nack nothing = NEWSWIRE__V1__NACK__INIT;
    Newswire__V1__Welcome welcome = NEWSWIRE__V1__WELCOME__INIT;
    assert_int_equal(socket_send(r->classifier, NULL, NULL, "\xFF\xFF", 2), OK);
    assert_int_equal(socket_send(r->classifier, NULL, NULL, "", 0), OK);
    send(r, BODY(NACK), &nothing); // of no key
    send(r, BODY(WELCOME), &welcome);
    hello(r, 1);
    await(r, BODY(WELCOME), 1);
}

static void an_endpoint_that_cannot_be_had_is_named(void **state)
{
    struct run *r = *state;
    struct work *second = NULL;
    struct problem why = {""};
    assert_int_not_equal(work_new(r->loop, r->sockets, "ipc:///nonexistent-folder/工作",
                                  r->place->ledger, r->flush, &second, &why),
                         OK);
    assert_null(second);
    assert_non_null(strstr(why.text, "/nonexistent-folder/工作"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_row_goes_to_who_asks_and_leaves_with_the_acknowledgement),
        TEST(the_third_poison_buries_a_row),
        TEST(a_key_of_another_ledger_means_nothing),
        TEST(an_unknown_session_is_told_to_begin_anew),
        TEST(who_says_bye_gives_its_rows_to_the_next),
        TEST(what_makes_no_sense_is_passed_over),
        TEST(an_endpoint_that_cannot_be_had_is_named),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
