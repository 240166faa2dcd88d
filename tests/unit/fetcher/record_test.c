// SPDX-License-Identifier: MIT
// Polls and pages, from the response to the outbox, on a ledger in a folder of the test's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/record.h"

#define FEED "http://news.example.com/feed"
#define PAGE "http://news.example.com/a/1"

enum { HOUR_MS = 3600000 };
static const int64_t now = 1700000000000;

typedef Newswire__V1__ExtractResult pb_result;
typedef Newswire__V1__Entry pb_entry;

struct place {
    char folder[64], path[96], url[128];
    struct ledger *ledger;
};

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    struct problem why = {""};
    snprintf(p->folder, sizeof p->folder, "/tmp/newswire-record-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->path, sizeof p->path, "%s/fetcher.db", p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s", p->path);
    if (ledger_open(p->url, &p->ledger, &why))
        fail_msg("%s", why.text);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct place *p = *state;
    ledger_close(&p->ledger);
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", p->path, suffixes[i]);
        unlink(name);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

// Shorthands.

static uint64_t add_source(struct place *p, const char *url, int64_t backfill)
{
    struct source s = {.url = (char *)(uintptr_t)url, .gap_ms = -1, .backfill = backfill};
    uint64_t number = 0;
    assert_int_equal(ledger_source_add(p->ledger, &s, &number), OK);
    return number;
}

static void id_of(const char *url, char id[URL_ID_SIZE])
{
    char canonical[URL_MAX + 1];
    assert_int_equal(url_canonical(url, canonical), OK);
    url_id(canonical, id);
}

static struct http_response answer(int status, const char *url, const char *body)
{
    return (struct http_response){.status = status,
                                  .problem = "",
                                  .url = url,
                                  .content_type = "text/html",
                                  .etag = "",
                                  .last_modified = "",
                                  .cache_control = "",
                                  .expires = "",
                                  .date = "",
                                  .retry_after = "",
                                  .body = (const uint8_t *)body,
                                  .size = strlen(body)};
}

struct rows {
    size_t n;
    char id[40][URL_ID_SIZE], title[40][100], url[40][100];
};

static void keep_row(void *arg, const struct outbox_row *row)
{
    struct rows *r = arg;
    ProtobufCMessage *m;
    struct problem why;
    assert_true(r->n < 40);
    if (wire_unpack(&newswire__v1__announcement__descriptor, row->payload, row->size, &m, &why))
        fail_msg("%s", why.text);
    snprintf(r->id[r->n], URL_ID_SIZE, "%s", row->id);
    snprintf(r->url[r->n], 100, "%s", ((pb_announcement *)m)->canonical_url);
    snprintf(r->title[r->n++], 100, "%s", ((pb_announcement *)m)->title);
    wire_free(m);
}

static struct rows outbox(struct place *p)
{
    struct rows r = {0};
    assert_int_equal(ledger_flush(p->ledger), OK);
    assert_int_equal(ledger_outbox_read(p->ledger, 0, 40, keep_row, &r), OK);
    return r;
}

static struct ledger_counts counts(struct place *p)
{
    struct ledger_counts c;
    assert_int_equal(ledger_count(p->ledger, &c), OK);
    return c;
}

// A feed of up to ten entries without pages to speak of: title and link each.
struct feed {
    pb_result result;
    pb_entry entries[10], *all[10];
    pb_announcement hints[10];
};

static void feed_add(struct feed *f, const char *link, const char *title, int64_t at_ms)
{
    size_t n = f->result.n_entries++;
    newswire__v1__entry__init(&f->entries[n]);
    newswire__v1__announcement__init(&f->hints[n]);
    f->all[n] = &f->entries[n];
    f->hints[n].title = (char *)(uintptr_t)title;
    f->hints[n].published_ms = at_ms;
    f->entries[n].link = (char *)(uintptr_t)link;
    f->entries[n].at_ms = at_ms;
    f->entries[n].hint = &f->hints[n];
}

static void feed_init(struct feed *f)
{
    newswire__v1__extract_result__init(&f->result);
    f->result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    f->result.entries = f->all;
}

static int polls; // each body differs from the one before

