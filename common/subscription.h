// SPDX-License-Identifier: MIT
// What a subscriber has to know to miss nothing and see nothing twice: the pure core of
// subscriber.h. Messages go in, actions come out; no sockets, no clock. See PROTOCOL.md,
// "Subscribing".
//
// Invariant: everything wanted up to `through` has been delivered, and nothing beyond it. So one
// number resumes it. Without a filter, or with several labels, it must be shown the whole topic
// and goes by `sequence`; with one label it may be shown that label alone and goes by `previous`.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

enum subscribe_from {
    SUBSCRIBE_BEGINNING, // everything that the store has
    SUBSCRIBE_AFTER,     // what has a sequence greater than `after` in `epoch` (0: whichever it is)
    SUBSCRIBE_NEWEST,    // the `newest` last ones (1 to 1,000, and at most one chunk), then on
    SUBSCRIBE_NOW        // only what comes from now on
};

struct subscription_start {
    enum subscribe_from from;
    uint64_t epoch, after;
    uint32_t newest;
    const char *const *labels; // only these primary labels; copied
    size_t n_labels;           // 0: all
};

enum subscription_act {
    SUBSCRIPTION_WAIT,    // nothing to do before the next message, or before `wake_ms`
    SUBSCRIPTION_DELIVER, // `news` is next
    SUBSCRIPTION_ASK, // send `replay`; asking again after a pause if no answer comes is done here
    SUBSCRIPTION_RESYNC, // the sink has another epoch, or an older store: it begins anew from 0
    SUBSCRIPTION_LOST    // after `after` and before `oldest` nothing is kept any more
};

struct subscription_action {
    enum subscription_act act;
    const pb_news *news;         // borrowed until the next call
    Newswire__V1__Replay replay; // its labels are borrowed
    uint64_t old_epoch, epoch;   // of RESYNC
    uint64_t after, oldest;      // of LOST
    int64_t wake_ms;             // of WAIT; INT64_MAX: only a message changes anything
};

struct subscription;

struct subscription *subscription_new(const struct subscription_start *start);
void subscription_free(struct subscription **s);

// From the topic. Takes *news; `size` is what it measured packed.
void subscription_news(struct subscription *s, pb_news **news, size_t size);
void subscription_head(struct subscription *s, const Newswire__V1__Head *head);

// From replay. Takes *e if it is CHUNK or TRUNCATED and an answer to what was asked.
void subscription_answer(struct subscription *s, pb_envelope **e);

// What to do next; call it after each message, and when it is time, until it says WAIT.
void subscription_next(struct subscription *s, int64_t now, struct subscription_action *out);

struct subscription_position {
    uint64_t epoch;   // 0: not known yet
    uint64_t through; // everything wanted up to here was delivered
    uint64_t head;    // newest sequence heard of in this epoch, of any label
    bool caught_up;   // everything wanted up to `head` was delivered, and the sink was heard
};
struct subscription_position subscription_position(const struct subscription *s);

// The prefix to subscribe to: "classified-news", or that of the one label.
const char *subscription_prefix(const struct subscription *s);
