// SPDX-License-Identifier: MIT
// Dates as people write them, in English and Chinese: ISO 8601, RFC 822, 2021年9月27日,
// 二〇二一年九月 二十七日, 民國110年9月27日, 27 Sep 2021, Sept. 27th, 2021, 9/27/2021, with the
// errors that feeds and pages really contain; also the months of French, German, Spanish, Italian,
// Portuguese and Russian, 2021년 9월 27일 and 令和3年9月27日. Pure functions; "now" is a parameter.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/fetcher/extract/extract.h"

enum { ZONE_UTC = 0, ZONE_SHANGHAI = 8 * 60 };

struct date {
    int64_t ms; // UTC. DATE_DAY: midnight UTC of that day, so that it prints right in any zone
    enum date_precision precision;
    int zone; // minutes east of UTC that the time was given in, or was taken to be in
};

struct date_rules {
    int zone;       // for times that name none, in minutes east of UTC
    int64_t now_ms; // dates more than a day after this are refused; 0: none are
    bool day_first; // 3/9/2021 is in September: so most of the world writes, the USA do not
};

// A field that holds a date and little else (feed, meta, datetime=). Also reads seconds and
// milliseconds since 1970. False: no date, an impossible one, or one refused; *out is untouched.
bool date_read(const char *s, size_t n, const struct date_rules *rules, struct date *out);

// The first date in a line of running text (the first 400 bytes are looked at), with its time of
// day if that follows or precedes it. A year must have four digits, or be of the 民國 era.
bool date_find(const char *s, size_t n, const struct date_rules *rules, struct date *out);

// True if both are written as the same day, each in its own zone.
bool date_same_day(const struct date *a, const struct date *b);

// The same with day and month exchanged; false if that is no other date.
bool date_turned(const struct date *date, struct date *out);

// The number of days from 1970-01-01 to a day of the proleptic Gregorian calendar.
int64_t date_days(int year, int month, int day);

// Writes the date as ISO 8601: "2021-09-27" or "2021-09-27T10:30:00+08:00".
enum { DATE_TEXT_SIZE = 32 };
void date_format(const struct date *date, char out[DATE_TEXT_SIZE]);
