// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "services/fetcher/ledger.h"

// Each test has a folder of its own.
struct place {
    char folder[64], path[96], url[128];
    struct ledger *ledger;
};

static struct ledger *open_ledger(const struct place *p)
{
    struct problem why = {""};
    struct ledger *l = NULL;
    if (ledger_open(p->url, &l, &why))
        fail_msg("%s", why.text);
    return l;
}

static void reopen(struct place *p)
{
    ledger_close(&p->ledger);
    p->ledger = open_ledger(p);
}

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/newswire-ledger-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->path, sizeof p->path, "%s/fetcher.db", p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s", p->path);
    p->ledger = open_ledger(p);
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

static uint64_t add_source(struct ledger *l, const char *url)
{
    struct source s = {.url = (char *)(uintptr_t)url, .gap_ms = -1, .next_poll_ms = 5};
    uint64_t number = 0;
    assert_int_equal(ledger_source_add(l, &s, &number), OK);
    return number;
}

static void id_of(const char *url, char id[URL_ID_SIZE])
{
    char canonical[URL_MAX + 1];
    assert_int_equal(url_canonical(url, canonical), OK);
    url_id(canonical, id);
}

static enum seen see(struct ledger *l, uint64_t source, const char *url, const char *hint)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum seen seen;
    id_of(url, id);
    a.title = (char *)(uintptr_t)hint;
    struct sighting s = {id, url, "example.com:80", ENTRY_PENDING, hint ? &a : NULL};
    assert_int_equal(ledger_entry_see(l, source, &s, 10, &seen), OK);
    return seen;
}

// What comes of the page at `url` with this text; "" for a canonical URL that it does not name.
static enum article article(struct ledger *l, const char *url, const char *canonical,
                            const char *text, int64_t fetched_ms)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum article outcome;
    id_of(url, id);
    a.title = "国务院国资委发布公告";
    a.text = (char *)(uintptr_t)text;
    a.fetched_ms = fetched_ms;
    struct understood u = {
        .id = id, .announcement = &a, .canonical = canonical, .etag = "e", .last_modified = "m"};
    assert_int_equal(ledger_article(l, &u, fetched_ms, &outcome), OK);
    return outcome;
}

static void see_and_read(struct ledger *l, uint64_t source, const char *url, const char *canonical,
                         const char *text, int64_t fetched_ms, enum article want)
{
    see(l, source, url, NULL);
    assert_int_equal(article(l, url, canonical, text, fetched_ms), want);
}

struct rows {
    size_t n;
    uint64_t sequence[64], revision[64];
    char id[64][URL_ID_SIZE];
};

static void keep_row(void *arg, const struct outbox_row *row)
{
    struct rows *r = arg;
    assert_true(r->n < 64);
    r->sequence[r->n] = row->sequence;
    r->revision[r->n] = row->revision;
    snprintf(r->id[r->n++], URL_ID_SIZE, "%s", row->id);
}

static struct rows outbox(struct ledger *l)
{
    struct rows r = {0};
    assert_int_equal(ledger_outbox_read(l, 0, 64, keep_row, &r), OK);
    return r;
}

static struct rows flushed_outbox(struct ledger *l)
{
    assert_int_equal(ledger_flush(l), OK);
    return outbox(l);
}

static struct ledger_counts counts(struct ledger *l)
{
    struct ledger_counts c;
    assert_int_equal(ledger_count(l, &c), OK);
    return c;
}

static void queue_one(struct ledger *l, int n)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    snprintf(id, sizeof id, "%032d", n);
    a.id = id;
    a.revision = 7;
    a.title = "A company announces its results";
    assert_int_equal(ledger_outbox_add(l, &a), OK);
}

// Crashes.

