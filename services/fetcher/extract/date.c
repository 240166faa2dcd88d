// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/date.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/date_plain.h"
#include "services/fetcher/extract/date_scan.h"

enum { MINUTE_MS = 60 * 1000 };
static const int64_t DAY_MS = 24ll * 60 * MINUTE_MS;

// "at ", "on ", and what stands there in other languages: "um ", "a las ", "à ", "в ", "г. ".
static bool skip_word(struct scan *s)
{
    static const char words[] = " at on um a as las ore alle v g ";
    char word[8] = " ";
    size_t n = scan_word(s->at);
    if (n == 0 || n > sizeof word - 3 || (s->at[n] != ' ' && s->at[n] != '.'))
        return false;
    for (size_t i = 0; i < n; i++)
        word[i + 1] = (char)(s->at[i] | 0x20);
    word[n + 1] = ' ';
    if (!strstr(words, word))
        return false;
    s->at += n + 1;
    return true;
}

// What may stand between a day and its time of day: "T", "at", "(Mon)", （星期一）, "|", ", ".
static void skip_to_clock(struct scan *s)
{
    for (int i = 0; i < 12; i++) {
        scan_skip(s, " ,|-()/");
        if (*s->at == 'T' || *s->at == 't')
            s->at++;
        else if (skip_word(s))
            continue;
        else if (*s->at == MARK_OTHER || *s->at == MARK_DAY)
            s->at++;
        else if (!scan_weekday(s))
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
    scan_weekday(s);
    if (!scan_day(s, f))
        return false;
    if (!f->has_time) {
        struct scan clock = *s;
        skip_to_clock(&clock);
        if (!scan_clock(&clock, f))
            return true;
        *s = clock;
    }
    scan_zone(s, f);
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

// Spares most lines the search: a date has three digits at least, be they full-width ones, or a 年.
static bool may_hold_date(const char *s, size_t n)
{
    static const char year[] = "年", wide[] = "０";
    size_t digits = 0;
    n = n < DATE_PLAIN_READS ? n : DATE_PLAIN_READS;
    for (size_t i = 0; i < n && digits < 3; i++) {
        digits += scan_is_digit(s[i]);
        if ((s[i] == wide[0] && i + 1 < n && s[i + 1] == wide[1]) ||
            (s[i] == year[0] && n - i >= 3 && memcmp(s + i, year, 3) == 0))
            return true;
    }
    return digits >= 3;
}

bool date_find(const char *s, size_t n, const struct date_rules *rules, struct date *out)
{
    char line[DATE_PLAIN_SIZE];
    if (!may_hold_date(s, n))
        return false;
    date_plain(s, n, line);
    struct fields before = {0}; // a time of day that precedes the date: "10:30, 27 Sep 2021"
    const char *clock_end = NULL;
    for (struct scan scan = {line, rules}; *scan.at;) {
        struct scan attempt = scan;
        struct fields f = {0};
        if ((scan_is_digit(*scan.at) || scan_is_letter(*scan.at)) && read_here(&attempt, &f)) {
            if (!f.has_time && clock_end && scan.at - clock_end <= 12) {
                f.has_time = true;
                f.hour = before.hour, f.minute = before.minute, f.second = before.second;
                f.has_second = before.has_second;
                f.has_zone = before.has_zone, f.zone = before.zone;
            }
            if (finish(&f, rules, out))
                return true;
        }
        if (scan_is_digit(*scan.at) && scan_clock(&scan, &before)) {
            scan_zone(&scan, &before);
            clock_end = scan.at;
            continue;
        }
        // On to where the next number or word begins.
        bool digits = scan_is_digit(*scan.at), letters = scan_is_letter(*scan.at);
        scan.at++;
        while ((digits && scan_is_digit(*scan.at)) || (letters && scan_is_letter(*scan.at)))
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
