// SPDX-License-Identifier: MIT
// Every way in which a topic loses, repeats and confuses, and what a subscriber gets all the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/subscription.h"

enum { EPOCH = 100, OTHER_EPOCH = 200 };

// The message as it arrives: packed and unpacked.
static ProtobufCMessage *received(const ProtobufCMessage *m)
{
    struct buf bytes = buf_new(4 << 20);
    struct problem why = {""};
    ProtobufCMessage *out;
    assert_int_equal(wire_pack(m, &bytes), OK);
    if (wire_unpack(m->descriptor, bytes.data, bytes.size, &out, &why))
        fail_msg("%s", why.text);
    buf_free(&bytes);
    return out;
}

static pb_news *make_news(uint64_t epoch, uint64_t sequence, uint64_t previous, const char *label)
{
    pb_news n = NEWSWIRE__V1__CLASSIFIED_NEWS__INIT;
    pb_classification c = NEWSWIRE__V1__CLASSIFICATION__INIT;
    n.epoch = epoch;
    n.sequence = sequence;
    n.previous = previous;
    n.classification = &c;
    c.primary = (char *)label;
    return (pb_news *)received(&n.base);
}

static void hear(struct subscription *s, uint64_t sequence)
{
    pb_news *n = make_news(EPOCH, sequence, sequence - 1, "other");
    subscription_news(s, &n, 100);
    assert_null(n);
}

static void hear_label(struct subscription *s, uint64_t sequence, uint64_t previous,
                       const char *label)
{
    pb_news *n = make_news(EPOCH, sequence, previous, label);
    subscription_news(s, &n, 100);
}

static void hear_head(struct subscription *s, uint64_t epoch, uint64_t sequence)
{
    Newswire__V1__Head head = NEWSWIRE__V1__HEAD__INIT;
    head.epoch = epoch;
    head.sequence = sequence;
    subscription_head(s, &head);
}

static void hear_label_head(struct subscription *s, uint64_t sequence, const char *label,
                            uint64_t of_label)
{
    Newswire__V1__LabelHead one = NEWSWIRE__V1__LABEL_HEAD__INIT, *labels = &one;
    Newswire__V1__Head head = NEWSWIRE__V1__HEAD__INIT;
    one.label = (char *)label;
    one.sequence = of_label;
    head.epoch = EPOCH;
    head.sequence = sequence;
    head.labels = &labels;
    head.n_labels = 1;
    subscription_head(s, &head);
}

enum { CHUNK_MAX = 1000 };

struct chunk {
    Newswire__V1__Chunk chunk;
    pb_news *news[CHUNK_MAX];
};

static void chunk_begin(struct chunk *c, uint64_t epoch, uint64_t after, uint64_t head)
{
    newswire__v1__chunk__init(&c->chunk);
    c->chunk.epoch = epoch;
    c->chunk.after = after;
    c->chunk.head = head;
    c->chunk.news = c->news;
}

static void chunk_add(struct chunk *c, pb_news *news)
{
    assert_true(c->chunk.n_news < CHUNK_MAX);
    c->news[c->chunk.n_news++] = news;
}

static void chunk_give(struct chunk *c, struct subscription *s, uint64_t through)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CHUNK;
    e.chunk = &c->chunk;
    c->chunk.through = through;
    pb_envelope *arrived = (pb_envelope *)received(&e.base);
    for (size_t i = 0; i < c->chunk.n_news; i++)
        wire_free(&c->news[i]->base);
    subscription_answer(s, &arrived);
    assert_null(arrived);
}

// A chunk that has all of (after, through].
static void answer_of(struct subscription *s, uint64_t epoch, uint64_t after, uint64_t through,
                      uint64_t head)
{
    struct chunk c;
    chunk_begin(&c, epoch, after, head);
    for (uint64_t i = after + 1; i <= through; i++)
        chunk_add(&c, make_news(epoch, i, i - 1, "other"));
    chunk_give(&c, s, through);
}

static void answer(struct subscription *s, uint64_t after, uint64_t through, uint64_t head)
{
    answer_of(s, EPOCH, after, through, head);
}