static void work_and_wait(const struct place *p, bool flush, int ready)
{
    struct ledger *l = open_ledger(p);
    struct source *s;
    assert_int_equal(ledger_source_find(l, "http://example.com/feed", &s), OK);
    free(s->etag);
    s->etag = mem_strdup("\"2\"");
    see_and_read(l, s->number, "http://example.com/b", "", "two", 200, ARTICLE_QUEUED);
    assert_int_equal(ledger_source_save(l, s), OK);
    if (flush)
        assert_int_equal(ledger_flush(l), OK);
    if (write(ready, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

// Runs work_and_wait() in a child and kills it when it is done.
static void killed(struct place *p, bool flush)
{
    int ready[2];
    char byte;
    ledger_close(&p->ledger);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0)
        work_and_wait(p, flush, ready[1]);
    close(ready[1]);
    ssize_t got = read(ready[0], &byte, 1);
    close(ready[0]);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(got, 1);
    p->ledger = open_ledger(p);
}

static void a_crash_keeps_what_was_flushed_and_only_that(void **state)
{
    struct place *p = *state;
    uint64_t number = add_source(p->ledger, "http://example.com/feed");
    see_and_read(p->ledger, number, "http://example.com/a", "", "one", 100, ARTICLE_QUEUED);
    assert_int_equal(ledger_flush(p->ledger), OK);
    for (int flush = 0; flush <= 1; flush++) {
        struct source *s;
        struct entry *e = NULL;
        char id[URL_ID_SIZE];
        id_of("http://example.com/b", id);
        killed(p, flush);
        // Validators, entry and outbox row: all three or none.
        assert_int_equal(ledger_source_get(p->ledger, number, &s), OK);
        assert_string_equal(s->etag, flush ? "\"2\"" : "");
        assert_int_equal(ledger_entry_get(p->ledger, id, &e), flush ? OK : ERR_NOTFOUND);
        assert_int_equal(outbox(p->ledger).n, flush ? 2 : 1);
        source_free(&s);
        entry_free(&e);
    }
}

static void a_sequence_is_never_given_twice(void **state)
{
    struct place *p = *state;
    queue_one(p->ledger, 1), queue_one(p->ledger, 2);
    struct rows before = flushed_outbox(p->ledger);
    assert_int_equal(ledger_outbox_done(p->ledger, before.sequence[0]), OK);
    assert_int_equal(ledger_outbox_done(p->ledger, before.sequence[1]), OK);
    assert_int_equal(ledger_flush(p->ledger), OK);
    reopen(p);
    assert_int_equal(outbox(p->ledger).n, 0);
    queue_one(p->ledger, 3);
    struct rows after = flushed_outbox(p->ledger);
    assert_int_equal(after.n, 1);
    assert_true(after.sequence[0] > before.sequence[1]);
}

static void store_and_epoch_stay_the_same(void **state)
{
    struct place *p = *state;
    char store[33];
    uint64_t epoch = ledger_epoch(p->ledger);
    snprintf(store, sizeof store, "%s", ledger_store(p->ledger));
    assert_int_equal(strspn(store, "0123456789abcdef"), 32);
    assert_true(epoch > 0);
    reopen(p);
    assert_string_equal(ledger_store(p->ledger), store);
    assert_true(ledger_epoch(p->ledger) == epoch);
}

static void rows_are_shown_once_they_are_flushed(void **state)
{
    struct place *p = *state;
    queue_one(p->ledger, 1);
    assert_true(ledger_dirty(p->ledger));
    assert_int_equal(outbox(p->ledger).n, 0);
    assert_int_equal(ledger_flush(p->ledger), OK);
    assert_false(ledger_dirty(p->ledger));
    queue_one(p->ledger, 2);
    assert_int_equal(outbox(p->ledger).n, 1);
    assert_int_equal(flushed_outbox(p->ledger).n, 2);
}

// Identity.

static void a_revision_is_the_time_of_the_fetch_or_one_more_than_the_last(void **state)
{
    static const int64_t fetched[] = {1000, 2000, 1500, 1500, 2001, 9000};
    static const uint64_t want[] = {1000, 2000, 2001, 2002, 2003, 9000};
    struct place *p = *state;
    see(p->ledger, 1, "http://example.com/a", NULL);
    for (size_t i = 0; i < 6; i++) {
        char text[20];
        snprintf(text, sizeof text, "版本 %zu", i);
        assert_int_equal(article(p->ledger, "http://example.com/a", "", text, fetched[i]),
                         ARTICLE_QUEUED);
    }
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(r.revision[i] == want[i]);
        assert_string_equal(r.id[i], r.id[0]);
    }
}

static void unchanged_content_publishes_nothing(void **state)
{
    struct place *p = *state;
    const char *url = "http://example.com/a";
    see_and_read(p->ledger, 1, url, "", "one", 1, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, url, "", "one", 2), ARTICLE_UNCHANGED);
    reopen(p);
    assert_int_equal(flushed_outbox(p->ledger).n, 0); // the group was not flushed
    see_and_read(p->ledger, 1, url, "", "one", 3, ARTICLE_QUEUED);
    assert_int_equal(ledger_flush(p->ledger), OK);
    reopen(p);
    assert_int_equal(article(p->ledger, url, "", "one", 4), ARTICLE_UNCHANGED);
    assert_int_equal(article(p->ledger, url, "", "two", 5), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, url, "", "one", 6), ARTICLE_QUEUED); // back again is news
    assert_int_equal(flushed_outbox(p->ledger).n, 3);
}

