// SPDX-License-Identifier: MIT
#include "services/gateway/follow.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/subscriber.h"

enum {
    SILENCE_MS = 5000, // the sink speaks every second
    PLACE_MS = 100,
    // More than the page shows: some sequences are revisions that were replaced since.
    LOOK_BACK = 3 * NEWEST_MAX
};

struct follow {
    struct loop *loop;
    struct socket_context *sockets;
    const char *topic, *replay;
    struct subscriber *subscriber;
    struct timer *place; // set until it is known where to begin
    struct newest *newest;
    int64_t heard_ms; // by the subscriber before this one
};

static void on_news(void *arg, const pb_news *news)
{
    struct follow *f = arg;
    newest_add(f->newest, news);
    ++*metric("gateway_news_total");
}

static void on_resync(void *arg, uint64_t old_epoch, uint64_t epoch)
{
    struct follow *f = arg;
    newest_clear(f->newest);
    if (old_epoch)
        log_warn("another-epoch", "old=%" PRIu64 " epoch=%" PRIu64, old_epoch, epoch);
}

static void on_lost(void *arg, uint64_t after, uint64_t oldest)
{
    (void)arg;
    log_info("not-kept-any-more", "after=%" PRIu64 " oldest=%" PRIu64, after, oldest);
}

static void on_trouble(void *arg, const char *sentence)
{
    (void)arg;
    log_warn("bad-message", "why=%s", sentence);
}

static enum err subscribe(struct follow *f, const struct subscription_start *start,
                          struct problem *why)
{
    static const struct subscriber_handlers handlers = {on_news, on_resync, on_lost, on_trouble};
    return subscriber_new(f->loop, f->sockets, f->topic, f->replay, start, &handlers, f,
                          &f->subscriber, why);
}

// First the head is learnt by following from now on, then everything from a little before it is
// asked for. (The newest by number would be one message, too small for a hundred long texts.)
static void on_place(void *arg, struct timer *t)
{
    struct follow *f = arg;
    struct subscription_position at = subscriber_position(f->subscriber);
    struct problem why;
    if (!at.caught_up)
        return;
    struct subscription_start start = {.from = SUBSCRIBE_AFTER,
                                       .epoch = at.epoch,
                                       .after = at.head > LOOK_BACK ? at.head - LOOK_BACK : 0};
    f->heard_ms = subscriber_heard_ms(f->subscriber);
    subscriber_free(&f->subscriber);
    newest_clear(f->newest);
    if (subscribe(f, &start, &why) != OK)
        panic("subscribing anew: %s", why.text); // the endpoints were good before
    timer_stop(t);
}

enum err follow_new(struct loop *l, struct socket_context *z, const char *topic, const char *replay,
                    struct follow **out, struct problem *why)
{
    static const struct subscription_start now = {.from = SUBSCRIBE_NOW};
    struct follow *f = mem_alloc(sizeof *f);
    *f = (struct follow){.loop = l, .sockets = z, .topic = topic, .replay = replay};
    f->newest = newest_new();
    f->place = timer_new(l, on_place, f);
    enum err e = subscribe(f, &now, why);
    if (e != OK) {
        follow_free(&f);
        return e;
    }
    timer_set(f->place, PLACE_MS, true);
    *out = f;
    return OK;
}

void follow_free(struct follow **follow)
{
    struct follow *f = *follow;
    if (!f)
        return;
    subscriber_free(&f->subscriber);
    timer_free(&f->place);
    newest_free(&f->newest);
    free(f);
    *follow = NULL;
}

const struct newest *follow_newest(const struct follow *f)
{
    return f->newest;
}

uint64_t follow_head(const struct follow *f)
{
    return subscriber_position(f->subscriber).head;
}

bool follow_is_live(const struct follow *f, struct problem *why)
{
    int64_t heard = subscriber_heard_ms(f->subscriber);
    if (!heard)
        heard = f->heard_ms;
    int64_t silent = clock_monotonic_ms() - heard;
    if (heard && silent < SILENCE_MS)
        return true;
    if (!heard)
        problem_set(why, ERR_BUSY,
                    "nothing was heard from the sink at %s yet: is it running, and is that its "
                    "topic?",
                    f->topic);
    else
        problem_set(why, ERR_BUSY, "the sink at %s has been silent for %" PRId64 " s", f->topic,
                    silent / 1000);
    return false;
}
