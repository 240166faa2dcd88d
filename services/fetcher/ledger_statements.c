// SPDX-License-Identifier: MIT
#include "services/fetcher/ledger_parts.h"

#define SOURCE_COLUMNS                                                                             \
    "number, url, poll_url, kind, found, paused, gap_ms, backfill, title, trouble, etag, "         \
    "last_modified, body_hash, added_ms, polled_ms, next_poll_ms, schedule, selector, options, "   \
    "visit, catch_up, newest_ms, lost_ms, quiet_ms"

const char *const ledger_statements[STATEMENTS] = {
    [SOURCE_ADD] =
        "INSERT INTO sources(url, poll_url, kind, found, gap_ms, backfill, title, trouble,"
        " etag, last_modified, body_hash, added_ms, polled_ms, next_poll_ms, schedule, selector, "
        "options, paused)"
        " VALUES (?1, ?1, ?2, ?3, ?4, ?5, '', '', '', '', '', ?6, 0, ?7, ?8, ?9, ?10, ?11)"
        " ON CONFLICT DO NOTHING",
    [SOURCE_GET] = "SELECT " SOURCE_COLUMNS " FROM sources WHERE number = ?",
    [SOURCE_FIND] = "SELECT " SOURCE_COLUMNS " FROM sources WHERE url = ?",
    [SOURCE_URLS] = "SELECT number, url FROM sources WHERE instr(url, ?) > 0 LIMIT ?",
    [SOURCE_SAVE] = "UPDATE sources SET poll_url = ?2, found = ?3, title = ?4, trouble = ?5,"
                    " etag = ?6, last_modified = ?7, body_hash = ?8, polled_ms = ?9,"
                    " next_poll_ms = ?10, schedule = ?11, visit = ?12, newest_ms = ?13,"
                    " lost_ms = ?14, quiet_ms = ?15, kind = ?16 WHERE number = ?1",
    [SOURCE_CATCH_UP] = "UPDATE sources SET catch_up = ?2 WHERE number = ?1",
    [SOURCE_BARREN] = "UPDATE sources SET barren = CASE WHEN ?2 THEN barren + 1 ELSE 0 END"
                      " WHERE number = ?1",
    [SOURCE_PAUSE] = "UPDATE sources SET paused = ?2 WHERE number = ?1",
    [SOURCE_REMOVE] = "DELETE FROM sources WHERE number = ?",
    [SOURCE_REMOVE_PENDING] =
        "DELETE FROM entries WHERE source = ? AND state <> 1 AND revision = 0",
    [SOURCE_REMOVE_AGAIN] = "UPDATE entries SET state = 1 WHERE source = ? AND state = 0",
    [SOURCE_LIST] = "SELECT " SOURCE_COLUMNS ","
                    " (SELECT count(*) FROM entries e WHERE e.source = number),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.revision > 0),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.state = 0),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.state = 2),"
                    " (SELECT count(*) FROM entries e WHERE e.source = number AND e.state = 3)"
                    " FROM sources WHERE number > ? ORDER BY number LIMIT ?",
    [SOURCE_REFRESH] = "UPDATE sources SET next_poll_ms = ?2, etag = '', last_modified = '',"
                       " body_hash = '' WHERE (number = ?1 OR ?1 = 0) AND paused = 0",
    [SOURCE_DUE] = "SELECT number, poll_url, gap_ms FROM sources WHERE paused = 0 AND"
                   " next_poll_ms <= ? ORDER BY next_poll_ms LIMIT ?",
    [SOURCE_NEXT] = "SELECT min(next_poll_ms) FROM sources WHERE paused = 0",
    [ENTRY_FIND] = "SELECT hint, source = ?2 OR source NOT IN (SELECT number FROM sources)"
                   " FROM entries WHERE id = ?1",
    [ENTRY_ADD] = "INSERT INTO entries(id, source, url, host, state, hint, next_try_ms, seen_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    [ENTRY_HINT] = "UPDATE entries SET hint = ?2, next_try_ms = ?3, source = ?4, state = CASE WHEN"
                   " url = '' OR state = 3 THEN state ELSE 0 END WHERE id = ?1",
    [ENTRY_GET] =
        "SELECT e.source, coalesce(s.url, ''), e.url, e.state, e.hint, e.attempts, e.etag,"
        " e.last_modified, e.revision, coalesce(s.gap_ms, -1), e.announcement, coalesce(s.options, "
        "x''), e.trouble, e.seen_ms, e.next_try_ms, coalesce(s.barren, 0) FROM entries e"
        " LEFT JOIN sources s ON s.number = e.source WHERE e.id = ?",
    [ENTRY_PUBLISHED] = "SELECT id FROM entries WHERE announcement = ?1 AND announcement <> ''"
                        " AND announcement <> id ORDER BY revision DESC LIMIT 1",
    [ENTRY_URLS] = "SELECT url FROM entries WHERE source = ? AND url <> ''"
                   " ORDER BY seen_ms DESC LIMIT ?",
    [ENTRY_LEFT_OUT] = "SELECT id, hint FROM entries WHERE source = ? AND state = 3 ORDER BY rowid",
    [ENTRY_ROW] = "SELECT coalesce(max(rowid), 0) FROM entries WHERE id = ?1 OR ?1 = ''",
    [ENTRY_CANDIDATES] =
        "SELECT rowid, id, state, revision FROM entries WHERE rowid > ?1 AND rowid <= ?2 AND"
        " (source = ?3 OR ?3 = 0) AND max(revision, seen_ms) >= ?4 AND url <> '' AND"
        " (state = 2 OR revision > 0) ORDER BY rowid LIMIT ?5",
    [ENTRY_HOSTS] = "SELECT DISTINCT host FROM entries WHERE state = 0 AND next_try_ms <= ?",
    [ENTRY_PENDING_OF] = "SELECT e.id, coalesce(s.gap_ms, -1) FROM entries e LEFT JOIN sources s ON"
                         " s.number = e.source WHERE e.state = 0 AND e.host = ? AND"
                         " e.next_try_ms <= ? ORDER BY e.next_try_ms LIMIT ?",
    [ENTRY_RETRY] = "UPDATE entries SET state = 0, next_try_ms = ?2, etag = '', last_modified = ''"
                    " WHERE id = ?1 AND url <> ''",
    [ENTRY_IDENTITY] = "SELECT announcement, revision, content_hash FROM entries WHERE id = ?",
    [ENTRY_OTHER] = "SELECT revision, content_hash FROM entries WHERE id = ?1 AND announcement = id"
                    " AND ?1 <> ?2 UNION ALL "
                    "SELECT revision, content_hash FROM entries WHERE announcement = ?1 AND"
                    " announcement <> '' AND announcement <> id AND id <> ?2",
    [ENTRY_UNDERSTOOD] =
        "UPDATE entries SET announcement = ?2, revision = ?3, content_hash = ?4,"
        " etag = ?5, last_modified = ?6, trouble = ?7, state = ?8, next_try_ms = ?9,"
        " attempts = CASE WHEN ?7 = '' THEN 0 ELSE attempts END WHERE id = ?1",
    [ENTRY_UNCHANGED] = "UPDATE entries SET state = 1, attempts = 0, trouble = '' WHERE id = ?",
    [ENTRY_FAIL] = "UPDATE entries SET attempts = attempts + 1, trouble = ?2, next_try_ms = ?3,"
                   " state = CASE WHEN ?3 > 0 THEN 0 WHEN revision > 0 THEN 1 ELSE 2 END"
                   " WHERE id = ?1",
    [OUTBOX_ADD] = "INSERT INTO outbox(id, revision, payload) VALUES (?, ?, ?)",
    [OUTBOX_READ] = "SELECT sequence, id, revision, payload FROM outbox WHERE sequence > ?1 AND"
                    " sequence <= ?2 AND dead_ms = 0 ORDER BY sequence LIMIT ?3",
    [OUTBOX_GET] = "SELECT sequence, id, revision, payload FROM outbox WHERE sequence = ? AND"
                   " dead_ms = 0",
    [OUTBOX_DONE] = "DELETE FROM outbox WHERE sequence = ?",
    [OUTBOX_POISON] = "UPDATE outbox SET poisons = poisons + 1, reason = ?2, dead_ms = CASE WHEN"
                      " poisons + 1 >= ?3 THEN ?4 ELSE 0 END WHERE sequence = ?1 AND dead_ms = 0",
    [OUTBOX_POISONS] = "SELECT dead_ms, id FROM outbox WHERE sequence = ?",
    [OUTBOX_DELIVERY] = "SELECT sequence, poisons, dead_ms, reason FROM outbox WHERE sequence = ?",
    [OUTBOX_BURIED] = "SELECT sequence, poisons, dead_ms, reason FROM outbox WHERE dead_ms > 0 AND"
                      " id = ? ORDER BY sequence DESC LIMIT 1",
    [DEAD_LIST] = "SELECT sequence, id, payload, reason, dead_ms FROM outbox WHERE dead_ms > 0"
                  " ORDER BY dead_ms LIMIT ?",
    [DEAD_RETRY] = "UPDATE outbox SET dead_ms = 0, poisons = 0 WHERE dead_ms > 0 AND"
                   " (id = ?1 OR ?1 = '')",
    [DEAD_DROP] = "DELETE FROM outbox WHERE dead_ms > 0 AND (id = ?1 OR ?1 = '')",
    [EVENT_ADD] = "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
    [EVENT_LIST] =
        "SELECT at_ms, name, detail, facts FROM (SELECT rowid, * FROM events WHERE subject = ?"
        " ORDER BY at_ms DESC, rowid DESC LIMIT ?) ORDER BY at_ms, rowid",
    [EVENT_FORGET] = "DELETE FROM events WHERE at_ms < ?",
    [QUIET] =
        "SELECT count(*), coalesce(min(url), '') FROM sources WHERE paused = 0 AND trouble = ''"
        " AND quiet_ms BETWEEN 1 AND ?",
    [BARREN] =
        "SELECT count(*), coalesce(min(url), '') FROM sources WHERE paused = 0 AND barren >= ?",
    [LOST] =
        "SELECT count(*), coalesce(min(url), '') FROM sources WHERE paused = 0 AND lost_ms >= ?",
    [COUNT] = "SELECT (SELECT count(*) FROM sources),"
              " (SELECT count(*) FROM sources WHERE trouble <> ''),"
              " (SELECT count(*) FROM entries INDEXED BY entries_pending WHERE state = 0),"
              " (SELECT count(*) FROM outbox WHERE dead_ms > 0)",
};
