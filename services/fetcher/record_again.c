// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

// What the page told last time, beside its text: a date or language that is read otherwise now is a
// change as well.
struct before {
    bool there;
    int64_t published_ms;
    int precision;
    char language[64];
};

static void on_event(void *arg, const Newswire__V1__Event *e)
{
    struct before *b = arg;
    if (!e->reading || e->reading->from_feed)
        return;
    b->there = true;
    b->published_ms = e->reading->published_ms;
    b->precision = (int)e->reading->published_precision;
    size_t n = strnlen(e->reading->language, sizeof b->language - 1);
    memcpy(b->language, e->reading->language, n);
    b->language[n] = '\0';
}

// The page would be dated by its source as before, where it does not say itself.
static bool told_otherwise(const struct before *b, const pb_announcement *a, const struct entry *e)
{
    int64_t ms = a->published_ms;
    int precision = (int)a->published_precision;
    if (ms == 0 && e->hint) {
        ms = e->hint->published_ms;
        precision = (int)e->hint->published_precision;
    }
    return b->there && (b->published_ms != ms || b->precision != precision ||
                        strcmp(b->language, *a->language ? a->language : "und") != 0);
}

static void load(struct record *r, const struct page_copy *page, int64_t now_ms)
{
    r->fetched_ms = page->fetched_ms;
    r->again_ms = now_ms;
    r->url = mem_strdup(page->url);
    r->content_type = mem_strdup(page->content_type);
    r->etag = mem_strdup(r->entry->etag); // of the page, which is still the one that is kept
    r->last_modified = mem_strdup(r->entry->last_modified);
}

enum record_again record_again(struct ledger *l, const struct page_copy *page,
                               const Newswire__V1__ExtractResult *result, const char *problem,
                               int64_t now_ms)
{
    struct record r = {0};
    struct before before = {0};
    enum record_again outcome = RECORD_UNREADABLE;
    enum err e = ledger_entry_get(l, page->id, &r.entry);
    if (e == ERR_NOTFOUND || (!e && r.entry->state == ENTRY_PENDING)) {
        record_clear(&r); // removed, or to be fetched, since it was handed out
        return RECORD_SAME;
    }
    ledger_must(l, e);
    const char *trouble = !result ? (problem ? problem : "it was not read")
                          : !result->announcement
                              ? (*result->problem ? result->problem : "it is no page")
                              : page_trouble(result->announcement, result->problem);
    if (result && *result->document) {
        outcome = RECORD_ELSEWHERE;
    } else if (trouble) { // what was published stays
        ledger_must(l, ledger_tell(l, page->id, now_ms, "reprocess-failed", trouble));
        log_warn("reprocess-failed", "url=%s problem=%s", r.entry->url, trouble);
    } else {
        load(&r, page, now_ms);
        r.date_from = result->date_from;
        ledger_must(l, ledger_story(l, page->id, on_event, &before));
        r.otherwise = told_otherwise(&before, result->announcement, r.entry);
        ledger_must(l,
                    ledger_tell(l, page->id, now_ms, "reprocessed", "from the page that is kept"));
        outcome = page_publish(&r, l, result->announcement, NULL, 0) == ARTICLE_QUEUED
                      ? RECORD_CHANGED
                      : RECORD_SAME;
    }
    record_clear(&r);
    return outcome;
}