static void answer_truncated(struct subscription *s, uint64_t oldest)
{
    Newswire__V1__Truncated truncated = NEWSWIRE__V1__TRUNCATED__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_TRUNCATED;
    e.truncated = &truncated;
    truncated.epoch = EPOCH;
    truncated.oldest = oldest;
    pb_envelope *arrived = (pb_envelope *)received(&e.base);
    subscription_answer(s, &arrived);
}

static struct subscription_action next_at(struct subscription *s, int64_t now)
{
    struct subscription_action a;
    subscription_next(s, now, &a);
    return a;
}

static struct subscription_action next(struct subscription *s)
{
    return next_at(s, 0);
}

static void want_news(struct subscription *s, uint64_t first, uint64_t last)
{
    for (uint64_t i = first; i <= last; i++) {
        struct subscription_action a = next(s);
        assert_int_equal(a.act, SUBSCRIPTION_DELIVER);
        assert_int_equal(a.news->sequence, i);
        assert_int_equal(subscription_position(s).through, i);
    }
}

static void want_ask(struct subscription *s, uint64_t after)
{
    struct subscription_action a = next(s);
    assert_int_equal(a.act, SUBSCRIPTION_ASK);
    assert_int_equal(a.replay.after, after);
    assert_false(a.replay.newest);
}

static void want_wait(struct subscription *s)
{
    assert_int_equal(next(s).act, SUBSCRIPTION_WAIT);
}

static struct subscription *begin(enum subscribe_from from, uint64_t epoch, uint64_t after)
{
    struct subscription_start start = {.from = from, .epoch = epoch, .after = after};
    return subscription_new(&start);
}

static struct subscription *begin_label(enum subscribe_from from, const char *label)
{
    struct subscription_start start = {.from = from, .labels = &label, .n_labels = 1};
    return subscription_new(&start);
}

// Subscribed from the beginning, and caught up with `head`.
static struct subscription *caught_up(uint64_t head)
{
    struct subscription *s = begin(SUBSCRIBE_BEGINNING, 0, 0);
    want_ask(s, 0);
    answer(s, 0, head, head);
    want_news(s, 1, head);
    want_wait(s);
    assert_true(subscription_position(s).caught_up);
    return s;
}

static void from_the_beginning_it_asks_at_once(void **state)
{
    (void)state;
    struct subscription *s = begin(SUBSCRIBE_BEGINNING, 0, 0);
    want_ask(s, 0);
    want_wait(s);
    answer(s, 0, 3, 5);
    want_news(s, 1, 3);
    want_ask(s, 3);
    answer(s, 3, 5, 5);
    want_news(s, 4, 5);
    want_wait(s);
    subscription_free(&s);
}

static void what_comes_in_order_is_delivered_without_asking(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    for (uint64_t i = 4; i < 50; i++) {
        hear(s, i);
        want_news(s, i, i);
        want_wait(s);
    }
    subscription_free(&s);
}

static void a_gap_is_asked_for_and_what_followed_it_waits(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear(s, 6);
    hear(s, 7);
    want_ask(s, 3);
    hear(s, 8);
    want_wait(s);
    answer(s, 3, 6, 6);
    want_news(s, 4, 8);
    want_wait(s);
    subscription_free(&s);
}

static void a_loss_at_the_end_is_seen_by_the_beacon(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear_head(s, EPOCH, 3);
    want_wait(s);
    hear_head(s, EPOCH, 4);
    want_ask(s, 3);
    answer(s, 3, 4, 4);
    want_news(s, 4, 4);
    want_wait(s);
    subscription_free(&s);
}

static void what_is_known_is_dropped(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear(s, 2);
    hear(s, 3);
    hear(s, 4);
    hear(s, 4);
    want_news(s, 4, 4);
    want_wait(s);
    subscription_free(&s);
}

static void a_chunk_that_repeats_what_is_known_gives_only_the_rest(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear(s, 9);
    want_ask(s, 3);
    answer(s, 0, 9, 9);
    want_news(s, 4, 9);
    want_wait(s);
    subscription_free(&s);
}

