// SPDX-License-Identifier: MIT
#include "services/fetcher/flush.h"

#include <stdlib.h>
#include <sysexits.h>

#include "common/log.h"
#include "common/mem.h"

// While a flush runs nothing else does: a slow disk gets larger groups, up to this pause.
enum { SHARE = 10, PAUSE_MAX_MS = 200 };

struct flush {
    struct ledger *ledger;
    struct timer *timer;
    void (*after)(void *arg);
    void *arg;
    int64_t next; // not before this, on the loop's clock
};

void ledger_must(struct ledger *l, enum err e)
{
    if (e == OK)
        return;
    log_error("ledger-failed", "problem=%s error=%s next=%s", ledger_problem(l), err_name(e),
              "see to the disk of the ledger: room, rights, health; nothing is lost");
    exit(EX_TEMPFAIL);
}

void flush_now(struct flush *f)
{
    timer_stop(f->timer);
    if (!ledger_dirty(f->ledger))
        return;
    int64_t begin = clock_monotonic_ms();
    ledger_must(f->ledger, ledger_flush(f->ledger));
    f->after(f->arg);
    int64_t end = clock_monotonic_ms(), pause = (end - begin) * SHARE;
    f->next = end + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}

static void on_timer(void *arg, struct timer *t)
{
    (void)t;
    flush_now(arg);
}

void flush_soon(struct flush *f)
{
    if (!ledger_dirty(f->ledger) || timer_is_set(f->timer))
        return;
    int64_t wait = f->next - clock_monotonic_ms();
    timer_set(f->timer, wait > FLUSH_MS ? wait : FLUSH_MS, false);
}

struct flush *flush_new(struct loop *l, struct ledger *ledger, void (*after)(void *arg), void *arg)
{
    struct flush *f = mem_alloc(sizeof *f);
    *f = (struct flush){ledger, timer_new(l, on_timer, f), after, arg, 0};
    return f;
}

void flush_free(struct flush **f)
{
    if (!*f)
        return;
    timer_free(&(*f)->timer);
    ledger_must((*f)->ledger, ledger_flush((*f)->ledger));
    free(*f);
    *f = NULL;
}
