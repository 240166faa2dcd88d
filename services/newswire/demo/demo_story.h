// SPDX-License-Identifier: MIT
// The announcements of the demo site: plain files in this folder, put into the program. A file is
// "name: value" lines (title, feed, language, site, charset), an empty line, and one paragraph a
// line.
#pragma once

#include <stddef.h>

#include "common/embedded.h"
#include "common/err.h"

enum { DEMO_PARAGRAPHS = 16 };

// Strings are never NULL.
struct demo_story {
    const char *name; // "01-reform-plan": of the file, and in its URL
    const char *title, *language, *site;
    const char *feed;    // "zh", "en", "hant", or "page": in none, watched by itself
    const char *charset; // that it is served in
    const char *paragraphs[DEMO_PARAGRAPHS];
    size_t n;
};

struct demo_stories;

// Parses them, in order of their names. *why names the file.
enum err demo_stories_new(const struct embedded *files, struct demo_stories **out,
                          struct problem *why) MUST_CHECK;
void demo_stories_free(struct demo_stories **s);

size_t demo_stories_count(const struct demo_stories *s);
const struct demo_story *demo_stories_at(const struct demo_stories *s, size_t i);
