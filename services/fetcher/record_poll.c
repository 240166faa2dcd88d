// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "services/fetcher/flush.h"
#include "services/fetcher/record_parts.h"

enum {
    ARTICLE_LEAST = 400, // bytes of text
    INDEX_DEPTH_MAX = 2, // indexes that may lead from one to another
};

typedef Newswire__V1__ExtractResult pb_result;
typedef Newswire__V1__Entry pb_entry;

static void replace(char **slot, const char *value)
{
    char *copy = mem_strdup(value);
    free(*slot);
    *slot = copy;
}

void poll_tell(const struct record *r, struct ledger *l, const char *name, const char *detail)
{
    char subject[40];
    snprintf(subject, sizeof subject, "source %" PRIu64, r->source->number);
    ledger_must(l, ledger_tell(l, subject, r->fetched_ms, name, detail));
}

// Plans the next poll and saves the source. True if it shows nothing of what it showed before.
static bool plan(struct record *r, struct ledger *l)
{
    struct source *s = r->source;
    uint64_t seed = s->number * 0x9E3779B97F4A7C15u;
    struct plan p = schedule_next(&s->schedule, &r->poll, seed, r->fetched_ms);
    s->next_poll_ms = p.next_ms;
    if (p.pause_host)
        r->pause_host_until_ms = p.next_ms;
    if (r->poll.result != POLL_FAILED)
        s->polled_ms = r->fetched_ms;
    bool page = s->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE || r->sitemaps;
    int64_t quiet_ms = schedule_quiet_ms(&s->schedule);
    s->quiet_ms = page ? 0 : quiet_ms ? quiet_ms : s->added_ms + SCHEDULE_QUIET_S * INT64_C(1000);
    if (p.gap) {
        poll_tell(r, l, "gap",
                  "it shares no entry with the poll before: some may have come and gone between");
        log_warn("gap", "url=%s", s->url);
        ++*metric("fetcher_gaps_total");
        s->lost_ms = r->fetched_ms;
    }
    ledger_must(l, ledger_source_save(l, s));
    return p.gap;
}

static void recovered(struct record *r, struct ledger *l)
{
    if (*r->source->trouble)
        poll_tell(r, l, "recovered", "it answers again");
    replace(&r->source->trouble, "");
}

// With the entries, in one transaction: a 304 later must not hide what was not kept.
static void keep_validators(struct record *r)
{
    replace(&r->source->etag, r->etag);
    replace(&r->source->last_modified, r->last_modified);
    replace(&r->source->body_hash, r->body_hash);
}

void poll_unchanged(struct record *r, struct ledger *l)
{
    recovered(r, l);
    r->poll.result = POLL_UNCHANGED;
    plan(r, l);
}

// The page that was added announces a feed that was never there: the page itself is what is left,
// as a list; `newswire sources` shows it as one.
static void give_up_feed(struct record *r, struct ledger *l, const char *trouble)
{
    struct source *s = r->source;
    log_warn("feed-given-up", "url=%s problem=%s", s->url, trouble);
    poll_tell(r, l, "feed-given-up", trouble);
    replace(&s->poll_url, s->url);
    s->kind = s->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST;
    s->next_poll_ms = r->fetched_ms;
    ledger_must(l, ledger_source_save(l, s));
}

void poll_failed(struct record *r, struct ledger *l, const char *trouble, bool lasting)
{
    struct source *s = r->source;
    struct problem whole;
    bool announced = strcmp(s->poll_url, s->url) != 0;
    problem_set(&whole, OK, "%s%.300s%s%s", announced ? "the feed that the page announces, " : "",
                announced ? s->poll_url : "", announced ? ": " : "", trouble);
    bool nothing = lasting || r->poll.status == 404;
    if (announced && nothing && s->polled_ms == 0) {
        give_up_feed(r, l, whole.text);
        return;
    }
    if (strcmp(s->trouble, whole.text) != 0)
        poll_tell(r, l, "failed", whole.text); // said once, not at every poll
    replace(&s->trouble, whole.text);
    r->poll.result = POLL_FAILED;
    plan(r, l);
}

// Entries of a feed.

// Which entries are published when the source is first seen: the newest, by date where they have
// one, else by their place in the source.
struct ranked {
    int64_t at_ms;
    size_t place;
};

static int newest_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? 1 : -1;
    return x->place < y->place ? -1 : 1;
}

static int64_t backfill_of(const struct record *r)
{
    return r->source->backfill == BACKFILL_STANDARD ? r->backfill : r->source->backfill;
}

