// SPDX-License-Identifier: MIT
// The parts of record.h: what becomes of a poll (record_poll.c), of a page (record_page.c), of the
// document that a page is the wrapper of (record_document.c), and of what a source is asked for
// beside itself (record_catch_up.c).
#pragma once

#include "services/fetcher/record.h"

// As it was listed, before any redirect.
const char *record_wanted(const struct record *r);
void record_forget_hops(struct record *r);

// True if the user removed the source, and with it the entry, while it was asked for.
bool record_gone(const struct record *r, struct ledger *l);

void poll_unchanged(struct record *r, struct ledger *l);
void poll_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting);
void poll_understood(struct record *r, struct ledger *l, const Newswire__V1__ExtractResult *result);

// Sees an entry of the record's source; publishes or queues it if it is new.
void poll_see(struct record *r, struct ledger *l, const Newswire__V1__Entry *e,
              enum entry_state state);
void poll_tell(const struct record *r, struct ledger *l, const char *name, const char *detail);

// The feed was just polled and shares nothing with the poll before, whose newest entry was of
// `since_ms`: the sitemaps of its site are looked through for what came between.
void catch_up_feed(struct record *r, struct ledger *l, int64_t since_ms);
// The list was just polled: its next page is read, and the next, until `wanted` more entries are
// found, or with 0 until one is known.
void catch_up_list(struct record *r, struct ledger *l, const char *next, uint32_t wanted);
void catch_up_failed(struct record *r, struct ledger *l, const char *trouble);
void catch_up_understood(struct record *r, struct ledger *l,
                         const Newswire__V1__ExtractResult *result);

void page_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting);
void page_understood(struct record *r, struct ledger *l, pb_announcement *a, const char *problem);
// Why a page cannot be published: it has no text, or a garbled one. NULL: it can.
const char *page_trouble(const pb_announcement *a, const char *problem);
// True if a page that was published redirects now to where it did not before, and what is there has
// another title and hardly any text: a login, a notice that it is gone. *why is a sentence.
bool page_moved_away(const struct record *r, struct ledger *l, const pb_announcement *a,
                     struct problem *why);
// Publishes it as the record's entry. `trouble` and `again_ms` as in struct understood.
enum article page_publish(struct record *r, struct ledger *l, pb_announcement *a,
                          const char *trouble, int64_t again_ms);

// Publishes what the feed itself says of an entry. `link`: its page, "" if it has none; `trouble`
// and `again_ms` as in struct understood.
void publish_hint(struct record *r, struct ledger *l, const char *id, const char *source_url,
                  const char *link, const pb_announcement *hint, const char *trouble,
                  int64_t again_ms);
