// SPDX-License-Identifier: MIT
#include "common/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"

struct sqlite {
    sqlite3 *db;
    int lock; // descriptor of PATH.lock, held while the store is open; -1 for a reader
    int last; // result of the last operation
};

struct query {
    struct sqlite *store;
    sqlite3_stmt *stmt;
};

static enum err note(struct sqlite *s, int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        s->last = sqlite3_extended_errcode(s->db);
    return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : ERR_IO;
}

const char *sqlite_message(const struct sqlite *s)
{
    return sqlite3_errmsg(s->db);
}

bool sqlite_full(const struct sqlite *s)
{
    return (s->last & 0xFF) == SQLITE_FULL || s->last == SQLITE_IOERR_WRITE;
}

enum err sqlite_exec(struct sqlite *s, const char *sql)
{
    return note(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

enum err sqlite_begin(struct sqlite *s)
{
    return sqlite_exec(s, "BEGIN IMMEDIATE");
}

enum err sqlite_commit(struct sqlite *s)
{
    return sqlite_exec(s, "COMMIT");
}

void sqlite_rollback(struct sqlite *s)
{
    if (sqlite3_get_autocommit(s->db))
        return;
    if (sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK &&
        !sqlite3_get_autocommit(s->db))
        panic("cannot roll back: %s", sqlite_message(s));
}

int64_t sqlite_changes(const struct sqlite *s)
{
    return sqlite3_changes64(s->db);
}

int64_t sqlite_last_row(const struct sqlite *s)
{
    return sqlite3_last_insert_rowid(s->db);
}

// Opening.

// One process has a store: two fetchers on one ledger would each send its rows.
static enum err lock_store(const char *path, int *out, struct problem *why)
{
    char name[PATH_MAX];
    if ((size_t)snprintf(name, sizeof name, "%s.lock", path) >= sizeof name)
        return problem_set(why, ERR_CONFIG, "store %s: the path is too long", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return problem_set(why, ERR_CONFIG,
                           "store %s: cannot make %s: %s; give a folder that exists and that "
                           "this user may write",
                           path, name, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return problem_set(why, ERR_CONFIG,
                           "store %s is in use by another process: stop that one, or choose "
                           "another store",
                           path);
    }
    *out = fd;
    return OK;
}

static int64_t pragma_int(struct sqlite *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    if (!note(s, sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL)) && !note(s, sqlite3_step(stmt)))
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static enum err read_kind(struct sqlite *s, char kind[64])
{
    struct query *q = query_new(s, "SELECT kind FROM newswire_kind");
    enum err e = query_step(q);
    if (!e)
        snprintf(kind, 64, "%s", query_get_text(q, 0));
    query_free(&q);
    return e;
}

static bool has_kind_table(struct sqlite *s)
{
    return pragma_int(s, "SELECT count(*) FROM sqlite_master WHERE name = 'newswire_kind'") == 1;
}

static enum err check_kind(struct sqlite *s, const char *path, const char *want,
                           struct problem *why)
{
    char kind[64] = "";
    if (!has_kind_table(s) || read_kind(s, kind))
        return problem_set(why, ERR_CONFIG,
                           "store %s is another program's database: choose another path; "
                           "nothing in it was changed",
                           path);
    if (strcmp(kind, want) != 0)
        return problem_set(why, ERR_CONFIG,
                           "store %s is a %s, not a %s: give each service its own store", path,
                           kind, want);
    return OK;
}

static enum err make_kind(struct sqlite *s, const char *kind)
{
    enum err e = sqlite_exec(s, "CREATE TABLE newswire_kind(kind TEXT NOT NULL)");
    if (e)
        return e;
    struct query *q = query_new(s, "INSERT INTO newswire_kind VALUES (?)");
    query_text(q, 1, kind);
    e = query_run(q);
    query_free(&q);
    return e;
}

static enum err migrate(struct sqlite *s, const char *path, const struct sqlite_schema *schema,
                        struct problem *why)
{
    int64_t version = pragma_int(s, "PRAGMA user_version"), newest = 0;
    while (schema->migrations[newest])
        newest++;
    if (version > newest)
        return problem_set(why, ERR_CONFIG,
                           "store %s has version %lld, this newswire knows up to %lld: run the "
                           "newer newswire that made it, or choose another store",
                           path, (long long)version, (long long)newest);
    for (; version < newest; version++) {
        char set_version[64];
        snprintf(set_version, sizeof set_version, "PRAGMA user_version = %lld",
                 (long long)version + 1);
        enum err e = sqlite_exec(s, schema->migrations[version]);
        if (!e)
            e = sqlite_exec(s, set_version);
        if (e)
            return problem_set(why, ERR_CONFIG, "store %s: migration to version %lld failed: %s",
                               path, (long long)version + 1, sqlite_message(s));
    }
    return OK;
}

// Everything that opening changes happens in one transaction, so that it happened or it did not.
static enum err prepare(struct sqlite *s, const char *path, const struct sqlite_schema *schema,
                        struct problem *why)
{
    if (sqlite_begin(s))
        return problem_set(why, ERR_CONFIG, "store %s: %s; choose another path", path,
                           sqlite_message(s));
    enum err e = OK;
    if (pragma_int(s, "SELECT count(*) FROM sqlite_master") == 0)
        e = make_kind(s, schema->kind);
    if (!e)
        e = check_kind(s, path, schema->kind, why);
    if (!e)
        e = migrate(s, path, schema, why);
    if (!e && sqlite_commit(s))
        e = problem_set(why, ERR_CONFIG, "store %s: %s", path, sqlite_message(s));
    if (e)
        sqlite_rollback(s);
    return e;
}

static enum err open_file(struct sqlite *s, const char *path, int flags, struct problem *why)
{
    int rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return problem_set(why, ERR_CONFIG,
                           "cannot open store %s: %s; give a file in a folder that exists and "
                           "that this user may write",
                           path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, 5000);
    return OK;
}

// Reads the file's header before anything is set: a foreign file must stay as it is.
static enum err check_header(struct sqlite *s, const char *path, struct problem *why)
{
    if (pragma_int(s, "PRAGMA schema_version") >= 0)
        return OK;
    return problem_set(why, ERR_CONFIG,
                       "store %s cannot be read: %s; it is left as it is: choose another path",
                       path, sqlite_message(s));
}

// WAL and FULL: an acknowledged commit outlives a power cut (proto/PROTOCOL.md, "Durability").
static enum err make_durable(struct sqlite *s, const char *path, struct problem *why)
{
    if (sqlite_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192;"
                       "PRAGMA wal_autocheckpoint = 4000;")) // pages: 16 MB
        return problem_set(why, ERR_CONFIG, "store %s: %s", path, sqlite_message(s));
    if (pragma_int(s, "SELECT journal_mode = 'wal' FROM pragma_journal_mode") != 1)
        return problem_set(
            why, ERR_CONFIG,
            "store %s cannot be kept safely: its file system has no shared memory for "
            "a write-ahead log; choose a local disk",
            path);
    return OK;
}

enum err sqlite_open(const char *path, const struct sqlite_schema *schema, bool create,
                     struct sqlite **out, struct problem *why)
{
    struct stat st;
    if (*path == ':' || !*path) // what SQLite would keep in memory
        return problem_set(why, ERR_CONFIG, "store \"%s\" is no file: give the path of a file",
                           path);
    if (!create && stat(path, &st) != 0)
        return problem_set(why, ERR_CONFIG, "store %s: %s", path, strerror(errno));
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return problem_set(why, ERR_CONFIG, "store %s is not a file: give the path of a file",
                           path);
    struct sqlite *s = mem_alloc(sizeof *s);
    s->lock = -1;
    enum err e = lock_store(path, &s->lock, why);
    if (!e)
        e = open_file(s, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, why);
    if (!e)
        e = check_header(s, path, why);
    if (!e)
        e = prepare(s, path, schema, why);
    if (!e)
        e = make_durable(s, path, why);
    if (e) {
        sqlite_close(&s);
        return e;
    }
    *out = s;
    return OK;
}

enum err sqlite_open_reader(const char *path, struct sqlite **out, struct problem *why)
{
    struct sqlite *s = mem_alloc(sizeof *s);
    s->lock = -1;
    enum err e = open_file(s, path, SQLITE_OPEN_READONLY, why);
    if (e) {
        sqlite_close(&s);
        return e;
    }
    *out = s;
    return OK;
}

void sqlite_close(struct sqlite **s)
{
    if (!*s)
        return;
    if (sqlite3_close((*s)->db) != SQLITE_OK)
        panic("a store was closed with queries open");
    if ((*s)->lock >= 0)
        close((*s)->lock);
    free(*s);
    *s = NULL;
}

// Queries.

struct query *query_new(struct sqlite *s, const char *sql)
{
    struct query *q = mem_alloc(sizeof *q);
    q->store = s;
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL) != SQLITE_OK)
        panic("SQL does not compile: %s: %s", sqlite_message(s), sql);
    return q;
}

