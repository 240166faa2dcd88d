// SPDX-License-Identifier: MIT
// What a response is and what it says: the work of the fetcher's worker processes. Takes an
// ExtractTask, gives an ExtractResult (proto/newswire/v1/work.proto). Pure; one per process.
#pragma once

#include "common/buf.h"
#include "common/wire.h"

struct understand;

struct understand *understand_new(void);
void understand_free(struct understand **u);

// Appends the packed ExtractResult. Never fails: what cannot be understood gives `found` AUTO and a
// `problem`.
void understand_run(struct understand *u, const Newswire__V1__ExtractTask *task,
                    struct buf *answer);
