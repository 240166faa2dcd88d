// SPDX-License-Identifier: MIT
// What a request was for and what came of it, written into the ledger: the polls of sources and the
// pages of entries, from the response to the announcement. The decisions are here; requests are
// made by fetch.c. What comes for a source or entry that was removed meanwhile is dropped. Ledger
// failures end the process (flush.h).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"
#include "services/fetcher/http.h"
#include "services/fetcher/ledger.h"
#include "services/fetcher/outcome.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/robots_cache.h"

struct record {
    int64_t backfill;            // newest entries published of a new source
    struct source *source;       // of a poll, else NULL
    struct entry *entry;         // of a page, else NULL
    uint64_t removals;           // of the ledger, when they were read from it
    struct robots_ruling robots; // of record_url()
    // Redirects so far, where not all of them were followed in one go.
    struct http_hop hops[HTTP_HOPS_MAX];
    size_t n_hops;
    // Of the response.
    int64_t fetched_ms;
    char *url, *content_type, *etag, *last_modified;
    char *body_hash; // of a poll
    // Of a page that is no more than the wrapper of a document, from record_document() on: what
    // the page says, and the document's URL.
    Newswire__V1__ExtractResult *page;
    struct poll poll;      // what the schedule wants to know
    unsigned unusable;     // entries with nothing to name them by
    const char *date_from; // while the answer is recorded: what told its date
    // Of a source: what is asked for in its place this time, borrowed from it; NULL: the source.
    const Newswire__V1__CatchUp__Step *step;
    bool first;    // the source is read for the first time
    bool sitemaps; // it is an index of sitemaps
    // Of a kept page that is read again.
    int64_t again_ms; // when; 0: it was fetched
    bool otherwise;   // beside its text something else is read now
    // Of the ending.
    bool failed;
    int64_t pause_host_until_ms; // 0: no need
};

// Loads what is to be asked for. ERR_NOTFOUND: it is gone, or is not wanted any more.
enum err record_source(struct record *r, struct ledger *l, uint64_t number) MUST_CHECK;
enum err record_entry(struct record *r, struct ledger *l, const char *id) MUST_CHECK;
void record_clear(struct record *r);

// Where it is to be asked for now: where redirects led, or as it was listed.
const char *record_url(const struct record *r);
// A redirect is to be followed later (HTTP_STOPPED): record_url() is where it leads.
void record_hops(struct record *r, const struct http_response *response);
Newswire__V1__SourceKind record_kind(const struct record *r);
// Title and date that the source gives the entry's page; borrowed from it. NULL: none.
pb_announcement record_hint(const struct entry *e);
struct http_request record_request(const struct record *r); // borrows the record's strings

enum record_next {
    RECORD_READ, // the body is to be understood; record_understood() or record_failed() follows
    RECORD_DONE  // everything is in the ledger
};

// The step is a guess, and the site names `n` sitemaps itself: those are asked for in its place.
// False if none of them is to be asked for.
bool record_sitemaps(struct record *r, struct ledger *l, const char *const *urls, size_t n,
                     int64_t now_ms);

enum record_next record_response(struct record *r, struct ledger *l,
                                 const struct http_response *response, int64_t now_ms);
void record_understood(struct record *r, struct ledger *l,
                       const Newswire__V1__ExtractResult *result);
void record_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting);

// The PDF document of a wrapper (record_document.c). Takes the result of a page, *page becomes
// NULL, where a document is to be read in the page's place; record_url() and record_request() are
// the document's from then on. False: it is none, *page stays.
bool record_document(struct record *r, Newswire__V1__ExtractResult **page);
// As record_response(), of the document.
enum record_next record_document_response(struct record *r, struct ledger *l,
                                          const struct http_response *response, int64_t now_ms);
// The document's text with the page's title and date; or, where the document cannot be had or
// read, what the page itself has.
void record_document_understood(struct record *r, struct ledger *l,
                                const Newswire__V1__ExtractResult *document);
void record_document_failed(struct record *r, struct ledger *l, const char *why, bool lasting);

// Fetches what the backfill of a source left out, the newest `newest` or BACKFILL_ALL. Returns how
// many there were to be fetched.
size_t record_left_out(struct ledger *l, const struct source *s, int64_t newest, int64_t now_ms);

// A page that is kept was read again: `result`, or NULL and the problem. It is published if it says
// something else than before; where it cannot be read now, what was published stays. So does what
// was read of a document that the page only wraps: that one is not kept.
enum record_again { RECORD_CHANGED, RECORD_SAME, RECORD_UNREADABLE, RECORD_ELSEWHERE };
enum record_again record_again(struct ledger *l, const struct page_copy *page,
                               const Newswire__V1__ExtractResult *result, const char *problem,
                               int64_t now_ms);
// It was not asked for: robots.txt says no, see r->robots.
void record_refused(struct record *r, struct ledger *l, const char *why, int64_t now_ms);
// It was not asked for, for our own reasons, and will be later.
void record_lost(struct record *r, struct ledger *l, const char *why, int64_t now_ms);