static void begin_poll(struct place *p, uint64_t source, struct record *r)
{
    char body[20];
    snprintf(body, sizeof body, "%d", ++polls);
    *r = (struct record){.backfill = 50};
    assert_int_equal(record_source(r, p->ledger, source), OK);
    struct http_response response = answer(200, FEED, body);
    assert_int_equal(record_response(r, p->ledger, &response, now), RECORD_READ);
}

static void poll(struct place *p, uint64_t source, const pb_result *result)
{
    struct record r;
    begin_poll(p, source, &r);
    record_understood(&r, p->ledger, result);
    record_clear(&r);
}

// A page that a feed has listed is asked for; what comes of it.
static void begin_page(struct place *p, const char *url, struct record *r)
{
    char id[URL_ID_SIZE];
    id_of(url, id);
    *r = (struct record){.backfill = 50};
    assert_int_equal(record_entry(r, p->ledger, id), OK);
}

static void see_page(struct place *p, uint64_t source, const char *url)
{
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, url, "国务院国资委公告", now);
    poll(p, source, &f.result);
}

static void fail_page(struct place *p, const char *url, int status)
{
    struct record r;
    begin_page(p, url, &r);
    struct http_response response = answer(status, url, "");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
}

// The page behind the link came from `url`.
static void read_page_from(struct place *p, const char *link, const char *url, pb_announcement *a)
{
    struct record r;
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    begin_page(p, link, &r);
    struct http_response response = answer(200, url, "<p>");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_READ);
    result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    result.announcement = a;
    record_understood(&r, p->ledger, &result);
    record_clear(&r);
}

static void read_page(struct place *p, const char *url, pb_announcement *a)
{
    read_page_from(p, url, url, a);
}

static void read_text(struct place *p, const char *url, const char *text)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "Board approves dividend";
    a.text = (char *)(uintptr_t)text;
    read_page(p, url, &a);
}

static struct source *source_of(struct place *p, uint64_t number)
{
    struct source *s;
    assert_int_equal(ledger_source_get(p->ledger, number, &s), OK);
    return s;
}

static struct entry *entry_of(struct place *p, const char *url)
{
    struct entry *e;
    char id[URL_ID_SIZE];
    id_of(url, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    return e;
}

struct wanted_event {
    const char *name, *words;
    bool found;
};

static void look_for(void *arg, const Newswire__V1__Event *e)
{
    struct wanted_event *w = arg;
    w->found |= strcmp(e->name, w->name) == 0 && strstr(e->detail, w->words);
}

// True if the story of an entry or source has such an event.
static bool told(struct place *p, const char *subject, const char *name, const char *words)
{
    struct wanted_event w = {name, words, false};
    assert_int_equal(ledger_story(p->ledger, subject, look_for, &w), OK);
    return w.found;
}

// What is removed while it is asked for.

static void a_page_whose_source_was_removed_meanwhile_is_dropped(void **state)
{
    enum moment { BEFORE_RESPONSE, BEFORE_FAILURE, BEFORE_WORK, BEFORE_CRASH, MOMENTS };
    struct place *p = *state;
    for (enum moment moment = BEFORE_RESPONSE; moment < MOMENTS; moment++) {
        struct record r;
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
        uint64_t source = add_source(p, FEED, BACKFILL_ALL);
        see_page(p, source, PAGE);
        begin_page(p, PAGE, &r);
        a.text = "text";
        result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
        result.announcement = &a;
        if (moment < BEFORE_WORK)
            assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        struct http_response response = answer(moment == BEFORE_FAILURE ? 410 : 200, PAGE, "<p>");
        enum record_next next = record_response(&r, p->ledger, &response, now);
        assert_int_equal(next, moment < BEFORE_WORK ? RECORD_DONE : RECORD_READ);
        if (moment >= BEFORE_WORK)
            assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        if (moment == BEFORE_WORK)
            record_understood(&r, p->ledger, &result);
        else if (moment == BEFORE_CRASH)
            record_failed(&r, p->ledger, "it killed three workers", true);
        record_clear(&r);
        assert_int_equal(outbox(p).n, 0);
        assert_int_equal(counts(p).pending, 0);
    }
}

static void a_source_that_was_removed_meanwhile_brings_nothing(void **state)
{
    struct place *p = *state;
    struct record r;
    struct feed f = {0};
    pb_result index = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    char *maps[] = {"http://news.example.com/map1.xml"};
    feed_init(&f);
    feed_add(&f, PAGE, "title", now);
    feed_add(&f, "", "a notice without a page", now);
    index.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP;
    index.feeds = maps;
    index.n_feeds = 1;
    for (int i = 0; i < 2; i++) {
        uint64_t source = add_source(p, FEED, BACKFILL_ALL);
        begin_poll(p, source, &r);
        assert_int_equal(ledger_source_remove(p->ledger, source), OK);
        record_understood(&r, p->ledger, i ? &index : &f.result);
        record_clear(&r);
        assert_int_equal(counts(p).sources, 0);
        assert_int_equal(counts(p).pending, 0);
        assert_int_equal(outbox(p).n, 0);
    }
}

static void what_is_not_wanted_any_more_is_not_asked_for(void **state)
{
    struct place *p = *state;
    struct record r = {0};
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    read_text(p, PAGE, "text");
    char id[URL_ID_SIZE];
    id_of(PAGE, id);
    assert_int_equal(record_entry(&r, p->ledger, id), ERR_NOTFOUND); // done
    record_clear(&r);
    assert_int_equal(ledger_source_pause(p->ledger, source, true), OK);
    assert_int_equal(record_source(&r, p->ledger, source), ERR_NOTFOUND);
    record_clear(&r);
    assert_int_equal(record_source(&r, p->ledger, 99), ERR_NOTFOUND);
    record_clear(&r);
}

// A worker is not trusted: it has read what came from outside.

static void a_page_without_an_announcement_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    see_page(p, source, PAGE);
    read_page(p, PAGE, NULL);
    struct entry *e = entry_of(p, PAGE);
    assert_int_equal(e->attempts, 1);
    entry_free(&e);
    poll(p, source, &result);
    struct source *s = source_of(p, source);
    assert_true(*s->trouble);
    source_free(&s);
}

