// SPDX-License-Identifier: MIT
// The intake between a fetcher and a sink that are the test's own sockets. Its worker processes are
// this program, started with --worker: they label what they are given by its title.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/wire.h"
#include "common/workers.h"
#include "services/classifier/intake.h"
#include "tests/unit/folder.h"

enum { GIVE_UP_MS = 60000, RESEND_MS = 200, WINDOW = 8, MESSAGES_MAX = 2000 };

#define STORE "0123456789abcdef0123456789abcdef"

// In the worker.

static void label(void *arg, const uint8_t *task, size_t size, struct buf *answer)
{
    ProtobufCMessage *m;
    struct problem why;
    Newswire__V1__Label other = NEWSWIRE__V1__LABEL__INIT, *labels[] = {&other};
    pb_classification c = NEWSWIRE__V1__CLASSIFICATION__INIT;
    (void)arg;
    if (wire_unpack(&newswire__v1__announcement__descriptor, task, size, &m, &why))
        _exit(2);
    const char *title = ((pb_announcement *)m)->title;
    if (strcmp(title, "crash") == 0)
        raise(SIGKILL);
    while (strncmp(title, "wait ", 5) == 0 && access(title + 5, F_OK) != 0)
        usleep(1000); // the test makes the file
    other.name = c.primary = "other";
    c.labels = labels;
    c.n_labels = 1;
    if (strcmp(title, "nonsense") == 0)
        buf_puts(answer, "\xFF\xFF");
    else if (wire_pack(&c.base, answer))
        _exit(3);
    wire_free(m);
}

// In the test.

struct place {
    char folder[FOLDER_SIZE], work[96], ingest[96];
    struct loop *loop;
    struct socket_context *z;
    struct socket *fetcher, *sink;
    struct route from_fetcher, from_sink; // the intake, as each sees it
    struct intake *intake;
    struct timer *give_up;
    pb_envelope *at_fetcher[MESSAGES_MAX], *at_sink[MESSAGES_MAX];
    size_t n_fetcher, n_sink;
    bool mute;      // the fetcher answers no HELLO
    bool commit;    // the sink commits what it gets
    uint64_t hello; // of the last session
    uint64_t labelled_before, received_before;
};

static void send_from(struct socket *s, const struct route *to, int body, void *content)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = (Newswire__V1__Envelope__BodyCase)body;
    e.hello = content; // all bodies are pointers in one union
    assert_int_equal(wire_send(s, to, &e), OK);
}

static void welcome(struct place *p, uint64_t session)
{
    Newswire__V1__Welcome w = NEWSWIRE__V1__WELCOME__INIT;
    w.session = session;
    w.store = STORE;
    send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_WELCOME, &w);
}

static pb_envelope *receive(struct socket *s, struct route *from)
{
    const uint8_t *bytes;
    size_t size;
    struct problem why;
    pb_envelope *e;
    enum err error = socket_receive(s, from, NULL, &bytes, &size);
    if (error == ERR_NOTFOUND)
        return NULL;
    assert_int_equal(error, OK);
    if (wire_envelope(bytes, size, &e, &why))
        fail_msg("%s", why.text);
    return e;
}

static void on_fetcher(void *arg, struct socket *s)
{
    struct place *p = arg;
    for (pb_envelope *e; (e = receive(s, &p->from_fetcher));) {
        assert_true(p->n_fetcher < MESSAGES_MAX);
        p->at_fetcher[p->n_fetcher++] = e;
        if (e->body_case != NEWSWIRE__V1__ENVELOPE__BODY_HELLO)
            continue;
        p->hello = e->hello->session;
        if (!p->mute)
            welcome(p, p->hello);
    }
}

static void put_ack(struct place *p, pb_key **keys, size_t n)
{
    Newswire__V1__PutAck ack = NEWSWIRE__V1__PUT_ACK__INIT;
    ack.keys = keys;
    ack.n_keys = n;
    send_from(p->sink, &p->from_sink, NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK, &ack);
}

