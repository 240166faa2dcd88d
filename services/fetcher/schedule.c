// SPDX-License-Identifier: MIT
#include "services/fetcher/schedule.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    MEMORY_BURST_S = 3 * HOUR_S,
    MEMORY_RATE_S = 168 * HOUR_S,
    MEAN_WEIGHT = 1000, // of an hour of the day
    HOUR_MEMORY = 32,   // entries after which two thirds of the day's profile are learned
    MEMORY_SILENCE_S = 60 * DAY_S,
    QUIET_LEAST_S = 3 * DAY_S, // a weekend is no alarm
    QUIET_TIMES = 3,
    // The pauses of a first day of failing: 1, 2, 4, 8, 16, 32 minutes, then an hour each.
    DAY_FAILURES = 29,
    HOUR_FAILURES = 6,
};

#define MILLION 1e6

// ---- Chance that can be repeated ----

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

// Evenly in [0, 1).
static double chance(uint64_t seed, uint64_t step)
{
    return (double)(mix(seed ^ mix(step)) >> 11) * 0x1p-53;
}

int64_t schedule_first(uint64_t seed, int64_t spread_s, int64_t now_ms)
{
    return now_ms + (spread_s > 0 ? (int64_t)(chance(seed, 0) * (double)spread_s * 1000) : 0);
}

// ---- What is learned ----

static unsigned hour_of(int64_t ms)
{
    int64_t hour = ms / 3600000 % 24;
    return (unsigned)(hour < 0 ? hour + 24 : hour);
}

// A mean that forgets: each entry adds 1/memory, and all of it fades with time. Its expectation is
// the rate itself, however long the intervals are.
static uint32_t faded(uint32_t rate, double elapsed_s, double memory_s, uint32_t fresh)
{
    double old = (double)rate * exp(-elapsed_s / memory_s);
    double now = old + fresh * (double)HOUR_S / memory_s * MILLION;
    return now < (double)UINT32_MAX ? (uint32_t)now : UINT32_MAX;
}

static void learn_hour(struct schedule *s, unsigned hour, double share)
{
    double weight = s->hours[hour % 24] + share * 24 * MEAN_WEIGHT / HOUR_MEMORY;
    s->hours[hour % 24] = (uint16_t)fmin(weight, 24 * MEAN_WEIGHT);
}

// The day's profile: an entry counts for the hour it was seen in, half of it for the neighbours.
static void learn_hours(struct schedule *s, uint32_t fresh, int64_t now_ms)
{
    uint32_t entries = fresh < HOUR_MEMORY ? fresh : HOUR_MEMORY;
    unsigned hour = hour_of(now_ms);
    for (uint32_t i = 0; i < entries; i++) {
        for (unsigned h = 0; h < 24; h++)
            s->hours[h] = (uint16_t)lround(s->hours[h] * (1 - 1.0 / HOUR_MEMORY));
        learn_hour(s, hour + 23, 0.25);
        learn_hour(s, hour, 0.5);
        learn_hour(s, hour + 1, 0.25);
    }
}

// The first reading: nothing is "new", but the dates say how fast the source is.
static void learn_first(struct schedule *s, const struct poll *poll, int64_t now_ms)
{
    for (unsigned h = 0; h < 24; h++)
        s->hours[h] = MEAN_WEIGHT;
    double span_s = (double)(now_ms - poll->oldest_ms) / 1000;
    if (poll->oldest_ms <= 0 || span_s < HOUR_S || poll->entries == 0)
        s->rate = (uint32_t)MILLION; // one an hour: what SCHEDULE_FIRST_S is right for
    else
        s->rate = (uint32_t)fmin(poll->entries * MILLION * HOUR_S / span_s, 1000 * MILLION);
}

static bool is_gap(const struct schedule *s, const struct poll *poll)
{
    return s->polls > 0 && s->entries > 1 && poll->entries > 1 && poll->fresh >= poll->entries;
}

// Beyond the ceiling, entries would leave the feed unseen: it falls when most of a feed was new
// and rises slowly while little is.
static void learn_ceiling(struct schedule *s, const struct poll *poll, double elapsed_s)
{
    bool gap = is_gap(s, poll);
    bool most = poll->entries > 3 && poll->fresh * 2 > poll->entries;
    if (gap || most) {
        double ceiling = fmax(elapsed_s / (gap ? 4 : 2), SCHEDULE_MIN_S);
        s->ceiling_s = (int64_t)fmin(ceiling, SCHEDULE_MAX_S);
    } else if (s->ceiling_s > 0) {
        s->ceiling_s += s->ceiling_s / 10 + 1;
        if (s->ceiling_s > SCHEDULE_MAX_S)
            s->ceiling_s = 0;
    }
}

