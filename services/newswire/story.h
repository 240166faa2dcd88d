// SPDX-License-Identifier: MIT
// The story of one URL, from what the fetcher and the sink know of it: for `newswire why`. Pure.
#pragma once

#include <jansson.h>

#include "common/buf.h"
#include "common/wire.h"

struct story {
    const char *url;
    const Newswire__V1__ControlReply *fetcher; // its answer to WHY
    const pb_news *news;                       // the sink's newest revision; NULL: it has none
    const char *trouble;                       // why the sink could not be asked; "" if it was
};

// False: neither a source nor a page that one listed.
bool story_known(const struct story *s);

// As text to be read from top to bottom: what it is and where it stands, each step's facts, what
// happened to it when, what it is about and why we say so. Times in the local zone.
void story_write(const struct story *s, bool colour, struct buf *out);

// The same facts as one object, for the caller to decref.
json_t *story_json(const struct story *s);
