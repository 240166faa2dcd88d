// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

typedef Newswire__V1__ExtractResult pb_result;

bool record_document(struct record *r, pb_result **page)
{
    char host[300], canonical[URL_MAX + 1];
    bool wrapper = !r->page && (*page)->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE &&
                   (*page)->announcement && *(*page)->document;
    if (r->source && (*page)->n_feeds > 0) // a feed that it announces may be what was meant
        return false;
    if (!wrapper || url_canonical((*page)->document, canonical) ||
        url_host((*page)->document, host))
        return false;
    record_forget_hops(r);
    r->page = *page;
    *page = NULL;
    return true;
}

// A source's story tells only what came of it in the end.
static void tell(const struct record *r, struct ledger *l, const char *name, const char *detail)
{
    if (r->entry)
        ledger_must(l, ledger_tell(l, r->entry->id, r->fetched_ms, name, detail));
}

enum record_next record_document_response(struct record *r, struct ledger *l,
                                          const struct http_response *response, int64_t now_ms)
{
    char detail[700];
    if (record_gone(r, l))
        return RECORD_DONE;
    int64_t retry_after_s = schedule_retry_after(response->retry_after, now_ms);
    struct outcome o = outcome_of(response, retry_after_s);
    if (o.verdict == VERDICT_READ) {
        snprintf(detail, sizeof detail, "HTTP %d in %" PRId64 " ms, %zu bytes, %.500s",
                 response->status, response->elapsed_ms, response->size, record_wanted(r));
        tell(r, l, "document-fetched", detail);
        return RECORD_READ;
    }
    if (o.verdict == VERDICT_UNCHANGED)
        problem_set(&o.trouble, OK, "HTTP 304, though nothing was known of it before");
    if (o.pause_host)
        r->pause_host_until_ms = now_ms + (retry_after_s ? retry_after_s : 60) * 1000;
    if (retry_after_s > r->poll.retry_after_s)
        r->poll.retry_after_s = retry_after_s;
    record_document_failed(r, l, o.trouble.text, o.lasting);
    return RECORD_DONE;
}

void record_document_understood(struct record *r, struct ledger *l, const pb_result *document)
{
    const pb_announcement *d = document->announcement;
    const char *trouble = d ? page_trouble(d, document->problem) : document->problem;
    if (!d || trouble) {
        record_document_failed(
            r, l, trouble && *trouble ? trouble : "the worker's answer has no content", true);
        return;
    }
    // Borrowed strings: both messages stay until the ledger has what it wants.
    pb_announcement a = *r->page->announcement;
    pb_result whole = *r->page;
    if (!*a.title)
        a.title = d->title;
    if (a.published_ms == 0) {
        a.published_ms = d->published_ms;
        a.published_precision = d->published_precision;
        whole.date_from = document->date_from;
    }
    a.text = d->text;
    a.text_cut = d->text_cut;
    a.language = d->language;
    a.replacements = d->replacements;
    whole.announcement = &a;
    whole.problem = (char *)"";
    record_understood(r, l, &whole);
}

// The page's few words go out; the document is tried again later, as a page is.
static void publish_wrapper(struct record *r, struct ledger *l, const char *trouble, bool lasting)
{
    const struct entry *e = r->entry;
    int64_t pause = outcome_pause(lasting, e->attempts), asked = r->poll.retry_after_s * 1000;
    int64_t again_ms = pause ? r->fetched_ms + (asked > pause ? asked : pause) : 0;
    ledger_must(l, ledger_entry_failed(l, e->id, trouble, again_ms, r->fetched_ms));
    page_publish(r, l, r->page->announcement, again_ms ? trouble : NULL, again_ms);
}

static void forget(char **validator)
{
    free(*validator);
    *validator = mem_strdup("");
}

void record_document_failed(struct record *r, struct ledger *l, const char *why, bool lasting)
{
    struct problem trouble;
    if (record_gone(r, l))
        return;
    problem_set(&trouble, OK, "%s: %.400s", why, record_wanted(r));
    if (page_trouble(r->page->announcement, "")) {
        record_failed(r, l, trouble.text, lasting); // neither has anything to publish
        return;
    }
    r->failed = true;
    if (r->entry) {
        publish_wrapper(r, l, trouble.text, lasting);
        return;
    }
    if (!lasting) { // so that the next poll reads the page, and asks for the document, again
        forget(&r->etag);
        forget(&r->last_modified);
        forget(&r->body_hash);
    }
    record_understood(r, l, r->page);
}