// The longest silence, forgotten slowly: weekends and holidays belong to a source's habit.
static void learn_silence(struct schedule *s, int64_t now_ms)
{
    if (s->new_ms == 0 || now_ms <= s->new_ms)
        return;
    double silent_s = (double)(now_ms - s->new_ms) / 1000;
    double known_s = (double)s->silence_s * exp(-silent_s / MEMORY_SILENCE_S);
    s->silence_s = (int64_t)fmax(silent_s, known_s);
}

static void learn_wishes(struct schedule *s, const struct poll *poll)
{
    s->entries = poll->entries;
    s->ttl_s = poll->ttl_s < SCHEDULE_LONGEST_S ? poll->ttl_s : SCHEDULE_LONGEST_S;
    s->skip_hours = poll->skip_hours;
    s->skip_days = poll->skip_days;
}

static void learn(struct schedule *s, const struct poll *poll, int64_t now_ms)
{
    uint32_t fresh = poll->result == POLL_READ ? poll->fresh : 0;
    double elapsed_s = (double)(now_ms > s->polled_ms ? now_ms - s->polled_ms : 0) / 1000;
    if (s->polls == 0) {
        learn_first(s, poll, now_ms);
    } else {
        s->burst = faded(s->burst, elapsed_s, MEMORY_BURST_S, fresh);
        s->rate = faded(s->rate, elapsed_s, MEMORY_RATE_S, fresh);
        learn_hours(s, fresh, now_ms);
        if (poll->result == POLL_READ)
            learn_ceiling(s, poll, elapsed_s);
    }
    if (poll->result == POLL_READ)
        learn_wishes(s, poll);
    if (fresh > 0) {
        learn_silence(s, now_ms);
        s->new_ms = now_ms;
    }
    s->polled_ms = now_ms;
    s->polls += s->polls < UINT32_MAX;
    s->failures = 0;
}

// ---- What follows ----

// Entries an hour to be expected now: the mean of this time of day, or more while a burst lasts.
static double expected(const struct schedule *s, int64_t now_ms)
{
    unsigned hour = hour_of(now_ms);
    double weight = fmax(s->hours[hour], s->hours[(hour + 1) % 24]) / MEAN_WEIGHT;
    return fmax(s->rate * fmax(weight, 0.1), s->burst) / MILLION;
}

static double adaptive_s(const struct schedule *s, int64_t now_ms)
{
    if (s->polls <= 1)
        return SCHEDULE_FIRST_S;
    double rate = expected(s, now_ms);
    double interval = rate > 0 ? SCHEDULE_FIRST_S / sqrt(rate) : SCHEDULE_MAX_S;
    if (rate > 0 && s->entries > 1) // half the feed may be new at most
        interval = fmin(interval, s->entries / rate / 2 * HOUR_S);
    return fmin(fmax(interval, SCHEDULE_MIN_S), SCHEDULE_MAX_S);
}

static unsigned weekday_of(int64_t ms)
{
    int64_t day = (ms / 86400000 + 4) % 7; // 1970-01-01 was a Thursday
    return (unsigned)(day < 0 ? day + 7 : day);
}

static bool is_skipped(const struct schedule *s, int64_t ms)
{
    return (s->skip_hours >> hour_of(ms) & 1) || (s->skip_days >> weekday_of(ms) & 1);
}

// The end of the hours and days in which nothing comes, at most SCHEDULE_MAX_S from now: feeds that
// copied these elements from somewhere are many.
static int64_t skip(const struct schedule *s, int64_t next_ms, int64_t now_ms)
{
    int64_t latest = now_ms + SCHEDULE_MAX_S * INT64_C(1000);
    while (next_ms < latest && is_skipped(s, next_ms))
        next_ms = (next_ms / 3600000 + 1) * 3600000;
    return next_ms < latest ? next_ms : latest;
}

static double capped(int64_t seconds)
{
    return (double)(seconds < SCHEDULE_MAX_S ? seconds : SCHEDULE_MAX_S);
}

