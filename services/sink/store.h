// SPDX-License-Identifier: MIT
// Where the sink keeps what it was given: five functions, whatever is behind them. Chosen by URL:
// "sqlite:PATH". To add a store, write a struct store_backend (store_backend.h) beside
// store_sqlite.c and list it in store.c.
//
// What a store promises:
//   store_commit() returned OK    it survives a power cut; one transaction held all of it
//   sequence                      1, 2, 3, … in the order of commits, no gap, none twice
//   (id, revision)                is remembered for ever, also when the news itself is forgotten
//   a reader                      sees whole commits only, and never waits for the writer
// One writer at a time; each handle belongs to one thread.
#pragma once

#include "common/wire.h"

struct store;

enum {
    STORE_LABELS_MAX = 1000,           // different primary labels in a store
    STORE_NEWS_MAX = (1 << 20) - 1024, // bytes of one packed ClassifiedNews
    STORE_READ_MAX = 1000              // announcements read at once
};

struct store_options {
    const char *url;
    bool reader;    // only reads what a writer has made
    bool new_epoch; // writer: the store was restored from a backup; what subscribers know is void
};

// ERR_CONFIG and a sentence that names the store and the next step. Makes the store if need be,
// migrates it forward, never deletes it.
enum err store_open(const struct store_options *o, struct store **out,
                    struct problem *why) MUST_CHECK;
void store_close(struct store **s);

enum store_outcome {
    STORE_NEW,    // has got its sequence
    STORE_KNOWN,  // this very revision was committed before: nothing changed
    STORE_LATE,   // a newer revision is there: recorded, not published
    STORE_REFUSED // cannot be stored as it is: too large, or one label too many
};

struct store_put {
    const pb_announcement *announcement;
    const pb_classification *classification; // its primary label is among its labels
    const char *duplicate_of;                // "" if of none
    enum store_outcome outcome;              // filled
    uint64_t sequence;                       // filled for STORE_NEW
};

// Commits all of them in one transaction, in order. News committed before `forget_before_ms` (0:
// none) is forgotten on the way, at most 1,000 a call. ERR_BUSY: the disk is full. ERR_IO:
// otherwise. Either way nothing was changed, and *why says what happened.
enum err store_commit(struct store *s, struct store_put *puts, size_t n, int64_t now_ms,
                      int64_t forget_before_ms, struct problem *why) MUST_CHECK;

struct store_range {
    const char *id;            // newest revision of this one only; NULL: the range below
    uint64_t after;            // sequences greater than this, in order
    bool newest;               // instead of `after`: the last `limit` ones, in order
    const char *const *labels; // of these primary labels; at most 64
    size_t n_labels;           // 0: all
    size_t limit;              // at most STORE_READ_MAX
    size_t bytes;              // stop before exceeding this, but give one at least
};

// One announcement as it was stored: a packed ClassifiedNews, borrowed until the call returns.
typedef void store_row(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                       size_t size);

struct store_extent {
    uint64_t epoch, head;    // of the store
    uint64_t oldest;         // oldest sequence that is kept; head + 1 if none is
    uint64_t after, through; // everything asked for with after < sequence <= through was given
};

// Gives what is asked for, and the extent, as of one moment. ERR_IO.
enum err store_read(struct store *s, const struct store_range *range, store_row *fn, void *arg,
                    struct store_extent *extent, struct problem *why) MUST_CHECK;

struct store_label {
    char name[65];
    uint64_t sequence; // newest
    uint64_t count;    // announcements, newest revisions only
};

struct store_state {
    uint64_t epoch, head, announcements;
    int64_t committed_ms; // when the newest was committed; 0: never
    size_t n_labels;
    struct store_label labels[STORE_LABELS_MAX];
};

// Of a writer: what it knows, without reading; borrowed until the next commit. Of a reader: read
// anew, borrowed until the next call. NULL if it cannot be read.
const struct store_state *store_state(struct store *s);