static void an_unknown_kind_of_result_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    result.found = (Newswire__V1__SourceKind)99;
    result.problem = "of another version";
    poll(p, source, &result);
    struct source *s = source_of(p, source);
    assert_string_equal(s->trouble, "of another version");
    source_free(&s);
}

// Failures.

static void a_not_modified_that_was_not_asked_for_is_a_failure(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    fail_page(p, PAGE, 304);
    struct entry *e = entry_of(p, PAGE);
    assert_int_equal(e->state, ENTRY_PENDING);
    entry_free(&e);
}

static void the_feeds_own_words_are_published_when_the_page_does_not_come(void **state)
{
    static const struct {
        int status;
        size_t want[3]; // rows in the outbox after each failure
    } cases[] = {{500, {0, 1, 1}}, {404, {0, 1, 1}}, {410, {1, 1, 1}}, {401, {1, 1, 1}}};
    struct place *p = *state;
    size_t before = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100];
        snprintf(url, sizeof url, "http://news.example.com/%zu", i);
        uint64_t source = add_source(p, url, BACKFILL_ALL);
        see_page(p, source, url);
        for (int failure = 0; failure < 3; failure++) {
            struct entry *e = entry_of(p, url);
            if (e->state == ENTRY_PENDING)
                fail_page(p, url, cases[i].status);
            entry_free(&e);
            assert_int_equal(outbox(p).n - before, cases[i].want[failure]);
        }
        before = outbox(p).n;
    }
}

static void the_page_that_comes_later_is_the_next_revision(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    see_page(p, source, PAGE);
    fail_page(p, PAGE, 500), fail_page(p, PAGE, 500);
    read_text(p, PAGE, "the article");
    struct rows r = outbox(p);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.id[0], r.id[1]);
    assert_string_equal(r.title[0], "国务院国资委公告");
    assert_string_equal(r.title[1], "Board approves dividend");
}

static void trouble_is_clean_whatever_the_server_says(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct record r = {0};
    char problem[600];
    memset(problem, 'x', sizeof problem);
    snprintf(problem, sizeof problem, "%500s", "");
    memcpy(problem, "bad \xFF\x1B[2J", 9);
    snprintf(problem + 496, 100, "国资委国资委"); // cut in the middle of a character
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    struct http_response response = answer(0, FEED, "");
    response.outcome = HTTP_BROKEN;
    response.problem = problem;
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    struct source *s = source_of(p, source);
    assert_true(*s->trouble);
    assert_true(text_is_clean(s->trouble, strlen(s->trouble)));
    source_free(&s);
}