static void on_sink(void *arg, struct socket *s)
{
    struct place *p = arg;
    for (pb_envelope *e; (e = receive(s, &p->from_sink));) {
        assert_true(p->n_sink < MESSAGES_MAX);
        p->at_sink[p->n_sink++] = e;
        assert_int_equal(e->body_case, NEWSWIRE__V1__ENVELOPE__BODY_PUT);
        if (p->commit)
            put_ack(p, &e->put->key, 1);
    }
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(arg, 1);
}

static struct socket *listen_at(struct place *p, const char *endpoint, socket_handler *fn)
{
    struct problem why;
    struct socket *s = socket_new(p->z, SOCKET_ROUTER, 1000);
    if (socket_bind(s, endpoint, &why))
        fail_msg("%s", why.text);
    loop_socket(p->loop, s, fn, p);
    return s;
}

static void close_socket(struct place *p, struct socket **s)
{
    if (*s)
        loop_socket(p->loop, *s, NULL, NULL);
    socket_free(s);
}

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    folder_make(p->folder);
    snprintf(p->work, sizeof p->work, "ipc://%s/work", p->folder);
    snprintf(p->ingest, sizeof p->ingest, "ipc://%s/ingest", p->folder);
    p->loop = loop_new();
    p->z = socket_context_new();
    p->give_up = timer_new(p->loop, on_give_up, p->loop);
    p->fetcher = listen_at(p, p->work, on_fetcher);
    p->sink = listen_at(p, p->ingest, on_sink);
    static char *argv[] = {"/proc/self/exe", "--worker", NULL};
    struct intake_options o = {.work = p->work,
                               .ingest = p->ingest,
                               .window = WINDOW,
                               .window_bytes = 1 << 20,
                               .resend_ms = RESEND_MS,
                               .workers = 1,
                               .worker_deadline_ms = GIVE_UP_MS,
                               .worker_argv = argv};
    struct problem why;
    if (intake_new(p->loop, p->z, &o, &p->intake, &why))
        fail_msg("%s", why.text);
    p->labelled_before = *metric("classifier_labelled_total");
    p->received_before = *metric("classifier_received_total");
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    intake_free(&p->intake);
    close_socket(p, &p->fetcher);
    close_socket(p, &p->sink);
    timer_free(&p->give_up);
    loop_free(&p->loop);
    socket_context_free(&p->z);
    for (size_t i = 0; i < p->n_fetcher; i++)
        wire_envelope_free(&p->at_fetcher[i]);
    for (size_t i = 0; i < p->n_sink; i++)
        wire_envelope_free(&p->at_sink[i]);
    folder_remove(p->folder);
    free(p);
    return 0;
}

// Runs the loop until the condition holds.

typedef bool condition(struct place *p, size_t n);

struct waiting {
    struct place *place;
    condition *holds;
    size_t n;
};

static void on_look(void *arg, struct timer *t)
{
    struct waiting *w = arg;
    (void)t;
    if (w->holds(w->place, w->n))
        loop_stop(w->place->loop, 0);
}

static void until_at(struct place *p, condition *holds, size_t n, int line)
{
    struct waiting w = {p, holds, n};
    struct timer *look = timer_new(p->loop, on_look, &w);
    timer_set(look, 1, true);
    timer_set(p->give_up, GIVE_UP_MS, false);
    int gave_up = loop_run(p->loop);
    timer_stop(p->give_up);
    timer_free(&look);
    if (gave_up)
        fail_msg("what line %d waits for does not happen", line);
}
#define until(p, holds, n) until_at(p, holds, n, __LINE__)

static const pb_envelope *nth(const struct place *p, Newswire__V1__Envelope__BodyCase kind,
                              size_t n)
{
    for (size_t i = 0; i < p->n_fetcher; i++)
        if (p->at_fetcher[i]->body_case == kind && n-- == 0)
            return p->at_fetcher[i];
    return NULL;
}

static size_t count(const struct place *p, Newswire__V1__Envelope__BodyCase kind)
{
    size_t n = 0;
    while (nth(p, kind, n))
        n++;
    return n;
}

static bool has_sessions(struct place *p, size_t n)
{
    return intake_sessions(p->intake) == n;
}

static bool has_puts(struct place *p, size_t n)
{
    return p->n_sink >= n;
}