void query_free(struct query **q)
{
    if (!*q)
        return;
    sqlite3_finalize((*q)->stmt);
    free(*q);
    *q = NULL;
}

static void bound(struct query *q, int rc)
{
    if (rc != SQLITE_OK)
        panic("cannot bind: %s: %s", sqlite_message(q->store), sqlite3_sql(q->stmt));
}

void query_int(struct query *q, int at, int64_t value)
{
    bound(q, sqlite3_bind_int64(q->stmt, at, value));
}

void query_real(struct query *q, int at, double value)
{
    bound(q, sqlite3_bind_double(q->stmt, at, value));
}

void query_text(struct query *q, int at, const char *value)
{
    bound(q, sqlite3_bind_text(q->stmt, at, value, -1, SQLITE_STATIC));
}

void query_bytes(struct query *q, int at, const void *value, size_t size)
{
    bound(q, sqlite3_bind_blob64(q->stmt, at, value ? value : "", size, SQLITE_STATIC));
}

enum err query_step(struct query *q)
{
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return OK;
    enum err e = note(q->store, rc);
    sqlite3_reset(q->stmt);
    return e ? e : ERR_NOTFOUND;
}

enum err query_run(struct query *q)
{
    enum err e = query_step(q);
    if (!e)
        panic("a query that was run gave a row: %s", sqlite3_sql(q->stmt));
    return e == ERR_NOTFOUND ? OK : e;
}

void query_reset(struct query *q)
{
    sqlite3_reset(q->stmt);
}

int64_t query_get_int(struct query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

const char *query_get_text(struct query *q, int column)
{
    const unsigned char *text = sqlite3_column_text(q->stmt, column);
    return text ? (const char *)text : "";
}

const void *query_get_bytes(struct query *q, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(q->stmt, column);
    *size = (size_t)sqlite3_column_bytes(q->stmt, column);
    return bytes ? bytes : "";
}
