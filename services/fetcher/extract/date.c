// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/date.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/date_plain.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 2099, MINUTE_MS = 60 * 1000 };
static const int64_t DAY_MS = 24ll * 60 * MINUTE_MS;

// A position in a plain line (date_plain.h).
struct scan {
    const char *at;
    const struct date_rules *rules;
};

struct fields {
    int year, month, day, hour, minute, second;
    bool has_time, has_second, has_zone;
    int zone;
};

int64_t date_days(int year, int month, int day)
{
    // Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil.
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A whole number of `min` to `max` digits: no digit may follow it.
static bool read_number(struct scan *s, int min, int max, int *out)
{
    int value = 0, digits = 0;
    while (is_digit(s->at[digits]) && digits <= max)
        value = value * 10 + (s->at[digits] - '0'), digits++;
    if (digits < min || digits > max)
        return false;
    s->at += digits;
    *out = value;
    return true;
}

static void skip_any(struct scan *s, const char *set)
{
    while (*s->at && strchr(set, *s->at))
        s->at++;
}

static bool skip_one(struct scan *s, char c)
{
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

// Length of the run of letters at p.
static size_t word_length(const char *p)
{
    size_t n = 0;
    while (is_letter(p[n]))
        n++;
    return n;
}

// Month names, whole or cut to three letters or more ("Sept").
static bool read_month(struct scan *s, int *month)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = word_length(s->at);
    if (n < 3 || n > 9)
        return false;
    for (int i = 0; i < 12; i++) {
        if (strncasecmp(s->at, names[i], n) == 0) {
            s->at += n;
            skip_one(s, '.');
            *month = i + 1;
            return true;
        }
    }
    return false;
}

static bool skip_weekday(struct scan *s)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    size_t n = word_length(s->at);
    for (int i = 0; n >= 3 && i < 7; i++) {
        if (strncasecmp(s->at, names[i], n) == 0) {
            s->at += n;
            skip_any(s, "., ");
            return true;
        }
    }
    return false;
}

static bool valid_day(const struct fields *f)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (f->year < YEAR_MIN || f->year > YEAR_MAX || f->month < 1 || f->month > 12 || f->day < 1)
        return false;
    bool leap = f->year % 4 == 0 && (f->year % 100 != 0 || f->year % 400 == 0);
    return f->day <= (f->month == 2 && !leap ? 28 : days[f->month - 1]);
}

// 2021-09-27, 2021/9/27, 2021.9.27, 2021年9月27日
static bool read_year_first(struct scan *s, struct fields *f)
{
    if (!read_number(s, 4, 4, &f->year))
        return false;
    skip_any(s, " ");
    char separator = *s->at;
    if (!separator || !strchr("-/.\x01", separator))
        return false;
    s->at++;
    skip_any(s, " ");
    if (!read_number(s, 1, 2, &f->month))
        return false;
    skip_any(s, " ");
    if (!skip_one(s, separator == MARK_YEAR ? MARK_MONTH : separator))
        return false;
    skip_any(s, " ");
    if (!read_number(s, 1, 2, &f->day))
        return false;
    // The space is looked at only before 日: in "2021-09-27 10:30" the time of day follows it.
    struct scan mark = *s;
    skip_any(&mark, " ");
    if (skip_one(&mark, MARK_DAY))
        *s = mark;
    return true;
}

// 20210927, 20210927T1030, 20210927103000
static bool read_compact(struct scan *s, struct fields *f)
{
    size_t digits = strspn(s->at, "0123456789");
    if (digits != 8 && digits != 12 && digits != 14)
        return false;
    sscanf(s->at, "%4d%2d%2d", &f->year, &f->month, &f->day); // NOLINT(cert-err34-c): all digits
    const char *clock = s->at + 8;
    s->at += digits;
    if (digits == 8 && *s->at == 'T') {
        clock = s->at + 1;
        digits = 8 + strspn(clock, "0123456789");
        if (digits == 12 || digits == 14)
            s->at += 1 + digits - 8;
    }
    if (digits == 12 || digits == 14) {
        f->has_time = true;
        f->has_second = digits == 14;
        f->second = 0;
        sscanf(clock, "%2d%2d%2d", &f->hour, &f->minute, &f->second); // NOLINT(cert-err34-c)
        if (!f->has_second)
            f->second = 0;
    }
    return true;
}