// The first PUT of a title that begins so. It may come twice: on a busy machine a PUT is sent again
// before the first answer is read.
static const Newswire__V1__Put *put_of(const struct place *p, const char *title)
{
    for (size_t i = 0; i < p->n_sink; i++)
        if (strncmp(p->at_sink[i]->put->announcement->title, title, strlen(title)) == 0)
            return p->at_sink[i]->put;
    return NULL;
}

// Of n rows, by the titles "a", "b", "c".
static bool has_put_rows(struct place *p, size_t n)
{
    for (const char *title = "a\0b\0c"; n > 0; n--, title += 2)
        if (!put_of(p, title))
            return false;
    return true;
}

static bool has_put_waiter(struct place *p, size_t n)
{
    (void)n;
    return put_of(p, "wait ");
}

static bool has_acks(struct place *p, size_t n)
{
    return count(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK) >= n;
}

static bool has_nacks(struct place *p, size_t n)
{
    return count(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK) >= n;
}

static bool has_hellos(struct place *p, size_t n)
{
    return count(p, NEWSWIRE__V1__ENVELOPE__BODY_HELLO) >= n;
}

static bool has_byes(struct place *p, size_t n)
{
    return count(p, NEWSWIRE__V1__ENVELOPE__BODY_BYE) >= n;
}

static bool has_heartbeats(struct place *p, size_t n)
{
    return count(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT) >= n;
}

// A heartbeat names what is held when it is sent, which may be a while before it is read.
static const Newswire__V1__Heartbeat *heartbeat_of(const struct place *p, size_t n_held)
{
    const pb_envelope *e;
    for (size_t i = 0; (e = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT, i)); i++)
        if (e->heartbeat->n_held == n_held)
            return e->heartbeat;
    return NULL;
}

static bool has_heartbeat_of(struct place *p, size_t n)
{
    return heartbeat_of(p, n);
}

static bool has_received(struct place *p, size_t n)
{
    return *metric("classifier_received_total") - p->received_before >= n;
}

static bool holds(struct place *p, size_t n)
{
    return intake_held(p->intake) == n;
}

static pb_key key(uint64_t sequence)
{
    pb_key k = NEWSWIRE__V1__KEY__INIT;
    k.store = STORE;
    k.epoch = 3;
    k.sequence = sequence;
    k.id = "fedcba9876543210fedcba9876543210";
    k.revision = 1700000000000 + sequence;
    return k;
}

static void data_with(struct place *p, pb_key k, const char *title, const char *text)
{
    Newswire__V1__Data d = NEWSWIRE__V1__DATA__INIT;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = (char *)(uintptr_t)title;
    a.text = (char *)(uintptr_t)text;
    d.key = &k;
    d.announcement = &a;
    send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_DATA, &d);
}

static void data_of(struct place *p, pb_key k, const char *title)
{
    data_with(p, k, title, "国务院国资委发布公告");
}

static void data(struct place *p, uint64_t sequence, const char *title)
{
    data_of(p, key(sequence), title);
}

static void put_nack(struct place *p, uint64_t sequence, Newswire__V1__Refusal refusal,
                     uint32_t retry_ms)
{
    Newswire__V1__PutNack n = NEWSWIRE__V1__PUT_NACK__INIT;
    pb_key k = key(sequence);
    n.key = &k;
    n.refusal = refusal;
    n.retry_ms = retry_ms;
    n.reason = "不允许的内容";
    send_from(p->sink, &p->from_sink, NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK, &n);
}

static void acknowledge(struct place *p, uint64_t sequence)
{
    pb_key k = key(sequence), *keys[] = {&k};
    put_ack(p, keys, 1);
}

static void assert_key(const pb_key *got, pb_key want)
{
    assert_string_equal(got->store, want.store);
    assert_string_equal(got->id, want.id);
    assert_true(got->epoch == want.epoch && got->sequence == want.sequence &&
                got->revision == want.revision);
}

// Tests.

static void it_says_hello_with_what_it_can_hold(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    const Newswire__V1__Hello *hello = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_HELLO, 0)->hello;
    assert_int_equal(hello->window, WINDOW);
    assert_int_equal(hello->window_bytes, 1 << 20);
    assert_true(hello->session != 0);
}

