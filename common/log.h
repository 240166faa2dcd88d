// SPDX-License-Identifier: MIT
// One line an event on standard error: time, level, service, event name, key=value pairs. Values
// are quoted where needed, control characters escaped, lines capped at 2,000 bytes.
//   2026-11-21T03:04:05.678Z info fetcher fetched url=… status=200 ms=31
// Only services log; libraries return errors. Any thread may log once log_open() has returned.
// Logging never blocks: when nobody reads standard error, lines are dropped, and counted in a later
// one.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum { LOG_LINE_MAX = 2000 };

void log_open(const char *service, enum log_level least);
enum err log_level_parse(const char *name, enum log_level *out) MUST_CHECK;

// The format gives the pairs, each value by its own conversion: log_info("fetched", "url=%s ms=%d",
// …). Strings given by %s are quoted and escaped if they hold spaces, quotes, = or control
// characters. Conversions: %s %.*s %d %u %ld %lu %lld %llu %zu %x %f %g and PRId64 and the like.
void log_debug(const char *event, const char *pairs, ...) PRINTF_LIKE(2, 3);
void log_info(const char *event, const char *pairs, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *event, const char *pairs, ...) PRINTF_LIKE(2, 3);
void log_error(const char *event, const char *pairs, ...) PRINTF_LIKE(2, 3);

// Writes a line that is there already, of at most PIPE_BUF bytes, in the same way.
void log_write(const char *line, size_t n);

// The line that these write, with its newline, and its length: who speaks, at what time.
struct log_head {
    int64_t utc_ms;
    enum log_level level;
    const char *service;
};
size_t log_line(char out[LOG_LINE_MAX], const struct log_head *head, const char *event,
                const char *pairs, ...) PRINTF_LIKE(4, 5);
