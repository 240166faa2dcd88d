// SPDX-License-Identifier: MIT
#include "services/sink/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/mem.h"
#include "services/sink/answer.h"
#include "services/sink/turns.h"

enum { MESSAGES_A_TURN = 100, LABELS_MAX = 64, NICE = 10, COMPLAIN_EVERY_MS = 1000 };

struct replay {
    struct loop *loop;
    struct socket *router;
    struct store *store;
    struct replay_options o;
    struct turns *turns;
    struct timer *serve;
    struct buf body, message;
    int64_t complained_at;
    pthread_t thread;
    int stop_fd;
    pthread_mutex_t lock; // of `trouble`
    char trouble[512];
    atomic_uint_fast64_t chunks, lookups, unreadable, failures, waiting;
};

static void complain(struct replay *r, const char *why)
{
    r->unreadable++;
    if (loop_now(r->loop) < r->complained_at + COMPLAIN_EVERY_MS)
        return;
    r->complained_at = loop_now(r->loop);
    log_warn("bad-question", "why=%s", why);
}

// The store cannot be read: nothing is answered, and who asked asks again.
static void failed(struct replay *r, const char *why)
{
    r->failures++;
    log_error("not-replayed", "why=%s", why);
}

static void send_envelope(struct replay *r, const struct route *to, const pb_envelope *e)
{
    if (wire_send(r->router, to, e))
        log_debug("unsent", "bytes=%zu", protobuf_c_message_get_packed_size(&e->base));
}

// Sends the body that was written into r->body.
static void send_body(struct replay *r, const struct route *to, enum answer_kind kind)
{
    buf_clear(&r->message);
    if (buf_failed(&r->body) || answer_envelope(&r->message, kind, &r->body)) {
        failed(r, "an answer does not fit into a message");
        return;
    }
    if (socket_send(r->router, to, NULL, r->message.data, r->message.size))
        log_debug("unsent", "bytes=%zu", r->message.size);
    turns_spent(r->turns, r->message.size);
}

// REPLAY

static void add_row(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                    size_t size)
{
    struct replay *r = arg;
    (void)sequence, (void)label;
    answer_chunk_row(&r->body, packed, size); // send_body() sees a failure
}

static void send_truncated(struct replay *r, const struct route *to,
                           const struct store_extent *extent)
{
    Newswire__V1__Truncated truncated = NEWSWIRE__V1__TRUNCATED__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    truncated.epoch = extent->epoch;
    truncated.oldest = extent->oldest;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_TRUNCATED;
    e.truncated = &truncated;
    send_envelope(r, to, &e);
}

static struct store_range range_of(const Newswire__V1__Replay *q)
{
    return (struct store_range){
        .after = q->after,
        .newest = q->newest,
        .labels = (const char *const *)q->labels,
        // Whoever names so many labels gets them all, and takes his own out.
        .n_labels = q->n_labels <= LABELS_MAX ? q->n_labels : 0,
        .limit = q->limit >= 1 && q->limit <= STORE_READ_MAX ? q->limit : STORE_READ_MAX,
        .bytes = CHUNK_BYTES,
    };
}

static void serve_replay(struct replay *r, const struct route *to, const Newswire__V1__Replay *q)
{
    struct store_range range = range_of(q);
    struct store_extent extent;
    struct problem why;
    buf_clear(&r->body);
    if (store_read(r->store, &range, add_row, r, &extent, &why)) {
        failed(r, why.text);
        return;
    }
    r->chunks++;
    if (!q->newest && q->after < extent.oldest - 1) {
        send_truncated(r, to, &extent);
        return;
    }
    answer_chunk_end(&r->body, &extent);
    send_body(r, to, ANSWER_CHUNK);
}

static void on_serve(void *arg, struct timer *t)
{
    struct replay *r = arg;
    struct route from;
    pb_envelope *e;
    int64_t wait_ms = 0;
    enum err next = turns_next(r->turns, clock_monotonic_ms(), &from, &e, &wait_ms);
    if (next == OK) {
        serve_replay(r, &from, e->replay);
        wire_envelope_free(&e);
    }
    r->waiting = turns_waiting(r->turns);
    if (next != ERR_NOTFOUND)
        timer_set(t, wait_ms, false); // 0: sockets get their turn in between
}

// LOOKUP

static void add_found(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                      size_t size)
{
    struct replay *r = arg;
    (void)sequence, (void)label;
    answer_found_row(&r->body, packed, size);
}

static void serve_lookup(struct replay *r, const struct route *to, const Newswire__V1__Lookup *q)
{
    struct store_range range = {.id = q->id, .limit = 1, .bytes = STORE_NEWS_MAX};
    struct store_extent extent;
    struct problem why;
    buf_clear(&r->body);
    r->lookups++;
    if (store_read(r->store, &range, add_found, r, &extent, &why))
        failed(r, why.text);
    else
        send_body(r, to, ANSWER_FOUND);
}

// SINK_STATUS_REQUEST

