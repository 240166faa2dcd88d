// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/log.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

// More than one replacement character in so many bytes of text: the page was read in the wrong
// encoding, or is damaged. Nobody is served by publishing that.
enum { GARBLED_ONE_IN = 60, GARBLED_LEAST = 5 };

static bool garbled(const pb_announcement *a)
{
    return a->replacements >= GARBLED_LEAST &&
           (uint64_t)a->replacements * GARBLED_ONE_IN > strlen(a->text);
}

static bool is_front_page(const char *canonical)
{
    const char *path = strchr(strstr(canonical, "://") + 3, '/');
    return !path || !path[1];
}

// Under which URL the page is known beside its link: the canonical one that it names, if that is on
// the same site; else where redirects ended, for two links may lead to one page. Never the site's
// front page, which careless templates name and gone pages redirect to. "": none but its link's.
static const char *canonical_of(const struct record *r, const pb_announcement *a,
                                char out[URL_MAX + 1])
{
    char link[URL_MAX + 1];
    if (*a->canonical_url && url_same_site(a->canonical_url, r->url) &&
        url_canonical(a->canonical_url, out) == OK && !is_front_page(out))
        return out;
    if (url_canonical(r->url, out) || is_front_page(out) || url_canonical(r->entry->url, link))
        return "";
    return strcmp(out, link) ? out : "";
}

static void tell_outcome(const pb_announcement *a, enum article outcome)
{
    static const char *const names[] = {"queued", "unchanged", "duplicate"};
    log_info(names[outcome], "url=%s title=%s bytes=%zu charset=%s declared=%s", a->url, a->title,
             strlen(a->text), a->charset_used, a->charset_declared);
}

// What told the date: a rule of the extractor, or the source, where its hint has the same date.
static const char *date_from(const struct record *r, const pb_announcement *a)
{
    const pb_announcement *hint = r->entry ? r->entry->hint : NULL;
    if (a->from_feed || !r->date_from || (!*r->date_from && hint && hint->published_ms))
        return "the source";
    return r->date_from;
}

// Hands an announcement to the ledger under the entry's id. The strings are borrowed: the
// announcement gets its own back before it is freed.
static enum article queue(struct record *r, struct ledger *l, const char *id,
                          const char *source_url, const char *link, const char *url,
                          const char *canonical, pb_announcement *a, const char *trouble,
                          int64_t again_ms)
{
    pb_announcement own = *a;
    char link_canonical[URL_MAX + 1] = "";
    if (*link && url_canonical(link, link_canonical))
        link_canonical[0] = '\0';
    own.source = (char *)source_url;
    own.url = (char *)url;
    own.canonical_url = link_canonical;
    own.fetched_ms = r->fetched_ms;
    if (!*own.language)
        own.language = "und";
    struct understood u = {.id = id,
                           .announcement = &own,
                           .canonical = canonical,
                           .etag = own.from_feed || trouble ? "" : r->etag,
                           .last_modified = own.from_feed || trouble ? "" : r->last_modified,
                           .date_from = date_from(r, &own),
                           .otherwise = r->otherwise,
                           .trouble = trouble,
                           .again_ms = again_ms};
    enum article outcome;
    int64_t now_ms = r->again_ms ? r->again_ms : r->fetched_ms;
    ledger_must(l, ledger_article(l, &u, now_ms, &outcome));
    tell_outcome(&own, outcome);
    return outcome;
}

void publish_hint(struct record *r, struct ledger *l, const char *id, const char *source_url,
                  const char *link, const pb_announcement *hint, const char *trouble,
                  int64_t again_ms)
{
    pb_announcement a = *hint;
    a.from_feed = true;
    queue(r, l, id, source_url, link, link, "", &a, trouble, again_ms);
}

void page_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting)
{
    struct entry *e = r->entry;
    int64_t pause = outcome_pause(lasting, e->attempts);
    int64_t asked = r->poll.retry_after_s * 1000;
    int64_t again_ms = pause ? r->fetched_ms + (asked > pause ? asked : pause) : 0;
    bool hint =
        e->hint && *e->hint->title && e->revision == 0 && outcome_use_hint(lasting, e->attempts);
    ledger_must(l, ledger_entry_failed(l, e->id, trouble, again_ms, r->fetched_ms));
    if (again_ms == 0)
        ledger_must(l, ledger_source_barren(l, e->source, true));
    if (hint)
        publish_hint(r, l, e->id, e->source_url, e->url, e->hint, again_ms ? trouble : NULL,
                     again_ms);
}

const char *page_trouble(const pb_announcement *a, const char *problem)
{
    if (!*a->text && !*a->standfirst)
        return *problem ? problem : "no article text was found on the page";
    if (garbled(a))
        return *problem ? problem
                        : "the text is garbled: neither the declared encoding nor any other fits";
    return NULL;
}

enum article page_publish(struct record *r, struct ledger *l, pb_announcement *a,
                          const char *trouble, int64_t again_ms)
{
    const struct entry *e = r->entry;
    char canonical[URL_MAX + 1];
    pb_announcement full = *a;
    if (!*full.title && e->hint)
        full.title = e->hint->title;
    if (full.published_ms == 0 && e->hint) {
        full.published_ms = e->hint->published_ms;
        full.published_precision = e->hint->published_precision;
    }
    if (e->barren > 0)
        ledger_must(l, ledger_source_barren(l, e->source, false));
    return queue(r, l, e->id, e->source_url, e->url, r->url, canonical_of(r, a, canonical), &full,
                 trouble, again_ms);
}

void page_understood(struct record *r, struct ledger *l, pb_announcement *a, const char *problem)
{
    const char *trouble = page_trouble(a, problem);
    struct problem moved;
    if (trouble)
        record_failed(r, l, trouble, true);
    else if (page_moved_away(r, l, a, &moved))
        record_failed(r, l, moved.text, false); // what was published stays
    else
        page_publish(r, l, a, NULL, 0);
}
