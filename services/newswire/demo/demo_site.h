// SPDX-License-Identifier: MIT
// The demo site: feeds (RSS 2.0 in simplified, RSS 1.0 in traditional Chinese, Atom in English),
// pages, and a front page for people. Half of the stories are there from the start, the others
// appear one by one. Pure: a path and the time in, a reply out.
#pragma once

#include <stdint.h>

#include "common/http_server.h"
#include "services/newswire/demo/demo_story.h"

struct demo_site {
    const struct demo_stories *stories;
    int64_t started_ms, every_ms; // UTC; a new one each so many
};

// How many stories are there, of demo_stories_count().
size_t demo_site_visible(const struct demo_site *site, int64_t now_ms);

// When the story appeared, UTC; in whole seconds.
int64_t demo_site_time(const struct demo_site *site, size_t story);

// The reply to one request. Links carry call->host.
void demo_site_answer(const struct demo_site *site, int64_t now_ms, const struct http_call *call,
                      struct http_reply *reply);

// Paths of what is to be watched; ends with NULL. The page sources are those of the stories.
extern const char *const demo_site_feeds[];
