// SPDX-License-Identifier: MIT
#include "services/sink/turns.h"

#include <stdlib.h>

#include "common/mem.h"

struct turn {
    struct route from;
    pb_envelope *question;
};

// A token bucket: the answers of a tenth of a second may be given at once.
struct turns {
    struct turn ring[TURNS_MAX];
    size_t first, n;
    int64_t rate, tokens, filled_at;
    bool started;
};

struct turns *turns_new(int64_t bytes_a_second)
{
    struct turns *t = mem_alloc(sizeof *t);
    t->rate = bytes_a_second;
    return t;
}

void turns_free(struct turns **t)
{
    if (!*t)
        return;
    for (size_t i = 0; i < (*t)->n; i++)
        wire_envelope_free(&(*t)->ring[((*t)->first + i) % TURNS_MAX].question);
    free(*t);
    *t = NULL;
}

size_t turns_waiting(const struct turns *t)
{
    return t->n;
}

static struct turn *find(struct turns *t, const struct route *from)
{
    for (size_t i = 0; i < t->n; i++) {
        struct turn *turn = &t->ring[(t->first + i) % TURNS_MAX];
        if (route_equal(&turn->from, from))
            return turn;
    }
    return NULL;
}

enum err turns_add(struct turns *t, const struct route *from, pb_envelope **e)
{
    struct turn *turn = find(t, from);
    if (turn) {
        wire_envelope_free(&turn->question);
    } else if (t->n == TURNS_MAX) {
        wire_envelope_free(e);
        return ERR_LIMIT;
    } else {
        turn = &t->ring[(t->first + t->n++) % TURNS_MAX];
        turn->from = *from;
    }
    turn->question = *e;
    *e = NULL;
    return OK;
}

static void fill(struct turns *t, int64_t now)
{
    int64_t most = t->rate / 10;
    int64_t passed = t->started ? now - t->filled_at : 100;
    if (passed > 0)
        t->tokens += (passed < 100000 ? passed : 100000) * t->rate / 1000;
    if (t->tokens > most)
        t->tokens = most;
    t->filled_at = now;
    t->started = true;
}

enum err turns_next(struct turns *t, int64_t now, struct route *from, pb_envelope **e,
                    int64_t *wait_ms)
{
    if (t->n == 0)
        return ERR_NOTFOUND;
    fill(t, now);
    if (t->tokens < 0) {
        *wait_ms = -t->tokens * 1000 / t->rate + 1;
        return ERR_BUSY;
    }
    struct turn *turn = &t->ring[t->first];
    t->first = (t->first + 1) % TURNS_MAX;
    t->n--;
    *from = turn->from;
    *e = turn->question;
    turn->question = NULL;
    return OK;
}

void turns_spent(struct turns *t, size_t bytes)
{
    t->tokens -= (int64_t)bytes;
}
