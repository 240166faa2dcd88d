// SPDX-License-Identifier: MIT
#include "services/sink/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "services/sink/put.h"

enum {
    BATCH_MAX = 500,
    BATCH_BYTES_MAX = 16 << 20,
    BATCH_MS = 20,
    QUIET_MS = 2,
    RETRY_MS = 5000, // what BUSY asks a classifier to wait
    FORGET_EVERY_MS = 60000,
    COMPLAIN_EVERY_MS = 1000
};

// A PUT that is received and not committed.
struct waiting {
    struct route from;
    pb_envelope *envelope;
    char duplicate_of[33];
    bool answered;
};

struct intake_metrics {
    uint64_t *puts, *published, *known, *late, *poison, *busy, *commits, *unreadable, *unsent;
};

struct intake {
    struct loop *loop;
    struct socket *router;
    struct intake_options o;
    struct timer *commit, *forget;
    struct waiting waiting[BATCH_MAX];
    struct store_put puts[BATCH_MAX];
    size_t n, bytes;
    int64_t first_at;
    int64_t complained_at;
    bool in_trouble;
    struct intake_metrics count;
};

// Answers.

static void answer(struct intake *i, const struct route *to, const pb_envelope *e)
{
    // A classifier that is gone or does not read sends its PUT again and is answered then.
    if (wire_send(i->router, to, e))
        ++*i->count.unsent;
}

static void refuse(struct intake *i, const struct route *to, pb_key *key,
                   Newswire__V1__Refusal refusal, const char *reason)
{
    Newswire__V1__PutNack nack = NEWSWIRE__V1__PUT_NACK__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    nack.key = key;
    nack.refusal = refusal;
    nack.reason = (char *)reason;
    if (refusal == NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY)
        nack.retry_ms = RETRY_MS;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT_NACK;
    e.put_nack = &nack;
    answer(i, to, &e);
}

static void refuse_poison(struct intake *i, const struct route *to, pb_key *key, const char *reason)
{
    ++*i->count.poison;
    log_warn("refused", "id=%s revision=%" PRIu64 " why=%s", key->id, key->revision, reason);
    refuse(i, to, key, NEWSWIRE__V1__REFUSAL__REFUSAL_POISON, reason);
}

// One PUTACK for all that came from the sender of the first.
static void acknowledge(struct intake *i, size_t first)
{
    Newswire__V1__PutAck ack = NEWSWIRE__V1__PUT_ACK__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    pb_key *keys[BATCH_MAX];
    for (size_t at = first; at < i->n; at++) {
        struct waiting *w = &i->waiting[at];
        if (w->answered || !route_equal(&w->from, &i->waiting[first].from))
            continue;
        keys[ack.n_keys++] = w->envelope->put->key;
        w->answered = true;
    }
    ack.keys = keys;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT_ACK;
    e.put_ack = &ack;
    answer(i, &i->waiting[first].from, &e);
}

static void acknowledge_all(struct intake *i)
{
    for (size_t at = 0; at < i->n; at++) {
        struct waiting *w = &i->waiting[at];
        if (i->puts[at].outcome == STORE_REFUSED) {
            refuse_poison(i, &w->from, w->envelope->put->key, "it is too large for the store");
            w->answered = true;
        }
    }
    for (size_t at = 0; at < i->n; at++)
        if (!i->waiting[at].answered)
            acknowledge(i, at);
}

// Committing.

static void count_outcomes(struct intake *i)
{
    uint64_t *counters[] = {[STORE_NEW] = i->count.published,
                            [STORE_KNOWN] = i->count.known,
                            [STORE_LATE] = i->count.late,
                            [STORE_REFUSED] = NULL};
    for (size_t at = 0; at < i->n; at++)
        if (counters[i->puts[at].outcome])
            ++*counters[i->puts[at].outcome];
    ++*i->count.commits;
}

static void tell_trouble(struct intake *i, const char *sentence)
{
    bool trouble = *sentence != '\0';
    if (trouble && !i->in_trouble)
        log_error("not-committed", "announcements=%zu why=%s", i->n, sentence);
    else if (!trouble && i->in_trouble)
        log_info("committing-again", "announcements=%zu", i->n);
    i->in_trouble = trouble;
    i->o.trouble(i->o.arg, sentence);
}

static void forget_waiting(struct intake *i)
{
    for (size_t at = 0; at < i->n; at++)
        wire_envelope_free(&i->waiting[at].envelope);
    i->n = i->bytes = 0;
    timer_stop(i->commit);
}

static enum err commit_puts(struct intake *i, struct problem *why)
{
    int64_t now = clock_utc_ms();
    for (size_t at = 0; at < i->n; at++) {
        struct waiting *w = &i->waiting[at];
        const Newswire__V1__Put *put = w->envelope->put;
        duplicates_find(i->o.duplicates, put->announcement, now, w->duplicate_of);
        i->puts[at] = (struct store_put){.announcement = put->announcement,
                                         .classification = put->classification,
                                         .duplicate_of = w->duplicate_of};
    }
    return store_commit(i->o.store, i->puts, i->n, now, i->o.keep_ms ? now - i->o.keep_ms : 0, why);
}

