// SPDX-License-Identifier: MIT
// Times and spans as people and programs read them. Times are UTC in milliseconds since 1970.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { WHEN_SIZE = 40 };

// In the local zone, with its offset: "2026-11-21 11:04:05 +08:00".
void when_local(int64_t ms, char out[WHEN_SIZE]);

// When something was published, as people read it: the local time, or of what is known by the day
// (its midnight in UTC) that day: "2026-11-21".
void when_published(int64_t ms, bool day, char out[WHEN_SIZE]);

// RFC 3339 in UTC: "2026-11-21T03:04:05.678Z".
void when_utc(int64_t ms, char out[WHEN_SIZE]);

// A span in at most two units: "0 s", "59 s", "4 min", "2 h 5 min", "3 d 4 h". Negative ones count
// as 0.
void when_span(int64_t ms, char out[WHEN_SIZE]);

// A span in the notation that settings are written in, exactly: "1500ms", "90s", "30m", "2h", "1d".
void when_setting(int64_t ms, char out[WHEN_SIZE]);
