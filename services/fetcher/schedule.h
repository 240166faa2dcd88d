// SPDX-License-Identifier: MIT
// When to ask a source next. Pure functions of the source's state, what the last poll gave, and
// `now`; the jitter comes from a seed of the source, so the same history always gives the same
// times.
// The interval follows the square-root rule: for a given number of polls, the mean delay over all
// entries is least when a source is polled in proportion to the square root of its rate (Cho and
// Garcia-Molina, "Effective page refresh policies for web crawlers", 2003, for age-like measures).
// Times are UTC in milliseconds, durations in seconds.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum {
    SCHEDULE_QUIET_S = 30 * 86400, // a silence so long is worth a look in any case
    SCHEDULE_MIN_S = 120,          // adaptive polling stays between these two
    SCHEDULE_MAX_S = 3600,         //
    SCHEDULE_FIRST_S = 600,        // after the first poll, when nothing is known of the source
    SCHEDULE_RETRY_S = 60,      // after a first failure, then doubled, on the first day up to MAX
    SCHEDULE_LONGEST_S = 86400, // the longest pause, only after a day of failing
    SCHEDULE_TEXT_SIZE = 450,   // of schedule_write's text, with its NUL
};

// All that polling remembers of a source. A zeroed one is a source never polled; `every_s` is the
// only field that others set.
struct schedule {
    int64_t every_s;    // the user's fixed interval; 0: adaptive
    int64_t polled_ms;  // the last poll that succeeded; 0: none
    int64_t new_ms;     // the last poll that gave something new; 0: none
    int64_t ceiling_s;  // learned: beyond this interval entries roll off the feed; 0: unknown
    uint32_t polls;     // that succeeded
    uint32_t failures;  // in a row
    uint32_t entries;   // on the feed at the last poll that read it
    uint32_t burst;     // new entries an hour, over the last hours, in millionths
    uint32_t rate;      // the same over the last week
    uint16_t hours[24]; // weight of each hour of the day (UTC) in what came, 1000 is the mean
    int64_t ttl_s;      // the feed's wishes when it was last read: an unchanged one does not
    uint32_t skip_hours, skip_days; // repeat them
    int64_t silence_s; // the longest time without anything new, of the last months; 0: unknown
};

enum poll_result {
    POLL_READ,      // the source was read: `entries` and `fresh` count
    POLL_UNCHANGED, // not modified, or the same bytes as before
    POLL_FAILED,    // anything else: no answer, an HTTP error, not readable
};

// One poll of a source. Zero is "not stated" everywhere.
struct poll {
    enum poll_result result;
    uint32_t entries;  // on the feed
    uint32_t fresh;    // of these, never seen before
    int64_t oldest_ms; // the earliest publication among the entries: tells the rate at first sight
    int64_t ttl_s;     // the feed's wish to be left alone
    int64_t fresh_for_s;   // the response's: schedule_fresh_for()
    uint32_t skip_hours;   // bit h set: the feed says nothing comes in hour h, UTC
    uint32_t skip_days;    // bit d set: nor on day d, UTC; 0 is Sunday
    int status;            // HTTP status; 0: there was none
    int64_t retry_after_s; // schedule_retry_after()
};

struct plan {
    int64_t next_ms;    // when to poll this source again
    bool gap;           // no entry shared with the poll before: some may have been missed between
    bool pause_host;    // 429: nothing else of this host before next_ms either
    const char *reason; // "adaptive", "ttl", "max-age", "skip-hours", "skip-days", "roll-off",
                        // "every", "retry-after", "failing": static
};

// The first poll of a source just added or due after a restart: at once, or spread evenly by the
// seed over `spread_s` so that thousands do not start together.
int64_t schedule_first(uint64_t seed, int64_t spread_s, int64_t now_ms);

// Takes what the poll gave into the state and says when to poll next. `seed` is any constant of the
// source, such as the first bytes of its id.
struct plan schedule_next(struct schedule *s, const struct poll *poll, uint64_t seed,
                          int64_t now_ms);

// When a silence becomes worth a look: after three times the longest one of the last months, but
// not before three days nor after SCHEDULE_QUIET_S. 0 if nothing has come yet.
int64_t schedule_quiet_ms(const struct schedule *s);

// The state as one line of printable text, to be stored, and back. Read gives ERR_INPUT for a text
// that schedule_write, of this version or the one before, did not write; `every_s` is part of it.
void schedule_write(const struct schedule *s, char out[SCHEDULE_TEXT_SIZE]);
enum err schedule_read(const char *text, struct schedule *out) MUST_CHECK;

// Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date, as seconds from now, at most
// SCHEDULE_LONGEST_S; at least 1 for a valid one, 0 if NULL or malformed.
int64_t schedule_retry_after(const char *value, int64_t now_ms);

// How long a response stays fresh by its headers (RFC 9111, 4.2.1: max-age before Expires), at most
// SCHEDULE_MAX_S; 0 if they do not say, or say no-cache or no-store. Any of them may be NULL.
int64_t schedule_fresh_for(const char *cache_control, const char *expires, const char *date,
                           int64_t now_ms);
