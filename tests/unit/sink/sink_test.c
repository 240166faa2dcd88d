// SPDX-License-Identifier: MIT
// The sink as its peers see it: a classifier's DEALER, a subscriber, a question to replay; over
// sockets, in one process, replay on its own thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/subscriber.h"
#include "services/sink/sink.h"
#include "tests/unit/folder.h"
#include "tests/unit/sink/sink_news.h"

enum { PATIENCE_MS = 20000 };

struct stage {
    char folder[FOLDER_SIZE], store[128], ingest[128], topic[128], replay[128];
    struct sink_settings settings;
    struct loop *loop;
    struct socket_context *sockets, *sink_sockets;
    void *sink;
    struct timer *deadline;
    struct socket *classifier;
    // What came back.
    size_t want, n_acked, n_refused, n_news;
    uint64_t outbox; // sequences of keys
    Newswire__V1__Refusal refusal;
    char reason[256];
    uint64_t last;
    char title[128];
    pb_envelope *answer;
};

static void on_deadline(void *arg, struct timer *t)
{
    (void)arg, (void)t;
    fail_msg("nothing came in %d ms", PATIENCE_MS);
}

static void on_put_answer(void *arg, struct socket *s)
{
    struct stage *g = arg;
    const uint8_t *bytes;
    size_t size;
    struct problem why = {""};
    pb_envelope *e;
    if (socket_receive(s, NULL, NULL, &bytes, &size))
        return;
    assert_int_equal(wire_envelope(bytes, size, &e, &why), OK);
    if (e->body_case == NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK) {
        g->n_acked += e->put_ack->n_keys;
    } else {
        assert_int_equal(e->body_case, NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK);
        g->n_refused++;
        g->refusal = e->put_nack->refusal;
        snprintf(g->reason, sizeof g->reason, "%s", e->put_nack->reason);
    }
    wire_envelope_free(&e);
    if (g->n_acked + g->n_refused == g->want)
        loop_stop(g->loop, 0);
}

static void start_sink(struct stage *g)
{
    struct problem why = {""};
    g->sink_sockets = socket_context_new();
    if (sink_start(g->loop, g->sink_sockets, &g->settings, &g->sink, &why))
        fail_msg("%s", why.text);
    g->classifier = socket_new(g->sockets, SOCKET_DEALER, 5000);
    assert_int_equal(socket_connect(g->classifier, g->ingest, &why), OK);
    loop_socket(g->loop, g->classifier, on_put_answer, g);
}

// Its context goes with it, which waits until nothing of it listens any more. The classifier's
// connection too: what it sent before it noticed would be lost, and we do not send again.
static void stop_sink(struct stage *g)
{
    loop_socket(g->loop, g->classifier, NULL, NULL);
    socket_free(&g->classifier);
    sink_stop(&g->sink);
    socket_context_free(&g->sink_sockets);
}

static void run(struct stage *g)
{
    timer_set(g->deadline, PATIENCE_MS, false);
    loop_run(g->loop);
    timer_stop(g->deadline);
}

static int set_up(void **state)
{
    struct stage *g = calloc(1, sizeof *g);
    folder_make(g->folder);
    snprintf(g->store, sizeof g->store, "sqlite:%s/sink.db", g->folder);
    snprintf(g->ingest, sizeof g->ingest, "ipc://%s/ingest", g->folder);
    snprintf(g->topic, sizeof g->topic, "ipc://%s/topic", g->folder);
    snprintf(g->replay, sizeof g->replay, "ipc://%s/replay", g->folder);
    g->settings = (struct sink_settings){
        .store = g->store, .replay_bytes = 64 << 20, .duplicates_ms = 3600000};
    g->settings.service.ingest = g->ingest;
    g->settings.service.topic = g->topic;
    g->settings.service.replay = g->replay;
    g->loop = loop_new();
    g->sockets = socket_context_new();
    g->deadline = timer_new(g->loop, on_deadline, g);
    start_sink(g);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *g = *state;
    stop_sink(g);
    wire_envelope_free(&g->answer);
    timer_free(&g->deadline);
    socket_context_free(&g->sockets);
    loop_free(&g->loop);
    folder_remove(g->folder);
    free(g);
    return 0;
}