static void no_answer_makes_it_ask_again_later_and_later(void **state)
{
    (void)state;
    static const int64_t want_times[] = {0, 2000, 6000, 14000, 30000, 46000};
    struct subscription *s = begin(SUBSCRIBE_BEGINNING, 0, 0);
    for (size_t i = 0; i < sizeof want_times / sizeof *want_times; i++) {
        assert_int_equal(next_at(s, want_times[i]).act, SUBSCRIPTION_ASK);
        struct subscription_action a = next_at(s, want_times[i] + 1);
        assert_int_equal(a.act, SUBSCRIPTION_WAIT);
        if (i + 1 < sizeof want_times / sizeof *want_times)
            assert_int_equal(a.wake_ms, want_times[i + 1]);
    }
    subscription_free(&s);
}

static void an_answer_that_leads_nowhere_is_not_followed_by_a_storm_of_questions(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear_head(s, EPOCH, 9);
    want_ask(s, 3);
    answer(s, 3, 3, 3); // replay does not have what the topic speaks of
    want_wait(s);
    assert_int_equal(next_at(s, 2000).act, SUBSCRIPTION_ASK);
    subscription_free(&s);
}

static void a_late_answer_from_before_a_new_epoch_does_not_make_it_skip(void **state)
{
    (void)state;
    struct subscription *s = begin(SUBSCRIBE_AFTER, EPOCH, 50);
    want_ask(s, 50);
    answer_of(s, OTHER_EPOCH, 50, 60, 60);
    struct subscription_action a = next(s);
    assert_int_equal(a.act, SUBSCRIPTION_RESYNC);
    assert_int_equal(a.old_epoch, EPOCH);
    assert_int_equal(a.epoch, OTHER_EPOCH);
    want_ask(s, 0);
    answer_of(s, OTHER_EPOCH, 0, 60, 60);
    want_news(s, 1, 60);
    subscription_free(&s);
}

static void the_topic_alone_does_not_prove_a_new_epoch(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    pb_news *left_over = make_news(OTHER_EPOCH, 70, 69, "other");
    subscription_news(s, &left_over, 100);
    want_ask(s, 3);
    answer(s, 3, 3, 3);
    want_wait(s);
    hear(s, 4);
    want_news(s, 4, 4);
    subscription_free(&s);
}

static void a_new_epoch_on_the_topic_is_found_out_by_asking(void **state)
{
    (void)state;
    struct subscription *s = caught_up(3);
    hear_head(s, OTHER_EPOCH, 2);
    want_ask(s, 3);
    answer_of(s, OTHER_EPOCH, 3, 2, 2);
    assert_int_equal(next(s).act, SUBSCRIPTION_RESYNC);
    want_ask(s, 0);
    answer_of(s, OTHER_EPOCH, 0, 2, 2);
    want_news(s, 1, 2);
    want_wait(s);
    subscription_free(&s);
}

static void an_older_store_of_the_same_epoch_is_noticed(void **state)
{
    (void)state;
    struct subscription *s = caught_up(9);
    hear_head(s, EPOCH, 5); // restored from a backup, and nobody renewed the epoch
    want_ask(s, 9);
    answer(s, 9, 5, 5);
    struct subscription_action a = next(s);
    assert_int_equal(a.act, SUBSCRIPTION_RESYNC);
    assert_int_equal(a.epoch, EPOCH);
    want_ask(s, 0);
    answer(s, 0, 5, 5);
    want_news(s, 1, 5);
    subscription_free(&s);
}

static void a_beacon_that_was_overtaken_by_a_chunk_does_no_harm(void **state)
{
    (void)state;
    struct subscription *s = caught_up(9);
    hear_head(s, EPOCH, 7);
    want_ask(s, 9);
    answer(s, 9, 9, 9);
    want_wait(s);
    hear(s, 10);
    want_news(s, 10, 10);
    subscription_free(&s);
}

static void what_is_not_kept_any_more_is_told_once(void **state)
{
    (void)state;
    struct subscription *s = begin(SUBSCRIBE_AFTER, EPOCH, 10);
    want_ask(s, 10);
    answer_truncated(s, 21);
    struct subscription_action a = next(s);
    assert_int_equal(a.act, SUBSCRIPTION_LOST);
    assert_int_equal(a.after, 10);
    assert_int_equal(a.oldest, 21);
    hear_head(s, EPOCH, 22);
    want_ask(s, 20);
    answer(s, 20, 22, 22);
    want_news(s, 21, 22);
    want_wait(s);
    subscription_free(&s);
}

