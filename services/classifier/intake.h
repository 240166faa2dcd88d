// SPDX-License-Identifier: MIT
// The classifier's part in the delivery protocol (proto/PROTOCOL.md): takes announcements from
// fetchers, has them labelled by worker processes, hands them to a sink, and acknowledges what the
// sink has committed. Holds nothing that cannot be lost: what dies here is delivered again by the
// fetcher.
#pragma once

#include "common/buf.h"
#include "common/loop.h"
#include "common/socket.h"

struct intake_options {
    const char *work, *ingest; // endpoints of the fetchers and sinks
    int64_t window, window_bytes;
    int64_t resend_ms; // a PUT without an answer is sent again after so long, ±20 %; 0: 10 s
    int workers;
    int64_t worker_memory, worker_deadline_ms;
    char **worker_argv;
    const struct buf *labels; // what each worker is given (worker_given); NULL: nothing
};

struct intake;

enum err intake_new(struct loop *l, struct socket_context *z, const struct intake_options *o,
                    struct intake **out, struct problem *why) MUST_CHECK;
void intake_free(struct intake **i);

// Fetchers that know us, and announcements held.
size_t intake_sessions(const struct intake *i);
size_t intake_held(const struct intake *i);

// New worker processes, which are given `labels` (taken), get what comes from now on; the old ones
// finish what they have.
void intake_renew_workers(struct intake *i, struct buf *labels);

// Says goodbye to the fetchers; true when no sink owes an answer any more.
bool intake_drain(struct intake *i);
