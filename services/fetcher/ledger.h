// SPDX-License-Identifier: MIT
// The fetcher's memory: sources, the entries seen on them, the outbox, and the story of each URL.
// What a response taught (validators, entries, announcements) is written in one transaction.
// Changes are grouped: they are in the store for good once ledger_flush() returned, which the owner
// calls every few milliseconds; only then does ledger_outbox_read() show new rows. A crash before
// that loses the whole group, as if the responses had never come: they are asked for again. A
// function that fails with ERR_IO leaves the group unusable: report ledger_problem() and end the
// process; the next start finds the last flushed state.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/wire.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/schedule.h"

struct ledger;

// `url`: "sqlite:PATH". ERR_CONFIG with a sentence for a person.
enum err ledger_open(const char *url, struct ledger **out, struct problem *why) MUST_CHECK;
void ledger_close(struct ledger **l); // flushes nothing

enum err ledger_flush(struct ledger *l) MUST_CHECK;
bool ledger_dirty(const struct ledger *l); // something waits for a flush
const char *ledger_problem(const struct ledger *l);
const char *ledger_store(const struct ledger *l); // 32 hex digits, of this ledger for ever
uint64_t ledger_epoch(const struct ledger *l);

enum { BACKFILL_ALL = -1, BACKFILL_STANDARD = -2 };

// Sources. Strings of a struct source are its own; free it with source_free().
struct source {
    uint64_t number;
    char *url;      // as the user gave it
    char *poll_url; // what is polled: the URL, or the feed that it announced
    Newswire__V1__SourceKind kind, found;
    bool paused;
    int64_t gap_ms;   // < 0: the fetcher's setting
    int64_t backfill; // entries to publish at first sight, or one of the two below
    char *title, *trouble, *etag, *last_modified, *body_hash;
    Newswire__V1__SourceOptions *options; // NULL: none
    Newswire__V1__Visit *visit;           // the last poll; NULL: none yet
    char *selector;                       // of a list page, "" if its links are to be found
    int64_t added_ms, polled_ms, next_poll_ms;
    int64_t newest_ms; // of the entries listed when it was last read, as they say; 0: they do not
    int64_t lost_ms;   // when entries left it unseen that were not found elsewhere; 0: never
    int64_t quiet_ms;  // from when on its silence is an alarm; 0: never
    Newswire__V1__CatchUp *catch_up; // what it is to be asked for beside itself; NULL: nothing
    struct schedule schedule;
    uint64_t entries, published, pending, failed, left_out; // only from ledger_sources()
};

void source_free(struct source **s);

enum err ledger_source_add(struct ledger *l, const struct source *s, uint64_t *number) MUST_CHECK;
enum err ledger_source_get(struct ledger *l, uint64_t number, struct source **out) MUST_CHECK;
enum err ledger_source_find(struct ledger *l, const char *url, struct source **out) MUST_CHECK;
// Numbers and URLs of the sources whose URL holds `part`.
enum err ledger_source_urls(struct ledger *l, const char *part, int limit,
                            void (*fn)(void *arg, uint64_t number, const char *url),
                            void *arg) MUST_CHECK;
enum err ledger_source_save(struct ledger *l,
                            const struct source *s) MUST_CHECK; // what polling changes
// Replaces what it is to be asked for beside itself; NULL: nothing more.
enum err ledger_source_catch_up(struct ledger *l, uint64_t number,
                                const Newswire__V1__CatchUp *c) MUST_CHECK;
// A page of the source was given up, or (not `given_up`) read.
enum err ledger_source_barren(struct ledger *l, uint64_t number, bool given_up) MUST_CHECK;
enum err ledger_source_pause(struct ledger *l, uint64_t number, bool paused) MUST_CHECK;
// Removes the source and its entries that were not fetched yet; what was published stays known.
enum err ledger_source_remove(struct ledger *l, uint64_t number) MUST_CHECK;
// Counts them. While it stays the same, a source or entry that was there still is.
uint64_t ledger_removals(const struct ledger *l);
// Sources from number `after` on, with counts, at most `limit`.
enum err ledger_sources(struct ledger *l, uint64_t after, int limit,
                        void (*fn)(void *arg, const struct source *s), void *arg) MUST_CHECK;
// Makes one source (0: all) due now.
enum err ledger_refresh(struct ledger *l, uint64_t number, int64_t now_ms) MUST_CHECK;
// Numbers and URLs of sources due by `now_ms`, longest overdue first.
enum err ledger_due(struct ledger *l, int64_t now_ms, int limit,
                    void (*fn)(void *arg, uint64_t number, const char *poll_url, int64_t gap_ms),
                    void *arg) MUST_CHECK;