static void the_beginning_is_where_the_store_begins(void **state)
{
    (void)state;
    struct subscription *s = begin(SUBSCRIBE_BEGINNING, 0, 0);
    want_ask(s, 0);
    answer_truncated(s, 21);
    hear_head(s, EPOCH, 21);
    want_ask(s, 20);
    answer(s, 20, 21, 21);
    want_news(s, 21, 21);
    subscription_free(&s);
}

static void from_now_on_begins_with_the_first_thing_heard(void **state)
{
    (void)state;
    struct subscription *by_head = begin(SUBSCRIBE_NOW, 0, 0);
    want_wait(by_head);
    hear_head(by_head, EPOCH, 40);
    want_wait(by_head);
    assert_true(subscription_position(by_head).caught_up);
    hear(by_head, 41);
    want_news(by_head, 41, 41);
    subscription_free(&by_head);

    struct subscription *by_news = begin(SUBSCRIBE_NOW, 0, 0);
    hear(by_news, 41);
    want_news(by_news, 41, 41);
    want_wait(by_news);
    subscription_free(&by_news);
}

static void the_newest_are_asked_for_by_number(void **state)
{
    (void)state;
    struct subscription_start start = {.from = SUBSCRIBE_NEWEST, .newest = 5};
    struct subscription *s = subscription_new(&start);
    struct subscription_action a = next(s);
    assert_int_equal(a.act, SUBSCRIPTION_ASK);
    assert_true(a.replay.newest);
    assert_int_equal(a.replay.limit, 5);
    hear(s, 101);
    want_wait(s);
    answer(s, 95, 100, 100);
    want_news(s, 96, 101);
    want_wait(s);
    subscription_free(&s);
}

static void a_sequence_of_the_future_is_waited_for(void **state)
{
    (void)state;
    struct subscription *s = begin(SUBSCRIBE_AFTER, 0, 10);
    want_ask(s, 10);
    answer(s, 10, 3, 3);
    want_wait(s);
    hear_head(s, EPOCH, 3);
    hear(s, 4);
    want_wait(s);
    subscription_free(&s);
}

static void one_label_sees_its_own_gaps_only(void **state)
{
    (void)state;
    struct subscription *s = begin_label(SUBSCRIBE_NOW, "soe-policy");
    assert_string_equal(subscription_prefix(s), "classified-news.soe-policy");
    hear_label_head(s, 10, "soe-policy", 8);
    want_wait(s);
    hear_label(s, 14, 8, "soe-policy"); // 11 to 13 have other labels
    want_news(s, 14, 14);
    want_wait(s);
    hear_label(s, 20, 17, "soe-policy");
    want_ask(s, 14);
    subscription_free(&s);
}

static void one_label_moves_on_with_the_beacon(void **state)
{
    (void)state;
    struct subscription *s = begin_label(SUBSCRIBE_NOW, "soe-policy");
    hear_label_head(s, 10, "soe-policy", 8);
    hear_label_head(s, 500, "soe-policy", 8);
    want_wait(s);
    assert_int_equal(subscription_position(s).through, 500);
    hear_label_head(s, 501, "soe-policy", 501);
    want_ask(s, 500);
    subscription_free(&s);
}

static void a_longer_label_with_the_same_prefix_is_not_meant(void **state)
{
    (void)state;
    struct subscription *s = begin_label(SUBSCRIBE_NOW, "soe-policy");
    hear_label_head(s, 10, "soe-policy", 8);
    hear_label(s, 11, 0, "soe-policy-draft");
    want_wait(s);
    hear_label(s, 12, 8, "soe-policy");
    want_news(s, 12, 12);
    subscription_free(&s);
}