// All entries, the newest first. free() it.
static struct ranked *rank(const pb_result *result)
{
    size_t n = result->n_entries;
    struct ranked *ranks = mem_alloc(n * sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        ranks[i] = (struct ranked){result->entries[i]->at_ms, i};
    qsort(ranks, n, sizeof *ranks, newest_first);
    return ranks;
}

// Fills the sighting of an entry; false if it has neither a usable link nor anything to name it by.
static bool sighting(const struct record *r, const pb_entry *e, char id[URL_ID_SIZE], char *host,
                     char *canonical, struct sighting *out)
{
    *out = (struct sighting){.id = id, .url = "", .host = "", .hint = e->hint};
    bool by_guid = *e->guid && r->source->options &&
                   r->source->options->identity == NEWSWIRE__V1__IDENTITY__IDENTITY_GUID;
    if (*e->link && url_canonical(e->link, canonical) == OK && url_host(e->link, host) == OK) {
        if (by_guid)
            url_entry_id(r->source->url, e->guid, id);
        else
            url_id(canonical, id);
        out->url = e->link;
        out->host = host;
        return true;
    }
    if (!e->hint || !*e->hint->title)
        return false;
    const char *name = *e->guid ? e->guid : e->hint->title;
    url_entry_id(r->source->url, name, id);
    return true;
}

static void tell_sighting(const struct record *r, struct ledger *l, const char *id,
                          enum entry_state state)
{
    char detail[URL_MAX + 200];
    if (state != ENTRY_BASELINE) {
        ledger_must(l, ledger_tell(l, id, r->fetched_ms, "seen", r->source->url));
        return;
    }
    snprintf(detail, sizeof detail,
             "left out: on %s before that was added, and not among the newest %" PRId64
             "; `newswire refresh` of this URL fetches it",
             r->source->url, backfill_of(r));
    ledger_must(l, ledger_tell(l, id, r->fetched_ms, "baseline", detail));
}

void poll_see(struct record *r, struct ledger *l, const pb_entry *e, enum entry_state state)
{
    char id[URL_ID_SIZE], host[300], canonical[URL_MAX + 1];
    struct sighting s;
    enum seen seen;
    if (!sighting(r, e, id, host, canonical, &s)) {
        r->unusable++;
        return;
    }
    bool linkless = !*s.url;
    s.state = linkless && state == ENTRY_PENDING ? ENTRY_DONE : state;
    ledger_must(l, ledger_entry_see(l, r->source->number, &s, r->fetched_ms, &seen));
    if (seen == SEEN_NEW) {
        r->poll.fresh++;
        tell_sighting(r, l, id, state);
    }
    if (linkless && seen != SEEN_KNOWN && state != ENTRY_BASELINE)
        publish_hint(r, l, id, r->source->url, "", e->hint, NULL, 0);
}

static void count_entries(struct record *r, const pb_result *result)
{
    r->poll.result = POLL_READ;
    r->poll.entries = (uint32_t)result->n_entries;
    r->poll.ttl_s = result->ttl_s;
    r->poll.skip_hours = result->skip_hours;
    r->poll.skip_days = result->skip_days;
    for (size_t i = 0; i < result->n_entries; i++) {
        int64_t at = result->entries[i]->at_ms;
        if (at > 0 && (r->poll.oldest_ms == 0 || at < r->poll.oldest_ms))
            r->poll.oldest_ms = at;
    }
}

static void note_newest(struct record *r, const pb_result *result)
{
    r->source->newest_ms = 0;
    for (size_t i = 0; i < result->n_entries; i++) {
        int64_t at = result->entries[i]->at_ms;
        if (at > r->source->newest_ms && at <= r->fetched_ms)
            r->source->newest_ms = at;
    }
}

// What the source does not show any more, or not on its first page, is looked for elsewhere.
static void look_further(struct record *r, struct ledger *l, const pb_result *result, bool gap,
                         int64_t since_ms)
{
    int64_t backfill = backfill_of(r);
    bool feed = result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    if (gap && feed)
        catch_up_feed(r, l, since_ms);
    else if (gap && *result->next)
        catch_up_list(r, l, result->next, 0);
    else if (r->first && *result->next &&
             (backfill == BACKFILL_ALL || backfill > (int64_t)r->poll.fresh))
        catch_up_list(r, l, result->next,
                      backfill == BACKFILL_ALL ? UINT32_MAX : (uint32_t)backfill - r->poll.fresh);
}

static void describe(const struct record *r, const pb_result *result, char *out, size_t size)
{
    int n = snprintf(out, size, "%u entries, %u new%s%.120s%s%.100s", r->poll.entries,
                     r->poll.fresh, *result->finding ? "; " : "", result->finding,
                     *result->problem ? "; mended: " : "", result->problem);
    if (r->unusable && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "; %u without link and title left out", r->unusable);
}

// The oldest is seen, and published, first.
static void see_all(struct record *r, struct ledger *l, const pb_result *result)
{
    // What is new at a later poll came after the source was added.
    int64_t backfill = r->first ? backfill_of(r) : BACKFILL_ALL;
    struct ranked *ranks = rank(result);
    for (size_t i = result->n_entries; i-- > 0;) {
        bool chosen = backfill == BACKFILL_ALL || i < (size_t)backfill;
        poll_see(r, l, result->entries[ranks[i].place], chosen ? ENTRY_PENDING : ENTRY_BASELINE);
    }
    free(ranks);
}

static void entries_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    struct source *s = r->source;
    if (result->n_entries == 0 && *result->problem) {
        record_failed(r, l, result->problem, true); // damaged so that nothing of it can be read
        return;
    }
    bool gap;
    int64_t since_ms = s->newest_ms > 0 ? s->newest_ms : s->polled_ms;
    r->first = s->polled_ms == 0;
    count_entries(r, result);
    note_newest(r, result);
    see_all(r, l, result);
    if (s->polled_ms == 0 || r->poll.fresh > 0) {
        char detail[400];
        describe(r, result, detail, sizeof detail);
        poll_tell(r, l, "polled", detail);
        log_info("polled", "url=%s found=%s", s->url, detail);
    }
    replace(&s->title, result->title);
    s->found = result->found;
    recovered(r, l);
    keep_validators(r);
    gap = plan(r, l);
    look_further(r, l, result, gap, since_ms);
}

