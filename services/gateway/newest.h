// SPDX-License-Identifier: MIT
// The newest announcements, newest first: what the page shows of each, and no more. Bounded.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

enum { NEWEST_MAX = 100, HEADLINE_WORDS = 6 };

// Strings are never NULL.
struct headline {
    uint64_t sequence;
    const char *id, *title, *url, *site, *language, *label;
    float score; // of the label
    bool uncertain;
    const char *words[HEADLINE_WORDS]; // what spoke for the label, strongest first, each once
    size_t n_words;
    int64_t published_ms, fetched_ms; // UTC; published 0: unknown
    Newswire__V1__Precision precision;
};

struct newest;

struct newest *newest_new(void);
void newest_free(struct newest **n);

// Takes in one announcement, which replaces an earlier revision of its own. Those given in order of
// sequence stay in that order.
void newest_add(struct newest *n, const pb_news *news);
void newest_clear(struct newest *n);

size_t newest_size(const struct newest *n);
const struct headline *newest_at(const struct newest *n, size_t i); // 0 is the newest
