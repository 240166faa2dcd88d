// SPDX-License-Identifier: MIT
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
#include "tests/unit/fetcher/ledger_place.h"

// Crashes.

static void work_and_wait(const struct place *p, bool flush, int ready)
{
    struct ledger *l = place_ledger(p);
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
    p->ledger = place_ledger(p);
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
    place_reopen(p);
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
    place_reopen(p);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_crash_keeps_what_was_flushed_and_only_that),
        TEST(a_sequence_is_never_given_twice),
        TEST(store_and_epoch_stay_the_same),
        TEST(rows_are_shown_once_they_are_flushed),
        TEST(a_story_is_told_in_order_and_its_newest_part_if_it_is_long),
        TEST(a_store_that_is_no_ledger_is_refused_in_one_sentence),
        TEST(a_ledger_is_open_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
