// SPDX-License-Identifier: MIT
// The worker processes that label, and their renewal: after one, new processes take what comes from
// then on, and the old ones finish what they have. Each process labels by the bytes that it is
// given at its start (label_files_read), never by what lies on the disk by then.
#pragma once

#include "common/buf.h"
#include "common/workers.h"

struct labelling;

// As workers_new(); the pool's program and its options are borrowed as long as this lives, but for
// `given`, which is `files` (NULL: nothing is given) and copied.
struct labelling *labelling_new(struct loop *l, const struct workers_options *o,
                                const struct buf *files, work_done *fn, void *arg);
void labelling_free(struct labelling **l);

void labelling_submit(struct labelling *l, uint64_t tag, const void *bytes, size_t size);

// New processes, which get `files`; takes it. If the last renewal's old ones are still at work it
// waits for them, and a later renewal takes the place of one that waits.
void labelling_renew(struct labelling *l, struct buf *files);