static void words_that_move_between_title_and_text_are_a_change(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum article outcome;
    id_of("http://example.com/a", id);
    see(p->ledger, 1, "http://example.com/a", NULL);
    struct understood u = {
        .id = id, .announcement = &a, .canonical = "", .etag = "", .last_modified = ""};
    static const char *const parts[][3] = {{"ab", "", "c"}, {"a", "b", "c"}, {"a", "", "bc"}};
    for (size_t i = 0; i < 3; i++) {
        a.title = (char *)(uintptr_t)parts[i][0];
        a.standfirst = (char *)(uintptr_t)parts[i][1];
        a.text = (char *)(uintptr_t)parts[i][2];
        assert_int_equal(ledger_article(p->ledger, &u, 1, &outcome), OK);
        assert_int_equal(outcome, ARTICLE_QUEUED);
    }
}

#define MAIN   "http://example.com/main"
#define MOBILE "http://m.example.com/main"
#define PRINT  "http://example.com/print/main"

static void the_same_page_at_two_addresses_is_published_once(void **state)
{
    struct place *p = *state;
    char id[URL_ID_SIZE];
    id_of(MAIN, id);
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    see_and_read(p->ledger, 1, MAIN, MAIN, "one", 3, ARTICLE_DUPLICATE);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.id[0], id);
}

static void what_came_at_its_own_address_first_is_not_published_again(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MAIN, "", "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 3, ARTICLE_DUPLICATE);
    assert_int_equal(flushed_outbox(p->ledger).n, 1);
}

static void a_duplicate_that_is_read_again_stays_one(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 2, ARTICLE_DUPLICATE);
    assert_int_equal(article(p->ledger, PRINT, MAIN, "one", 3), ARTICLE_UNCHANGED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 4), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, PRINT, MAIN, "one", 5),
                     ARTICLE_UNCHANGED); // not renewed yet
    assert_int_equal(article(p->ledger, PRINT, MAIN, "two", 6), ARTICLE_DUPLICATE);
    assert_int_equal(flushed_outbox(p->ledger).n, 2);
}

static void revisions_of_one_announcement_grow_whichever_page_brings_them(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, MAIN, "one", 9000, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, PRINT, MAIN, "one", 9001, ARTICLE_DUPLICATE);
    // The clock was set back meanwhile.
    assert_int_equal(article(p->ledger, PRINT, MAIN, "two", 500), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 501), ARTICLE_DUPLICATE);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "three", 502), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 3);
    assert_true(r.revision[0] == 9000 && r.revision[1] == 9001 && r.revision[2] == 9002);
}

static void a_canonical_url_that_pages_of_other_content_share_is_refused(void **state)
{
    struct place *p = *state;
    char id[3][URL_ID_SIZE];
    const char *shared = "http://example.com/news";
    id_of(shared, id[0]), id_of("http://example.com/b", id[1]),
        id_of("http://example.com/c", id[2]);
    see_and_read(p->ledger, 1, "http://example.com/a", shared, "甲", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, "http://example.com/b", shared, "乙", 2, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, "http://example.com/c", shared, "丙", 3, ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(r.id[i], id[i]);
}

// A page may claim the address of another one that is read only later.
static void no_page_is_published_under_an_id_that_another_took(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, "http://example.com/a", MAIN, "甲", 1, ARTICLE_QUEUED);
    see_and_read(p->ledger, 1, MAIN, "", "乙", 2, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, "http://example.com/a", MAIN, "甲甲", 3), ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MAIN, "", "乙乙", 4), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_int_equal(r.n, 4);
    assert_string_not_equal(r.id[0], r.id[1]);
    assert_string_equal(r.id[0], r.id[2]);
    assert_string_equal(r.id[1], r.id[3]);
    assert_int_equal(strspn(r.id[1], "0123456789abcdef"), 32);
}

static void an_identity_once_given_stays(void **state)
{
    struct place *p = *state;
    see_and_read(p->ledger, 1, MOBILE, "", "one", 1, ARTICLE_QUEUED);
    assert_int_equal(article(p->ledger, MOBILE, MAIN, "two", 2), ARTICLE_QUEUED);
    struct rows r = flushed_outbox(p->ledger);
    assert_string_equal(r.id[0], r.id[1]);
}

// Entries.

