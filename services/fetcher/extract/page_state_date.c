// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page_state_date.h"

#include <string.h>
#include <strings.h>

enum {
    NAME_MAX = 32,      // bytes of a name from its "ub" on
    NAMES_MAX = 1000,   // looked at
    ASSIGNMENT_MAX = 8, // bytes between a name and its value
    VALUE_MIN = 8,
    VALUE_MAX = 48
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static bool starts(const char *s, size_t n, const char *with)
{
    size_t size = strlen(with);
    return n >= size && strncasecmp(s, with, size) == 0;
}

// From its "ub" on: datePublished, publishedAt, publish_time, pubDate, data-pub-time, publication-
// date; not publisher, isPublic.
static bool is_of_publishing(const char *s, size_t n)
{
    static const char *const ends[] = {"date", "time",     "at",    "on",   "ts",
                                       "utc",  "ublished", "stamp", "first"};
    if (!starts(s, n, "ublish") && !starts(s, n, "ublica") && !starts(s, n, "ubdate") &&
        !starts(s, n, "ubtime") && !starts(s, n, "ub_") && !starts(s, n, "ub-"))
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t size = strlen(ends[i]);
        if (n >= size && strncasecmp(s + n - size, ends[i], size) == 0)
            return true;
    }
    return false;
}

// Skips what stands between a name and its value: ": ", " = '". False if nothing assigns; else what
// precedes *at is part of that.
static bool skip_to_value(const char **at, const char *end)
{
    bool assigns = false;
    const char *s = *at;
    while (s < end && s - *at < ASSIGNMENT_MAX && strchr("\\\"' :=", *s) && *s) {
        assigns |= *s == ':' || *s == '=';
        s++;
    }
    *at = s;
    return assigns;
}

// A value that is not in quotes ends at a comma: "Sep 27, 2021" is in them.
static bool read_value(const char *s, const char *end, const struct date_rules *rules,
                       struct date *out)
{
    const char *stops = s[-1] == '"' || s[-1] == '\'' ? "\"'\\<>;}\n" : "\"'\\<>;}\n,";
    size_t n = 0;
    while (s + n < end && n < VALUE_MAX && s[n] && !strchr(stops, s[n]))
        n++;
    return n >= VALUE_MIN && n < VALUE_MAX && date_read(s, n, rules, out);
}

// The source, and how far it was read.
struct states {
    const char *begin, *at, *end;
    const struct date_rules *rules;
    uint32_t names;
};

// The next date. False if there is no more.
static bool next_state(struct states *all, struct date *out)
{
    while (all->names < NAMES_MAX) {
        const char *b = memchr(all->at, 'b', (size_t)(all->end - all->at));
        if (!b)
            return false;
        all->at = b + 1;
        if (b == all->begin || b[-1] != 'u')
            continue;
        const char *name = b - 1, *s = b;
        while (s < all->end && s - name < NAME_MAX && is_name(*s))
            s++;
        if (!is_of_publishing(name, (size_t)(s - name)))
            continue;
        all->names++;
        if (skip_to_value(&s, all->end) && read_value(s, all->end, all->rules, out))
            return true;
    }
    return false;
}

bool page_state_date(struct html_str source, const struct date_rules *rules, struct date *out)
{
    struct states all = {source.s, source.s, source.s + source.n, rules, 0};
    struct date first, next;
    if (!source.n || !next_state(&all, &first))
        return false;
    while (next_state(&all, &next))
        if (!date_same_day(&first, &next))
            return false;
    *out = first;
    return true;
}
