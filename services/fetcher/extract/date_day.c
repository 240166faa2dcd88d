// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/date_plain.h"
#include "services/fetcher/extract/date_scan.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 2099, ROC_YEAR_ZERO = 1911 };

static bool valid_day(const struct fields *f)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (f->year < YEAR_MIN || f->year > YEAR_MAX || f->month < 1 || f->month > 12 || f->day < 1)
        return false;
    bool leap = f->year % 4 == 0 && (f->year % 100 != 0 || f->year % 400 == 0);
    return f->day <= (f->month == 2 && !leap ? 28 : days[f->month - 1]);
}

// 2021, and 110 before 年: Taiwan's years stand without their era too.
static bool read_first_year(struct scan *s, struct fields *f)
{
    if (scan_number(s, 4, 4, &f->year))
        return true;
    if (!scan_number(s, 3, 3, &f->year) || *s->at != MARK_YEAR)
        return false;
    f->year += ROC_YEAR_ZERO;
    return true;
}

// 2021-09-27, 2021/9/27, 2021.9.27, 2021年9月27日
static bool read_year_first(struct scan *s, struct fields *f)
{
    if (!read_first_year(s, f))
        return false;
    scan_skip(s, " ");
    char separator = *s->at;
    if (!separator || !strchr("-/.\x01", separator))
        return false;
    s->at++;
    scan_skip(s, " ");
    if (!scan_number(s, 1, 2, &f->month))
        return false;
    scan_skip(s, " ");
    if (!scan_one(s, separator == MARK_YEAR ? MARK_MONTH : separator))
        return false;
    scan_skip(s, " ");
    if (!scan_number(s, 1, 2, &f->day))
        return false;
    // The space is looked at only before 日: in "2021-09-27 10:30" the time of day follows it.
    struct scan mark = *s;
    scan_skip(&mark, " ");
    if (scan_one(&mark, MARK_DAY))
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
        if (strncasecmp(s->at, suffixes[i], 2) == 0 && !scan_is_letter(s->at[2])) {
            s->at += 2;
            return;
        }
}

// A year after day and month: four digits, or two where the field is a date and nothing else.
static bool read_year(struct scan *s, struct fields *f)
{
    struct scan two = *s;
    if (scan_number(s, 4, 4, &f->year))
        return true;
    if (!scan_number(&two, 2, 2, &f->year))
        return false;
    f->year += f->year < 70 ? 2000 : 1900;
    *s = two;
    return true;
}

// 27 de septiembre de 2021, 27. September 2021, 1er mars 2021, 27-ago-2021, 27 сентября 2021:
// what stands after the day.
static bool read_foreign_month(struct scan *s, struct fields *f)
{
    static const char de[] = "de ", del[] = "del ", er[] = "er ";
    if (strncasecmp(s->at, er, strlen(er)) == 0)
        s->at += strlen(er);
    scan_skip(s, " -./\x07");
    if (strncasecmp(s->at, de, strlen(de)) == 0)
        s->at += strlen(de);
    if (!scan_foreign_month(s, &f->month))
        return false;
    scan_skip(s, " -./,");
    if (strncasecmp(s->at, del, strlen(del)) == 0)
        s->at += strlen(del);
    else if (strncasecmp(s->at, de, strlen(de)) == 0)
        s->at += strlen(de);
    return scan_number(s, 4, 4, &f->year);
}

// 27 Sep 2021, 27th of September, 2021, 27-Sep-21
static bool read_day_month(struct scan *s, struct fields *f)
{
    if (!scan_number(s, 1, 2, &f->day))
        return false;
    struct scan foreign = *s;
    if (read_foreign_month(&foreign, f)) {
        *s = foreign;
        return true;
    }
    skip_ordinal(s);
    scan_skip(s, " -./,");
    if (strncasecmp(s->at, "of ", 3) == 0 || strncasecmp(s->at, "de ", 3) == 0)
        s->at += 3;
    if (!scan_month(s, &f->month))
        return false;
    scan_skip(s, " -./,'");
    return read_year(s, f);
}

// 2021 Sep 27, 2021-Sep-27: as journals write them
static bool read_year_month_day(struct scan *s, struct fields *f)
{
    if (!scan_number(s, 4, 4, &f->year))
        return false;
    scan_skip(s, " -/,");
    if (!scan_month(s, &f->month))
        return false;
    scan_skip(s, " -/,");
    return scan_number(s, 1, 2, &f->day);
}

// Sep 27, 2021, and ctime's Sep 27 10:30:00 2021
static bool read_month_day(struct scan *s, struct fields *f)
{
    if (!scan_month(s, &f->month))
        return false;
    scan_skip(s, " -/,");
    if (!scan_number(s, 1, 2, &f->day))
        return false;
    skip_ordinal(s);
    scan_skip(s, " -./,'");
    struct scan after_clock = *s;
    struct fields with_clock = *f;
    if (scan_number(s, 4, 4, &f->year))
        return true;
    scan_skip(&after_clock, " ");
    if (!scan_clock(&after_clock, &with_clock))
        return false;
    scan_zone(&after_clock, &with_clock);
    scan_skip(&after_clock, " ");
    if (!scan_number(&after_clock, 4, 4, &with_clock.year))
        return false;
    *f = with_clock;
    *s = after_clock;
    return true;
}

// 27 2021-09, 27 2021年9月: a large day beside a small month
static bool read_day_year_month(struct scan *s, struct fields *f)
{
    if (!scan_number(s, 1, 2, &f->day) || !scan_one(s, ' ') || !scan_number(s, 4, 4, &f->year))
        return false;
    char separator = *s->at;
    if (!separator || !strchr("-/.\x01", separator))
        return false;
    s->at++;
    if (!scan_number(s, 1, 2, &f->month))
        return false;
    scan_one(s, MARK_MONTH);
    return *s->at != separator && !scan_is_digit(*s->at);
}

// 9/27/2021, 27.9.2021. Which is the month is told by what cannot be one; else dots are read
// the European way and the rest as the rules say.
static bool read_year_last(struct scan *s, struct fields *f)
{
    int first, second;
    if (!scan_number(s, 1, 2, &first))
        return false;
    char separator = *s->at;
    if (separator != '/' && separator != '.' && separator != '-')
        return false;
    s->at++;
    if (!scan_number(s, 1, 2, &second) || !scan_one(s, separator))
        return false;
    if (!scan_number(s, 4, 4, &f->year))
        return false;
    bool day_first = first > 12 || (second <= 12 && (separator == '.' || s->rules->day_first));
    f->day = day_first ? first : second;
    f->month = day_first ? second : first;
    return true;
}

bool scan_day(struct scan *s, struct fields *f)
{
    static bool (*const forms[])(struct scan *, struct fields *) = {
        read_year_first, read_compact,        read_day_month,     read_month_day,
        read_year_last,  read_year_month_day, read_day_year_month};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct scan attempt = *s;
        struct fields fields = *f;
        if (forms[i](&attempt, &fields) && valid_day(&fields) &&
            !(scan_is_digit(attempt.at[-1]) && scan_is_digit(*attempt.at))) {
            *s = attempt;
            *f = fields;
            return true;
        }
    }
    return false;
}