static void an_entry_is_new_once_and_changed_when_its_hint_is(void **state)
{
    struct place *p = *state;
    uint64_t one = add_source(p->ledger, "http://example.com/1");
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_NEW);
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_KNOWN);
    assert_int_equal(see(p->ledger, one, MAIN, NULL), SEEN_KNOWN); // says less: nothing new
    assert_int_equal(see(p->ledger, one, MAIN, "title, corrected"), SEEN_CHANGED);
    assert_int_equal(see(p->ledger, one, MAIN, "title, corrected"), SEEN_KNOWN);
}

// Feeds of one site list the same page, each with its own words about it.
static void two_sources_that_describe_a_page_differently_do_not_change_it(void **state)
{
    struct place *p = *state;
    uint64_t one = add_source(p->ledger, "http://example.com/1");
    uint64_t two = add_source(p->ledger, "http://example.com/2");
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_NEW);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_KNOWN);
    assert_int_equal(see(p->ledger, one, MAIN, "title"), SEEN_KNOWN);
    // Of a removed source the other one takes over.
    assert_int_equal(article(p->ledger, MAIN, "", "text", 1), ARTICLE_QUEUED);
    assert_int_equal(ledger_source_remove(p->ledger, one), OK);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_CHANGED);
    assert_int_equal(see(p->ledger, two, MAIN, "标题"), SEEN_KNOWN);
    struct entry *e;
    char id[URL_ID_SIZE];
    id_of(MAIN, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_string_equal(e->source_url, "http://example.com/2");
    entry_free(&e);
}

static void a_changed_hint_makes_a_done_page_pending(void **state)
{
    struct place *p = *state;
    uint64_t source = add_source(p->ledger, "http://example.com/1");
    see(p->ledger, source, MAIN, "title");
    article(p->ledger, MAIN, "", "text", 1);
    assert_int_equal(counts(p->ledger).pending, 0);
    see(p->ledger, source, MAIN, "title, corrected");
    assert_int_equal(counts(p->ledger).pending, 1);
}

static void a_failure_is_counted_once_even_if_the_hint_is_published(void **state)
{
    struct place *p = *state;
    struct entry *e;
    char id[URL_ID_SIZE];
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "title";
    enum article outcome;
    id_of(MAIN, id);
    see(p->ledger, 1, MAIN, "title");
    assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 500", 60000, 1), OK);
    assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 500", 90000, 2), OK);
    struct understood u = {.id = id,
                           .announcement = &a,
                           .canonical = "",
                           .etag = "",
                           .last_modified = "",
                           .trouble = "HTTP 500",
                           .again_ms = 90000};
    assert_int_equal(ledger_article(p->ledger, &u, 2, &outcome), OK);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_int_equal(e->attempts, 2);
    assert_int_equal(e->state, ENTRY_PENDING);
    entry_free(&e);
    assert_int_equal(article(p->ledger, MAIN, "", "text", 3), ARTICLE_QUEUED);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    assert_int_equal(e->attempts, 0);
    assert_int_equal(e->state, ENTRY_DONE);
    entry_free(&e);
}

static void an_entry_that_is_given_up_is_failed_unless_it_was_published(void **state)
{
    struct place *p = *state;
    for (int published = 0; published <= 1; published++) {
        struct entry *e;
        char id[URL_ID_SIZE];
        id_of(MAIN, id);
        see(p->ledger, 1, MAIN, NULL);
        if (published)
            article(p->ledger, MAIN, "", "text", 1);
        assert_int_equal(ledger_entry_failed(p->ledger, id, "HTTP 410", 0, 2), OK);
        assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
        assert_int_equal(e->state, published ? ENTRY_DONE : ENTRY_FAILED);
        entry_free(&e);
    }
}

static void removing_a_source_leaves_nothing_of_it_to_be_fetched(void **state)
{
    struct place *p = *state;
    struct entry *e = NULL;
    char id[URL_ID_SIZE];
    uint64_t source = add_source(p->ledger, "http://example.com/1");
    see(p->ledger, source, MAIN, "title");
    article(p->ledger, MAIN, "", "text", 1);
    see(p->ledger, source, MAIN, "title, corrected"); // pending again
    see(p->ledger, source, PRINT, "title");           // never read
    assert_int_equal(ledger_source_remove(p->ledger, source), OK);
    assert_int_equal(counts(p->ledger).pending, 0);
    assert_int_equal(counts(p->ledger).outbox, 1);
    id_of(MAIN, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK); // stays known
    entry_free(&e);
    id_of(PRINT, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), ERR_NOTFOUND);
}

