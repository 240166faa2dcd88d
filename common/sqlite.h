// SPDX-License-Identifier: MIT
// SQLite, fenced here: the only file that includes <sqlite3.h>. Opens a store the durable way (WAL,
// synchronous=FULL), knows its kind and version, migrates it forward, and never deletes one.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct sqlite;
struct query;

struct sqlite_schema {
    const char *kind;              // "newswire-ledger", "newswire-store"
    const char *const *migrations; // SQL scripts: [i] leads from version i to i + 1; ends with NULL
};

// Opens or makes the store at `path`. ERR_CONFIG and a sentence naming the file and the next step:
// not a database, another program's, another kind, made by a newer newswire, no permission, in use.
// `create` false: the file must exist; true: its folder must.
enum err sqlite_open(const char *path, const struct sqlite_schema *schema, bool create,
                     struct sqlite **out, struct problem *why) MUST_CHECK;
// A second connection to a store that this process has open, for reading only.
enum err sqlite_open_reader(const char *path, struct sqlite **out, struct problem *why) MUST_CHECK;
void sqlite_close(struct sqlite **s); // after the last query was freed

// The message of the last failure on this store.
const char *sqlite_message(const struct sqlite *s);
// True if it was for want of room on the disk.
bool sqlite_full(const struct sqlite *s);

enum err sqlite_begin(struct sqlite *s) MUST_CHECK; // immediate
enum err sqlite_commit(struct sqlite *s) MUST_CHECK;
void sqlite_rollback(struct sqlite *s); // nothing if no transaction is open
enum err sqlite_exec(struct sqlite *s, const char *sql) MUST_CHECK; // constant SQL only

// A prepared statement; panics on SQL that does not compile, for the SQL is ours.
struct query *query_new(struct sqlite *s, const char *sql);
void query_free(struct query **q);

// Parameters by position from 1. Text and bytes must stay until the step is done.
void query_int(struct query *q, int at, int64_t value);
void query_real(struct query *q, int at, double value);
void query_text(struct query *q, int at, const char *value); // NULL: SQL NULL
void query_bytes(struct query *q, int at, const void *value, size_t size);

// Next row: OK. ERR_NOTFOUND: no more, and the query is reset for its next use. Else ERR_IO.
enum err query_step(struct query *q) MUST_CHECK;
// Runs a query that gives no rows and resets it. OK or ERR_IO.
enum err query_run(struct query *q) MUST_CHECK;
void query_reset(struct query *q); // for one that was not stepped to its end

// Columns of the row from 0, borrowed until the next step. Text is never NULL.
int64_t query_get_int(struct query *q, int column);
const char *query_get_text(struct query *q, int column);
const void *query_get_bytes(struct query *q, int column, size_t *size);

int64_t sqlite_changes(const struct sqlite *s);  // rows changed by the last query_run
int64_t sqlite_last_row(const struct sqlite *s); // rowid of the last insert
