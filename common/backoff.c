// SPDX-License-Identifier: MIT
#include "common/backoff.h"

int64_t backoff_ms(int failures)
{
    if (failures <= 1)
        return 0;
    int64_t ms = BACKOFF_FIRST_MS;
    for (int i = 2; i < failures && ms < BACKOFF_MOST_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS;
}
