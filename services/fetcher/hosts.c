// SPDX-License-Identifier: MIT
#include "services/fetcher/hosts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/mem.h"

struct waiting {
    struct waiting *next;
    struct job job;
};

struct host {
    char name[300];
    struct waiting *first, *last_poll, *last; // polls and parked ones, then pages
    size_t n;
    int running;
    int64_t gap;             // of the last job
    int64_t ended;           // the last request; 0: none yet
    int64_t paused, delayed; // until when
    bool held;
    struct host *prev, *next; // among those with jobs
    bool active;
};

enum { FORGET_LEAST = 1024 };

struct hosts {
    struct map *all;
    struct host *first, *last; // hosts with jobs, in the order of their turns
    int per_host;
    size_t n;
    size_t crowd; // with so many hosts, those of no more use are forgotten
};

struct hosts *hosts_new(int per_host)
{
    struct hosts *h = mem_alloc(sizeof *h);
    h->all = map_new();
    h->per_host = per_host;
    h->crowd = FORGET_LEAST;
    return h;
}

static void free_host(void *arg, uint64_t key, void *value)
{
    struct host *host = value;
    (void)arg, (void)key;
    while (host->first) {
        struct waiting *next = host->first->next;
        free(host->first);
        host->first = next;
    }
    free(host);
}

void hosts_free(struct hosts **h)
{
    if (!*h)
        return;
    map_each((*h)->all, free_host, NULL);
    map_free(&(*h)->all);
    free(*h);
    *h = NULL;
}

// Two names with one 64-bit hash would share a queue: polite to both, and rarer than a dead disk.
static uint64_t key_of(const char *host)
{
    uint64_t key;
    crypto_generichash((uint8_t *)&key, sizeof key, (const uint8_t *)host, strlen(host), NULL, 0);
    return key;
}

static struct host *host_of(struct hosts *h, const char *name)
{
    uint64_t key = key_of(name);
    struct host *host = map_get(h->all, key);
    if (host)
        return host;
    host = mem_alloc(sizeof *host);
    snprintf(host->name, sizeof host->name, "%s", name);
    map_set(h->all, key, host);
    return host;
}

static void activate(struct hosts *h, struct host *host)
{
    host->prev = h->last;
    host->next = NULL;
    if (h->last)
        h->last->next = host;
    else
        h->first = host;
    h->last = host;
    host->active = true;
}

static void deactivate(struct hosts *h, struct host *host)
{
    if (host->prev)
        host->prev->next = host->next;
    else
        h->first = host->next;
    if (host->next)
        host->next->prev = host->prev;
    else
        h->last = host->prev;
    host->active = false;
}

static void enqueue(struct host *host, struct waiting *w)
{
    bool poll = w->job.source > 0 || w->job.parked;
    struct waiting *before = poll ? host->last_poll : host->last;
    struct waiting **at = before ? &before->next : &host->first;
    w->next = *at;
    *at = w;
    if (before == host->last)
        host->last = w;
    if (poll)
        host->last_poll = w;
    host->n++;
}

static struct job dequeue(struct host *host)
{
    struct waiting *w = host->first;
    struct job job = w->job;
    host->first = w->next;
    if (w == host->last_poll)
        host->last_poll = NULL;
    if (w == host->last)
        host->last = NULL;
    host->n--;
    free(w);
    return job;
}

void hosts_add(struct hosts *h, const char *name, const struct job *job)
{
    struct host *host = host_of(h, name);
    struct waiting *w = mem_alloc(sizeof *w);
    w->job = *job;
    enqueue(host, w);
    h->n++;
    if (!host->active)
        activate(h, host);
}

size_t hosts_queued(const struct hosts *h, const char *name)
{
    const struct host *host = map_get(h->all, key_of(name));
    return host ? host->n : 0;
}

size_t hosts_waiting(const struct hosts *h)
{
    return h->n;
}

size_t hosts_known(const struct hosts *h)
{
    return map_size(h->all);
}