static void what_the_sink_has_committed_is_acknowledged_with_its_key(void **state)
{
    struct place *p = *state;
    p->commit = true;
    until(p, has_sessions, 1);
    data(p, 1, "董事会决议"), data(p, 2, "Results");
    until(p, has_acks, 1);
    until(p, holds, 0);
    assert_key(put_of(p, "Results")->key, key(2));
    const Newswire__V1__Put *put = put_of(p, "董事会决议");
    assert_key(put->key, key(1));
    assert_string_equal(put->classification->primary, "other");
    const Newswire__V1__Ack *ack = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK, 0)->ack;
    assert_key(ack->keys[0], key(1));
    assert_true(ack->session == p->hello);
}

static void nothing_is_acknowledged_before_the_sink_says_so(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    until(p, has_heartbeats, 2);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK), 0);
    assert_int_equal(intake_held(p->intake), 1);
    acknowledge(p, 1);
    until(p, has_acks, 1);
}

static void a_delivery_that_comes_twice_is_labelled_and_acknowledged_once(void **state)
{
    struct place *p = *state;
    char wait[120], go[96];
    snprintf(go, sizeof go, "%s/go", p->folder);
    snprintf(wait, sizeof wait, "wait %s", go);
    until(p, has_sessions, 1);
    data(p, 1, wait), data(p, 1, wait);
    until(p, has_received, 2);
    assert_int_equal(intake_held(p->intake), 1);
    fclose(fopen(go, "w"));
    until(p, has_puts, 1);
    data(p, 1, wait); // and while it is with the sink
    until(p, has_received, 3);
    acknowledge(p, 1), acknowledge(p, 1);
    until(p, has_acks, 1);
    until(p, has_heartbeats, count(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT) + 2);
    assert_int_equal(*metric("classifier_labelled_total") - p->labelled_before, 1);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK), 1);
}

static void a_put_is_sent_again_until_a_sink_answers(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 3);
    for (size_t i = 0; i < 3; i++)
        assert_key(p->at_sink[i]->put->key, key(1));
    assert_int_equal(*metric("classifier_labelled_total") - p->labelled_before, 1);
}

static void a_sink_that_vanished_and_came_back_gets_what_it_owes(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    close_socket(p, &p->sink);
    data(p, 2, "b"); // nobody there
    until(p, has_heartbeats, count(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT) + 1);
    p->commit = true;
    p->sink = listen_at(p, p->ingest, on_sink);
    until(p, holds, 0);
    until(p, has_acks, 1);
}

static void a_busy_sink_is_asked_again_after_its_pause(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    put_nack(p, 1, NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY, 1);
    until(p, has_puts, 2);
    acknowledge(p, 1);
    until(p, has_acks, 1);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK), 0);
}

static void what_the_sink_refuses_is_refused(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    put_nack(p, 1, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON, 0);
    until(p, has_nacks, 1);
    const Newswire__V1__Nack *nack = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK, 0)->nack;
    assert_key(nack->key, key(1));
    assert_int_equal(nack->refusal, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON);
    assert_string_equal(nack->reason, "不允许的内容");
    assert_int_equal(intake_held(p->intake), 0);
}

static void what_kills_the_workers_is_refused_and_takes_nothing_with_it(void **state)
{
    struct place *p = *state;
    p->commit = true;
    until(p, has_sessions, 1);
    data(p, 1, "before"), data(p, 2, "crash"), data(p, 3, "nonsense"), data(p, 4, "after");
    until(p, has_nacks, 2);
    until(p, has_acks, 2);
    until(p, holds, 0);
    assert_key(nth(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK, 0)->nack->key, key(2));
    assert_key(nth(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK, 1)->nack->key, key(3));
    assert_true(put_of(p, "before") && put_of(p, "after"));
    assert_false(put_of(p, "crash") || put_of(p, "nonsense"));
}