static void commit(struct intake *i)
{
    struct problem why;
    if (commit_puts(i, &why) == OK) {
        tell_trouble(i, "");
        count_outcomes(i);
        acknowledge_all(i);
        publisher_committed(i->o.publisher);
    } else {
        tell_trouble(i, why.text);
        *i->count.busy += i->n;
        for (size_t at = 0; at < i->n; at++)
            refuse(i, &i->waiting[at].from, i->waiting[at].envelope->put->key,
                   NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY, why.text);
    }
    forget_waiting(i);
}

static void on_commit(void *arg, struct timer *t)
{
    (void)t;
    commit(arg);
}

static void on_forget(void *arg, struct timer *t)
{
    struct intake *i = arg;
    (void)t;
    if (i->n == 0)
        commit(i);
}

// Receiving.

// Bytes that nobody can be answered for; said once a second at most.
static void complain(struct intake *i, const char *why)
{
    ++*i->count.unreadable;
    if (loop_now(i->loop) < i->complained_at + COMPLAIN_EVERY_MS)
        return;
    i->complained_at = loop_now(i->loop);
    log_warn("bad-message", "why=%s total=%" PRIu64, why, *i->count.unreadable);
}

static void refuse_unreadable(struct intake *i, const struct route *from, const uint8_t *bytes,
                              size_t size, const char *reason)
{
    pb_key *key;
    if (put_key(bytes, size, &key)) {
        complain(i, reason);
        return;
    }
    refuse_poison(i, from, key, reason);
    wire_free(&key->base);
}

static void take(struct intake *i, const struct route *from, const uint8_t *bytes, size_t size)
{
    struct problem why;
    pb_envelope *e;
    if (wire_envelope(bytes, size, &e, &why)) {
        refuse_unreadable(i, from, bytes, size, why.text);
        return;
    }
    if (e->body_case != NEWSWIRE__V1__ENVELOPE__BODY_PUT) {
        complain(i, "something other than PUT came to the ingest socket");
        wire_envelope_free(&e);
        return;
    }
    ++*i->count.puts;
    if (put_check(e->put, &why)) {
        if (e->put->key)
            refuse_poison(i, from, e->put->key, why.text);
        else
            complain(i, why.text);
        wire_envelope_free(&e);
        return;
    }
    if (i->n == 0)
        i->first_at = loop_now(i->loop);
    i->waiting[i->n++] = (struct waiting){.from = *from, .envelope = e};
    i->bytes += size;
}

static bool is_batch_full(const struct intake *i)
{
    return i->n == BATCH_MAX || i->bytes >= BATCH_BYTES_MAX;
}

static void on_put(void *arg, struct socket *s)
{
    struct intake *i = arg;
    struct route from;
    const uint8_t *bytes;
    size_t size;
    for (int turn = 0; turn < BATCH_MAX && !is_batch_full(i); turn++) {
        enum err e = socket_receive(s, &from, NULL, &bytes, &size);
        if (e == ERR_NOTFOUND)
            break;
        if (e)
            complain(i, "a message to the ingest socket did not have one frame");
        else
            take(i, &from, bytes, size);
    }
    if (i->n == 0)
        return;
    int64_t left = i->first_at + BATCH_MS - clock_monotonic_ms();
    if (is_batch_full(i) || left <= 0)
        commit(i);
    else
        timer_set(i->commit, left < QUIET_MS ? left : QUIET_MS, false);
}

// Lifecycle.

static struct intake_metrics find_metrics(void)
{
    return (struct intake_metrics){
        .puts = metric("sink_puts_total"),
        .published = metric("sink_announcements_total"),
        .known = metric("sink_known_total"),
        .late = metric("sink_late_revisions_total"),
        .poison = metric("sink_refused_total"),
        .busy = metric("sink_busy_total"),
        .commits = metric("sink_commits_total"),
        .unreadable = metric("sink_unreadable_total"),
        .unsent = metric("sink_unsent_answers_total"),
    };
}

struct intake *intake_new(struct loop *l, struct socket **router, const struct intake_options *o)
{
    struct intake *i = mem_alloc(sizeof *i);
    i->loop = l;
    i->router = *router;
    *router = NULL;
    i->o = *o;
    i->count = find_metrics();
    i->complained_at = loop_now(l) - COMPLAIN_EVERY_MS;
    i->commit = timer_new(l, on_commit, i);
    i->forget = timer_new(l, on_forget, i);
    if (o->keep_ms)
        timer_set(i->forget, FORGET_EVERY_MS, true);
    loop_socket(l, i->router, on_put, i);
    return i;
}

void intake_free(struct intake **intake)
{
    struct intake *i = *intake;
    if (!i)
        return;
    forget_waiting(i);
    loop_socket(i->loop, i->router, NULL, NULL);
    timer_free(&i->commit);
    timer_free(&i->forget);
    socket_free(&i->router);
    free(i);
    *intake = NULL;
}

bool intake_drain(struct intake *i)
{
    loop_socket(i->loop, i->router, NULL, NULL);
    if (i->n)
        commit(i);
    return i->n == 0;
}

size_t intake_waiting(const struct intake *i)
{
    return i->n;
}