static struct plan plan_success(const struct schedule *s, const struct poll *poll, uint64_t seed,
                                int64_t now_ms)
{
    if (s->every_s > 0)
        return (struct plan){.next_ms = now_ms + s->every_s * 1000, .reason = "every"};
    struct plan plan = {.reason = "adaptive"};
    double interval = adaptive_s(s, now_ms) * (0.9 + 0.2 * chance(seed, s->polls));
    double asked = fmax(capped(s->ttl_s), capped(poll->fresh_for_s));
    if (interval < asked) {
        plan.reason = s->ttl_s >= poll->fresh_for_s ? "ttl" : "max-age";
        interval = asked * (1 + 0.1 * chance(seed, s->polls)); // never sooner than asked
    }
    if (s->ceiling_s > 0 && interval > (double)s->ceiling_s) {
        plan.reason = "roll-off";
        interval = (double)s->ceiling_s;
    }
    plan.next_ms = now_ms + (int64_t)(interval * 1000);
    if (is_skipped(s, plan.next_ms)) {
        bool day = s->skip_days >> weekday_of(plan.next_ms) & 1;
        int64_t skipped = skip(s, plan.next_ms, now_ms);
        if (skipped > plan.next_ms)
            plan.reason = day ? "skip-days" : "skip-hours";
        plan.next_ms = skipped > plan.next_ms ? skipped : plan.next_ms;
    }
    return plan;
}

// 60 s, doubled with each failure: up to an hour for the first day, so that a source that comes
// back from an outage is soon read again; then up to a day.
static double backoff_s(uint32_t failures)
{
    if (failures <= HOUR_FAILURES)
        return SCHEDULE_RETRY_S << (failures - 1);
    uint32_t doublings = failures <= DAY_FAILURES ? 0 : failures - DAY_FAILURES;
    return doublings < 5 ? SCHEDULE_MAX_S << doublings : SCHEDULE_LONGEST_S;
}

// What a server asks for is kept to, unless it asks for the same again and again.
static struct plan plan_failure(const struct schedule *s, const struct poll *poll, uint64_t seed,
                                int64_t now_ms)
{
    double backoff = backoff_s(s->failures);
    double random = chance(seed, UINT64_C(1) << 40 | s->failures);
    double pause = backoff * (0.9 + 0.2 * random);
    struct plan plan = {.reason = "failing", .pause_host = poll->status == 429};
    if (poll->retry_after_s > 0) {
        pause = fmax((double)poll->retry_after_s, s->failures > 3 ? backoff / 8 : 0);
        pause *= 1 + 0.1 * random;
        plan.reason = "retry-after";
    }
    plan.next_ms = now_ms + (int64_t)(fmin(pause, SCHEDULE_LONGEST_S) * 1000);
    return plan;
}

struct plan schedule_next(struct schedule *s, const struct poll *poll, uint64_t seed,
                          int64_t now_ms)
{
    if (poll->result == POLL_FAILED) {
        s->failures += s->failures < UINT32_MAX;
        return plan_failure(s, poll, seed, now_ms);
    }
    bool gap = poll->result == POLL_READ && is_gap(s, poll);
    learn(s, poll, now_ms);
    struct plan plan = plan_success(s, poll, seed, now_ms);
    plan.gap = gap;
    return plan;
}

int64_t schedule_quiet_ms(const struct schedule *s)
{
    int64_t quiet_s = s->silence_s ? s->silence_s * QUIET_TIMES : SCHEDULE_QUIET_S;
    if (s->new_ms == 0)
        return 0;
    quiet_s = quiet_s < QUIET_LEAST_S ? QUIET_LEAST_S : quiet_s;
    return s->new_ms + (quiet_s < SCHEDULE_QUIET_S ? quiet_s : SCHEDULE_QUIET_S) * 1000;
}

// ---- As text ----

enum { FIELDS_1 = 34, FIELDS_2 = 38 }; // of the first version, and of this one

void schedule_write(const struct schedule *s, char out[SCHEDULE_TEXT_SIZE])
{
    int n = snprintf(out, SCHEDULE_TEXT_SIZE,
                     "2 %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %u %u %u %u %u", s->every_s,
                     s->polled_ms, s->new_ms, s->ceiling_s, s->polls, s->failures, s->entries,
                     s->burst, s->rate);
    for (unsigned h = 0; h < 24; h++)
        n += snprintf(out + n, SCHEDULE_TEXT_SIZE - (size_t)n, " %u", s->hours[h]);
    snprintf(out + n, SCHEDULE_TEXT_SIZE - (size_t)n, " %" PRId64 " %" PRId64 " %u %u", s->ttl_s,
             s->silence_s, s->skip_hours, s->skip_days);
}