static void skip_ordinal(struct scan *s)
{
    static const char *const suffixes[] = {"st", "nd", "rd", "th"};
    for (int i = 0; i < 4; i++)
        if (strncasecmp(s->at, suffixes[i], 2) == 0 && !is_letter(s->at[2])) {
            s->at += 2;
            return;
        }
}

// A year after day and month: four digits, or two where the field is a date and nothing else.
static bool read_year(struct scan *s, struct fields *f)
{
    struct scan two = *s;
    if (read_number(s, 4, 4, &f->year))
        return true;
    if (!read_number(&two, 2, 2, &f->year))
        return false;
    f->year += f->year < 70 ? 2000 : 1900;
    *s = two;
    return true;
}

static bool read_clock(struct scan *s, struct fields *f);
static void read_zone(struct scan *s, struct fields *f);

// 27 Sep 2021, 27th of September, 2021, 27-Sep-21
static bool read_day_month(struct scan *s, struct fields *f)
{
    if (!read_number(s, 1, 2, &f->day))
        return false;
    skip_ordinal(s);
    skip_any(s, " -./,");
    if (strncasecmp(s->at, "of ", 3) == 0)
        s->at += 3;
    if (!read_month(s, &f->month))
        return false;
    skip_any(s, " -./,'");
    return read_year(s, f);
}

// Sep 27, 2021, and ctime's Sep 27 10:30:00 2021
static bool read_month_day(struct scan *s, struct fields *f)
{
    if (!read_month(s, &f->month))
        return false;
    skip_any(s, " -/,");
    if (!read_number(s, 1, 2, &f->day))
        return false;
    skip_ordinal(s);
    skip_any(s, " -./,'");
    struct scan after_clock = *s;
    struct fields with_clock = *f;
    if (read_number(s, 4, 4, &f->year))
        return true;
    skip_any(&after_clock, " ");
    if (!read_clock(&after_clock, &with_clock))
        return false;
    read_zone(&after_clock, &with_clock);
    skip_any(&after_clock, " ");
    if (!read_number(&after_clock, 4, 4, &with_clock.year))
        return false;
    *f = with_clock;
    *s = after_clock;
    return true;
}

// 9/27/2021, 27.9.2021. Which is the month is told by what cannot be one; else dots are read
// the European way and the rest the American way.
static bool read_year_last(struct scan *s, struct fields *f)
{
    int first, second;
    if (!read_number(s, 1, 2, &first))
        return false;
    char separator = *s->at;
    if (separator != '/' && separator != '.' && separator != '-')
        return false;
    s->at++;
    if (!read_number(s, 1, 2, &second) || !skip_one(s, separator))
        return false;
    if (!read_number(s, 4, 4, &f->year))
        return false;
    bool day_first = first > 12 || (second <= 12 && separator == '.');
    f->day = day_first ? first : second;
    f->month = day_first ? second : first;
    return true;
}

static bool read_day(struct scan *s, struct fields *f)
{
    static bool (*const forms[])(struct scan *, struct fields *) = {
        read_year_first, read_compact, read_day_month, read_month_day, read_year_last};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct scan attempt = *s;
        struct fields fields = *f;
        if (forms[i](&attempt, &fields) && valid_day(&fields) &&
            !(is_digit(attempt.at[-1]) && is_digit(*attempt.at))) {
            *s = attempt;
            *f = fields;
            return true;
        }
    }
    return false;
}

// "am", "p.m.", and the Chinese marks before the hour (`half`).
static bool to_24_hours(struct scan *s, struct fields *f, char half)
{
    struct scan ahead = *s;
    skip_any(&ahead, " ");
    char c = *ahead.at;
    if ((c == 'a' || c == 'A' || c == 'p' || c == 'P')) {
        ahead.at++;
        skip_one(&ahead, '.');
        if ((*ahead.at == 'm' || *ahead.at == 'M') && !is_letter(ahead.at[1])) {
            ahead.at++;
            skip_one(&ahead, '.');
            *s = ahead;
            half = c == 'p' || c == 'P' ? MARK_AFTERNOON : MARK_MORNING;
        }
    }
    if (half == MARK_AFTERNOON && f->hour < 12)
        f->hour += 12;
    else if (half == MARK_MORNING && f->hour == 12)
        f->hour = 0;
    return f->hour < 24 && f->minute < 60 && f->second <= 60;
}

