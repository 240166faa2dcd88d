// SPDX-License-Identifier: MIT
// When the ledger's changes become durable: a few milliseconds after the first of a group, or at
// once where somebody waits for it; where flushing is slow, so rarely that it takes a tenth of the
// time at most. If that fails, the fetcher ends: what was not flushed is asked
// for again by the next start, which finds the last flushed state. Going on would promise what is
// not kept.
#pragma once

#include "common/loop.h"
#include "services/fetcher/ledger.h"

enum { FLUSH_MS = 20 };

struct flush;

// `after` is called on the loop after each flush that wrote something.
struct flush *flush_new(struct loop *l, struct ledger *ledger, void (*after)(void *arg), void *arg);
void flush_free(struct flush **f); // flushes what waits

void flush_soon(struct flush *f); // within FLUSH_MS or ten times the last flush, if anything waits
void flush_now(struct flush *f);

// Logs and exits with status 75 (EX_TEMPFAIL: a supervisor starts us again, later) unless e is OK.
void ledger_must(struct ledger *l, enum err e);
