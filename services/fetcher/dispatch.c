// SPDX-License-Identifier: MIT
#include "services/fetcher/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/mem.h"

struct row {
    uint64_t sequence;
    size_t size;
    unsigned deliveries;
    struct session *session; // NULL: waiting
    int64_t at;              // leased: until when; waiting: from when on
    struct row *prev, *next; // in the session's list, or in the waiting list
};

struct list {
    struct row *first, *last;
    size_t n;
};

struct session {
    struct route peer;
    uint64_t id;
    uint32_t window;
    uint64_t window_bytes, bytes;
    bool exclusive; // works on a row on probation
    bool emptied;   // takes nothing until it is empty, for a row on probation
    int64_t heard;
    struct list rows;
    struct session *prev, *next;
};

struct dispatch {
    struct map *rows;
    struct list waiting;
    struct session *sessions; // the one that is asked first
    size_t n_sessions, n_leased;
    uint64_t cursor;
    double tokens; // redeliveries allowed now
    int64_t filled;
    int64_t empty_again; // when another session may be emptied
};

struct dispatch *dispatch_new(void)
{
    struct dispatch *d = mem_alloc(sizeof *d);
    d->rows = map_new();
    d->tokens = DISPATCH_AGAIN_RATE;
    return d;
}

// Lists.

static void append(struct list *l, struct row *r)
{
    r->prev = l->last;
    r->next = NULL;
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
    l->n++;
}

static void detach(struct list *l, struct row *r)
{
    if (l->first == r)
        l->first = r->next;
    else
        r->prev->next = r->next;
    if (l->last == r)
        l->last = r->prev;
    else
        r->next->prev = r->prev;
    l->n--;
}

// Rows between their states.

static void give(struct dispatch *d, struct row *r, struct session *s, int64_t now)
{
    r->session = s;
    r->at = now + DISPATCH_LEASE_MS;
    r->deliveries++;
    s->bytes += r->size;
    s->exclusive = r->deliveries > DISPATCH_TRIES;
    s->emptied = false;
    append(&s->rows, r);
    d->n_leased++;
}

static void take(struct dispatch *d, struct row *r)
{
    struct session *s = r->session;
    detach(&s->rows, r);
    s->bytes -= r->size;
    if (!s->rows.first)
        s->exclusive = false;
    r->session = NULL;
    d->n_leased--;
}

static int64_t probation_pause(unsigned deliveries)
{
    unsigned beyond = deliveries - DISPATCH_TRIES;
    int64_t pause = beyond > 6 ? DISPATCH_PROBATION_MAX_MS : DISPATCH_PROBATION_MS << beyond;
    return pause < DISPATCH_PROBATION_MAX_MS ? pause : DISPATCH_PROBATION_MAX_MS;
}

static void wait_row(struct dispatch *d, struct row *r, int64_t pause, int64_t now)
{
    if (r->deliveries >= DISPATCH_TRIES && pause < probation_pause(r->deliveries))
        pause = probation_pause(r->deliveries);
    take(d, r);
    r->at = now + pause;
    append(&d->waiting, r);
}

static void forget(struct dispatch *d, struct row *r)
{
    if (r->session)
        take(d, r);
    else
        detach(&d->waiting, r);
    map_remove(d->rows, r->sequence);
    free(r);
}

// Sessions.

static struct session *session_of(const struct dispatch *d, const struct route *peer)
{
    for (struct session *s = d->sessions; s; s = s->next)
        if (route_equal(&s->peer, peer))
            return s;
    return NULL;
}

static void session_unlink(struct dispatch *d, struct session *s)
{
    if (d->sessions == s)
        d->sessions = s->next;
    else
        s->prev->next = s->next;
    if (s->next)
        s->next->prev = s->prev;
    s->prev = s->next = NULL;
    d->n_sessions--;
}

static void session_link(struct dispatch *d, struct session *s)
{
    struct session **end = &d->sessions, *last = NULL;
    while (*end) {
        last = *end;
        end = &last->next;
    }
    s->prev = last;
    s->next = NULL;
    *end = s;
    d->n_sessions++;
}

static void session_end(struct dispatch *d, struct session *s, int64_t now)
{
    for (struct row *r = s->rows.first, *next; r; r = next) {
        next = r->next;
        wait_row(d, r, 0, now);
    }
    session_unlink(d, s);
    free(s);
}

void dispatch_free(struct dispatch **dispatch)
{
    struct dispatch *d = *dispatch;
    if (!d)
        return;
    for (struct session *s = d->sessions, *next; s; s = next) {
        next = s->next;
        session_end(d, s, 0);
    }
    for (struct row *r = d->waiting.first, *next; r; r = next) {
        next = r->next;
        forget(d, r);
    }
    map_free(&d->rows);
    free(d);
    *dispatch = NULL;
}

void dispatch_hello(struct dispatch *d, const struct route *peer, uint64_t session, uint32_t window,
                    uint64_t window_bytes, int64_t now)
{
    dispatch_gone(d, peer, now);
    struct session *s = mem_alloc(sizeof *s);
    s->peer = *peer;
    s->id = session;
    s->window = window;
    s->window_bytes = window_bytes;
    s->heard = now;
    session_link(d, s);
}

bool dispatch_alive(struct dispatch *d, const struct route *peer, uint64_t session,
                    const uint64_t *held, size_t n, int64_t now)
{
    struct session *s = session_of(d, peer);
    if (!s || s->id != session)
        return false;
    s->heard = now;
    for (size_t i = 0; i < n; i++) {
        struct row *r = map_get(d->rows, held[i]);
        if (r && r->session == s)
            r->at = now + DISPATCH_LEASE_MS;
    }
    return true;
}

