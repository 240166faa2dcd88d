// SPDX-License-Identifier: MIT
// Following a sink: this test is the sink, with PUB and ROUTER on the same loop.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/subscriber.h"
#include "services/gateway/follow.h"
#include "tests/unit/folder.h"

enum { BEACON_MS = 20, GIVE_UP_MS = 30000, CHUNK_MAX = 70 };

struct sink {
    char folder[FOLDER_SIZE];
    struct loop *loop;
    struct socket_context *sockets;
    struct socket *topic, *replay;
    struct timer *beacon, *give_up;
    uint64_t epoch, head;
    struct follow *follow;
    uint64_t want;        // run until this is the newest that is shown
    uint64_t least_asked; // the smallest sequence that was ever sent
};

static Newswire__V1__ClassifiedNews *news_of(struct arena *a, const struct sink *s,
                                             uint64_t sequence)
{
    static Newswire__V1__Label label = NEWSWIRE__V1__LABEL__INIT, *labels[] = {&label};
    label.name = "other";
    pb_news *n = arena_alloc(a, sizeof *n);
    pb_announcement *p = arena_alloc(a, sizeof *p);
    pb_classification *c = arena_alloc(a, sizeof *c);
    newswire__v1__classified_news__init(n);
    newswire__v1__announcement__init(p);
    newswire__v1__classification__init(c);
    n->epoch = s->epoch;
    n->sequence = sequence;
    n->previous = sequence - 1;
    n->announcement = p;
    n->classification = c;
    p->id = arena_printf(a, "%032llx", (unsigned long long)sequence);
    p->title = arena_printf(a, "公告 %llu", (unsigned long long)sequence);
    p->revision = 1;
    c->primary = "other";
    c->labels = labels;
    c->n_labels = 1;
    return n;
}

static void answer(struct sink *s, const struct route *to, const Newswire__V1__Replay *asked)
{
    struct arena *a = arena_new(64 << 10);
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__Chunk chunk = NEWSWIRE__V1__CHUNK__INIT;
    uint64_t after = asked->newest ? s->head - 1 : asked->after;
    if (!asked->newest && after + 1 < s->least_asked)
        s->least_asked = after + 1;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CHUNK;
    e.chunk = &chunk;
    chunk.epoch = s->epoch;
    chunk.head = s->head;
    chunk.after = after;
    chunk.news = arena_alloc(a, CHUNK_MAX * sizeof *chunk.news);
    while (chunk.n_news < CHUNK_MAX && after < s->head)
        chunk.news[chunk.n_news++] = news_of(a, s, ++after);
    chunk.through = after;
    assert_int_equal(wire_send(s->replay, to, &e), OK);
    arena_free(&a);
}

static void on_replay(void *arg, struct socket *socket)
{
    struct sink *s = arg;
    struct route from;
    const uint8_t *bytes;
    size_t size;
    pb_envelope *e = NULL;
    if (socket_receive(socket, &from, NULL, &bytes, &size) != OK)
        return;
    assert_int_equal(wire_envelope(bytes, size, &e, NULL), OK);
    if (e->body_case == NEWSWIRE__V1__ENVELOPE__BODY_REPLAY)
        answer(s, &from, e->replay);
    wire_envelope_free(&e);
}

static void on_beacon(void *arg, struct timer *t)
{
    struct sink *s = arg;
    const struct newest *n = follow_newest(s->follow);
    Newswire__V1__Head head = NEWSWIRE__V1__HEAD__INIT;
    Newswire__V1__LabelHead label = NEWSWIRE__V1__LABEL_HEAD__INIT, *labels[] = {&label};
    struct buf out = buf_new(MESSAGE_MAX);
    (void)t;
    label.label = "other";
    label.sequence = head.sequence = s->head;
    head.epoch = s->epoch;
    head.labels = labels;
    head.n_labels = 1;
    assert_int_equal(wire_pack(&head.base, &out), OK);
    assert_int_equal(socket_send(s->topic, NULL, TOPIC_HEAD, out.data, out.size), OK);
    buf_free(&out);
    if (newest_size(n) > 0 && newest_at(n, 0)->sequence == s->want)
        loop_stop(s->loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct sink *)arg)->loop, 1);
}

static int start(void **state)
{
    static struct sink s;
    static char topic[64], replay[64]; // borrowed for as long as it follows
    struct problem why;
    s = (struct sink){
        .loop = loop_new(), .sockets = socket_context_new(), .least_asked = UINT64_MAX};
    folder_make(s.folder);
    snprintf(topic, sizeof topic, "ipc://%s/topic", s.folder);
    snprintf(replay, sizeof replay, "ipc://%s/replay", s.folder);
    s.topic = socket_new(s.sockets, SOCKET_PUB, 1000);
    s.replay = socket_new(s.sockets, SOCKET_ROUTER, 1000);
    s.beacon = timer_new(s.loop, on_beacon, &s);
    s.give_up = timer_new(s.loop, on_give_up, &s);
    if (socket_bind(s.topic, topic, &why) != OK || socket_bind(s.replay, replay, &why) != OK)
        return 1;
    loop_socket(s.loop, s.replay, on_replay, &s);
    timer_set(s.beacon, BEACON_MS, true);
    *state = &s;
    return follow_new(s.loop, s.sockets, topic, replay, &s.follow, &why) != OK;
}

static int stop(void **state)
{
    struct sink *s = *state;
    follow_free(&s->follow);
    loop_socket(s->loop, s->replay, NULL, NULL);
    timer_free(&s->beacon);
    timer_free(&s->give_up);
    socket_free(&s->topic);
    socket_free(&s->replay);
    socket_context_free(&s->sockets);
    loop_free(&s->loop);
    folder_remove(s->folder);
    return 0;
}

static void run_until(struct sink *s, uint64_t newest)
{
    s->want = newest;
    timer_set(s->give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(s->loop), 0);
}

static void the_newest_of_a_long_store_are_shown_and_then_what_comes(void **state)
{
    struct sink *s = *state;
    struct problem why = {""};
    assert_false(follow_is_live(s->follow, &why));
    assert_non_null(strstr(why.text, "nothing was heard from the sink at ipc://"));
    s->epoch = 7;
    s->head = 5000;
    run_until(s, 5000);
    assert_int_equal(newest_size(follow_newest(s->follow)), NEWEST_MAX);
    assert_int_equal(newest_at(follow_newest(s->follow), NEWEST_MAX - 1)->sequence, 4901);
    assert_true(s->least_asked > 4000); // not the whole store
    assert_true(follow_is_live(s->follow, &why));
    s->head = 5003;
    run_until(s, 5003);
    assert_int_equal(follow_head(s->follow), 5003);
}

static void a_sink_restored_from_a_backup_is_shown_anew(void **state)
{
    struct sink *s = *state;
    s->epoch = 8;
    s->head = 3;
    run_until(s, 3);
    assert_int_equal(newest_size(follow_newest(s->follow)), 3);
    assert_string_equal(newest_at(follow_newest(s->follow), 2)->title, "公告 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_of_a_long_store_are_shown_and_then_what_comes),
        cmocka_unit_test(a_sink_restored_from_a_backup_is_shown_anew),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
