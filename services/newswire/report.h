// SPDX-License-Identifier: MIT
// How a stack is doing, from what its services answered: for `newswire status`. Pure.
#pragma once

#include <jansson.h>

#include "common/buf.h"
#include "common/wire.h"

struct report {
    const char *fetcher_at, *sink_at;           // endpoints
    const Newswire__V1__FetcherStatus *fetcher; // NULL: no answer, see the trouble
    const Newswire__V1__SinkStatus *sink;
    const char *fetcher_trouble, *sink_trouble; // why there is no answer
    int64_t now_ms;
};

// What needs a person's attention, one sentence a line; nothing if all is well. Returns how many.
size_t report_attention(const struct report *r, struct buf *out);

// The whole report for a person: what needs attention, then the services.
void report_write(const struct report *r, bool colour, struct buf *out);

// The same as one object, for the caller to decref.
json_t *report_json(const struct report *r);
