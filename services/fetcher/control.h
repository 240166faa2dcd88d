// SPDX-License-Identifier: MIT
// The fetcher's control socket: what the newswire command asks for, one request and one reply
// (proto/newswire/v1/control.proto). What was changed is durable before the reply.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "services/fetcher/fetch.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/reprocess.h"
#include "services/fetcher/work.h"

struct control;

// What it works with; borrowed.
struct control_tools {
    struct ledger *ledger;
    struct flush *flush;
    struct fetch *fetch;
    struct work *work;
    struct pages *pages; // NULL: none are kept
    struct reprocess *reprocess;
    const char *store_url;
};

// *why names the endpoint where it cannot listen.
enum err control_new(struct loop *l, struct socket_context *z, const char *endpoint,
                     const struct control_tools *tools, struct control **out,
                     struct problem *why) MUST_CHECK;
void control_free(struct control **c);