// The sitemaps of an index become sources of their own, so that each is asked for at its own pace.
static void index_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    struct source *s = r->source;
    Newswire__V1__SourceOptions options = NEWSWIRE__V1__SOURCE_OPTIONS__INIT;
    if (s->options)
        options = *s->options;
    if (++options.depth > INDEX_DEPTH_MAX) {
        record_failed(r, l, "a sitemap index within indexes within indexes is not followed", true);
        return;
    }
    for (size_t i = 0; i < result->n_feeds; i++) {
        if (!url_same_site(result->feeds[i], s->url))
            continue; // the protocol wants them on one site, and our headers are for that one
        struct source child = {.url = result->feeds[i],
                               .kind = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP,
                               .options = &options,
                               .gap_ms = s->gap_ms,
                               .backfill = s->backfill,
                               .added_ms = r->fetched_ms,
                               .next_poll_ms = r->fetched_ms,
                               .schedule = {.every_s = s->schedule.every_s}};
        uint64_t number;
        enum err e = ledger_source_add(l, &child, &number);
        if (e == ERR_EXISTS)
            continue;
        ledger_must(l, e);
        r->poll.fresh++;
        poll_tell(r, l, "sitemap-added", child.url);
    }
    s->found = result->found;
    r->sitemaps = true;
    r->poll.result = POLL_READ;
    r->poll.entries = (uint32_t)result->n_feeds;
    recovered(r, l);
    keep_validators(r);
    plan(r, l);
}

// A source that is a page.

// A page added without a word about its kind is an article if it looks like one; else the feed that
// it announces is what was meant, before the list that it may be.
static bool means_feed(const struct record *r, const pb_result *result)
{
    const pb_announcement *a = result->announcement;
    if (r->source->kind != NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_AUTO ||
        r->source->polled_ms > 0 || result->n_feeds == 0)
        return false;
    return !a || a->published_ms == 0 || strlen(a->text) < ARTICLE_LEAST;
}

static void follow_feed(struct record *r, struct ledger *l, const char *feed)
{
    struct source *s = r->source;
    log_info("feed-announced", "url=%s feed=%s", s->url, feed);
    poll_tell(r, l, "feed-announced", feed);
    replace(&s->poll_url, feed);
    s->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    s->next_poll_ms = r->fetched_ms;
    recovered(r, l);
    ledger_must(l, ledger_source_save(l, s));
}

static void page_source_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    struct source *s = r->source;
    char id[URL_ID_SIZE], host[300], canonical[URL_MAX + 1];
    const char *trouble = page_trouble(result->announcement, result->problem);
    if (!trouble && (url_canonical(s->url, canonical) || url_host(s->url, host)))
        trouble = "its URL is not one that is fetched";
    if (trouble) {
        record_failed(r, l, trouble, true);
        return;
    }
    url_id(canonical, id);
    struct sighting sighting = {.id = id, .url = s->url, .host = host, .state = ENTRY_DONE};
    enum seen seen;
    ledger_must(l, ledger_entry_see(l, s->number, &sighting, r->fetched_ms, &seen));
    ledger_must(l, ledger_entry_get(l, id, &r->entry));
    page_publish(r, l, result->announcement, NULL, 0);
    s->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    replace(&s->title, result->announcement->title);
    recovered(r, l);
    keep_validators(r);
    r->poll.result = POLL_READ;
    r->poll.entries = 1;
    r->poll.fresh = seen == SEEN_NEW;
    plan(r, l);
}

void poll_understood(struct record *r, struct ledger *l, const pb_result *result)
{
    switch (result->found) {
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED:
        entries_understood(r, l, result);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP:
        if (result->n_feeds)
            index_understood(r, l, result);
        else
            entries_understood(r, l, result);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST:
        if (means_feed(r, result))
            follow_feed(r, l, result->feeds[0]);
        else
            entries_understood(r, l, result);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE:
        if (means_feed(r, result))
            follow_feed(r, l, result->feeds[0]);
        else
            page_source_understood(r, l, result);
        break;
    default:
        record_failed(r, l, result->problem, true);
    }
}
