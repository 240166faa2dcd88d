// SPDX-License-Identifier: MIT
// What a response means for the page that was asked for: good, as before, try again (when), or give
// up. Pure; the schedule of sources is in schedule.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "services/fetcher/http.h"

enum verdict { VERDICT_READ, VERDICT_UNCHANGED, VERDICT_FAILED };

struct outcome {
    enum verdict verdict;
    bool lasting; // of FAILED: another try is unlikely to help
    struct problem
        trouble;           // of FAILED: a sentence with the cause and, where there is one, the mend
    int64_t retry_after_s; // what the server asked for; 0: nothing
    bool pause_host;       // 429: leave the whole host alone meanwhile
};

// `retry_after_s` as schedule_retry_after() gives it.
struct outcome outcome_of(const struct http_response *r, int64_t retry_after_s);

// Pause before try number `attempts` + 1 of a page, in milliseconds; 0: give up.
int64_t outcome_pause(bool lasting, uint32_t attempts);
// True if what the feed itself says should be published now, the page having failed so often.
bool outcome_use_hint(bool lasting, uint32_t attempts);