enum err ledger_next_poll(struct ledger *l, int64_t *at_ms) MUST_CHECK; // INT64_MAX: never

// Entries: the pages that sources led to.
enum entry_state {
    ENTRY_PENDING,  // to be fetched at next_try
    ENTRY_DONE,     // understood; its announcement is in the outbox or with the sink
    ENTRY_FAILED,   // given up, see trouble
    ENTRY_BASELINE, // was there when the source was added, beyond the backfill
};

struct entry {
    char id[URL_ID_SIZE];
    uint64_t source;
    char *source_url, *url;
    enum entry_state state;
    pb_announcement *hint; // what the feed says of it; NULL if nothing
    uint32_t attempts;     // that failed, in a row
    char *etag, *last_modified;
    char *trouble; // of the last try that failed
    int64_t seen_ms, next_try_ms;
    uint64_t revision;                    // last published; 0: none
    char announcement[URL_ID_SIZE];       // the id it was published under; "" before
    Newswire__V1__SourceOptions *options; // of its source; NULL: none
    int64_t gap_ms;                       // of its source
    uint64_t barren;                      // pages of its source given up in a row
};

void entry_free(struct entry **e);

enum seen { SEEN_NEW, SEEN_CHANGED, SEEN_KNOWN };

struct sighting {
    const char *id, *url, *host; // url and host "" for an entry without a page
    enum entry_state state;      // if it is new
    const pb_announcement *hint; // NULL for none
};

// Records that a source lists an entry. SEEN_CHANGED: the hint of its own source differs (of the
// one that listed it first, while that is there); a page that was done is pending again.
enum err ledger_entry_see(struct ledger *l, uint64_t source, const struct sighting *s,
                          int64_t now_ms, enum seen *out) MUST_CHECK;
enum err ledger_entry_get(struct ledger *l, const char *id, struct entry **out) MUST_CHECK;
// The entry that published last under an announcement's id that is not its own.
enum err ledger_entry_published(struct ledger *l, const char *announcement,
                                char id[URL_ID_SIZE]) MUST_CHECK;
// URLs of a source's newest entries.
enum err ledger_entry_urls(struct ledger *l, uint64_t source, int limit,
                           void (*fn)(void *arg, const char *url), void *arg) MUST_CHECK;
// Ids of a source's entries of ENTRY_BASELINE, in the order in which they were seen; hint NULL: the
// source says nothing of it.
enum err ledger_left_out(struct ledger *l, uint64_t source,
                         void (*fn)(void *arg, const char *id, const pb_announcement *hint),
                         void *arg) MUST_CHECK;
// Hosts with pending entries, and the pending entries of one host that are due, oldest try first.
enum err ledger_pending_hosts(struct ledger *l, int64_t now_ms,
                              void (*fn)(void *arg, const char *host), void *arg) MUST_CHECK;
enum err ledger_pending(struct ledger *l, const char *host, int64_t now_ms, int limit,
                        void (*fn)(void *arg, const char *id, int64_t gap_ms),
                        void *arg) MUST_CHECK;
enum err ledger_entry_retry(struct ledger *l, const char *id, int64_t now_ms) MUST_CHECK;

// Pages that may be read again: published ones, and ones that could not be read.
struct ledger_range {
    char id[URL_ID_SIZE]; // only this entry; "": all
    uint64_t source;      // only of this one; 0: of all
    int64_t since_ms;     // first seen or published since
    uint64_t after;       // rows after this one; see below
    uint64_t rows;        // at most so many rows are looked at
    int limit;            // and so many given
};
struct ledger_candidate {
    uint64_t row;
    const char *id;
    bool pending, published;
};
// In the order in which they were seen. `after` moves on to where the next call begins.
enum err ledger_candidates(struct ledger *l, struct ledger_range *range,
                           void (*fn)(void *arg, const struct ledger_candidate *c),
                           void *arg) MUST_CHECK;
// The row of an entry; "": of the newest one, 0 if there is none. ERR_NOTFOUND.
enum err ledger_row(struct ledger *l, const char *id, uint64_t *row) MUST_CHECK;

enum article { ARTICLE_QUEUED, ARTICLE_UNCHANGED, ARTICLE_DUPLICATE };

