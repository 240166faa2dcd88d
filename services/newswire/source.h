// SPDX-License-Identifier: MIT
// What several commands about sources share: the kinds by name, one line that says how a source is
// doing. Pure.
#pragma once

#include "common/buf.h"
#include "common/wire.h"

// "auto", "feed", "page", "sitemap", "list".
const char *source_kind_name(Newswire__V1__SourceKind kind);
enum err source_kind_parse(const char *name, Newswire__V1__SourceKind *out) MUST_CHECK;

// --backfill: "all", "none" or a number. ERR_INPUT.
enum err source_backfill_parse(const char *text, Newswire__V1__Backfill *out) MUST_CHECK;

// True once the first poll is over, well or badly.
bool source_was_asked(const Newswire__V1__Source *s);

// When it was last asked, with success or without; 0: not yet.
int64_t source_asked_ms(const Newswire__V1__Source *s);

// "feed, 40 entries, 38 to fetch", "paused", "page: HTTP 404, not found", "not asked yet".
void source_summary(const Newswire__V1__Source *s, struct buf *out);
