// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/settings.h"
#include "common/text.h"
#include "services/newswire/source.h"
#include "services/newswire/source_list.h"
#include "services/newswire/when.h"

enum { VALUE_BYTES = 1024, HEADERS_BYTES = 20 * VALUE_BYTES, HEADERS_MAX = 20, DEPTH_MAX = 100 };

void listed_source_free(struct listed_source *s)
{
    char *const owned[] = {s->url, s->title, s->selector, s->backfill,
                           s->gap, s->proxy, s->headers};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
}

// Writing.

static void give(listed_option *fn, void *arg, const char *name, const char *value)
{
    if (value && *value)
        fn(arg, name, value);
}

void listed_options(const struct listed_source *s, listed_option *fn, void *arg)
{
    char every[WHEN_SIZE], depth[16];
    when_setting((int64_t)s->every_s * 1000, every);
    snprintf(depth, sizeof depth, "%" PRIu32, s->depth);
    give(fn, arg, "kind", s->kind ? source_kind_name(s->kind) : "");
    give(fn, arg, "every", s->every_s ? every : "");
    give(fn, arg, "selector", s->selector);
    give(fn, arg, "backfill", s->backfill);
    give(fn, arg, "gap", s->gap);
    give(fn, arg, "proxy", s->proxy);
    give(fn, arg, "headers", s->headers);
    give(fn, arg, "old-tls", s->old_tls ? "true" : "");
    give(fn, arg, "identity", s->guid ? "guid" : "");
    give(fn, arg, "paused", s->paused ? "true" : "");
    give(fn, arg, "depth", s->depth ? depth : "");
}

// Reading: false, if the value is none of that option.

static bool keep(char **slot, const char *value, size_t max)
{
    if (strlen(value) > max)
        return false;
    free(*slot);
    *slot = mem_strdup(value);
    return true;
}

static bool set_every(struct listed_source *s, const char *value)
{
    int64_t ms;
    if (settings_duration(value, &ms) != OK || ms > 7LL * 86400000)
        return false;
    s->every_s = (uint32_t)(ms / 1000);
    return true;
}

static bool set_backfill(struct listed_source *s, const char *value)
{
    Newswire__V1__Backfill b;
    return source_backfill_parse(value, &b) == OK && keep(&s->backfill, value, VALUE_BYTES);
}

static bool set_gap(struct listed_source *s, const char *value)
{
    int64_t ms;
    return settings_duration(value, &ms) == OK && ms <= 3600000 &&
           keep(&s->gap, value, VALUE_BYTES);
}

static bool set_headers(struct listed_source *s, const char *value)
{
    size_t lines = 0;
    for (const char *line = value; *line; lines++) {
        size_t n = strcspn(line, "\n");
        if (n > VALUE_BYTES || !memchr(line, ':', n))
            return false;
        line += n + (line[n] == '\n');
    }
    return lines <= HEADERS_MAX && keep(&s->headers, value, HEADERS_BYTES);
}

static bool set_bool(bool *slot, const char *value)
{
    *slot = strcmp(value, "true") == 0;
    return *slot || strcmp(value, "false") == 0;
}

static bool set_depth(struct listed_source *s, const char *value)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    s->depth = (uint32_t)n;
    return *value >= '0' && *value <= '9' && !*end && !errno && n <= DEPTH_MAX;
}

static bool set(struct listed_source *s, const char *name, const char *value, bool *known)
{
    *known = true;
    if (strcmp(name, "kind") == 0)
        return source_kind_parse(value, &s->kind) == OK;
    if (strcmp(name, "every") == 0)
        return set_every(s, value);
    if (strcmp(name, "selector") == 0)
        return keep(&s->selector, value, VALUE_BYTES);
    if (strcmp(name, "backfill") == 0)
        return set_backfill(s, value);
    if (strcmp(name, "gap") == 0)
        return set_gap(s, value);
    if (strcmp(name, "proxy") == 0)
        return keep(&s->proxy, value, VALUE_BYTES);
    if (strcmp(name, "headers") == 0)
        return set_headers(s, value);
    if (strcmp(name, "old-tls") == 0)
        return set_bool(&s->old_tls, value);
    if (strcmp(name, "paused") == 0)
        return set_bool(&s->paused, value);
    if (strcmp(name, "depth") == 0)
        return set_depth(s, value);
    s->guid = strcmp(value, "guid") == 0;
    *known = strcmp(name, "identity") == 0;
    return s->guid || strcmp(value, "url") == 0;
}

enum err listed_option_set(struct listed_source *s, const char *name, const char *value)
{
    bool known;
    if (!text_is_clean(value, strlen(value)))
        return ERR_INPUT;
    bool right = set(s, name, value, &known);
    return !known ? ERR_NOTFOUND : right ? OK : ERR_INPUT;
}
