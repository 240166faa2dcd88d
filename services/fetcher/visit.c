// SPDX-License-Identifier: MIT
#include "services/fetcher/visit.h"

#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/url.h"

enum { HEADER_BYTES = 512, PROBLEM_BYTES = 512 };

// What came over the network, fit for a message.
static char *fit(struct arena *arena, const char *s, size_t max)
{
    char *copy = arena_strndup(arena, s, strnlen(s, max));
    copy[text_clean(copy, strlen(copy))] = '\0';
    return copy;
}

static Newswire__V1__Robots *robots_message(const struct visit *v, struct arena *arena)
{
    static const Newswire__V1__Robots__Verdict verdicts[] = {
        [ROBOTS_NOT_ASKED] = NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED,
        [ROBOTS_UNKNOWN] = NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED,
        [ROBOTS_MAY] = NEWSWIRE__V1__ROBOTS__VERDICT__ALLOWED,
        [ROBOTS_MUST_NOT] = NEWSWIRE__V1__ROBOTS__VERDICT__FORBIDDEN,
        [ROBOTS_LATER] = NEWSWIRE__V1__ROBOTS__VERDICT__LATER,
    };
    char url[URL_MAX + 1];
    Newswire__V1__Robots *m = arena_alloc(arena, sizeof *m);
    newswire__v1__robots__init(m);
    m->verdict = verdicts[v->robots->verdict];
    if (m->verdict == NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED)
        return m;
    if (robots_url(v->ruled, url) == OK)
        m->url = arena_strndup(arena, url, strlen(url));
    m->rule = fit(arena, v->robots->rule, ROBOTS_TEXT_SIZE);
    m->line = (uint32_t)v->robots->line;
    m->status = (uint32_t)v->robots->status;
    m->problem = fit(arena, v->robots->problem, ROBOTS_TEXT_SIZE);
    m->delay_s = (uint32_t)(v->robots->delay_ms / 1000);
    m->delay_stated_s = (uint32_t)v->robots->delay_stated_s;
    return m;
}

static void add_hops(const struct http_hop *hops, size_t n, struct arena *arena, pb_visit *m)
{
    m->redirects = arena_alloc(arena, (n + 1) * sizeof *m->redirects);
    for (size_t i = 0; i < n && i < HTTP_HOPS_MAX; i++) {
        Newswire__V1__Hop *hop = arena_alloc(arena, sizeof *hop);
        newswire__v1__hop__init(hop);
        hop->status = (uint32_t)hops[i].status;
        hop->url = fit(arena, hops[i].url, URL_MAX);
        m->redirects[m->n_redirects++] = hop;
    }
}

pb_visit *visit_message(const struct visit *v, struct arena *arena)
{
    const struct http_response *r = v->response;
    pb_visit *m = arena_alloc(arena, sizeof *m);
    newswire__v1__visit__init(m);
    m->at_ms = v->at_ms;
    m->url = fit(arena, v->url, URL_MAX);
    m->robots = robots_message(v, arena);
    add_hops(r ? r->hops : v->hops, r ? r->n_hops : v->n_hops, arena, m);
    if (!r)
        return m;
    m->status = (uint32_t)r->status;
    m->problem = fit(arena, r->problem, PROBLEM_BYTES);
    m->elapsed_ms = (uint32_t)(r->elapsed_ms > 0 ? r->elapsed_ms : 0);
    m->size = r->size;
    m->content_type = fit(arena, r->content_type, HEADER_BYTES);
    m->etag = fit(arena, r->etag, HEADER_BYTES);
    m->last_modified = fit(arena, r->last_modified, HEADER_BYTES);
    return m;
}

// Characters, not bytes: what a reader would count. All but the first byte of each are 10xxxxxx.
static uint32_t characters(const char *s)
{
    uint32_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void visit_reading(const pb_announcement *a, const char *date_from, uint64_t outbox,
                   pb_reading *out)
{
    newswire__v1__reading__init(out);
    out->title = a->title;
    out->characters = characters(a->standfirst) + characters(a->text);
    out->cut = a->text_cut;
    out->language = a->language;
    out->published_ms = a->published_ms;
    out->published_precision = a->published_precision;
    out->date_from = (char *)(a->published_ms ? date_from : "");
    out->charset_declared = a->charset_declared;
    out->charset_used = a->charset_used;
    out->charset_guessed = a->charset_guessed;
    out->replacements = a->replacements;
    out->from_feed = a->from_feed;
    out->revision = a->revision;
    out->outbox = outbox;
}