// A sink may answer a PUT twice, and the second answer find a new delivery of the same row.
static void a_late_refusal_does_not_send_what_is_not_labelled(void **state)
{
    struct place *p = *state;
    char wait[120], go[96];
    snprintf(go, sizeof go, "%s/go", p->folder);
    snprintf(wait, sizeof wait, "wait %s", go);
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    acknowledge(p, 1);
    until(p, has_acks, 1);
    data(p, 1, wait);
    until(p, holds, 1);
    put_nack(p, 1, NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY, 0);
    put_nack(p, 1, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON, 0);
    until(p, has_heartbeats, count(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT) + 2);
    assert_null(put_of(p, "wait "));
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK), 0);
    fclose(fopen(go, "w"));
    until(p, has_put_waiter, 1);
    assert_non_null(put_of(p, "wait ")->classification);
}

static void rows_of_two_ledgers_are_two_whatever_their_numbers(void **state)
{
    struct place *p = *state;
    pb_key other = key(1), later = key(1), *keys[] = {&other};
    other.store = "ffffffffffffffffffffffffffffffff";
    later.epoch = 4; // of the same ledger, restored from a backup
    until(p, has_sessions, 1);
    data(p, 1, "a"), data_of(p, other, "b"), data_of(p, later, "c");
    until(p, has_put_rows, 3);
    put_ack(p, keys, 1);
    until(p, has_acks, 1);
    assert_int_equal(intake_held(p->intake), 2);
    const Newswire__V1__Ack *ack = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK, 0)->ack;
    assert_int_equal(ack->n_keys, 1);
    assert_key(ack->keys[0], other);
}

static void a_reset_begins_a_new_session_and_an_old_one_nothing(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    Newswire__V1__Reset reset = NEWSWIRE__V1__RESET__INIT;
    uint64_t first = p->hello;
    reset.session = first;
    for (int i = 0; i < 2; i++) // the second is late
        send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_RESET, &reset);
    until(p, has_hellos, 2);
    until(p, has_heartbeats, count(p, NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT) + 1);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_HELLO), 2);
    assert_true(p->hello != first);
}

static void what_is_held_outlives_a_reset(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    Newswire__V1__Reset reset = NEWSWIRE__V1__RESET__INIT;
    reset.session = p->hello;
    send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_RESET, &reset);
    until(p, has_hellos, 2);
    acknowledge(p, 1);
    until(p, has_acks, 1);
    assert_true(nth(p, NEWSWIRE__V1__ENVELOPE__BODY_ACK, 0)->ack->session == p->hello);
}

static void heartbeats_name_what_is_held(void **state)
{
    struct place *p = *state;
    until(p, has_sessions, 1);
    data(p, 7, "a"), data(p, 9, "b");
    until(p, has_heartbeat_of, 2);
    const Newswire__V1__Heartbeat *h = heartbeat_of(p, 2);
    assert_int_equal(h->held[0] + h->held[1], 16);
    assert_true(h->session == p->hello);
}

// Its answer to the first HELLO must not come to be an answer to an older one, again and again.

static void on_answer(void *arg, struct timer *t)
{
    struct place *p = arg;
    (void)t;
    welcome(p, nth(p, NEWSWIRE__V1__ENVELOPE__BODY_HELLO, 0)->hello->session);
}

static void a_fetcher_that_is_slow_to_answer_is_waited_for(void **state)
{
    struct place *p = *state;
    p->mute = true;
    until(p, has_hellos, 1);
    struct timer *answer = timer_new(p->loop, on_answer, p);
    timer_set(answer, 1500, false); // after the next tick
    until(p, has_sessions, 1);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_HELLO), 1);
    timer_free(&answer);
}

static bool drained(struct place *p, size_t n)
{
    (void)n;
    return intake_drain(p->intake);
}

static void draining_gives_back_what_no_sink_has_seen_and_waits_for_the_rest(void **state)
{
    struct place *p = *state;
    char wait[120];
    snprintf(wait, sizeof wait, "wait %s/go", p->folder);
    until(p, has_sessions, 1);
    data(p, 1, "a");
    until(p, has_puts, 1);
    data(p, 2, wait);
    until(p, holds, 2);
    assert_false(intake_drain(p->intake));
    until(p, has_byes, 1);
    assert_int_equal(intake_held(p->intake), 1);
    data(p, 3, "c"); // was on its way
    acknowledge(p, 1);
    until(p, drained, 0);
    until(p, has_acks, 1);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_BYE), 1);
}