static void a_text_that_is_garbled_or_missing_is_not_published(void **state)
{
    static const struct {
        const char *text, *standfirst;
        uint32_t replacements;
        size_t want;
    } cases[] = {
        {"", "", 0, 0},
        {"", "Only a standfirst", 0, 1},
        {"a short text", "", 4, 1},
        {"a short text", "", 5, 0},
        {"a text that is long enough to bear the odd damaged character, for it is more than three "
         "hundred bytes and a reader will hardly notice. a text that is long enough to bear the "
         "odd "
         "damaged character, for it is more than three hundred bytes and a reader will hardly "
         "notice. And so it goes on for a while, to the end.",
         "", 5, 1},
    };
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100];
        size_t before = outbox(p).n;
        struct feed f = {0};
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        snprintf(url, sizeof url, "http://news.example.com/g/%zu", i);
        feed_init(&f);
        feed_add(&f, url, "", now); // nothing to publish in its stead
        poll(p, source, &f.result);
        a.text = (char *)(uintptr_t)cases[i].text;
        a.standfirst = (char *)(uintptr_t)cases[i].standfirst;
        a.replacements = cases[i].replacements;
        read_page(p, url, &a);
        if (outbox(p).n - before != cases[i].want)
            fail_msg("number %zu", i);
    }
}

// Feeds.

static void at_first_sight_the_newest_are_published_afterwards_all(void **state)
{
    static const struct {
        int64_t backfill;
        const char *want; // titles of what is pending, newest first
    } cases[] = {{0, ""}, {1, "c"}, {2, "cb"}, {BACKFILL_ALL, "abcd"}, {100, "abcd"}};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char links[5][100];
        struct feed f = {0};
        feed_init(&f);
        for (int n = 0; n < 5; n++)
            snprintf(links[n], 100, "http://news%zu.example.com/%c", i, 'a' + n);
        feed_add(&f, links[0], "a", now - 4 * HOUR_MS);
        feed_add(&f, links[1], "b", now - 2 * HOUR_MS);
        feed_add(&f, links[2], "c", now - HOUR_MS);
        feed_add(&f, links[3], "d", 0);
        char url[100];
        snprintf(url, sizeof url, "http://news%zu.example.com/feed", i);
        uint64_t source = add_source(p, url, cases[i].backfill);
        poll(p, source, &f.result);
        for (int n = 0; n < 4; n++) {
            struct entry *e = entry_of(p, links[n]);
            bool want = strchr(cases[i].want, 'a' + n) != NULL;
            assert_int_equal(e->state, want ? ENTRY_PENDING : ENTRY_BASELINE);
            entry_free(&e);
        }
        feed_add(&f, links[4], "e", 0);
        poll(p, source, &f.result);
        struct entry *e = entry_of(p, links[4]);
        assert_int_equal(e->state, ENTRY_PENDING);
        entry_free(&e);
    }
}

static void the_standard_backfill_holds_for_sources_of_every_kind(void **state)
{
    static const Newswire__V1__SourceKind kinds[] = {NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED,
                                                     NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP,
                                                     NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char links[2][100], url[100];
        struct feed f = {0};
        feed_init(&f);
        f.result.found = kinds[i];
        for (int n = 0; n < 2; n++) {
            snprintf(links[n], 100, "http://news%zu.example.com/%d", i, n);
            feed_add(&f, links[n], "国务院国资委公告", now - n * HOUR_MS);
        }
        snprintf(url, sizeof url, "http://news%zu.example.com/feed", i);
        uint64_t source = add_source(p, url, BACKFILL_STANDARD);
        struct record r;
        begin_poll(p, source, &r);
        r.backfill = 1;
        record_understood(&r, p->ledger, &f.result);
        record_clear(&r);
        struct entry *newest = entry_of(p, links[0]), *older = entry_of(p, links[1]);
        assert_int_equal(newest->state, ENTRY_PENDING);
        assert_int_equal(older->state, ENTRY_BASELINE);
        assert_true(told(p, older->id, "baseline", "not among the newest 1;"));
        entry_free(&newest);
        entry_free(&older);
    }
}

static void an_entry_without_a_page_is_published_as_it_is_and_again_when_it_changes(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, "", "停牌公告", now);
    f.entries[0].guid = "notice-1";
    poll(p, source, &f.result), poll(p, source, &f.result);
    assert_int_equal(outbox(p).n, 1);
    f.hints[0].title = "停牌公告（更正）";
    poll(p, source, &f.result);
    struct rows r = outbox(p);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.id[0], r.id[1]);
}

