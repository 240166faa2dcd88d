// SPDX-License-Identifier: MIT
#include "services/fetcher/robots_cache.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/mem.h"
#include "services/fetcher/robots.h"

struct site {
    uint64_t key;
    struct robots *rules; // of ROBOTS_READ
    enum robots_answer answer;
    int64_t until_ms;
    struct problem why;       // of ROBOTS_DISALLOW_ALL
    struct site *prev, *next; // oldest first
};

struct robots_cache {
    struct map *sites;
    struct site *first, *last;
};

struct robots_cache *robots_cache_new(void)
{
    struct robots_cache *c = mem_alloc(sizeof *c);
    c->sites = map_new();
    return c;
}

static void drop(struct robots_cache *c, struct site *s)
{
    if (c->first == s)
        c->first = s->next;
    else
        s->prev->next = s->next;
    if (c->last == s)
        c->last = s->prev;
    else
        s->next->prev = s->prev;
    map_remove(c->sites, s->key);
    robots_free(&s->rules);
    free(s);
}

void robots_cache_free(struct robots_cache **c)
{
    if (!*c)
        return;
    while ((*c)->first)
        drop(*c, (*c)->first);
    map_free(&(*c)->sites);
    free(*c);
    *c = NULL;
}

enum err robots_url(const char *url, char out[URL_MAX + 1])
{
    return url_resolve(url, "/robots.txt", out);
}

static uint64_t key_of(const char *robots)
{
    uint64_t key;
    crypto_generichash((uint8_t *)&key, sizeof key, (const uint8_t *)robots, strlen(robots), NULL,
                       0);
    return key;
}

// Path and query of an absolute URL.
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strpbrk(host + 3, "/?") : NULL;
    return path && *path == '/' ? path : "/";
}

static enum robots_verdict by_rules(const struct site *s, const char *url, struct problem *why)
{
    const char *rule;
    if (robots_allows(s->rules, path_of(url), &rule))
        return ROBOTS_MAY;
    problem_set(why, OK, "robots.txt of the site forbids it (%s)", rule);
    return ROBOTS_MUST_NOT;
}

enum robots_verdict robots_cache_ask(struct robots_cache *c, const char *url, int64_t now_ms,
                                     int64_t *delay_ms, struct problem *why)
{
    char robots[URL_MAX + 1];
    *delay_ms = 0;
    if (robots_url(url, robots))
        return ROBOTS_MAY; // not a URL: the request itself says so
    struct site *s = map_get(c->sites, key_of(robots));
    if (!s || s->until_ms <= now_ms)
        return ROBOTS_UNKNOWN;
    switch (s->answer) {
    case ROBOTS_READ:
        *delay_ms = robots_delay_s(s->rules) * 1000;
        return by_rules(s, url, why);
    case ROBOTS_DISALLOW_ALL:
        *why = s->why;
        return ROBOTS_LATER;
    default:
        return ROBOTS_MAY;
    }
}

void robots_cache_put(struct robots_cache *c, const char *robots, const struct http_response *r,
                      int64_t now_ms)
{
    struct site *old = map_get(c->sites, key_of(robots));
    if (old)
        drop(c, old);
    while (map_size(c->sites) >= ROBOTS_SITES_MAX)
        drop(c, c->first);
    struct site *s = mem_alloc(sizeof *s);
    s->key = key_of(robots);
    s->answer = r->outcome == HTTP_TOO_LARGE ? ROBOTS_ALLOW_ALL : robots_answer(r->status);
    s->until_ms =
        now_ms + (s->answer == ROBOTS_DISALLOW_ALL ? ROBOTS_KEEP_MISSING_MS : ROBOTS_KEEP_MS);
    if (s->answer == ROBOTS_READ)
        s->rules = robots_read(r->body, r->size, "newswire");
    if (s->answer == ROBOTS_DISALLOW_ALL && r->status)
        problem_set(&s->why, OK, "robots.txt of the site cannot be had (HTTP %d)", r->status);
    else if (s->answer == ROBOTS_DISALLOW_ALL)
        problem_set(&s->why, OK, "robots.txt of the site cannot be had (%.300s)", r->problem);
    s->prev = c->last;
    if (c->last)
        c->last->next = s;
    else
        c->first = s;
    c->last = s;
    map_set(c->sites, s->key, s);
}
