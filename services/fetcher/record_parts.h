// SPDX-License-Identifier: MIT
// The two halves of record.h: what becomes of a poll (record_poll.c) and of a page (record_page.c).
#pragma once

#include "services/fetcher/record.h"

void poll_unchanged(struct record *r, struct ledger *l);
void poll_failed(struct record *r, struct ledger *l, const char *trouble);
void poll_understood(struct record *r, struct ledger *l, const Newswire__V1__ExtractResult *result);

void page_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting);
void page_understood(struct record *r, struct ledger *l, pb_announcement *a, const char *problem);
// Why a page cannot be published: it has no text, or a garbled one. NULL: it can.
const char *page_trouble(const pb_announcement *a, const char *problem);
// Publishes it as the record's entry.
void page_publish(struct record *r, struct ledger *l, pb_announcement *a);

// Publishes what the feed itself says of an entry. `link`: its page, "" if it has none; `trouble`
// and `again_ms` as in struct understood.
void publish_hint(struct record *r, struct ledger *l, const char *id, const char *source_url,
                  const char *link, const pb_announcement *hint, const char *trouble,
                  int64_t again_ms);
