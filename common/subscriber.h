// SPDX-License-Identifier: MIT
// Follows the topic of a sink without a gap: each announcement once, in order of sequence, however
// late, slow or interrupted the subscriber is. SUB to the topic, DEALER to replay, on the caller's
// loop; what it decides by is subscription.h.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "common/subscription.h"

#define TOPIC_NEWS "classified-news"
#define TOPIC_HEAD "head.classified-news"

struct subscriber;

// Called on the loop. `news` may be the only one given. Handlers must not free the subscriber.
struct subscriber_handlers {
    // The next announcement, borrowed.
    void (*news)(void *arg, const pb_news *news);
    // Nothing of the old epoch counts any more (the store was restored, or is another): all of the
    // new one follows, from its beginning. The old epoch is 0 if none was known.
    void (*resync)(void *arg, uint64_t old_epoch, uint64_t epoch);
    // What came after `after` and before `oldest` is not kept by the sink any more.
    void (*lost)(void *arg, uint64_t after, uint64_t oldest);
    // Something arrived that is no valid message; it was dropped. One sentence.
    void (*trouble)(void *arg, const char *sentence);
};

// Connects to the sink's topic and replay endpoints (they need not be there yet). *why names an
// endpoint that is malformed.
enum err subscriber_new(struct loop *l, struct socket_context *z, const char *topic,
                        const char *replay, const struct subscription_start *start,
                        const struct subscriber_handlers *handlers, void *arg,
                        struct subscriber **out, struct problem *why) MUST_CHECK;
void subscriber_free(struct subscriber **s);

// For a state file: store epoch and `through` once what was delivered so far is safe, and give them
// back as SUBSCRIBE_AFTER. Inside the news handler, `through` is already that announcement.
struct subscription_position subscriber_position(const struct subscriber *s);

// When the sink was last heard, by clock_monotonic_ms(); 0: not yet. It speaks every second.
int64_t subscriber_heard_ms(const struct subscriber *s);

// Nothing is delivered while paused; what arrives is dropped beyond a bound and replayed later.
void subscriber_pause(struct subscriber *s, bool paused);
