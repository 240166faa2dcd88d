// SPDX-License-Identifier: MIT
// What the two halves of the SQLite store share: store_sqlite.c opens and commits,
// store_sqlite_read.c reads. The tables are described there, in `migrations`.
#pragma once

#include "common/sqlite.h"
#include "services/sink/store_backend.h"

// For reading; a writer has them as well.
struct sqlite_reads {
    struct query *totals, *labels, *oldest;
    struct query *row, *size, *sequence_of_id;
    struct query *of_label, *newest_of_label;
    struct buf packed; // the row that is being given
};

struct sqlite_writes {
    struct query *newest_revision, *add_revision;
    struct query *add_news, *supersede, *label_of;
    struct query *set_totals, *set_label;
    struct query *expired, *forget;
    struct buf packed;
    struct store_state next; // what the state will be if the transaction commits
};

struct sqlite_store {
    struct store base;
    struct sqlite *db;
    bool reader;
    struct sqlite_reads reads;
    struct sqlite_writes writes;
    struct store_state state;
};

void sqlite_reads_open(struct sqlite_store *s);
void sqlite_reads_close(struct sqlite_store *s);

enum err sqlite_read_state(struct sqlite_store *s, struct store_state *out) MUST_CHECK;
enum err sqlite_store_read(struct store *store, const struct store_range *range, store_row *fn,
                           void *arg, struct store_extent *extent, struct problem *why);
