// SPDX-License-Identifier: MIT
// robots.txt by RFC 9309, with the crawl delay that many sites state. Pure: bytes in, rules out.
// The caller fetches, caches (a day at most, 2.4) and knows the rules for answers without a file
// (2.3.1): 4xx means that all is allowed, 5xx and no answer that nothing is.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ROBOTS_SIZE_MAX = 512 << 10, // bytes looked at (2.5 asks for 500 KiB at least)
    ROBOTS_RULES_MAX = 10000,
    ROBOTS_DELAY_MAX_S = 60,
};

struct robots;

// Reads the rules that apply to `agent`, our product token ("newswire"): those of all groups that
// name it, else those of *. Never fails; what is no rule is ignored. The bytes may be forgotten
// afterwards.
struct robots *robots_read(const uint8_t *bytes, size_t size, const char *agent);
void robots_free(struct robots **r);

struct robots_rule {
    const char *text; // "Disallow: /a", not clean; lives until robots_free. "" for none
    int line;         // of the file, from 1; 0 for none
};

// Whether the file may be fetched that `path` names: path and query of a URL, "/…". The longest
// match decides, allow before disallow (2.2.2); /robots.txt is always allowed. *rule is the one
// that decided; it may be NULL.
bool robots_allows(const struct robots *r, const char *path, struct robots_rule *rule);

// Seconds to wait between two requests, 0 if not stated, at most ROBOTS_DELAY_MAX_S; and what was
// stated, which may be more.
int robots_delay_s(const struct robots *r);
int robots_delay_stated_s(const struct robots *r);

// Absolute or relative addresses of sitemaps, whoever they are for; NULL after the last.
const char *robots_sitemap(const struct robots *r, size_t index);

// What an answer to the request for robots.txt means where it is not 2xx (2.3.1.3 and 2.3.1.4).
enum robots_answer { ROBOTS_READ, ROBOTS_ALLOW_ALL, ROBOTS_DISALLOW_ALL };
enum robots_answer robots_answer(int status); // 0: no answer