// What was understood of an entry's page (or hint). The announcement gets its id, revision and
// content hash and goes into the outbox, unless its content is what was understood last
// (UNCHANGED), or what another entry published last under the same id: the same page at another URL
// (DUPLICATE). ERR_NOTFOUND: the entry was removed.
struct understood {
    const char *id; // of the entry
    pb_announcement *announcement;
    // The canonical URL that the page names, if it is worth following, or "". It gives the
    // announcement its identity unless another entry with other content has that already; then the
    // entry's own URL does, under the same condition.
    const char *canonical;
    const char *etag, *last_modified;
    const char *date_from; // as in Reading; NULL: not known
    bool otherwise;        // what is not in the content hash differs: published all the same
    // Why the page is to be tried again at `again_ms`; NULL: the entry is done.
    const char *trouble;
    int64_t again_ms;
};
enum err ledger_article(struct ledger *l, const struct understood *u, int64_t now_ms,
                        enum article *out) MUST_CHECK;
// Nothing new at the page (304).
enum err ledger_entry_unchanged(struct ledger *l, const char *id, int64_t now_ms) MUST_CHECK;
// The page could not be had: tried again at `again_ms`, or given up for good if that is 0.
enum err ledger_entry_failed(struct ledger *l, const char *id, const char *trouble,
                             int64_t again_ms, int64_t now_ms) MUST_CHECK;

// Outbox. Sequences ascend; a row leaves when the sink has committed it.
struct outbox_row {
    uint64_t sequence, revision;
    const char *id;
    const uint8_t *payload; // a packed Announcement
    size_t size;
};
typedef void outbox_fn(void *arg, const struct outbox_row *row);

// Flushed rows with sequences above `after`, in order, at most `limit`; dead ones are not among
// them.
enum err ledger_outbox_read(struct ledger *l, uint64_t after, int limit, outbox_fn *fn,
                            void *arg) MUST_CHECK;
// One row. ERR_NOTFOUND.
enum err ledger_outbox_get(struct ledger *l, uint64_t sequence, outbox_fn *fn,
                           void *arg) MUST_CHECK;
enum err ledger_outbox_done(struct ledger *l, uint64_t sequence) MUST_CHECK;
// Counts a POISON against the row; the third buries it. *dead says whether it is buried now.
// ERR_NOTFOUND: it is done.
enum err ledger_outbox_poison(struct ledger *l, uint64_t sequence, const char *reason,
                              int64_t now_ms, bool *dead) MUST_CHECK;
// Appends an announcement that is complete, with its id and revision.
enum err ledger_outbox_add(struct ledger *l, const pb_announcement *a) MUST_CHECK;

struct ledger_delivery {
    uint64_t sequence;
    uint32_t poisons;
    int64_t dead_ms;  // 0: alive
    char reason[512]; // of the last poison, cut
};
// The row of that sequence, or else the last one of that id that was buried. ERR_NOTFOUND.
enum err ledger_delivery(struct ledger *l, uint64_t sequence, const char *id,
                         struct ledger_delivery *out) MUST_CHECK;

typedef void dead_fn(void *arg, const Newswire__V1__DeadLetter *d);
enum err ledger_dead(struct ledger *l, int limit, dead_fn *fn, void *arg) MUST_CHECK;
// `id` "": all. RETRY puts them back with a clean slate, DROP forgets them.
enum err ledger_dead_retry(struct ledger *l, const char *id, uint64_t *n) MUST_CHECK;
enum err ledger_dead_drop(struct ledger *l, const char *id, int64_t now_ms, uint64_t *n) MUST_CHECK;

// The story of a source or entry. `subject`: an entry's id, or "source N".
enum err ledger_tell(struct ledger *l, const char *subject, int64_t at_ms, const char *name,
                     const char *detail) MUST_CHECK;
// The same with what it was in full: visit and reading of the event.
enum err ledger_tell_event(struct ledger *l, const char *subject,
                           const Newswire__V1__Event *event) MUST_CHECK;
typedef void event_fn(void *arg, const Newswire__V1__Event *e);
enum err ledger_story(struct ledger *l, const char *subject, event_fn *fn, void *arg) MUST_CHECK;
// Forgets events from before `before_ms`.
enum err ledger_forget(struct ledger *l, int64_t before_ms) MUST_CHECK;

// What needs a person: how many sources, and the URL of one of them.
struct ledger_alarm {
    uint64_t n;
    char url[URL_MAX + 1];
};
// Sources silent for longer than is their habit.
enum err ledger_quiet(struct ledger *l, int64_t now_ms, struct ledger_alarm *out) MUST_CHECK;
// Sources of which the last `least` pages or more had to be given up.
enum err ledger_barren(struct ledger *l, int least, struct ledger_alarm *out) MUST_CHECK;
// Sources that entries left unseen since `since_ms` and were not found elsewhere.
enum err ledger_lost(struct ledger *l, int64_t since_ms, struct ledger_alarm *out) MUST_CHECK;

struct ledger_counts {
    uint64_t sources, sources_failing, pending, outbox, dead;
};
enum err ledger_count(struct ledger *l, struct ledger_counts *out) MUST_CHECK;