static void entries_that_say_nothing_are_left_out(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, "", "", now);
    feed_add(&f, "javascript:alert(1)", "", now);
    feed_add(&f, "file:///etc/passwd", "", now);
    feed_add(&f, "http://user:secret@news.example.com/", "", now);
    feed_add(&f, "", "", now);
    f.entries[4].hint = NULL;
    f.entries[4].guid = "guid";
    poll(p, source, &f.result);
    assert_int_equal(outbox(p).n, 0);
    assert_int_equal(counts(p).pending, 0);
}

static void the_same_bytes_again_are_unchanged(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    struct record r = {0};
    feed_init(&f);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(record_source(&r, p->ledger, source), OK);
        struct http_response response = answer(200, FEED, "<rss/>");
        assert_int_equal(record_response(&r, p->ledger, &response, now),
                         i ? RECORD_DONE : RECORD_READ);
        if (i == 0)
            record_understood(&r, p->ledger, &f.result);
        record_clear(&r);
    }
}

static void validators_are_kept_with_what_was_understood(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    struct feed f = {0};
    feed_init(&f);
    for (int understood = 0; understood < 2; understood++) {
        struct record r = {0};
        assert_int_equal(record_source(&r, p->ledger, source), OK);
        struct http_response response = answer(200, FEED, "<rss/>");
        response.etag = "\"v1\"";
        response.last_modified = "Tue, 14 Nov 2023 \x80 22:13:20 GMT"; // not clean: not kept
        assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_READ);
        if (understood)
            record_understood(&r, p->ledger, &f.result);
        else
            record_failed(&r, p->ledger, "not a feed", true);
        record_clear(&r);
        struct source *s = source_of(p, source);
        assert_string_equal(s->etag, understood ? "\"v1\"" : "");
        assert_string_equal(s->last_modified, "");
        source_free(&s);
    }
}

// A page that announces a feed.

// The page is a list of entries too.
static void poll_announcing(struct place *p, uint64_t source, char **feeds)
{
    struct feed f = {0};
    feed_init(&f);
    f.result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST;
    f.result.feeds = feeds;
    f.result.n_feeds = 1;
    feed_add(&f, PAGE, "国务院国资委公告", now);
    poll(p, source, &f.result);
}

static void a_feed_that_a_page_announces_is_followed_if_it_is_there(void **state)
{
    struct place *p = *state;
    char *feeds[] = {"http://news.example.com/gone.xml"};
    uint64_t source = add_source(p, "http://news.example.com/要闻/", BACKFILL_ALL);
    struct record r = {0};
    struct source *s;
    poll_announcing(p, source, feeds);
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    assert_string_equal(record_request(&r).url, feeds[0]);
    struct http_response response = answer(503, feeds[0], "");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    assert_int_equal(ledger_source_get(p->ledger, source, &s), OK);
    assert_string_equal(s->poll_url, feeds[0]); // it may come back
    assert_non_null(strstr(s->trouble, "the feed that the page announces, http://news"));
    source_free(&s);

    assert_int_equal(record_source(&r, p->ledger, source), OK);
    response.status = 404;
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
    assert_int_equal(counts(p).pending, 0);
    assert_int_equal(ledger_source_get(p->ledger, source, &s), OK);
    assert_string_equal(s->poll_url, s->url);
    assert_int_equal(s->next_poll_ms, now);
    source_free(&s);

    poll_announcing(p, source, feeds); // does not lead there again
    assert_int_equal(counts(p).pending, 1);
}

// Identity.

static void a_canonical_url_is_followed_on_the_same_site_and_not_to_its_front_page(void **state)
{
    static const struct {
        const char *canonical, *want;
    } cases[] = {
        {"", "http://news.example.com/c/0"},
        {"http://www.example.com/main", "http://www.example.com/main"},
        {"http://evil.example.net/main", "http://news.example.com/c/2"},
        {"http://news.example.com/", "http://news.example.com/c/3"},
        {"http://news.example.com", "http://news.example.com/c/4"},
        {"javascript:alert(1)", "http://news.example.com/c/5"},
        {"/relative", "http://news.example.com/c/6"},
        {"http://news.example.com/c/7?utm_source=x#top", "http://news.example.com/c/7"},
    };
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100], id[URL_ID_SIZE];
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        snprintf(url, sizeof url, "http://news.example.com/c/%zu", i);
        see_page(p, source, url);
        a.text = url;
        a.canonical_url = (char *)(uintptr_t)cases[i].canonical;
        read_page(p, url, &a);
        struct rows r = outbox(p);
        assert_int_equal(r.n, i + 1);
        id_of(cases[i].want, id);
        assert_string_equal(r.url[i], cases[i].want);
        assert_string_equal(r.id[i], id);
    }
}