static void fill_status(struct replay *r, const struct store_state *state,
                        Newswire__V1__SinkStatus *out)
{
    out->epoch = state->epoch;
    out->head = state->head;
    out->announcements = state->announcements;
    out->committed_ms = state->committed_ms;
    out->store = (char *)r->o.store_name;
    for (size_t i = 0; i < state->n_labels; i++) {
        newswire__v1__label_count__init(out->labels[i]);
        out->labels[i]->label = (char *)state->labels[i].name;
        out->labels[i]->count = state->labels[i].count;
    }
    out->n_labels = state->n_labels;
}

static void serve_status(struct replay *r, const struct route *to)
{
    const struct store_state *state = store_state(r->store);
    if (!state) {
        failed(r, "the state of the store cannot be read");
        return;
    }
    Newswire__V1__SinkStatus status = NEWSWIRE__V1__SINK_STATUS__INIT;
    Newswire__V1__LabelCount *items = mem_alloc(sizeof *items * (state->n_labels + 1));
    status.labels = mem_alloc(sizeof *status.labels * (state->n_labels + 1));
    for (size_t i = 0; i < state->n_labels; i++)
        status.labels[i] = &items[i];
    fill_status(r, state, &status);
    char trouble[sizeof r->trouble];
    pthread_mutex_lock(&r->lock);
    memcpy(trouble, r->trouble, sizeof trouble);
    pthread_mutex_unlock(&r->lock);
    status.trouble = trouble;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS;
    e.sink_status = &status;
    send_envelope(r, to, &e);
    free(status.labels);
    free(items);
}

// Questions

static void dispatch(struct replay *r, const struct route *from, pb_envelope **e)
{
    switch ((*e)->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_REPLAY:
        if (turns_add(r->turns, from, e))
            complain(r, "too many subscribers are waiting for REPLAY");
        if (!timer_is_set(r->serve))
            timer_set(r->serve, 0, false);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_LOOKUP:
        serve_lookup(r, from, (*e)->lookup);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS_REQUEST:
        serve_status(r, from);
        break;
    default:
        complain(r, "something other than REPLAY, LOOKUP and SINK_STATUS_REQUEST came to the "
                    "replay socket");
    }
}

static void on_question(void *arg, struct socket *s)
{
    struct replay *r = arg;
    struct route from;
    struct problem why;
    const uint8_t *bytes;
    size_t size;
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        enum err e = socket_receive(s, &from, NULL, &bytes, &size);
        if (e == ERR_NOTFOUND)
            return;
        pb_envelope *envelope = NULL;
        if (e)
            complain(r, "a message to the replay socket did not have one frame");
        else if (wire_envelope(bytes, size, &envelope, &why))
            complain(r, why.text);
        else
            dispatch(r, &from, &envelope);
        wire_envelope_free(&envelope);
    }
}

// The thread

static void on_stop(void *arg, int fd, unsigned events)
{
    struct replay *r = arg;
    (void)fd, (void)events;
    loop_stop(r->loop, 0);
}

static void *run(void *arg)
{
    struct replay *r = arg;
    // On Linux the priority is the thread's own.
    if (setpriority(PRIO_PROCESS, 0, NICE) != 0)
        log_debug("no-priority", "why=%s", strerror(errno));
    loop_run(r->loop);
    return NULL;
}

struct replay *replay_start(struct socket **router, struct store **reader,
                            const struct replay_options *o)
{
    struct replay *r = mem_alloc(sizeof *r);
    r->o = *o;
    r->router = *router;
    r->store = *reader;
    *router = NULL;
    *reader = NULL;
    r->loop = loop_new();
    r->turns = turns_new(o->bytes_a_second);
    r->serve = timer_new(r->loop, on_serve, r);
    r->body = buf_new(MESSAGE_MAX);
    r->message = buf_new(MESSAGE_MAX);
    r->complained_at = loop_now(r->loop) - COMPLAIN_EVERY_MS;
    pthread_mutex_init(&r->lock, NULL);
    r->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (r->stop_fd < 0)
        panic("eventfd: %s", strerror(errno));
    loop_fd(r->loop, r->stop_fd, LOOP_READ, on_stop, r);
    loop_socket(r->loop, r->router, on_question, r);
    if (pthread_create(&r->thread, NULL, run, r) != 0)
        panic("cannot start the replay thread");
    return r;
}

void replay_stop(struct replay **replay)
{
    struct replay *r = *replay;
    if (!r)
        return;
    uint64_t one = 1;
    if (write(r->stop_fd, &one, sizeof one) != (ssize_t)sizeof one)
        panic("eventfd: %s", strerror(errno));
    pthread_join(r->thread, NULL);
    timer_free(&r->serve);
    turns_free(&r->turns);
    socket_free(&r->router);
    store_close(&r->store);
    loop_free(&r->loop);
    buf_free(&r->body);
    buf_free(&r->message);
    pthread_mutex_destroy(&r->lock);
    close(r->stop_fd);
    free(r);
    *replay = NULL;
}

void replay_trouble(struct replay *r, const char *sentence)
{
    pthread_mutex_lock(&r->lock);
    snprintf(r->trouble, sizeof r->trouble, "%s", sentence);
    pthread_mutex_unlock(&r->lock);
}

struct replay_counts replay_counts(const struct replay *r)
{
    return (struct replay_counts){.chunks = r->chunks,
                                  .lookups = r->lookups,
                                  .unreadable = r->unreadable,
                                  .failures = r->failures,
                                  .waiting = r->waiting};
}
