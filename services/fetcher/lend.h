// SPDX-License-Identifier: MIT
// The fetcher's worker processes, lent to whoever has a page to be understood that was not just
// fetched: who waits for which answer.
#pragma once

#include "common/wire.h"
#include "common/workers.h"

// The result, or NULL and a problem; both borrowed.
typedef void lend_read(void *arg, const Newswire__V1__ExtractResult *result, const char *problem);

struct lend;

struct lend *lend_new(void);
void lend_free(struct lend **l); // nobody is called any more

// Submits the task under `tag`; `fn` is called once, when its answer is given back.
void lend_out(struct lend *l, struct workers *w, uint64_t tag,
              const Newswire__V1__ExtractTask *task, lend_read *fn, void *arg);
// False if the tag is none that was lent.
bool lend_back(struct lend *l, uint64_t tag, const Newswire__V1__ExtractResult *result,
               const char *problem);
// Whoever lent with this `arg` is gone: it is not called.
void lend_forget(struct lend *l, const void *arg);
