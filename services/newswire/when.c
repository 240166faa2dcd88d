// SPDX-License-Identifier: MIT
#include "services/newswire/when.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static time_t seconds(int64_t ms, int *rest)
{
    int64_t s = ms / 1000, r = ms % 1000;
    *rest = (int)(r < 0 ? r + 1000 : r);
    return (time_t)(r < 0 ? s - 1 : s);
}

void when_local(int64_t ms, char out[WHEN_SIZE])
{
    int rest;
    time_t s = seconds(ms, &rest);
    struct tm tm;
    char text[WHEN_SIZE];
    if (!localtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm)) {
        snprintf(out, WHEN_SIZE, "?");
        return;
    }
    long minutes = labs(tm.tm_gmtoff) / 60;
    snprintf(out, WHEN_SIZE, "%.28s %c%02d:%02d", text, tm.tm_gmtoff < 0 ? '-' : '+',
             (int)(minutes / 60 % 100), (int)(minutes % 60));
}

void when_utc(int64_t ms, char out[WHEN_SIZE])
{
    int rest;
    time_t s = seconds(ms, &rest);
    struct tm tm;
    char text[WHEN_SIZE];
    if (!gmtime_r(&s, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) {
        snprintf(out, WHEN_SIZE, "?");
        return;
    }
    snprintf(out, WHEN_SIZE, "%.30s.%03dZ", text, rest);
}

void when_published(int64_t ms, bool day, char out[WHEN_SIZE])
{
    if (!day) {
        when_local(ms, out);
        return;
    }
    when_utc(ms, out);
    out[strcspn(out, "T")] = '\0';
}

void when_span(int64_t ms, char out[WHEN_SIZE])
{
    int64_t s = ms > 0 ? ms / 1000 : 0, min = s / 60, h = min / 60, d = h / 24;
    if (s < 60)
        snprintf(out, WHEN_SIZE, "%" PRId64 " s", s);
    else if (min < 60)
        snprintf(out, WHEN_SIZE, "%" PRId64 " min", min);
    else if (h < 24 && min % 60 == 0)
        snprintf(out, WHEN_SIZE, "%" PRId64 " h", h);
    else if (h < 24)
        snprintf(out, WHEN_SIZE, "%" PRId64 " h %" PRId64 " min", h, min % 60);
    else if (h % 24 == 0)
        snprintf(out, WHEN_SIZE, "%" PRId64 " d", d);
    else
        snprintf(out, WHEN_SIZE, "%" PRId64 " d %" PRId64 " h", d, h % 24);
}

void when_setting(int64_t ms, char out[WHEN_SIZE])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (units[i].ms > 1 && (ms == 0 || ms % units[i].ms != 0))
        i++;
    if (ms == 0)
        snprintf(out, WHEN_SIZE, "0s");
    else
        snprintf(out, WHEN_SIZE, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}