// 10:30, 10:30:15.250, 10时30分, 下午3点20分, 3:20 p.m.
static bool read_clock(struct scan *s, struct fields *f)
{
    struct scan ahead = *s;
    struct fields g = *f;
    char half = 0;
    if (*ahead.at == MARK_MORNING || *ahead.at == MARK_AFTERNOON)
        half = *ahead.at++;
    skip_any(&ahead, " ");
    if (!read_number(&ahead, 1, 2, &g.hour))
        return false;
    if (!skip_one(&ahead, ':') && !skip_one(&ahead, MARK_HOUR))
        return false;
    skip_any(&ahead, " ");
    if (!read_number(&ahead, 2, 2, &g.minute))
        return false;
    g.second = 0;
    struct scan seconds = ahead;
    if ((skip_one(&seconds, ':') || skip_one(&seconds, MARK_MINUTE)) &&
        read_number(&seconds, 2, 2, &g.second)) {
        g.has_second = true;
        ahead = seconds;
        if (skip_one(&ahead, '.'))
            skip_any(&ahead, "0123456789");
    }
    skip_any(&ahead, "\x05\x06");
    if (!to_24_hours(&ahead, &g, half))
        return false;
    g.has_time = true;
    *s = ahead;
    *f = g;
    return true;
}

// +08:00, +0800, +8
static bool read_offset(struct scan *s, int *zone)
{
    if (*s->at != '+' && *s->at != '-')
        return false;
    int sign = *s->at++ == '-' ? -1 : 1;
    int hours, minutes = 0;
    struct scan four = *s;
    if (read_number(&four, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
        *s = four;
    } else if (read_number(s, 1, 2, &hours)) {
        if (skip_one(s, ':') && !read_number(s, 2, 2, &minutes))
            return false;
    } else {
        return false;
    }
    *zone = sign * (hours * 60 + minutes);
    return hours <= 14 && minutes < 60;
}

static bool read_zone_name(struct scan *s, int *zone)
{
    static const struct {
        char name[5];
        int16_t minutes;
    } zones[] = {{"Z", 0},      {"GMT", 0},    {"UTC", 0},    {"UT", 0},     {"EST", -300},
                 {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420}, {"MDT", -360},
                 {"PST", -480}, {"PDT", -420}, {"BST", 60},   {"WET", 0},    {"CET", 60},
                 {"CEST", 120}, {"EET", 120},  {"EEST", 180}, {"MSK", 180},  {"IST", 330},
                 {"HKT", 480},  {"SGT", 480},  {"JST", 540},  {"KST", 540},  {"AEST", 600},
                 {"AEDT", 660}, {"NZST", 720}, {"NZDT", 780}, {"HST", -600}, {"AKST", -540},
                 {"ET", -300},  {"CT", -360},  {"MT", -420},  {"PT", -480}};
    size_t n = word_length(s->at);
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (n == strlen(zones[i].name) && strncmp(s->at, zones[i].name, n) == 0) {
            s->at += n;
            // CST is China's standard time on a page whose own zone is China's.
            bool china = s->rules->zone == ZONE_SHANGHAI && strcmp(zones[i].name, "CST") == 0;
            *zone = china ? ZONE_SHANGHAI : zones[i].minutes;
            return true;
        }
    }
    return false;
}

static void read_zone(struct scan *s, struct fields *f)
{
    struct scan ahead = *s;
    skip_any(&ahead, " (");
    bool named = read_zone_name(&ahead, &f->zone);
    if (named)
        f->has_zone = true;
    struct scan offset = named ? ahead : *s;
    skip_any(&offset, " ");
    int minutes;
    if (read_offset(&offset, &minutes)) { // also "GMT+8", "UTC+08:00"
        f->zone = minutes;
        f->has_zone = true;
        ahead = offset;
        named = true;
    }
    if (named)
        *s = ahead;
}