static bool read_field(const char **s, int64_t max, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(*s, &end, 10);
    if (end == *s || errno || value < 0 || value > max || (*end && *end != ' '))
        return false;
    *out = value;
    *s = end;
    return true;
}

static int64_t field_max(size_t i)
{
    if (i < 5 || i == 35)
        return INT64_MAX / 6000; // times: in milliseconds, and three of them, they fit
    return i < 10 || i > FIELDS_1 ? UINT32_MAX : i == FIELDS_1 ? SCHEDULE_LONGEST_S : UINT16_MAX;
}

enum err schedule_read(const char *text, struct schedule *out)
{
    int64_t field[FIELDS_2] = {0};
    for (size_t i = 0, n = FIELDS_1; i < n; i++) {
        if (!read_field(&text, field_max(i), &field[i]) || field[0] < 1 || field[0] > 2)
            return ERR_INPUT;
        n = field[0] == 1 ? FIELDS_1 : FIELDS_2;
    }
    if (*text)
        return ERR_INPUT;
    struct schedule s = {.every_s = field[1],
                         .polled_ms = field[2],
                         .new_ms = field[3],
                         .ceiling_s = field[4],
                         .polls = (uint32_t)field[5],
                         .failures = (uint32_t)field[6],
                         .entries = (uint32_t)field[7],
                         .burst = (uint32_t)field[8],
                         .rate = (uint32_t)field[9],
                         .ttl_s = field[34],
                         .silence_s = field[35],
                         .skip_hours = (uint32_t)field[36],
                         .skip_days = (uint32_t)field[37]};
    for (size_t h = 0; h < 24; h++)
        s.hours[h] = (uint16_t)field[10 + h];
    *out = s;
    return OK;
}

// ---- Headers ----

// An HTTP date in any of its three forms (RFC 9110, 5.6.7), in seconds since 1970; -1 if none.
static int64_t read_http_date(const char *s)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S",
                                        "%a %b %e %H:%M:%S %Y"};
    while (*s == ' ')
        s++;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {0};
        const char *end = strptime(s, forms[i], &tm);
        if (end && (!*end || strncmp(end, " GMT", 4) == 0 || strncmp(end, " UTC", 4) == 0))
            return (int64_t)timegm(&tm);
    }
    return -1;
}

// A number of seconds, at most `max`; -1 if `s` does not begin with one.
static int64_t read_seconds(const char *s, int64_t max)
{
    int64_t value = 0;
    if (!isdigit((unsigned char)*s))
        return -1;
    for (; isdigit((unsigned char)*s); s++)
        value = value < max ? value * 10 + (*s - '0') : max;
    return value < max ? value : max;
}

int64_t schedule_retry_after(const char *value, int64_t now_ms)
{
    if (!value)
        return 0;
    while (*value == ' ')
        value++;
    int64_t seconds = read_seconds(value, SCHEDULE_LONGEST_S);
    if (seconds < 0) {
        int64_t date = read_http_date(value);
        if (date < 0)
            return 0;
        seconds = date - now_ms / 1000;
    }
    if (seconds < 1)
        return 1;
    return seconds < SCHEDULE_LONGEST_S ? seconds : SCHEDULE_LONGEST_S;
}

// The argument of a directive of Cache-Control; NULL if it is not among them, "" if it has none.
static const char *directive(const char *header, const char *name)
{
    size_t n = strlen(name);
    for (const char *s = header; s && *s; s = strchr(s, ',')) {
        s += strspn(s, ", \t");
        if (strncasecmp(s, name, n) == 0 && !isalnum((unsigned char)s[n]) && s[n] != '-')
            return s[n] == '=' ? s + n + 1 + (s[n + 1] == '"') : "";
    }
    return NULL;
}

int64_t schedule_fresh_for(const char *cache_control, const char *expires, const char *date,
                           int64_t now_ms)
{
    const char *age = NULL;
    if (cache_control) {
        if (directive(cache_control, "no-cache") || directive(cache_control, "no-store"))
            return 0;
        age = directive(cache_control, "max-age");
    }
    int64_t seconds = age ? read_seconds(age, SCHEDULE_MAX_S) : -1;
    if (!age && expires) {
        int64_t end = read_http_date(expires), start = date ? read_http_date(date) : -1;
        seconds = end < 0 ? 0 : end - (start < 0 ? now_ms / 1000 : start);
    }
    if (seconds < 0)
        return 0;
    return seconds < SCHEDULE_MAX_S ? seconds : SCHEDULE_MAX_S;
}