static void send_put(struct stage *g, struct sample *s)
{
    pb_key key = NEWSWIRE__V1__KEY__INIT;
    Newswire__V1__Put put = NEWSWIRE__V1__PUT__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    key.id = s->announcement.id;
    key.revision = s->announcement.revision;
    key.sequence = ++g->outbox;
    put.key = &key;
    put.announcement = &s->announcement;
    put.classification = &s->classification;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT;
    e.put = &put;
    assert_int_equal(wire_send(g->classifier, NULL, &e), OK);
    g->want++;
}

// Puts announcements first..last and waits until all were answered.
static void put_all(struct stage *g, unsigned first, unsigned last)
{
    struct sample s;
    for (unsigned i = first; i <= last; i++) {
        sample_fill(&s, i, 1, i % 3 ? "corporate-event" : "soe-policy");
        send_put(g, &s);
    }
    run(g);
}

static void a_put_is_acknowledged_and_again_when_it_comes_again(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 1200);
    assert_int_equal(g->n_acked, 1200);
    put_all(g, 1, 1200);
    assert_int_equal(g->n_acked, 2400);
    assert_int_equal(g->n_refused, 0);
    char line[400];
    assert_true(sink_health(g->sink, line, sizeof line));
    assert_non_null(strstr(line, "head=1200 announcements=1200"));
}

static void an_invalid_put_is_poison_and_says_why(void **state)
{
    struct stage *g = *state;
    struct sample s;
    sample_fill(&s, 1, 1, "other");
    s.classification.primary = "soe-policy";
    send_put(g, &s);
    run(g);
    assert_int_equal(g->n_refused, 1);
    assert_int_equal(g->refusal, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON);
    assert_non_null(strstr(g->reason, "soe-policy"));
}

static void a_put_that_cannot_be_read_is_poison_by_its_key(void **state)
{
    struct stage *g = *state;
    struct sample s;
    sample_fill(&s, 1, 1, "other");
    s.announcement.title = "标题\x1b[2J";
    send_put(g, &s);
    run(g);
    assert_int_equal(g->n_refused, 1);
    assert_int_equal(g->refusal, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON);
    assert_non_null(strstr(g->reason, "title"));
}

static void garbage_hurts_nobody(void **state)
{
    struct stage *g = *state;
    struct problem why;
    struct socket *questions = socket_new(g->sockets, SOCKET_DEALER, 10);
    assert_int_equal(socket_connect(questions, g->replay, &why), OK);
    for (int i = 0; i < 50; i++) {
        uint8_t bytes[64];
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (uint8_t)(i * 37 + (int)at * 11);
        assert_int_equal(socket_send(g->classifier, NULL, NULL, bytes, (size_t)i), OK);
        (void)!socket_send(questions, NULL, NULL, bytes, (size_t)i);
    }
    put_all(g, 1, 10);
    assert_int_equal(g->n_acked, 10);
    socket_free(&questions);
}

// Subscribers

static void on_news(void *arg, const pb_news *news)
{
    struct stage *g = arg;
    assert_true(news->sequence > g->last);
    g->last = news->sequence;
    g->n_news++;
    snprintf(g->title, sizeof g->title, "%s", news->announcement->title);
    if (g->n_news == g->want)
        loop_stop(g->loop, 0);
}

static struct subscriber *subscribe(struct stage *g, enum subscribe_from from, const char *label)
{
    static const struct subscriber_handlers handlers = {.news = on_news};
    struct subscription_start start = {.from = from, .labels = &label, .n_labels = label ? 1 : 0};
    struct subscriber *s;
    struct problem why;
    assert_int_equal(
        subscriber_new(g->loop, g->sockets, g->topic, g->replay, &start, &handlers, g, &s, &why),
        OK);
    return s;
}

struct topics {
    struct stage *stage;
    char topic[256];
    uint64_t sequence, epoch;
};

static void on_topic(void *arg, struct socket *s)
{
    struct topics *t = arg;
    const uint8_t *bytes;
    size_t size;
    struct problem why;
    ProtobufCMessage *m;
    if (socket_receive(s, NULL, t->topic, &bytes, &size))
        return;
    assert_int_equal(wire_unpack(&newswire__v1__classified_news__descriptor, bytes, size, &m, &why),
                     OK);
    t->sequence = ((pb_news *)m)->sequence;
    t->epoch = ((pb_news *)m)->epoch;
    wire_free(m);
    loop_stop(t->stage->loop, 0);
}

