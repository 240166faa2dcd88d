// SPDX-License-Identifier: MIT
#include "services/fetcher/robots_cache.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/mem.h"
#include "common/text.h"

struct site {
    uint64_t key;
    struct robots *rules; // of ROBOTS_READ
    enum robots_answer answer;
    int status;    // of HTTP; 0: no answer
    char *problem; // why there was none
    int64_t until_ms;
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
    free(s->problem);
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

// Clean, and cut where it is too long: it may hold anything.
static void keep_text(const char *text, char out[ROBOTS_TEXT_SIZE])
{
    snprintf(out, ROBOTS_TEXT_SIZE, "%s", text);
    out[text_clean(out, strlen(out))] = '\0';
}

static void by_rules(const struct site *s, const char *url, struct robots_ruling *out)
{
    struct robots_rule rule;
    out->verdict = robots_allows(s->rules, path_of(url), &rule) ? ROBOTS_MAY : ROBOTS_MUST_NOT;
    keep_text(rule.text, out->rule);
    out->line = rule.line;
    out->delay_ms = robots_delay_s(s->rules) * 1000;
    out->delay_stated_s = robots_delay_stated_s(s->rules);
}

void robots_cache_ask(struct robots_cache *c, const char *url, int64_t now_ms,
                      struct robots_ruling *out)
{
    char robots[URL_MAX + 1];
    *out = (struct robots_ruling){.verdict = ROBOTS_MAY};
    if (robots_url(url, robots))
        return; // not a URL: the request itself says so
    struct site *s = map_get(c->sites, key_of(robots));
    if (!s || s->until_ms <= now_ms) {
        out->verdict = ROBOTS_UNKNOWN;
        return;
    }
    out->status = s->status;
    keep_text(s->problem, out->problem);
    if (s->answer == ROBOTS_READ)
        by_rules(s, url, out);
    else if (s->answer == ROBOTS_DISALLOW_ALL)
        out->verdict = ROBOTS_LATER;
}

// "news.example.com", with a port that is not the scheme's own.
static void site_of(const char *url, char out[300])
{
    if (url_host(url, out))
        snprintf(out, 300, "the site");
    char *port = strrchr(out, ':');
    if (port && strcmp(port, strncmp(url, "https:", 6) == 0 ? ":443" : ":80") == 0)
        *port = '\0';
}

void robots_refusal(const struct robots_ruling *r, const char *url, bool redirected,
                    struct problem *out)
{
    char site[300], status[40], what[300] = "it";
    site_of(url, site);
    if (redirected)
        snprintf(what, sizeof what, "%.250s, where it redirects to", url);
    snprintf(status, sizeof status, "HTTP %d", r->status);
    if (r->verdict == ROBOTS_MUST_NOT)
        problem_set(out, OK, "robots.txt of %s forbids %s (%s)", site, what, r->rule);
    else
        problem_set(out, OK, "robots.txt of %s%s cannot be had (%s)", site,
                    redirected ? ", where it redirects to," : "", r->status ? status : r->problem);
}

size_t robots_cache_sitemaps(const struct robots_cache *c, const char *url, const char **out,
                             size_t max)
{
    char robots[URL_MAX + 1];
    const struct site *s = robots_url(url, robots) ? NULL : map_get(c->sites, key_of(robots));
    size_t n = 0;
    if (!s || s->answer != ROBOTS_READ)
        return 0;
    while (n < max && (out[n] = robots_sitemap(s->rules, n)))
        n++;
    return n;
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
    s->answer = robots_answer(r->status);
    s->until_ms =
        now_ms + (s->answer == ROBOTS_DISALLOW_ALL ? ROBOTS_KEEP_MISSING_MS : ROBOTS_KEEP_MS);
    if (s->answer == ROBOTS_READ)
        s->rules = robots_read(r->body, r->size, "newswire");
    s->status = r->status;
    s->problem = mem_strdup(r->problem);
    s->prev = c->last;
    if (c->last)
        c->last->next = s;
    else
        c->first = s;
    c->last = s;
    map_set(c->sites, s->key, s);
}