static void several_labels_go_by_the_whole_topic(void **state)
{
    (void)state;
    const char *labels[] = {"soe-policy", "party-activity"};
    struct subscription_start start = {.from = SUBSCRIBE_NOW, .labels = labels, .n_labels = 2};
    struct subscription *s = subscription_new(&start);
    assert_string_equal(subscription_prefix(s), "classified-news");
    hear_head(s, EPOCH, 10);
    hear_label(s, 11, 3, "soe-policy");
    hear_label(s, 12, 4, "other");
    hear_label(s, 13, 5, "party-activity");
    want_news(s, 11, 11);
    want_news(s, 13, 13);
    want_wait(s);
    // 14 is lost: it may have been of either label, so 15 has to wait.
    hear_label(s, 15, 13, "party-activity");
    want_ask(s, 13);
    subscription_free(&s);
}

static void more_than_it_can_hold_is_replayed(void **state)
{
    (void)state;
    struct subscription *s = caught_up(1);
    for (uint64_t i = 3; i < 10003; i++)
        hear(s, i);
    uint64_t at = 1;
    for (struct subscription_action a = next(s); a.act != SUBSCRIPTION_WAIT; a = next(s)) {
        if (a.act == SUBSCRIPTION_ASK) {
            uint64_t through = a.replay.after + 1000 < 10002 ? a.replay.after + 1000 : 10002;
            answer(s, a.replay.after, through, 10002);
        } else {
            assert_int_equal(a.act, SUBSCRIPTION_DELIVER);
            assert_int_equal(a.news->sequence, ++at);
        }
    }
    assert_int_equal(at, 10002);
    subscription_free(&s);
}

// A sink, a topic that loses, an answer that is late or lost, by chance. What must come out is
// known beforehand: everything of the wanted labels, in order, once.

static const char *const all_labels[] = {"soe-policy", "corporate-event", "party-activity"};

struct world {
    uint64_t seed;
    struct subscription *s;
    const char *label; // wanted; NULL: all
    uint64_t epoch, head, heads[3];
    unsigned char labels[4096]; // of each sequence
    struct subscription_action question;
    bool asked;
    uint64_t delivered; // newest sequence that came out
    int64_t now;
};

static unsigned chance(struct world *w, unsigned n)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (unsigned)(w->seed % n);
}

static bool is_wanted(const struct world *w, uint64_t sequence)
{
    return !w->label || strcmp(all_labels[w->labels[sequence]], w->label) == 0;
}

static void publish(struct world *w, bool lost)
{
    unsigned label = chance(w, 3);
    uint64_t sequence = ++w->head;
    w->labels[sequence] = (unsigned char)label;
    pb_news *n = make_news(w->epoch, sequence, w->heads[label], all_labels[label]);
    w->heads[label] = sequence;
    if (lost || (w->label && !is_wanted(w, sequence)))
        wire_free(&n->base);
    else
        subscription_news(w->s, &n, 100);
}

static void beacon(struct world *w)
{
    Newswire__V1__Head head = NEWSWIRE__V1__HEAD__INIT;
    Newswire__V1__LabelHead items[3], *labels[3];
    for (int i = 0; i < 3; i++) {
        newswire__v1__label_head__init(&items[i]);
        items[i].label = (char *)all_labels[i];
        items[i].sequence = w->heads[i];
        labels[i] = &items[i];
    }
    head.epoch = w->epoch;
    head.sequence = w->head;
    head.labels = labels;
    head.n_labels = 3;
    subscription_head(w->s, &head);
}

static void replay(struct world *w)
{
    uint64_t after = w->question.replay.after, limit = 1 + chance(w, 9);
    uint64_t through = after;
    struct chunk c;
    chunk_begin(&c, w->epoch, after, w->head);
    for (; through < w->head && c.chunk.n_news < limit; through++)
        if (is_wanted(w, through + 1))
            chunk_add(&c, make_news(w->epoch, through + 1, 0, all_labels[w->labels[through + 1]]));
    chunk_give(&c, w->s, through < w->head ? through : w->head);
}

static void take(struct world *w)
{
    for (;;) {
        struct subscription_action a = next_at(w->s, w->now);
        if (a.act == SUBSCRIPTION_WAIT)
            return;
        if (a.act == SUBSCRIPTION_ASK) {
            w->question = a;
            w->asked = true;
            continue;
        }
        if (a.act == SUBSCRIPTION_RESYNC) {
            assert_int_equal(a.epoch, w->epoch);
            w->delivered = 0;
            continue;
        }
        assert_int_equal(a.act, SUBSCRIPTION_DELIVER);
        assert_int_equal(a.news->epoch, w->epoch);
        uint64_t want = w->delivered + 1;
        while (!is_wanted(w, want))
            want++;
        assert_int_equal(a.news->sequence, want);
        w->delivered = want;
    }
}

