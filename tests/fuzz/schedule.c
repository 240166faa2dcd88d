// SPDX-License-Identifier: MIT
// Lines: a stored state, Retry-After, Cache-Control, Expires. Then one poll follows the other.
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1795219200000)

static void check(const struct plan *plan, const struct schedule *s, int64_t now)
{
    int64_t longest = SCHEDULE_LONGEST_S > s->every_s ? SCHEDULE_LONGEST_S : s->every_s;
    if (plan->next_ms < now || plan->next_ms > now + longest * 1000 || !plan->reason)
        panic("the next poll in %lld ms", (long long)(plan->next_ms - now));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size), *rest = text;
    const char *lines[4];
    for (size_t i = 0; i < 4; i++)
        lines[i] = rest ? strsep(&rest, "\n") : NULL;
    struct schedule s = {0};
    if (schedule_read(lines[0], &s) == OK) {
        char once[SCHEDULE_TEXT_SIZE], again[SCHEDULE_TEXT_SIZE];
        struct schedule same;
        schedule_write(&s, once);
        enum err rc = schedule_read(once, &same);
        schedule_write(&same, again);
        if (rc != OK || strcmp(once, again) != 0)
            panic("a state that is not read as it was written");
    }
    int64_t retry = schedule_retry_after(lines[1], NOW);
    int64_t fresh = schedule_fresh_for(lines[2], lines[3], NULL, NOW);
    if (retry < 0 || retry > SCHEDULE_LONGEST_S || fresh < 0 || fresh > SCHEDULE_MAX_S)
        panic("a time out of its bounds");
    for (size_t i = 0; i < size && i < 64; i++) {
        struct poll poll = {.result = (enum poll_result)(data[i] % 3),
                            .entries = data[i] / 2,
                            .fresh = data[i] / 4,
                            .ttl_s = fresh * data[i],
                            .fresh_for_s = fresh,
                            .skip_hours = (uint32_t)data[i] << 8,
                            .skip_days = data[i] >> 1,
                            .retry_after_s = retry};
        int64_t now = NOW + (int64_t)i * 60000 * data[i];
        struct plan plan = schedule_next(&s, &poll, size, now);
        check(&plan, &s, now);
    }
    free(text);
    return 0;
}