static void news_is_published_under_its_label(void **state)
{
    struct stage *g = *state;
    struct topics t = {.stage = g};
    struct problem why;
    struct socket *sub = socket_new(g->sockets, SOCKET_SUB, 100);
    assert_int_equal(socket_subscribe(sub, TOPIC_NEWS ".soe-policy"), OK);
    assert_int_equal(socket_connect(sub, g->topic, &why), OK);
    loop_socket(g->loop, sub, on_topic, &t);
    // The subscription takes a moment to arrive; what is published before it does is not seen.
    for (unsigned n = 1; t.sequence == 0; n += 3) {
        assert_true(n < 3000);
        g->want = g->n_acked = 0;
        put_all(g, n, n + 2);
    }
    assert_string_equal(t.topic, TOPIC_NEWS ".soe-policy");
    assert_int_equal(t.sequence % 3, 0);
    assert_true(t.epoch > 0);
    loop_socket(g->loop, sub, NULL, NULL);
    socket_free(&sub);
}

static void a_late_subscriber_gets_everything_then_what_comes(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 2500);
    struct subscriber *s = subscribe(g, SUBSCRIBE_BEGINNING, NULL);
    g->want = 2500;
    run(g);
    assert_int_equal(g->last, 2500);
    // From here on its want is of news, not of acknowledgements.
    g->n_acked = 0;
    g->want = 2600;
    struct sample sample;
    for (unsigned i = 2501; i <= 2600; i++) {
        sample_fill(&sample, i, 1, "other");
        send_put(g, &sample);
        g->want--;
    }
    run(g);
    assert_int_equal(g->n_news, 2600);
    assert_int_equal(g->last, 2600);
    subscriber_free(&s);
}

static void a_subscriber_to_one_label_gets_that_label(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 30);
    struct subscriber *s = subscribe(g, SUBSCRIBE_BEGINNING, "soe-policy");
    g->want = 10;
    run(g);
    assert_int_equal(g->last, 30);
    subscriber_free(&s);
}

static void a_subscriber_outlives_the_sink(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 20);
    struct subscriber *s = subscribe(g, SUBSCRIBE_BEGINNING, NULL);
    g->want = 20;
    run(g);
    stop_sink(g);
    start_sink(g);
    g->n_acked = 0;
    g->want = 40;
    struct sample sample;
    for (unsigned i = 21; i <= 40; i++) {
        sample_fill(&sample, i, 1, "other");
        send_put(g, &sample);
        g->want--;
    }
    run(g);
    assert_int_equal(g->n_news, 40);
    assert_int_equal(g->last, 40);
    subscriber_free(&s);
}

// Questions

static void on_answer(void *arg, struct socket *s)
{
    struct stage *g = arg;
    const uint8_t *bytes;
    size_t size;
    struct problem why = {""};
    if (socket_receive(s, NULL, NULL, &bytes, &size))
        return;
    wire_envelope_free(&g->answer);
    if (wire_envelope(bytes, size, &g->answer, &why))
        fail_msg("%s", why.text);
    loop_stop(g->loop, 0);
}

static const pb_envelope *ask(struct stage *g, const pb_envelope *question)
{
    struct problem why;
    struct socket *s = socket_new(g->sockets, SOCKET_DEALER, 10);
    assert_int_equal(socket_connect(s, g->replay, &why), OK);
    loop_socket(g->loop, s, on_answer, g);
    assert_int_equal(wire_send(s, NULL, question), OK);
    run(g);
    loop_socket(g->loop, s, NULL, NULL);
    socket_free(&s);
    return g->answer;
}

static const Newswire__V1__Chunk *ask_replay(struct stage *g, Newswire__V1__Replay *replay)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_REPLAY;
    e.replay = replay;
    const pb_envelope *answer = ask(g, &e);
    assert_int_equal(answer->body_case, NEWSWIRE__V1__ENVELOPE__BODY_CHUNK);
    return answer->chunk;
}

static void send_story(struct stage *g, unsigned n)
{
    struct sample s;
    sample_fill(&s, n, 1, "other");
    s.announcement.text =
        "国资委召开中央企业负责人会议，总结全年工作，部署明年任务，强调要深化改革、防范风险，"
        "推动高质量发展，切实加强党的领导和党的建设。";
    send_put(g, &s);
    run(g);
}

static void the_first_teller_of_a_story_is_known_after_a_restart(void **state)
{
    struct stage *g = *state;
    struct sample first;
    sample_fill(&first, 1, 1, "other");
    send_story(g, 1);
    stop_sink(g);
    start_sink(g);
    send_story(g, 3);
    Newswire__V1__Replay replay = NEWSWIRE__V1__REPLAY__INIT;
    const Newswire__V1__Chunk *c = ask_replay(g, &replay);
    assert_int_equal(c->n_news, 2);
    assert_string_equal(c->news[0]->duplicate_of, "");
    assert_string_equal(c->news[1]->duplicate_of, first.id);
}

