// SPDX-License-Identifier: MIT
// Whose turn it is: requests wait by host, each host has one at a time (or as many as it is
// allowed) and rests between two; hosts take turns. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/fetcher/extract/url.h"

// A request to be made: a source's poll (number > 0) or an entry's page (id); or what the one or
// the other turned out to lead to, a document that it is the wrapper of, or a redirect.
struct job {
    uint64_t source;
    char id[URL_ID_SIZE];
    bool parked;    // it has come half its way
    int64_t gap_ms; // pause after the request before this one to the same host
};

struct hosts;

enum { HOSTS_AT_ONCE = 8 };

// `per_host`: requests to one host at a time. 0: one, or HOSTS_AT_ONCE where the user asked for no
// gap: such a host is his own.
struct hosts *hosts_new(int per_host);
void hosts_free(struct hosts **h);

// Queues a job for its host, named "name:port"; polls and parked ones go before pages, each in the
// order they came.
void hosts_add(struct hosts *h, const char *name, const struct job *job);
size_t hosts_queued(const struct hosts *h, const char *name);
size_t hosts_waiting(const struct hosts *h); // jobs over all hosts
// Hosts remembered: those with jobs or requests, at rest or paused, and for a while some more.
size_t hosts_known(const struct hosts *h);

// Takes the next job that may start now; the host then counts one more under way. False: none may,
// and *wake_ms is when one may (INT64_MAX: only after a hosts_done or hosts_add).
bool hosts_next(struct hosts *h, int64_t now_ms, struct job *job, char name[300], int64_t *wake_ms);

// A request to the host ended.
void hosts_done(struct hosts *h, const char *name, int64_t now_ms);
// Nothing to this host before `until_ms`, for it said so (429).
void hosts_pause(struct hosts *h, const char *name, int64_t until_ms);
// The same, for its robots.txt asks for a pause between any two requests.
void hosts_delay(struct hosts *h, const char *name, int64_t until_ms);
// Nothing to this host before hosts_release(): its robots.txt is being asked for, by a request that
// is under way there. False: it is held already.
bool hosts_hold(struct hosts *h, const char *name);
void hosts_release(struct hosts *h, const char *name);

// How a job fares.
struct hosts_look {
    bool queued;        // it is in the host's queue
    size_t before;      // jobs that go before it
    int running;        // requests to the host under way
    bool held;          // its robots.txt is being asked for
    int64_t paused_ms;  // until when it is paused; 0: it is not
    int64_t resting_ms; // when the next request may go out, for the gap's or the crawl delay's sake
};
void hosts_look(const struct hosts *h, const char *name, const struct job *job,
                struct hosts_look *out);
