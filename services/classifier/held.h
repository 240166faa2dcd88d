// SPDX-License-Identifier: MIT
// The announcements that the classifier holds, from DATA until a sink's answer. All of it may be
// lost: the fetcher delivers it again.
#pragma once

#include <stdint.h>

#include "common/map.h"
#include "common/wire.h"
#include "services/classifier/link.h"

enum stage { LABELLING, PUTTING, WAITING };

struct held {
    uint64_t tag;
    size_t size;       // bytes of the announcement
    struct link *link; // NULL: its fetcher is gone; the sink's answer then tells nobody
    pb_envelope *data; // the message that brought it, with key and announcement
    pb_classification *labels;
    enum stage stage;
    int64_t again; // when to send it to a sink (again)
};

// Names a delivery. The same one always has the same tag, so that a second copy is seen as one.
uint64_t held_tag(const pb_key *key);

struct held *held_new(uint64_t tag, size_t size, struct link *link,
                      pb_envelope **data); // takes the message
void held_free(struct held *h);

// It is now this one's, and counted with it; NULL: nobody's.
void held_assign(struct held *h, struct link *link);

// All that is in a map of them by tag, for the caller to free(); *n how many.
struct held **held_all(const struct map *held, size_t *n);