static void what_comes_for_a_removed_entry_is_not_found(void **state)
{
    struct place *p = *state;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    enum article outcome;
    struct understood u = {.id = "00000000000000000000000000000000",
                           .announcement = &a,
                           .canonical = "",
                           .etag = "",
                           .last_modified = ""};
    assert_int_equal(ledger_article(p->ledger, &u, 1, &outcome), ERR_NOTFOUND);
    assert_int_equal(ledger_entry_retry(p->ledger, u.id, 1), ERR_NOTFOUND);
}

// Sources.

static void a_source_is_added_once(void **state)
{
    struct place *p = *state;
    struct source s = {.url =
                           (char *)(uintptr_t) "http://例え.example/?a='; DROP TABLE sources; --"};
    uint64_t number, again;
    assert_int_equal(ledger_source_add(p->ledger, &s, &number), OK);
    assert_int_equal(ledger_source_add(p->ledger, &s, &again), ERR_EXISTS);
    assert_int_equal(ledger_flush(p->ledger), OK);
    reopen(p);
    struct source *found;
    assert_int_equal(ledger_source_find(p->ledger, s.url, &found), OK);
    assert_true(found->number == number);
    assert_string_equal(found->url, s.url);
    source_free(&found);
    assert_int_equal(counts(p->ledger).sources, 1);
}

static void count_due(void *arg, uint64_t number, const char *url, int64_t gap_ms)
{
    (void)number, (void)url, (void)gap_ms;
    ++*(int *)arg;
}

static void a_paused_source_is_never_due(void **state)
{
    struct place *p = *state;
    uint64_t number = add_source(p->ledger, "http://example.com/1"); // due at 5
    static const struct {
        int64_t now;
        bool paused;
        int want;
    } cases[] = {{4, false, 0}, {5, false, 1}, {1000, true, 0}, {1000, false, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int due = 0;
        int64_t at;
        assert_int_equal(ledger_source_pause(p->ledger, number, cases[i].paused), OK);
        assert_int_equal(ledger_due(p->ledger, cases[i].now, 10, count_due, &due), OK);
        assert_int_equal(due, cases[i].want);
        assert_int_equal(ledger_next_poll(p->ledger, &at), OK);
        assert_true(at == (cases[i].paused ? INT64_MAX : 5));
    }
}

// Outbox.

static void the_third_poison_buries_and_a_retry_starts_anew(void **state)
{
    struct place *p = *state;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0], n = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= 3; i++) {
            bool dead = i < 3;
            assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "it crashes", 5, &dead), OK);
            assert_true(dead == (i == 3));
        }
        assert_int_equal(flushed_outbox(p->ledger).n, 0);
        assert_int_equal(counts(p->ledger).dead, 1);
        assert_int_equal(ledger_dead_retry(p->ledger, "", &n), OK);
        assert_int_equal(n, 1);
        assert_int_equal(flushed_outbox(p->ledger).n, 1);
    }
}

// Two classifiers may have had the row, one in vain.
static void poison_for_a_row_that_is_done_is_not_found(void **state)
{
    struct place *p = *state;
    bool dead = false;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0];
    assert_int_equal(ledger_outbox_done(p->ledger, sequence), OK);
    assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "late", 5, &dead), ERR_NOTFOUND);
    assert_int_equal(ledger_outbox_poison(p->ledger, UINT64_MAX, "never", 5, &dead), ERR_NOTFOUND);
    assert_false(dead);
    assert_int_equal(ledger_flush(p->ledger), OK);
}

static void keep_dead(void *arg, const Newswire__V1__DeadLetter *d)
{
    char *line = arg;
    snprintf(line, 200, "%s|%s|%s|%" PRId64, d->id, d->title, d->reason, d->at_ms);
}