static void what_makes_no_sense_is_passed_over(void **state)
{
    struct place *p = *state;
    Newswire__V1__Data empty = NEWSWIRE__V1__DATA__INIT;
    Newswire__V1__PutAck ack = NEWSWIRE__V1__PUT_ACK__INIT;
    Newswire__V1__PutNack nack = NEWSWIRE__V1__PUT_NACK__INIT;
    p->commit = true;
    until(p, has_sessions, 1);
    send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_DATA, &empty);
    send_from(p->fetcher, &p->from_fetcher, NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK, &ack);
    assert_int_equal(socket_send(p->fetcher, &p->from_fetcher, NULL, "\xFF", 1), OK);
    data(p, 1, "a");
    until(p, has_acks, 1);
    send_from(p->sink, &p->from_sink, NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK, &nack);
    send_from(p->sink, &p->from_sink, NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK, &ack);
    send_from(p->sink, &p->from_sink, NEWSWIRE__V1__ENVELOPE__BODY_DATA, &empty);
    acknowledge(p, 77);
    data(p, 2, "b");
    until(p, has_acks, 2);
    assert_int_equal(count(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK), 0);
}

// The window is WINDOW announcements and 1 MiB; up to twice that is borne.
static void a_fetcher_that_overfills_the_window_is_told_busy(void **state)
{
    struct place *p = *state;
    static const struct {
        size_t text, sent, want_held;
    } rows[] = {{10, 2 * WINDOW + 4, 2 * WINDOW}, {300 << 10, 9, 6}};
    until(p, has_sessions, 1);
    uint64_t sequence = 0;
    size_t nacks = 0;
    for (size_t i = 0; i < 2; i++) {
        char *text = mem_alloc(rows[i].text + 1);
        memset(text, 'x', rows[i].text);
        for (size_t n = 0; n < rows[i].sent; n++)
            data_with(p, key(++sequence), n % 2 ? "公告" : "Notice", text);
        free(text);
        nacks += rows[i].sent - rows[i].want_held;
        until(p, has_nacks, nacks);
        assert_int_equal(intake_held(p->intake), rows[i].want_held);
        const Newswire__V1__Nack *last = nth(p, NEWSWIRE__V1__ENVELOPE__BODY_NACK, nacks - 1)->nack;
        assert_key(last->key, key(sequence));
        assert_int_equal(last->refusal, NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY);
        p->commit = true; // the PUTs come again
        until(p, holds, 0);
        p->commit = false;
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--worker") == 0)
        return worker_serve((int)strtol(argv[argc - 1], NULL, 10), 1 << 20, 1 << 20, label, NULL);
    const struct CMUnitTest tests[] = {
        TEST(it_says_hello_with_what_it_can_hold),
        TEST(what_the_sink_has_committed_is_acknowledged_with_its_key),
        TEST(nothing_is_acknowledged_before_the_sink_says_so),
        TEST(a_delivery_that_comes_twice_is_labelled_and_acknowledged_once),
        TEST(a_put_is_sent_again_until_a_sink_answers),
        TEST(a_sink_that_vanished_and_came_back_gets_what_it_owes),
        TEST(a_busy_sink_is_asked_again_after_its_pause),
        TEST(what_the_sink_refuses_is_refused),
        TEST(what_kills_the_workers_is_refused_and_takes_nothing_with_it),
        TEST(a_late_refusal_does_not_send_what_is_not_labelled),
        TEST(rows_of_two_ledgers_are_two_whatever_their_numbers),
        TEST(a_reset_begins_a_new_session_and_an_old_one_nothing),
        TEST(what_is_held_outlives_a_reset),
        TEST(heartbeats_name_what_is_held),
        TEST(a_fetcher_that_is_slow_to_answer_is_waited_for),
        TEST(draining_gives_back_what_no_sink_has_seen_and_waits_for_the_rest),
        TEST(what_makes_no_sense_is_passed_over),
        TEST(a_fetcher_that_overfills_the_window_is_told_busy),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