static void new_store(struct world *w)
{
    w->epoch++;
    w->head = 0;
    memset(w->heads, 0, sizeof w->heads);
    w->asked = false; // what was asked is gone with the old sink
}

static void live_through(struct world *w, int steps)
{
    for (int i = 0; i < steps; i++) {
        w->now += chance(w, 500);
        switch (chance(w, 8)) {
        case 0:
        case 1:
        case 2:
            publish(w, false);
            break;
        case 3:
            publish(w, chance(w, 2) == 0);
            break;
        case 4:
            beacon(w);
            break;
        case 5:
            if (w->asked)
                replay(w);
            w->asked = false;
            break;
        case 6:
            if (chance(w, 4) == 0)
                w->asked = false; // the question or its answer is lost
            break;
        default:
            if (chance(w, 100) == 0)
                new_store(w);
        }
        take(w);
    }
    // All is quiet at last: the beacon goes on, questions are answered.
    for (int i = 0; i < 2000; i++) {
        w->now += 1000;
        beacon(w);
        take(w);
        if (w->asked)
            replay(w);
        w->asked = false;
        take(w);
    }
}

static void whatever_happens_everything_comes_once_and_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct world w = {.seed = seed * 0x9E3779B97F4A7C15u, .epoch = EPOCH};
        w.label = seed % 3 == 0 ? all_labels[seed % 9 / 3] : NULL;
        w.s =
            w.label ? begin_label(SUBSCRIBE_BEGINNING, w.label) : begin(SUBSCRIBE_BEGINNING, 0, 0);
        live_through(&w, 600);
        struct subscription_position p = subscription_position(w.s);
        assert_true(p.caught_up);
        assert_int_equal(p.through, w.head);
        for (uint64_t i = w.delivered + 1; i <= w.head; i++)
            assert_false(is_wanted(&w, i));
        subscription_free(&w.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_beginning_it_asks_at_once),
        cmocka_unit_test(what_comes_in_order_is_delivered_without_asking),
        cmocka_unit_test(a_gap_is_asked_for_and_what_followed_it_waits),
        cmocka_unit_test(a_loss_at_the_end_is_seen_by_the_beacon),
        cmocka_unit_test(what_is_known_is_dropped),
        cmocka_unit_test(a_chunk_that_repeats_what_is_known_gives_only_the_rest),
        cmocka_unit_test(no_answer_makes_it_ask_again_later_and_later),
        cmocka_unit_test(an_answer_that_leads_nowhere_is_not_followed_by_a_storm_of_questions),
        cmocka_unit_test(a_late_answer_from_before_a_new_epoch_does_not_make_it_skip),
        cmocka_unit_test(the_topic_alone_does_not_prove_a_new_epoch),
        cmocka_unit_test(a_new_epoch_on_the_topic_is_found_out_by_asking),
        cmocka_unit_test(an_older_store_of_the_same_epoch_is_noticed),
        cmocka_unit_test(a_beacon_that_was_overtaken_by_a_chunk_does_no_harm),
        cmocka_unit_test(what_is_not_kept_any_more_is_told_once),
        cmocka_unit_test(the_beginning_is_where_the_store_begins),
        cmocka_unit_test(from_now_on_begins_with_the_first_thing_heard),
        cmocka_unit_test(the_newest_are_asked_for_by_number),
        cmocka_unit_test(a_sequence_of_the_future_is_waited_for),
        cmocka_unit_test(one_label_sees_its_own_gaps_only),
        cmocka_unit_test(one_label_moves_on_with_the_beacon),
        cmocka_unit_test(a_longer_label_with_the_same_prefix_is_not_meant),
        cmocka_unit_test(several_labels_go_by_the_whole_topic),
        cmocka_unit_test(more_than_it_can_hold_is_replayed),
        cmocka_unit_test(whatever_happens_everything_comes_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
