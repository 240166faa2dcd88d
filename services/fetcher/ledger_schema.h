// SPDX-License-Identifier: MIT
// The tables of the ledger in SQLite, version by version. Append a migration, never change one.
#pragma once

static const char *const ledger_migrations[] = {
    // 0 -> 1
    "CREATE TABLE ledger(store TEXT NOT NULL, epoch INTEGER NOT NULL);"
    "CREATE TABLE sources("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  url TEXT NOT NULL UNIQUE,"
    "  poll_url TEXT NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  found INTEGER NOT NULL,"
    "  paused INTEGER NOT NULL DEFAULT 0,"
    "  gap_ms INTEGER NOT NULL,"
    "  backfill INTEGER NOT NULL,"
    "  title TEXT NOT NULL,"
    "  trouble TEXT NOT NULL,"
    "  etag TEXT NOT NULL,"
    "  last_modified TEXT NOT NULL,"
    "  body_hash TEXT NOT NULL,"
    "  added_ms INTEGER NOT NULL,"
    "  polled_ms INTEGER NOT NULL,"
    "  next_poll_ms INTEGER NOT NULL,"
    "  schedule TEXT NOT NULL);"
    "CREATE INDEX sources_due ON sources(next_poll_ms) WHERE paused = 0;"
    "CREATE TABLE entries("
    "  id TEXT PRIMARY KEY,"
    "  source INTEGER NOT NULL,"
    "  url TEXT NOT NULL,"
    "  host TEXT NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  hint BLOB NOT NULL,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  next_try_ms INTEGER NOT NULL DEFAULT 0,"
    "  etag TEXT NOT NULL DEFAULT '',"
    "  last_modified TEXT NOT NULL DEFAULT '',"
    "  announcement TEXT NOT NULL DEFAULT ''," // id that it is published under
    "  revision INTEGER NOT NULL DEFAULT 0,"
    "  content_hash TEXT NOT NULL DEFAULT '',"
    "  trouble TEXT NOT NULL DEFAULT '',"
    "  seen_ms INTEGER NOT NULL);"
    "CREATE INDEX entries_pending ON entries(host, next_try_ms) WHERE state = 0;"
    "CREATE INDEX entries_try ON entries(next_try_ms) WHERE state = 0;"
    "CREATE INDEX entries_source ON entries(source, state);"
    "CREATE INDEX entries_announcement ON entries(announcement) WHERE announcement <> '';"
    "CREATE TABLE outbox("
    "  sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  id TEXT NOT NULL,"
    "  revision INTEGER NOT NULL,"
    "  payload BLOB NOT NULL,"
    "  poisons INTEGER NOT NULL DEFAULT 0,"
    "  dead_ms INTEGER NOT NULL DEFAULT 0," // 0: alive
    "  reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX outbox_dead ON outbox(dead_ms) WHERE dead_ms > 0;"
    "CREATE TABLE events("
    "  subject TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  detail TEXT NOT NULL);"
    "CREATE INDEX events_subject ON events(subject, at_ms);"
    "CREATE INDEX events_at ON events(at_ms);",
    // 1 -> 2
    "ALTER TABLE sources ADD COLUMN selector TEXT NOT NULL DEFAULT '';",
    // 2 -> 3: a packed SourceOptions
    "ALTER TABLE sources ADD COLUMN options BLOB NOT NULL DEFAULT x'';"
    "CREATE INDEX entries_seen ON entries(source, seen_ms);",
    // 3 -> 4: most entries are published under their own id; only the others need to be looked for
    "DROP INDEX entries_announcement;"
    "CREATE INDEX entries_elsewhere ON entries(announcement)"
    " WHERE announcement <> '' AND announcement <> id;",
    // 4 -> 5: a packed Visit of the last poll; a packed Event with what it was in full
    "ALTER TABLE sources ADD COLUMN visit BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE events ADD COLUMN facts BLOB NOT NULL DEFAULT x'';",
    // 5 -> 6: a packed CatchUp
    "ALTER TABLE sources ADD COLUMN catch_up BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE sources ADD COLUMN newest_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sources ADD COLUMN lost_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sources ADD COLUMN quiet_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE sources ADD COLUMN barren INTEGER NOT NULL DEFAULT 0;", // pages in a row
    // 6 -> 7: what is due is found by host
    "DROP INDEX entries_try;",
    0,
};
