// SPDX-License-Identifier: MIT
#include "services/fetcher/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"

enum {
    TICK_MS = 1000,
    MESSAGES_A_ROUND = 256,
    ROWS_A_READ = 256,
    HWM = 4096, // above any window
    WINDOW_MAX = 2048,
    BUSY_PAUSE_MS = 1000,
};

struct work {
    struct loop *loop;
    struct socket *socket;
    struct ledger *ledger;
    struct flush *flush;
    struct dispatch *dispatch;
    struct timer *tick;
    struct buf data; // the message being made
    bool stuck;      // no session has room for the next row
    uint64_t *delivered, *redelivered, *acked, *refused;
};

// What is not sent to a peer whose queue is full is delivered again when its lease is over.
static void after_send(struct work *w, const struct route *to, enum err e)
{
    if (e == ERR_NOTFOUND)
        dispatch_gone(w->dispatch, to, loop_now(w->loop));
}

static void send_envelope(struct work *w, const struct route *to, pb_envelope *e)
{
    after_send(w, to, wire_send(w->socket, to, e));
}

// Rows out.

static void send_row(struct work *w, const struct route *to, const struct outbox_row *row)
{
    pb_key key = NEWSWIRE__V1__KEY__INIT;
    key.store = (char *)ledger_store(w->ledger);
    key.epoch = ledger_epoch(w->ledger);
    key.sequence = row->sequence;
    key.id = (char *)row->id;
    key.revision = row->revision;
    buf_clear(&w->data);
    if (wire_pack_data(&key, row->payload, row->size, &w->data))
        panic("outbox row %" PRIu64 " is larger than a message", row->sequence);
    after_send(w, to, socket_send(w->socket, to, NULL, w->data.data, w->data.size));
}

static void bury(struct work *w, uint64_t sequence, const char *reason)
{
    bool dead = false;
    enum err e = ledger_outbox_poison(w->ledger, sequence, reason, clock_utc_ms(), &dead);
    if (e == ERR_NOTFOUND) // another session has had it committed meanwhile
        return;
    ledger_must(w->ledger, e);
    if (dead) {
        log_error("dead-letter", "sequence=%" PRIu64 " reason=%s", sequence, reason);
        dispatch_done(w->dispatch, sequence);
    }
}

static void on_new_row(void *arg, const struct outbox_row *row)
{
    struct work *w = arg;
    struct route peer;
    if (w->stuck)
        return;
    enum lease lease =
        dispatch_lease(w->dispatch, row->sequence, row->size, loop_now(w->loop), &peer);
    w->stuck = lease == LEASE_NO_ROOM;
    if (lease != LEASE_GIVEN)
        return;
    ++*w->delivered;
    send_row(w, &peer, row);
}

struct resend {
    struct work *work;
    const struct route *peer;
};

static void on_old_row(void *arg, const struct outbox_row *row)
{
    struct resend *r = arg;
    ++*r->work->redelivered;
    send_row(r->work, r->peer, row);
}

static void pump_again(struct work *w)
{
    struct route peer;
    uint64_t sequence;
    while (dispatch_again(w->dispatch, loop_now(w->loop), &peer, &sequence)) {
        struct resend r = {w, &peer};
        enum err e = ledger_outbox_get(w->ledger, sequence, on_old_row, &r);
        if (e == ERR_NOTFOUND)
            dispatch_done(w->dispatch, sequence);
        else
            ledger_must(w->ledger, e);
    }
}

void work_pump(struct work *w)
{
    pump_again(w);
    w->stuck = false;
    for (;;) {
        size_t room = dispatch_room(w->dispatch);
        if (room == 0 || w->stuck)
            return;
        uint64_t before = dispatch_cursor(w->dispatch);
        ledger_must(w->ledger, ledger_outbox_read(w->ledger, before,
                                                  room < ROWS_A_READ ? (int)room : ROWS_A_READ,
                                                  on_new_row, w));
        if (dispatch_cursor(w->dispatch) == before)
            return;
    }
}

void work_rewind(struct work *w)
{
    dispatch_rewind(w->dispatch);
}

// Messages in.

static void reply_session(struct work *w, const struct route *to, uint64_t session, bool known)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__Welcome welcome = NEWSWIRE__V1__WELCOME__INIT;
    Newswire__V1__Reset reset = NEWSWIRE__V1__RESET__INIT;
    if (known) {
        welcome.session = session;
        welcome.store = (char *)ledger_store(w->ledger);
        welcome.epoch = ledger_epoch(w->ledger);
        e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_WELCOME;
        e.welcome = &welcome;
    } else {
        reset.session = session;
        e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_RESET;
        e.reset = &reset;
    }
    send_envelope(w, to, &e);
}

static void on_hello(struct work *w, const struct route *from, const Newswire__V1__Hello *hello)
{
    uint32_t window = hello->window < WINDOW_MAX ? hello->window : WINDOW_MAX;
    dispatch_hello(w->dispatch, from, hello->session, window, hello->window_bytes,
                   loop_now(w->loop));
    log_info("session", "session=%" PRIu64 " window=%u", hello->session, window);
    reply_session(w, from, hello->session, true);
}

