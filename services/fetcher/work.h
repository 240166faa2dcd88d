// SPDX-License-Identifier: MIT
// The fetcher's work socket: hands outbox rows to classifiers and takes their acknowledgements, as
// dispatch.h decides.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "services/fetcher/dispatch.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/ledger.h"

struct work;

// Borrows what it is given. *why names the endpoint where it cannot listen.
enum err work_new(struct loop *l, struct socket_context *z, const char *endpoint,
                  struct ledger *ledger, struct flush *flush, struct work **out,
                  struct problem *why) MUST_CHECK;
void work_free(struct work **w);

// Sends what can be sent. Call it after every flush of the ledger.
void work_pump(struct work *w);
// Some buried rows are alive again.
void work_rewind(struct work *w);

const struct dispatch *work_dispatch(const struct work *w);