static void a_dead_letter_says_what_it_is_and_why(void **state)
{
    struct place *p = *state;
    char line[200] = "";
    bool dead;
    uint64_t n;
    queue_one(p->ledger, 1);
    uint64_t sequence = flushed_outbox(p->ledger).sequence[0];
    for (int i = 0; i < 3; i++)
        assert_int_equal(ledger_outbox_poison(p->ledger, sequence, "分类器崩溃", 5, &dead), OK);
    assert_int_equal(ledger_dead(p->ledger, 10, keep_dead, line), OK);
    assert_string_equal(
        line, "00000000000000000000000000000001|A company announces its results|分类器崩溃|5");
    assert_int_equal(ledger_dead_drop(p->ledger, "nobody", 6, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(ledger_dead_drop(p->ledger, "00000000000000000000000000000001", 6, &n), OK);
    assert_int_equal(n, 1);
    assert_int_equal(counts(p->ledger).dead, 0);
}

// Stories.

struct story {
    size_t n;
    int64_t first, last;
    char detail[4096];
};

static void keep_event(void *arg, const Newswire__V1__Event *e)
{
    struct story *s = arg;
    if (s->n++ == 0)
        s->first = e->at_ms;
    assert_true(e->at_ms >= s->last);
    s->last = e->at_ms;
    snprintf(s->detail, sizeof s->detail, "%s", e->detail);
}

static void a_story_is_told_in_order_and_its_newest_part_if_it_is_long(void **state)
{
    struct place *p = *state;
    struct story s = {0};
    for (int i = 1; i <= 250; i++)
        assert_int_equal(ledger_tell(p->ledger, "x", i, "polled", ""), OK);
    assert_int_equal(ledger_story(p->ledger, "x", keep_event, &s), OK);
    assert_int_equal(s.n, 200);
    assert_true(s.first == 51 && s.last == 250);
    assert_int_equal(ledger_forget(p->ledger, 250), OK);
    s = (struct story){0};
    assert_int_equal(ledger_story(p->ledger, "x", keep_event, &s), OK);
    assert_int_equal(s.n, 1);
}

static void a_store_that_is_no_ledger_is_refused_in_one_sentence(void **state)
{
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"", "sqlite:PATH"},
        {"sqlite:", "sqlite:PATH"},
        {"postgresql://host/db", "sqlite:PATH"},
        {"/var/lib/fetcher.db", "sqlite:PATH"},
        {"SQLITE:x", "sqlite:PATH"},
        {"sqlite:/nonexistent-folder/fetcher.db", "folder that exists"},
        {"sqlite:/tmp", "not a file"},
        {"sqlite:/dev/null", "not a file"},
        {"sqlite::memory:", "file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger *l = NULL;
        struct problem why = {""};
        if (ledger_open(cases[i].url, &l, &why) != ERR_CONFIG)
            fail_msg("%s is opened", cases[i].url);
        assert_null(l);
        if (!strstr(why.text, cases[i].want) || strchr(why.text, '\n'))
            fail_msg("%s: %s", cases[i].url, why.text);
    }
}

static void a_ledger_is_open_once(void **state)
{
    struct place *p = *state;
    struct ledger *l = NULL;
    struct problem why = {""};
    assert_int_equal(ledger_open(p->url, &l, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "in use by another process"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_crash_keeps_what_was_flushed_and_only_that),
        TEST(a_sequence_is_never_given_twice),
        TEST(store_and_epoch_stay_the_same),
        TEST(rows_are_shown_once_they_are_flushed),
        TEST(a_revision_is_the_time_of_the_fetch_or_one_more_than_the_last),
        TEST(unchanged_content_publishes_nothing),
        TEST(words_that_move_between_title_and_text_are_a_change),
        TEST(the_same_page_at_two_addresses_is_published_once),
        TEST(what_came_at_its_own_address_first_is_not_published_again),
        TEST(a_duplicate_that_is_read_again_stays_one),
        TEST(revisions_of_one_announcement_grow_whichever_page_brings_them),
        TEST(a_canonical_url_that_pages_of_other_content_share_is_refused),
        TEST(no_page_is_published_under_an_id_that_another_took),
        TEST(an_identity_once_given_stays),
        TEST(an_entry_is_new_once_and_changed_when_its_hint_is),
        TEST(two_sources_that_describe_a_page_differently_do_not_change_it),
        TEST(a_changed_hint_makes_a_done_page_pending),
        TEST(a_failure_is_counted_once_even_if_the_hint_is_published),
        TEST(an_entry_that_is_given_up_is_failed_unless_it_was_published),
        TEST(removing_a_source_leaves_nothing_of_it_to_be_fetched),
        TEST(what_comes_for_a_removed_entry_is_not_found),
        TEST(a_source_is_added_once),
        TEST(a_paused_source_is_never_due),
        TEST(the_third_poison_buries_and_a_retry_starts_anew),
        TEST(poison_for_a_row_that_is_done_is_not_found),
        TEST(a_dead_letter_says_what_it_is_and_why),
        TEST(a_story_is_told_in_order_and_its_newest_part_if_it_is_long),
        TEST(a_store_that_is_no_ledger_is_refused_in_one_sentence),
        TEST(a_ledger_is_open_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
