// SPDX-License-Identifier: MIT
// URLs that are known and spelled much like one that is not: the same page under http, without www,
// with a slash at its end; sources of that host; the pages that those listed last.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/fetcher/control_parts.h"

enum { NEAR_MAX = 10, SOURCES_MAX = 5, PAGES_LOOKED_AT = 500, PAGES_MAX = 3, LIKE_PERCENT = 60 };

struct near {
    struct control *control;
    pb_reply *reply;
    const char *url;
    uint64_t sources[SOURCES_MAX];
    size_t n_sources;
    char best[PAGES_MAX][URL_MAX + 1]; // the likest first
    size_t like[PAGES_MAX];            // in percent; 0: nothing there
};

static void add(struct near *n, const char *url)
{
    pb_reply *r = n->reply;
    for (size_t i = 0; i < r->n_near; i++)
        if (strcmp(r->near[i], url) == 0)
            return;
    if (r->n_near < NEAR_MAX)
        r->near[r->n_near++] = control_copy(n->control, url);
}

// Other spellings of the URL.

static void try_url(struct near *n, const char *url)
{
    struct ledger *l = n->control->tools.ledger;
    struct source *source = NULL;
    struct entry *entry = NULL;
    char id[URL_ID_SIZE];
    if (ledger_source_find(l, url, &source) == OK ||
        (control_entry_id(url, id) == OK && ledger_entry_get(l, id, &entry) == OK))
        add(n, url);
    source_free(&source);
    entry_free(&entry);
}

// The URL with what comes before its host replaced.
static void try_with(struct near *n, const char *scheme, const char *host)
{
    char url[2 * URL_MAX];
    size_t size = (size_t)snprintf(url, sizeof url, "%s://%s", scheme, host);
    if (size >= URL_MAX)
        return;
    try_url(n, url);
    if (url[size - 1] == '/')
        url[size - 1] = '\0';
    else
        snprintf(url + size, sizeof url - size, "/");
    try_url(n, url);
    url[strcspn(url, "?#")] = '\0';
    try_url(n, url);
}

static void try_spellings(struct near *n)
{
    char www[URL_MAX + 8];
    const char *host = strstr(n->url, "://") + 3;
    bool has_www = strncmp(host, "www.", 4) == 0;
    snprintf(www, sizeof www, "www.%s", host);
    const char *const hosts[] = {host, has_www ? host + 4 : www};
    for (size_t i = 0; i < 2; i++) {
        try_with(n, "https", hosts[i]);
        try_with(n, "http", hosts[i]);
    }
}

// Sources of its host, and what they listed.

static void on_source(void *arg, uint64_t number, const char *url)
{
    struct near *n = arg;
    if (n->n_sources == SOURCES_MAX || !url_same_site(n->url, url))
        return;
    n->sources[n->n_sources++] = number;
    add(n, url);
}

// How much of the longer one the two have in common at beginning and end, after the host: percent.
static size_t likeness(const char *a, const char *b)
{
    const char *x = strstr(a, "://"), *y = strstr(b, "://");
    x = x ? strchr(x + 3, '/') : NULL;
    y = y ? strchr(y + 3, '/') : NULL;
    if (!x || !y)
        return 0;
    size_t nx = strlen(x), ny = strlen(y), head = 0, tail = 0;
    size_t shorter = nx < ny ? nx : ny, longer = nx < ny ? ny : nx;
    while (head < shorter && x[head] == y[head])
        head++;
    while (head + tail < shorter && x[nx - 1 - tail] == y[ny - 1 - tail])
        tail++;
    return longer ? 100 * (head + tail) / longer : 0;
}

static void on_page(void *arg, const char *url)
{
    struct near *n = arg;
    size_t like = likeness(n->url, url), i = PAGES_MAX;
    if (like < LIKE_PERCENT || like <= n->like[PAGES_MAX - 1])
        return;
    for (; i > 0 && like > n->like[i - 1]; i--)
        if (i < PAGES_MAX) {
            n->like[i] = n->like[i - 1];
            memcpy(n->best[i], n->best[i - 1], sizeof *n->best);
        }
    n->like[i] = like;
    snprintf(n->best[i], sizeof n->best[i], "%s", url);
}

void control_near(struct control *c, const char *url, pb_reply *reply)
{
    struct ledger *l = c->tools.ledger;
    struct near *n = mem_alloc(sizeof *n);
    char host[300];
    *n = (struct near){.control = c, .reply = reply, .url = url};
    reply->near = arena_alloc(c->arena, NEAR_MAX * sizeof *reply->near);
    try_spellings(n);
    if (url_host(url, host) == OK) {
        host[strcspn(host, ":")] = '\0';
        const char *part = strncmp(host, "www.", 4) == 0 ? host + 4 : host;
        ledger_must(l, ledger_source_urls(l, part, 4 * SOURCES_MAX, on_source, n));
    }
    for (size_t i = 0; i < n->n_sources; i++)
        ledger_must(l, ledger_entry_urls(l, n->sources[i], PAGES_LOOKED_AT, on_page, n));
    for (size_t i = 0; i < PAGES_MAX && n->like[i]; i++)
        add(n, n->best[i]);
    free(n);
}