static void a_chunk_says_what_it_covers(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 50);
    Newswire__V1__Replay replay = NEWSWIRE__V1__REPLAY__INIT;
    replay.after = 10;
    replay.limit = 5;
    const Newswire__V1__Chunk *c = ask_replay(g, &replay);
    assert_int_equal(c->after, 10);
    assert_int_equal(c->n_news, 5);
    assert_int_equal(c->news[0]->sequence, 11);
    assert_int_equal(c->news[0]->epoch, c->epoch);
    assert_int_equal(c->through, 15);
    assert_int_equal(c->head, 50);
    replay.newest = true;
    c = ask_replay(g, &replay);
    assert_int_equal(c->after, 45);
    assert_int_equal(c->through, 50);
}

static void lookup_finds_the_announcement_or_says_that_there_is_none(void **state)
{
    struct stage *g = *state;
    struct sample s;
    Newswire__V1__Lookup lookup = NEWSWIRE__V1__LOOKUP__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_LOOKUP;
    e.lookup = &lookup;
    put_all(g, 1, 3);
    sample_fill(&s, 3, 1, "soe-policy");
    lookup.id = s.id;
    const pb_envelope *a = ask(g, &e);
    assert_int_equal(a->body_case, NEWSWIRE__V1__ENVELOPE__BODY_FOUND);
    assert_string_equal(a->found->news->announcement->title, "集团召开年度工作会议");
    lookup.id = "ffffffffffffffffffffffffffffffff";
    a = ask(g, &e);
    assert_int_equal(a->body_case, NEWSWIRE__V1__ENVELOPE__BODY_FOUND);
    assert_null(a->found->news);
}

static void the_status_tells_what_is_in_the_store(void **state)
{
    struct stage *g = *state;
    Newswire__V1__SinkStatusRequest request = NEWSWIRE__V1__SINK_STATUS_REQUEST__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS_REQUEST;
    e.sink_status_request = &request;
    put_all(g, 1, 9);
    const Newswire__V1__SinkStatus *s = ask(g, &e)->sink_status;
    assert_int_equal(s->head, 9);
    assert_int_equal(s->announcements, 9);
    assert_int_equal(s->n_labels, 2);
    assert_string_equal(s->labels[0]->label, "corporate-event");
    assert_int_equal(s->labels[0]->count, 6);
    assert_string_equal(s->trouble, "");
    assert_string_equal(s->store, g->store);
}

static void a_port_that_is_taken_opens_no_store(void **state)
{
    struct stage *g = *state;
    struct sink_settings other = g->settings;
    struct problem why = {""};
    char store[192], file[160];
    void *second = NULL;
    snprintf(file, sizeof file, "%s/second.db", g->folder);
    snprintf(store, sizeof store, "sqlite:%s", file);
    other.store = store;
    other.service.ingest = "tcp://127.0.0.1:0";
    other.service.topic = "tcp://256.0.0.1:1";
    assert_int_not_equal(sink_start(g->loop, g->sockets, &other, &second, &why), OK);
    assert_null(second);
    assert_non_null(strstr(why.text, "tcp://256.0.0.1:1"));
    assert_int_not_equal(access(file, F_OK), 0);
}

static void draining_commits_what_is_there(void **state)
{
    struct stage *g = *state;
    put_all(g, 1, 5);
    assert_true(sink_drain(g->sink));
    assert_true(sink_drain(g->sink));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_put_is_acknowledged_and_again_when_it_comes_again),
        TEST(an_invalid_put_is_poison_and_says_why),
        TEST(a_put_that_cannot_be_read_is_poison_by_its_key),
        TEST(garbage_hurts_nobody),
        TEST(news_is_published_under_its_label),
        TEST(a_late_subscriber_gets_everything_then_what_comes),
        TEST(a_subscriber_to_one_label_gets_that_label),
        TEST(a_subscriber_outlives_the_sink),
        TEST(the_first_teller_of_a_story_is_known_after_a_restart),
        TEST(a_chunk_says_what_it_covers),
        TEST(lookup_finds_the_announcement_or_says_that_there_is_none),
        TEST(the_status_tells_what_is_in_the_store),
        TEST(a_port_that_is_taken_opens_no_store),
        TEST(draining_commits_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