// A feed may name a new host in every entry: those that nothing is due to are forgotten.

struct idle {
    int64_t now;
    uint64_t *keys;
    size_t n;
};

static void list_idle(void *arg, uint64_t key, void *value)
{
    struct idle *idle = arg;
    const struct host *host = value;
    bool rests = host->paused > idle->now || host->delayed > idle->now ||
                 (host->ended && host->ended + host->gap > idle->now);
    if (host->n == 0 && host->running == 0 && !rests)
        idle->keys[idle->n++] = key;
}

static void forget_idle(struct hosts *h, int64_t now)
{
    struct idle idle = {now, mem_alloc(map_size(h->all) * sizeof *idle.keys), 0};
    map_each(h->all, list_idle, &idle);
    for (size_t i = 0; i < idle.n; i++)
        free(map_remove(h->all, idle.keys[i]));
    free(idle.keys);
    h->crowd = 2 * map_size(h->all) + FORGET_LEAST;
}

static int limit(const struct hosts *h, const struct host *host)
{
    if (h->per_host)
        return h->per_host;
    return host->first->job.gap_ms == 0 ? HOSTS_AT_ONCE : 1;
}

// When gap and crawl delay are over.
static int64_t rested_at(const struct host *host, int64_t gap_ms)
{
    int64_t rested = host->ended ? host->ended + gap_ms : 0;
    return rested > host->delayed ? rested : host->delayed;
}

// When the host's first job may start; INT64_MAX while its requests under way are as many as
// allowed.
static int64_t ready_at(const struct hosts *h, const struct host *host)
{
    if (host->held || host->running >= limit(h, host))
        return INT64_MAX;
    int64_t rested = rested_at(host, host->first->job.gap_ms);
    return rested > host->paused ? rested : host->paused;
}

bool hosts_next(struct hosts *h, int64_t now, struct job *job, char name[300], int64_t *wake)
{
    *wake = INT64_MAX;
    if (map_size(h->all) > h->crowd)
        forget_idle(h, now);
    for (struct host *host = h->first; host; host = host->next) {
        int64_t at = ready_at(h, host);
        if (at > now) {
            *wake = at < *wake ? at : *wake;
            continue;
        }
        *job = dequeue(host);
        h->n--;
        host->running++;
        host->gap = job->gap_ms;
        snprintf(name, 300, "%s", host->name);
        deactivate(h, host);
        if (host->first)
            activate(h, host); // its next turn comes last
        return true;
    }
    return false;
}

void hosts_done(struct hosts *h, const char *name, int64_t now)
{
    struct host *host = host_of(h, name);
    host->running--;
    host->ended = now;
}

void hosts_pause(struct hosts *h, const char *name, int64_t until)
{
    struct host *host = host_of(h, name);
    if (until > host->paused)
        host->paused = until;
}

void hosts_delay(struct hosts *h, const char *name, int64_t until)
{
    struct host *host = host_of(h, name);
    if (until > host->delayed)
        host->delayed = until;
}

bool hosts_hold(struct hosts *h, const char *name)
{
    struct host *host = host_of(h, name);
    bool held = host->held;
    host->held = true;
    return !held;
}

void hosts_release(struct hosts *h, const char *name)
{
    host_of(h, name)->held = false;
}

static bool is_same(const struct job *a, const struct job *b)
{
    return a->source == b->source && (a->source > 0 || strcmp(a->id, b->id) == 0);
}

void hosts_look(const struct hosts *h, const char *name, const struct job *job,
                struct hosts_look *out)
{
    *out = (struct hosts_look){0};
    const struct host *host = map_get(h->all, key_of(name));
    if (!host)
        return;
    for (const struct waiting *w = host->first; w && !out->queued; w = w->next) {
        out->queued = is_same(&w->job, job);
        out->before += !out->queued;
    }
    out->running = host->running;
    out->held = host->held;
    out->paused_ms = host->paused;
    out->resting_ms = rested_at(host, job->gap_ms);
}
