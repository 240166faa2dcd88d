// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "services/fetcher/extract/date.h"

enum { MINUTE_MS = 60 * 1000 };
static const int64_t DAY_MS = 24ll * 60 * MINUTE_MS;

int64_t date_days(int year, int month, int day)
{
    // Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil.
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// The inverse of date_days.
static void civil(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

// Milliseconds since 1970 as a clock on the wall of that place would count them.
static int64_t local_ms(const struct date *date)
{
    return date->precision == DATE_DAY ? date->ms : date->ms + (int64_t)date->zone * MINUTE_MS;
}

static int64_t local_day(const struct date *date)
{
    int64_t local = local_ms(date);
    return (local >= 0 ? local : local - DAY_MS + 1) / DAY_MS;
}

bool date_same_day(const struct date *a, const struct date *b)
{
    return local_day(a) == local_day(b);
}

bool date_turned(const struct date *date, struct date *out)
{
    int year, month, day;
    civil(local_day(date), &year, &month, &day);
    if (day > 12 || day == month)
        return false;
    *out = *date;
    out->ms += (date_days(year, day, month) - date_days(year, month, day)) * DAY_MS;
    return true;
}

void date_format(const struct date *date, char out[DATE_TEXT_SIZE])
{
    int zone = date->zone;
    int64_t days = local_day(date);
    int64_t seconds = (local_ms(date) - days * DAY_MS) / 1000;
    int year, month, day;
    civil(days, &year, &month, &day);
    int n = snprintf(out, DATE_TEXT_SIZE, "%04d-%02d-%02d", year, month, day);
    if (date->precision == DATE_DAY || n < 0)
        return;
    int hour = (int)(seconds / 3600), minute = (int)(seconds / 60 % 60),
        second = (int)(seconds % 60);
    int offset = zone < 0 ? -zone : zone;
    snprintf(out + n, DATE_TEXT_SIZE - (size_t)n, "T%02d:%02d:%02d%c%02d:%02d", hour, minute,
             second, zone < 0 ? '-' : '+', offset / 60 % 24, offset % 60);
}