static void links_that_lead_to_one_page_are_one_announcement(void **state)
{
    static const char *const links[] = {"http://news.example.com/go/1", "http://t.example.net/x",
                                        "http://news.example.com/要闻/1"};
    struct place *p = *state;
    uint64_t source = add_source(p, FEED, BACKFILL_ALL);
    char id[URL_ID_SIZE];
    for (size_t i = 0; i < 3; i++) {
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        a.title = "国务院国资委公告";
        a.text = "中央企业负责人会议在北京召开。";
        see_page(p, source, links[i]);
        read_page_from(p, links[i], links[2], &a);
    }
    struct rows r = outbox(p);
    id_of(links[2], id);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

// Gone pages redirect there: it must not take their place under one name.
static void a_redirect_to_the_front_page_names_nothing(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    a.text = "Welcome to our site";
    see_page(p, add_source(p, FEED, BACKFILL_ALL), PAGE);
    read_page_from(p, PAGE, "http://news.example.com/", &a);
    struct rows r = outbox(p);
    id_of(PAGE, id);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

// What a user sends with each request to a source (a key, a password) is not for other sites.

static void a_page_is_asked_for_with_the_site_that_the_headers_are_for(void **state)
{
    static const char *const links[] = {"http://news.example.com/1", "http://evil.example.net/1"};
    struct place *p = *state;
    Newswire__V1__SourceOptions options = NEWSWIRE__V1__SOURCE_OPTIONS__INIT;
    char *headers[] = {"X-Api-Key: secret"};
    options.headers = headers;
    options.n_headers = 1;
    options.old_tls = true;
    struct source s = {.url = FEED, .gap_ms = -1, .backfill = BACKFILL_ALL, .options = &options};
    uint64_t source;
    assert_int_equal(ledger_source_add(p->ledger, &s, &source), OK);
    struct record r = {0};
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    assert_int_equal(record_request(&r).n_headers, 1);
    assert_string_equal(record_request(&r).site, FEED);
    record_clear(&r);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        see_page(p, source, links[i]);
        begin_page(p, links[i], &r);
        assert_string_equal(record_request(&r).url, links[i]);
        assert_string_equal(record_request(&r).site, FEED); // http.c sends them nowhere else
        record_clear(&r);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_whose_source_was_removed_meanwhile_is_dropped),
        TEST(a_source_that_was_removed_meanwhile_brings_nothing),
        TEST(what_is_not_wanted_any_more_is_not_asked_for),
        TEST(a_page_without_an_announcement_is_a_failure),
        TEST(an_unknown_kind_of_result_is_a_failure),
        TEST(a_not_modified_that_was_not_asked_for_is_a_failure),
        TEST(the_feeds_own_words_are_published_when_the_page_does_not_come),
        TEST(the_page_that_comes_later_is_the_next_revision),
        TEST(trouble_is_clean_whatever_the_server_says),
        TEST(a_text_that_is_garbled_or_missing_is_not_published),
        TEST(at_first_sight_the_newest_are_published_afterwards_all),
        TEST(the_standard_backfill_holds_for_sources_of_every_kind),
        TEST(an_entry_without_a_page_is_published_as_it_is_and_again_when_it_changes),
        TEST(entries_that_say_nothing_are_left_out),
        TEST(the_same_bytes_again_are_unchanged),
        TEST(validators_are_kept_with_what_was_understood),
        TEST(a_feed_that_a_page_announces_is_followed_if_it_is_there),
        TEST(a_canonical_url_is_followed_on_the_same_site_and_not_to_its_front_page),
        TEST(links_that_lead_to_one_page_are_one_announcement),
        TEST(a_redirect_to_the_front_page_names_nothing),
        TEST(a_page_is_asked_for_with_the_site_that_the_headers_are_for),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
