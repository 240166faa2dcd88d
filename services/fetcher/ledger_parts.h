// SPDX-License-Identifier: MIT
// What the parts of the ledger in SQLite share: ledger.c (the store, stories), ledger_sources.c,
// ledger_entries.c, ledger_articles.c, ledger_outbox.c.
#pragma once

#include "common/sqlite.h"
#include "services/fetcher/ledger.h"

// Each is one SQL statement of ledger_statements.c.
enum statement {
    SOURCE_ADD,
    SOURCE_GET,
    SOURCE_FIND,
    SOURCE_URLS,
    SOURCE_SAVE,
    SOURCE_CATCH_UP,
    SOURCE_BARREN,
    SOURCE_PAUSE,
    SOURCE_REMOVE,
    SOURCE_REMOVE_PENDING,
    SOURCE_REMOVE_AGAIN,
    SOURCE_LIST,
    SOURCE_REFRESH,
    SOURCE_DUE,
    SOURCE_NEXT,
    ENTRY_FIND,
    ENTRY_ADD,
    ENTRY_HINT,
    ENTRY_GET,
    ENTRY_PUBLISHED,
    ENTRY_URLS,
    ENTRY_LEFT_OUT,
    ENTRY_ROW,
    ENTRY_CANDIDATES,
    ENTRY_HOSTS,
    ENTRY_PENDING_OF,
    ENTRY_RETRY,
    ENTRY_IDENTITY,
    ENTRY_OTHER,
    ENTRY_UNDERSTOOD,
    ENTRY_UNCHANGED,
    ENTRY_FAIL,
    OUTBOX_ADD,
    OUTBOX_READ,
    OUTBOX_GET,
    OUTBOX_DONE,
    OUTBOX_POISON,
    OUTBOX_POISONS,
    OUTBOX_DELIVERY,
    OUTBOX_BURIED,
    DEAD_LIST,
    DEAD_RETRY,
    DEAD_DROP,
    EVENT_ADD,
    EVENT_LIST,
    EVENT_FORGET,
    QUIET,
    BARREN,
    LOST,
    COUNT,
    STATEMENTS
};

extern const char *const ledger_statements[STATEMENTS];

struct ledger {
    struct sqlite *db;
    struct query *queries[STATEMENTS]; // prepared when first used
    bool open;                         // a group is under way
    uint64_t added, flushed;           // newest outbox sequence: written, and flushed
    uint64_t outbox;   // rows of it, dead ones too: counting them would read them all
    uint64_t removals; // of sources, since it was opened
    char store[33];
    uint64_t epoch;
};

// The prepared statement, for reading.
struct query *ledger_query(struct ledger *l, enum statement s);
// The same for writing: begins a group if none is under way.
enum err ledger_change(struct ledger *l, enum statement s, struct query **out) MUST_CHECK;

// The one number that a query gives; INT64_MAX where it gives NULL.
enum err ledger_earliest(struct query *q, int64_t *at_ms) MUST_CHECK;
// The options in a column; NULL if there are none. wire_free() them.
Newswire__V1__SourceOptions *ledger_options(struct query *q, int column);
// A stored announcement; NULL if there is none. wire_free() it.
pb_announcement *ledger_announcement(const void *bytes, size_t size);
