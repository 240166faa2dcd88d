// SPDX-License-Identifier: MIT
// A position in a plain line (date_plain.h), and what the parts of the date grammar share: date.c
// (whole dates), date_day.c (days), date_clock.c (times of day and zones). Private to those.
// A function that returns false leaves the position alone or is called on a copy; see each.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "services/fetcher/extract/date.h"

struct scan {
    const char *at; // NUL-terminated
    const struct date_rules *rules;
};

struct fields {
    int year, month, day, hour, minute, second;
    bool has_time, has_second, has_zone;
    int zone;
};

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool scan_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A whole number of `min` to `max` digits: no digit may follow it. False: nothing was read.
bool scan_number(struct scan *s, int min, int max, int *out);

// Skips any characters of the set; one character, false if it is another.
void scan_skip(struct scan *s, const char *set);
bool scan_one(struct scan *s, char c);

// Length of the run of letters at p.
size_t scan_word(const char *p);

// Month names, whole or cut to three letters or more ("Sept"); names of days of the week.
bool scan_month(struct scan *s, int *month);
bool scan_weekday(struct scan *s);

// The same of French, German, Spanish, Italian, Portuguese and Russian, in plain letters. These are
// written after the day, and are short or other words too: only a day and a year make one a month.
bool scan_foreign_month(struct scan *s, int *month);

// A day in any form, and the time of day where the form has one in it. False: nothing was read.
bool scan_day(struct scan *s, struct fields *f);

// 10:30, 10:30:15.250, 10时30分, 下午3点20分, 3:20 p.m. False: nothing was read.
bool scan_clock(struct scan *s, struct fields *f);

// +08:00, GMT, "EST", (UTC+8); leaves all as it is where there is none.
void scan_zone(struct scan *s, struct fields *f);
