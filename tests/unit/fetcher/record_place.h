// SPDX-License-Identifier: MIT
// What the tests of record.h say in short, on a place.h: sources and the polls and pages that come
// of them.
#pragma once

#include "services/fetcher/record.h"
#include "tests/unit/fetcher/place.h"

#define FEED "http://news.example.com/feed"
#define PAGE "http://news.example.com/a/1"

enum { HOUR_MS = 3600000 };
static const int64_t now = 1700000000000;

typedef Newswire__V1__ExtractResult pb_result;
typedef Newswire__V1__Entry pb_entry;

uint64_t add_source(struct place *p, const char *url, int64_t backfill);
struct source *source_of(struct place *p, uint64_t number);
struct entry *entry_of(struct place *p, const char *url);
struct http_response answer(int status, const char *url, const char *body);

// The rows of the outbox, flushed before.
struct rows {
    size_t n;
    char id[40][URL_ID_SIZE], title[40][100], url[40][100];
};

struct rows outbox(struct place *p);

// A feed of up to ten entries without pages to speak of: title and link each.
struct feed {
    pb_result result;
    pb_entry entries[10], *all[10];
    pb_announcement hints[10];
};

void feed_init(struct feed *f);
void feed_add(struct feed *f, const char *link, const char *title, int64_t at_ms);

// A poll of the source as far as the response, whose body is like none before; and all of it.
void begin_poll(struct place *p, uint64_t source, struct record *r);
void poll_source(struct place *p, uint64_t source, const pb_result *result);

// A feed lists a page; it is asked for; what comes of it.
void see_page(struct place *p, uint64_t source, const char *url);
void begin_page(struct place *p, const char *url, struct record *r);
void fail_page(struct place *p, const char *url, int status);
void read_page(struct place *p, const char *url, pb_announcement *a);
void read_text(struct place *p, const char *url, const char *text);
// The page behind the link came from `url`.
void read_page_from(struct place *p, const char *link, const char *url, pb_announcement *a);

// True if the story of an entry or source has such an event.
bool told(struct place *p, const char *subject, const char *name, const char *words);
