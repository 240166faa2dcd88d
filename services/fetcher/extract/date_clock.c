// SPDX-License-Identifier: MIT
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/date_plain.h"
#include "services/fetcher/extract/date_scan.h"

// "am", "p.m.", and the Chinese marks before the hour (`half`).
static bool to_24_hours(struct scan *s, struct fields *f, char half)
{
    struct scan ahead = *s;
    scan_skip(&ahead, " ");
    char c = *ahead.at;
    if ((c == 'a' || c == 'A' || c == 'p' || c == 'P')) {
        ahead.at++;
        scan_one(&ahead, '.');
        if ((*ahead.at == 'm' || *ahead.at == 'M') && !scan_is_letter(ahead.at[1])) {
            ahead.at++;
            scan_one(&ahead, '.');
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
bool scan_clock(struct scan *s, struct fields *f)
{
    struct scan ahead = *s;
    struct fields g = *f;
    char half = 0;
    if (*ahead.at == MARK_MORNING || *ahead.at == MARK_AFTERNOON)
        half = *ahead.at++;
    scan_skip(&ahead, " ");
    if (!scan_number(&ahead, 1, 2, &g.hour))
        return false;
    if (!scan_one(&ahead, ':') && !scan_one(&ahead, MARK_HOUR))
        return false;
    scan_skip(&ahead, " ");
    if (!scan_number(&ahead, 2, 2, &g.minute))
        return false;
    g.second = 0;
    struct scan seconds = ahead;
    if ((scan_one(&seconds, ':') || scan_one(&seconds, MARK_MINUTE)) &&
        scan_number(&seconds, 2, 2, &g.second)) {
        g.has_second = true;
        ahead = seconds;
        if (scan_one(&ahead, '.'))
            scan_skip(&ahead, "0123456789");
    }
    scan_skip(&ahead, "\x05\x06");
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
    if (scan_number(&four, 4, 4, &hours)) {
        minutes = hours % 100;
        hours /= 100;
        *s = four;
    } else if (scan_number(s, 1, 2, &hours)) {
        if (scan_one(s, ':') && !scan_number(s, 2, 2, &minutes))
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
    size_t n = scan_word(s->at);
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

void scan_zone(struct scan *s, struct fields *f)
{
    struct scan ahead = *s;
    scan_skip(&ahead, " (");
    bool named = read_zone_name(&ahead, &f->zone);
    if (named)
        f->has_zone = true;
    struct scan offset = named ? ahead : *s;
    scan_skip(&offset, " ");
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
