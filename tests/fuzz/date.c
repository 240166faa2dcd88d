// SPDX-License-Identifier: MIT
// Dates: what is read is a real instant, formats, and reads again as the same one.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/fetcher/extract/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct date_rules rules = {.zone = size % 2 ? ZONE_SHANGHAI : ZONE_UTC,
                               .now_ms = INT64_C(1795219200000),
                               .day_first = size % 3 == 0};
    struct date date, again;
    char text[DATE_TEXT_SIZE];
    (void)date_find((const char *)data, size, &rules, &date);
    if (!date_read((const char *)data, size, &rules, &date))
        return 0;
    if (date.ms > rules.now_ms + INT64_C(86400000))
        abort();
    date_format(&date, text);
    if (!date_read(text, strlen(text), &rules, &again) || again.ms / 1000 != date.ms / 1000)
        abort();
    return 0;
}