void dispatch_gone(struct dispatch *d, const struct route *peer, int64_t now)
{
    struct session *s = session_of(d, peer);
    if (s)
        session_end(d, s, now);
}

static void expire(struct dispatch *d, struct session *s, int64_t now)
{
    for (struct row *r = s->rows.first, *next; r; r = next) {
        next = r->next;
        if (r->at <= now)
            wait_row(d, r, 0, now);
    }
}

static bool can_take(const struct session *s, size_t size, bool alone)
{
    if (s->rows.n == 0)
        // Whatever its size: nobody else could take it either.
        return s->window > 0 && (alone || !s->emptied);
    return !alone && !s->emptied && !s->exclusive && s->rows.n < s->window &&
           s->bytes + size <= s->window_bytes;
}

static bool alone_is_due(const struct dispatch *d, int64_t now)
{
    for (const struct row *r = d->waiting.first; r; r = r->next)
        if (r->deliveries >= DISPATCH_TRIES && r->at <= now)
            return true;
    return false;
}

// While there is always something new, no session would ever be empty for a row that goes alone:
// one is made to be, now and then.
static void make_room_for_alone(struct dispatch *d, int64_t now)
{
    bool due = alone_is_due(d, now), room = false;
    for (struct session *s = d->sessions; s; s = s->next) {
        s->emptied = s->emptied && due;
        room = room || s->emptied || can_take(s, 0, true);
    }
    if (!due || room || now < d->empty_again || !d->sessions)
        return;
    d->sessions->emptied = true;
    d->empty_again = now + DISPATCH_EMPTY_MS;
}

void dispatch_tick(struct dispatch *d, int64_t now)
{
    for (struct session *s = d->sessions, *next; s; s = next) {
        next = s->next;
        if (now - s->heard >= DISPATCH_SILENCE_MS)
            session_end(d, s, now);
        else
            expire(d, s, now);
    }
    make_room_for_alone(d, now);
}

// Leases.

uint64_t dispatch_cursor(const struct dispatch *d)
{
    return d->cursor;
}

void dispatch_rewind(struct dispatch *d)
{
    d->cursor = 0;
}

size_t dispatch_room(const struct dispatch *d)
{
    size_t room = 0;
    for (const struct session *s = d->sessions; s; s = s->next)
        if (!s->exclusive && !s->emptied && s->rows.n < s->window && s->bytes < s->window_bytes)
            room += s->window - s->rows.n;
    return room;
}

// Sessions take turns: whoever was given a row is asked last next time.
static struct session *choose(struct dispatch *d, size_t size, bool alone)
{
    for (struct session *s = d->sessions; s; s = s->next) {
        if (!can_take(s, size, alone))
            continue;
        session_unlink(d, s);
        session_link(d, s);
        return s;
    }
    return NULL;
}

enum lease dispatch_lease(struct dispatch *d, uint64_t sequence, size_t size, int64_t now,
                          struct route *peer)
{
    if (map_get(d->rows, sequence)) {
        d->cursor = sequence;
        return LEASE_KNOWN;
    }
    struct session *s = choose(d, size, false);
    if (!s)
        return LEASE_NO_ROOM;
    struct row *r = mem_alloc(sizeof *r);
    r->sequence = sequence;
    r->size = size;
    map_set(d->rows, sequence, r);
    give(d, r, s, now);
    d->cursor = sequence;
    d->tokens += 1.0 / DISPATCH_AGAIN_SHARE;
    *peer = s->peer;
    return LEASE_GIVEN;
}

// Redeliveries are limited, so that what comes back cannot crowd out what is new.
static bool token(struct dispatch *d, int64_t now)
{
    if (d->filled == 0)
        d->filled = now;
    d->tokens += (double)(now - d->filled) * DISPATCH_AGAIN_RATE / 1000;
    d->filled = now;
    if (d->tokens > 2 * DISPATCH_AGAIN_RATE)
        d->tokens = 2 * DISPATCH_AGAIN_RATE;
    return d->tokens >= 1;
}

// Asked before the waiting rows are, of which there may be very many.
static bool any_room(const struct dispatch *d)
{
    for (const struct session *s = d->sessions; s; s = s->next)
        if (can_take(s, 0, false) || can_take(s, 0, true))
            return true;
    return false;
}

bool dispatch_again(struct dispatch *d, int64_t now, struct route *peer, uint64_t *sequence)
{
    if (!d->waiting.first || !any_room(d) || !token(d, now))
        return false;
    for (struct row *r = d->waiting.first; r; r = r->next) {
        if (r->at > now)
            continue;
        struct session *s = choose(d, r->size, r->deliveries >= DISPATCH_TRIES);
        if (!s)
            continue;
        detach(&d->waiting, r);
        give(d, r, s, now);
        d->tokens -= 1;
        *peer = s->peer;
        *sequence = r->sequence;
        return true;
    }
    return false;
}

void dispatch_done(struct dispatch *d, uint64_t sequence)
{
    struct row *r = map_get(d->rows, sequence);
    if (r)
        forget(d, r);
}

void dispatch_return(struct dispatch *d, const struct route *peer, uint64_t sequence, int64_t pause,
                     int64_t now)
{
    struct row *r = map_get(d->rows, sequence);
    if (r && r->session && route_equal(&r->session->peer, peer))
        wait_row(d, r, pause, now);
}

bool dispatch_look(const struct dispatch *d, uint64_t sequence, struct dispatch_row *out)
{
    const struct row *r = map_get(d->rows, sequence);
    if (r)
        *out = (struct dispatch_row){r->session != NULL, r->deliveries, r->at};
    return r != NULL;
}

size_t dispatch_sessions(const struct dispatch *d)
{
    return d->n_sessions;
}

size_t dispatch_leased(const struct dispatch *d)
{
    return d->n_leased;
}