// What may stand between a day and its time of day: "T", "at", "(Mon)", （星期一）, "|", ", ".
static void skip_to_clock(struct scan *s)
{
    for (int i = 0; i < 12; i++) {
        skip_any(s, " ,|-()/");
        if (*s->at == 'T' || *s->at == 't')
            s->at++;
        else if (strncasecmp(s->at, "at ", 3) == 0 || strncasecmp(s->at, "on ", 3) == 0)
            s->at += 3;
        else if (*s->at == MARK_OTHER || *s->at == MARK_DAY)
            s->at++;
        else if (!skip_weekday(s))
            return;
    }
}

static bool finish(const struct fields *f, const struct date_rules *rules, struct date *out)
{
    int zone = f->has_zone ? f->zone : rules->zone;
    struct date date = {
        .ms = date_days(f->year, f->month, f->day) * DAY_MS, .precision = DATE_DAY, .zone = zone};
    if (f->has_time) {
        int64_t minutes = (int64_t)f->hour * 60 + f->minute - zone;
        date.ms += minutes * MINUTE_MS + (int64_t)f->second * 1000;
        date.precision = f->has_second ? DATE_SECOND : DATE_MINUTE;
    }
    if (rules->now_ms && date.ms > rules->now_ms + DAY_MS)
        return false;
    *out = date;
    return true;
}

// Reads a date that begins exactly here, with what follows it.
static bool read_here(struct scan *s, struct fields *f)
{
    skip_weekday(s);
    if (!read_day(s, f))
        return false;
    if (!f->has_time) {
        struct scan clock = *s;
        skip_to_clock(&clock);
        if (!read_clock(&clock, f))
            return true;
        *s = clock;
    }
    read_zone(s, f);
    return true;
}

// Seconds or milliseconds since 1970, as scripts write them.
static bool read_epoch(const char *line, const struct date_rules *rules, struct date *out)
{
    size_t digits = strspn(line, "0123456789");
    if ((digits != 10 && digits != 13) || line[digits] != '\0')
        return false;
    int64_t ms = 0;
    for (size_t i = 0; i < digits; i++)
        ms = ms * 10 + (line[i] - '0');
    if (digits == 10)
        ms *= 1000;
    if (rules->now_ms && ms > rules->now_ms + DAY_MS)
        return false;
    *out = (struct date){.ms = ms, .precision = DATE_SECOND, .zone = rules->zone};
    return true;
}

bool date_find(const char *s, size_t n, const struct date_rules *rules, struct date *out)
{
    char line[DATE_PLAIN_SIZE];
    date_plain(s, n, line);
    struct fields before = {0}; // a time of day that precedes the date: "10:30, 27 Sep 2021"
    const char *clock_end = NULL;
    for (struct scan scan = {line, rules}; *scan.at;) {
        struct scan attempt = scan;
        struct fields f = {0};
        if ((is_digit(*scan.at) || is_letter(*scan.at)) && read_here(&attempt, &f)) {
            if (!f.has_time && clock_end && scan.at - clock_end <= 12) {
                f.has_time = true;
                f.hour = before.hour, f.minute = before.minute, f.second = before.second;
                f.has_second = before.has_second;
                f.has_zone = before.has_zone, f.zone = before.zone;
            }
            if (finish(&f, rules, out))
                return true;
        }
        if (is_digit(*scan.at) && read_clock(&scan, &before)) {
            read_zone(&scan, &before);
            clock_end = scan.at;
            continue;
        }
        // On to where the next number or word begins.
        bool digits = is_digit(*scan.at), letters = is_letter(*scan.at);
        scan.at++;
        while ((digits && is_digit(*scan.at)) || (letters && is_letter(*scan.at)))
            scan.at++;
    }
    return false;
}

bool date_read(const char *s, size_t n, const struct date_rules *rules, struct date *out)
{
    char line[DATE_PLAIN_SIZE];
    size_t size = date_plain(s, n, line);
    while (size > 0 && line[size - 1] == ' ')
        line[--size] = '\0';
    return read_epoch(line, rules, out) || date_find(s, n, rules, out);
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

void date_format(const struct date *date, char out[DATE_TEXT_SIZE])
{
    int zone = date->precision == DATE_DAY ? 0 : date->zone;
    int64_t local = date->ms + (int64_t)zone * MINUTE_MS;
    int64_t days = (local >= 0 ? local : local - DAY_MS + 1) / DAY_MS;
    int64_t seconds = (local - days * DAY_MS) / 1000;
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