static void on_heartbeat(struct work *w, const struct route *from,
                         const Newswire__V1__Heartbeat *heartbeat)
{
    if (!dispatch_alive(w->dispatch, from, heartbeat->session, heartbeat->held, heartbeat->n_held,
                        loop_now(w->loop))) {
        reply_session(w, from, heartbeat->session, false);
        return;
    }
    Newswire__V1__Heartbeat back = NEWSWIRE__V1__HEARTBEAT__INIT;
    back.session = heartbeat->session;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT;
    e.heartbeat = &back;
    send_envelope(w, from, &e);
}

// A key of another ledger (a classifier that outlived ours) means nothing here.
static bool ours(const struct work *w, const pb_key *key)
{
    return key && key->epoch == ledger_epoch(w->ledger) &&
           strcmp(key->store, ledger_store(w->ledger)) == 0;
}

static void on_ack(struct work *w, const struct route *from, const Newswire__V1__Ack *ack)
{
    // Committed is committed, whatever has become of the session that says so.
    for (size_t i = 0; i < ack->n_keys; i++) {
        if (!ours(w, ack->keys[i]))
            continue;
        ledger_must(w->ledger, ledger_outbox_done(w->ledger, ack->keys[i]->sequence));
        dispatch_done(w->dispatch, ack->keys[i]->sequence);
        ++*w->acked;
    }
    dispatch_alive(w->dispatch, from, ack->session, NULL, 0, loop_now(w->loop));
}

static void on_nack(struct work *w, const struct route *from, const Newswire__V1__Nack *nack)
{
    if (!ours(w, nack->key))
        return;
    ++*w->refused;
    uint64_t sequence = nack->key->sequence;
    if (nack->refusal == NEWSWIRE__V1__REFUSAL__REFUSAL_POISON) {
        log_warn("poison", "id=%s sequence=%" PRIu64 " reason=%s", nack->key->id, sequence,
                 nack->reason);
        bury(w, sequence, nack->reason);
    }
    int64_t pause = nack->refusal == NEWSWIRE__V1__REFUSAL__REFUSAL_BUSY ? BUSY_PAUSE_MS : 0;
    dispatch_return(w->dispatch, from, sequence, pause, loop_now(w->loop));
}

static void on_envelope(struct work *w, const struct route *from, const pb_envelope *e)
{
    switch (e->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_HELLO:
        on_hello(w, from, e->hello);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT:
        on_heartbeat(w, from, e->heartbeat);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_ACK:
        on_ack(w, from, e->ack);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_NACK:
        on_nack(w, from, e->nack);
        break;
    case NEWSWIRE__V1__ENVELOPE__BODY_BYE:
        dispatch_gone(w->dispatch, from, loop_now(w->loop));
        break;
    default:
        log_warn("unexpected-message", "socket=work kind=%d", (int)e->body_case);
    }
}

static void on_socket(void *arg, struct socket *s)
{
    struct work *w = arg;
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        struct route from;
        const uint8_t *bytes;
        size_t size;
        struct problem why = {"not one frame"};
        pb_envelope *e;
        enum err error = socket_receive(s, &from, NULL, &bytes, &size);
        if (error == ERR_NOTFOUND)
            break;
        if (error || wire_envelope(bytes, size, &e, &why)) {
            log_warn("bad-message", "socket=work problem=%s", why.text);
            continue;
        }
        on_envelope(w, &from, e);
        wire_envelope_free(&e);
    }
    flush_soon(w->flush);
    work_pump(w);
}

static void on_tick(void *arg, struct timer *t)
{
    struct work *w = arg;
    (void)t;
    dispatch_tick(w->dispatch, loop_now(w->loop));
    work_pump(w);
}

enum err work_new(struct loop *l, struct socket_context *z, const char *endpoint,
                  struct ledger *ledger, struct flush *flush, struct work **out,
                  struct problem *why)
{
    struct socket *socket = socket_new(z, SOCKET_ROUTER, HWM);
    enum err e = socket_bind(socket, endpoint, why);
    if (e) {
        socket_free(&socket);
        return e;
    }
    struct work *w = mem_alloc(sizeof *w);
    *w = (struct work){.loop = l,
                       .socket = socket,
                       .ledger = ledger,
                       .flush = flush,
                       .dispatch = dispatch_new(),
                       .tick = timer_new(l, on_tick, w),
                       .data = buf_new(MESSAGE_MAX),
                       .delivered = metric("fetcher_delivered_total"),
                       .redelivered = metric("fetcher_redelivered_total"),
                       .acked = metric("fetcher_acknowledged_total"),
                       .refused = metric("fetcher_refused_total")};
    loop_socket(l, socket, on_socket, w);
    timer_set(w->tick, TICK_MS, true);
    *out = w;
    return OK;
}

void work_free(struct work **work)
{
    struct work *w = *work;
    if (!w)
        return;
    loop_socket(w->loop, w->socket, NULL, NULL);
    socket_free(&w->socket);
    timer_free(&w->tick);
    dispatch_free(&w->dispatch);
    buf_free(&w->data);
    free(w);
    *work = NULL;
}

const struct dispatch *work_dispatch(const struct work *w)
{
    return w->dispatch;
}
