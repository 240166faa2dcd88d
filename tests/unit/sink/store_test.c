// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/sqlite.h"
#include "tests/unit/folder.h"
#include "tests/unit/sink/sink_news.h"

// Each test has a folder of its own.
struct place {
    char folder[FOLDER_SIZE], path[96], url[128];
    struct store *store;
};

static void open_store(struct place *p)
{
    struct problem why = {""};
    if (store_open(&(struct store_options){.url = p->url}, &p->store, &why))
        fail_msg("%s", why.text);
}

static void reopen(struct place *p)
{
    store_close(&p->store);
    open_store(p);
}

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    folder_make(p->folder);
    snprintf(p->path, sizeof p->path, "%s/sink.db", p->folder);
    snprintf(p->url, sizeof p->url, "sqlite:%s", p->path);
    open_store(p);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    store_close(&p->store);
    folder_remove(p->folder);
    free(p);
    return 0;
}

static struct store_put commit_at(struct store *s, unsigned n, uint64_t revision, const char *label,
                                  int64_t now_ms)
{
    struct sample sample;
    struct problem why = {""};
    sample_fill(&sample, n, revision, label);
    struct store_put put = sample_put(&sample);
    if (store_commit(s, &put, 1, now_ms, 0, &why))
        fail_msg("%s", why.text);
    return put;
}

static struct store_put commit(struct store *s, unsigned n, uint64_t revision, const char *label)
{
    return commit_at(s, n, revision, label, 1000);
}

static void want_outcome(struct store_put put, enum store_outcome outcome, uint64_t sequence)
{
    assert_int_equal(put.outcome, outcome);
    assert_int_equal(put.sequence, sequence);
}

struct rows {
    size_t n;
    pb_news *news[1000];
    struct store_extent extent;
};

static void keep_row(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                     size_t size)
{
    struct rows *rows = arg;
    ProtobufCMessage *m;
    struct problem why = {""};
    if (wire_unpack(&newswire__v1__classified_news__descriptor, packed, size, &m, &why))
        fail_msg("%s", why.text);
    pb_news *news = (pb_news *)m;
    assert_int_equal(news->sequence, sequence);
    assert_string_equal(news->classification->primary, label);
    rows->news[rows->n++] = news;
}

static struct rows *read_range(struct store *s, struct store_range range)
{
    struct rows *rows = calloc(1, sizeof *rows);
    struct problem why = {""};
    range.limit = range.limit ? range.limit : 1000;
    range.bytes = range.bytes ? range.bytes : 1 << 20;
    if (store_read(s, &range, keep_row, rows, &rows->extent, &why))
        fail_msg("%s", why.text);
    return rows;
}

static void rows_free(struct rows **rows)
{
    for (size_t i = 0; i < (*rows)->n; i++)
        wire_free(&(*rows)->news[i]->base);
    free(*rows);
    *rows = NULL;
}

// The sequences that a range gives, and how far it goes.
static void want_range(struct store *s, struct store_range range, const uint64_t *want, size_t n,
                       uint64_t want_through)
{
    struct rows *rows = read_range(s, range);
    assert_int_equal(rows->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rows->news[i]->sequence, want[i]);
    assert_int_equal(rows->extent.through, want_through);
    rows_free(&rows);
}

#define WANT(...) (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8

static void sequences_are_without_a_gap_and_survive(void **state)
{
    struct place *p = *state;
    for (unsigned i = 1; i <= 5; i++)
        want_outcome(commit(p->store, i, 1, "other"), STORE_NEW, i);
    uint64_t epoch = store_state(p->store)->epoch;
    reopen(p);
    assert_int_equal(store_state(p->store)->epoch, epoch);
    assert_int_equal(store_state(p->store)->head, 5);
    want_outcome(commit(p->store, 6, 1, "other"), STORE_NEW, 6);
}

static void what_was_stored_is_read_back_whole(void **state)
{
    struct place *p = *state;
    commit_at(p->store, 1, 42, "soe-policy", 12345);
    struct rows *rows = read_range(p->store, (struct store_range){0});
    assert_int_equal(rows->n, 1);
    const pb_news *n = rows->news[0];
    assert_int_equal(n->epoch, store_state(p->store)->epoch);
    assert_int_equal(n->previous, 0);
    assert_int_equal(n->committed_ms, 12345);
    assert_int_equal(n->announcement->revision, 42);
    assert_string_equal(n->announcement->title, "集团召开年度工作会议");
    assert_string_equal(n->announcement->text, "会议总结了全年工作。");
    rows_free(&rows);
}

static void the_same_revision_is_known(void **state)
{
    struct place *p = *state;
    commit(p->store, 1, 5, "other");
    want_outcome(commit(p->store, 1, 5, "other"), STORE_KNOWN, 0);
    reopen(p);
    want_outcome(commit(p->store, 1, 5, "other"), STORE_KNOWN, 0);
    assert_int_equal(store_state(p->store)->head, 1);
}

static void twice_in_one_commit_is_once(void **state)
{
    struct place *p = *state;
    struct sample a, b;
    struct problem why;
    sample_fill(&a, 1, 5, "other");
    sample_fill(&b, 1, 5, "other");
    struct store_put puts[] = {sample_put(&a), sample_put(&b)};
    assert_int_equal(store_commit(p->store, puts, 2, 1, 0, &why), OK);
    want_outcome(puts[0], STORE_NEW, 1);
    want_outcome(puts[1], STORE_KNOWN, 0);
}

static void a_newer_revision_is_published_and_takes_the_place(void **state)
{
    struct place *p = *state;
    commit(p->store, 1, 5, "other");
    commit(p->store, 2, 1, "other");
    want_outcome(commit(p->store, 1, 6, "soe-policy"), STORE_NEW, 3);
    const struct store_state *s = store_state(p->store);
    assert_int_equal(s->announcements, 2);
    assert_int_equal(s->labels[0].count, 1);
    assert_int_equal(s->labels[1].count, 1);
    // What was published stays published.
    want_range(p->store, (struct store_range){0}, WANT(1, 2, 3), 3);
}

static void an_older_revision_is_recorded_but_does_not_overwrite(void **state)
{
    struct place *p = *state;
    commit(p->store, 1, 5, "other");
    want_outcome(commit(p->store, 1, 4, "soe-policy"), STORE_LATE, 0);
    want_outcome(commit(p->store, 1, 4, "soe-policy"), STORE_KNOWN, 0);
    struct sample sample;
    sample_fill(&sample, 1, 5, "other");
    struct rows *rows = read_range(p->store, (struct store_range){.id = sample.id});
    assert_int_equal(rows->n, 1);
    assert_int_equal(rows->news[0]->announcement->revision, 5);
    rows_free(&rows);
    assert_int_equal(store_state(p->store)->head, 1);
}

static void previous_is_the_last_of_the_label(void **state)
{
    struct place *p = *state;
    static const char *const labels[] = {"other", "soe-policy", "other", "other", "soe-policy"};
    static const uint64_t want_previous[] = {0, 0, 1, 3, 2};
    for (unsigned i = 0; i < 5; i++) {
        commit(p->store, i, 1, labels[i]);
        if (i == 2)
            reopen(p);
    }
    struct rows *rows = read_range(p->store, (struct store_range){0});
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(rows->news[i]->previous, want_previous[i]);
    rows_free(&rows);
}

static void an_id_is_found_in_its_newest_revision(void **state)
{
    struct place *p = *state;
    struct sample sample;
    commit(p->store, 1, 1, "other");
    commit(p->store, 1, 2, "other");
    sample_fill(&sample, 1, 1, "other");
    struct rows *rows = read_range(p->store, (struct store_range){.id = sample.id});
    assert_int_equal(rows->n, 1);
    assert_int_equal(rows->news[0]->announcement->revision, 2);
    rows_free(&rows);
    rows = read_range(p->store, (struct store_range){.id = "ffffffffffffffffffffffffffffffff"});
    assert_int_equal(rows->n, 0);
    rows_free(&rows);
}

static void ranges_by_sequence_label_and_number(void **state)
{
    struct place *p = *state;
    static const char *const labels[] = {"a", "b", "a", "c", "b", "a", "c", "a"};
    const char *a[] = {"a"}, *ac[] = {"a", "c"}, *none[] = {"none"};
    for (unsigned i = 0; i < 8; i++)
        commit(p->store, i, 1, labels[i]);
    struct store *s = p->store;
    want_range(s, (struct store_range){.after = 5}, WANT(6, 7, 8), 8);
    want_range(s, (struct store_range){.after = 1, .limit = 2}, WANT(2, 3), 3);
    want_range(s, (struct store_range){.after = 8}, NULL, 0, 8);
    want_range(s, (struct store_range){.after = UINT64_MAX}, NULL, 0, 8);
    want_range(s, (struct store_range){.newest = true, .limit = 3}, WANT(6, 7, 8), 8);
    want_range(s, (struct store_range){.labels = a, .n_labels = 1}, WANT(1, 3, 6, 8), 8);
    want_range(s, (struct store_range){.labels = a, .n_labels = 1, .after = 1, .limit = 2},
               WANT(3, 6), 6);
    want_range(s, (struct store_range){.labels = ac, .n_labels = 2, .limit = 3}, WANT(1, 3, 4), 4);
    want_range(s, (struct store_range){.labels = ac, .n_labels = 2, .newest = true, .limit = 3},
               WANT(6, 7, 8), 8);
    want_range(s, (struct store_range){.labels = none, .n_labels = 1}, NULL, 0, 8);
    want_range(s, (struct store_range){.labels = a, .n_labels = 1, .after = UINT64_MAX}, NULL, 0,
               8);
}

static void a_range_stops_before_too_many_bytes_but_gives_one(void **state)
{
    struct place *p = *state;
    for (unsigned i = 0; i < 6; i++)
        commit(p->store, i, 1, "other");
    want_range(p->store, (struct store_range){.bytes = 1}, WANT(1), 1);
    want_range(p->store, (struct store_range){.bytes = 1, .newest = true}, WANT(6), 6);
    struct rows *rows = read_range(p->store, (struct store_range){.bytes = 400});
    assert_in_range(rows->n, 1, 5);
    assert_int_equal(rows->extent.through, rows->n);
    rows_free(&rows);
}

static void news_is_forgotten_but_not_that_it_was_known(void **state)
{
    struct place *p = *state;
    struct problem why;
    for (unsigned i = 1; i <= 4; i++)
        commit_at(p->store, i, 1, "other", i * 100);
    assert_int_equal(store_commit(p->store, NULL, 0, 1000, 300, &why), OK);
    struct rows *rows = read_range(p->store, (struct store_range){0});
    assert_int_equal(rows->n, 2);
    assert_int_equal(rows->extent.oldest, 3);
    rows_free(&rows);
    assert_int_equal(store_state(p->store)->announcements, 2);
    want_outcome(commit(p->store, 1, 1, "other"), STORE_KNOWN, 0);
    want_outcome(commit(p->store, 1, 2, "other"), STORE_NEW, 5);
    assert_int_equal(store_state(p->store)->announcements, 3);
    assert_int_equal(store_commit(p->store, NULL, 0, 5000, 5000, &why), OK);
    want_range(p->store, (struct store_range){0}, NULL, 0, 5);
    reopen(p);
    want_outcome(commit(p->store, 9, 1, "other"), STORE_NEW, 6);
}

static void what_is_too_large_is_refused_and_the_rest_committed(void **state)
{
    struct place *p = *state;
    struct sample good, large;
    struct problem why;
    size_t size = STORE_NEWS_MAX;
    char *text = malloc(size + 1);
    memset(text, 'x', size);
    text[size] = '\0';
    sample_fill(&large, 1, 1, "other");
    sample_fill(&good, 2, 1, "other");
    large.announcement.text = text;
    struct store_put puts[] = {sample_put(&large), sample_put(&good)};
    assert_int_equal(store_commit(p->store, puts, 2, 1, 0, &why), OK);
    assert_int_equal(puts[0].outcome, STORE_REFUSED);
    want_outcome(puts[1], STORE_NEW, 1);
    free(text);
}

static void a_new_epoch_is_asked_for_and_keeps_the_news(void **state)
{
    struct place *p = *state;
    struct problem why;
    commit(p->store, 1, 1, "other");
    uint64_t old = store_state(p->store)->epoch;
    store_close(&p->store);
    struct store_options o = {.url = p->url, .new_epoch = true};
    assert_int_equal(store_open(&o, &p->store, &why), OK);
    uint64_t epoch = store_state(p->store)->epoch;
    assert_true(epoch > old);
    struct rows *rows = read_range(p->store, (struct store_range){0});
    assert_int_equal(rows->n, 1);
    assert_int_equal(rows->news[0]->epoch, epoch);
    rows_free(&rows);
    reopen(p);
    assert_int_equal(store_state(p->store)->epoch, epoch);
}

static void a_reader_sees_each_commit(void **state)
{
    struct place *p = *state;
    struct store *reader;
    struct problem why;
    struct store_options o = {.url = p->url, .reader = true};
    assert_int_equal(store_open(&o, &reader, &why), OK);
    want_range(reader, (struct store_range){0}, NULL, 0, 0);
    commit(p->store, 1, 1, "soe-policy");
    want_range(reader, (struct store_range){0}, WANT(1), 1);
    assert_int_equal(store_state(reader)->announcements, 1);
    assert_string_equal(store_state(reader)->labels[0].name, "soe-policy");
    store_close(&reader);
}

// A limit on the size of files stands for a full disk: SQLite sees a write that fails.
static void a_full_disk_changes_nothing_and_passes(void **state)
{
    struct place *p = *state;
    struct problem why = {""};
    struct rlimit limit, small;
    struct sample sample;
    char *text = malloc(900001);
    memset(text, 'x', 900000);
    text[900000] = '\0';
    commit(p->store, 1, 1, "other");
    sample_fill(&sample, 2, 1, "soe-policy");
    sample.announcement.text = text;
    struct store_put put = sample_put(&sample);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 300000, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err e = store_commit(p->store, &put, 1, 1, 0, &why);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    assert_int_equal(e, ERR_BUSY);
    assert_non_null(strstr(why.text, "make room"));
    assert_int_equal(store_state(p->store)->head, 1);
    assert_int_equal(store_state(p->store)->n_labels, 1);
    want_range(p->store, (struct store_range){0}, WANT(1), 1);
    assert_int_equal(store_commit(p->store, &put, 1, 1, 0, &why), OK);
    want_outcome(put, STORE_NEW, 2);
    free(text);
}

// Commits without end and says after each commit how far it is.
static void commit_for_ever(const struct place *p, int out)
{
    struct problem why;
    struct store *s;
    if (store_open(&(struct store_options){.url = p->url}, &s, &why))
        _exit(1);
    for (;;) {
        struct sample samples[20];
        struct store_put puts[20];
        unsigned head = (unsigned)store_state(s)->head;
        for (unsigned i = 0; i < 20; i++) {
            sample_fill(&samples[i], head + i, 1, i % 2 ? "other" : "soe-policy");
            puts[i] = sample_put(&samples[i]);
        }
        if (store_commit(s, puts, 20, 1, 0, &why))
            _exit(1);
        uint64_t done = store_state(s)->head;
        if (write(out, &done, sizeof done) != (ssize_t)sizeof done)
            _exit(1);
    }
}

static void want_whole_store(struct store *s, uint64_t at_least)
{
    uint64_t head = store_state(s)->head, at = 0;
    assert_true(head >= at_least);
    assert_int_equal(store_state(s)->announcements, head);
    while (at < head) {
        struct rows *rows = read_range(s, (struct store_range){.after = at});
        assert_true(rows->n > 0);
        for (size_t i = 0; i < rows->n; i++)
            assert_int_equal(rows->news[i]->sequence, ++at);
        rows_free(&rows);
    }
}

static void what_was_acknowledged_survives_a_kill_right_after_it(void **state)
{
    struct place *p = *state;
    for (int round = 1; round <= 10; round++) {
        int pipes[2];
        uint64_t acknowledged = 0;
        store_close(&p->store);
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0)
            commit_for_ever(p, pipes[1]);
        close(pipes[1]);
        for (int i = 0; i < round; i++)
            assert_int_equal(read(pipes[0], &acknowledged, sizeof acknowledged),
                             sizeof acknowledged);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        uint64_t later;
        while (read(pipes[0], &later, sizeof later) == (ssize_t)sizeof later)
            acknowledged = later;
        close(pipes[0]);
        open_store(p);
        want_whole_store(p->store, acknowledged);
    }
}

static void urls_that_are_no_store_are_refused_with_the_mend(void **state)
{
    struct place *p = *state;
    static const struct {
        const char *url, *want;
    } cases[] = {
        {"postgresql://user:secret@host/news", "no PostgreSQL store yet"},
        {"postgres://host/news", "no PostgreSQL store yet"},
        {"mysql://host/news", "use sqlite:PATH"},
        {"sqlite:", "use sqlite:PATH"},
        {"", "use sqlite:PATH"},
        {"/var/lib/news.db", "use sqlite:PATH"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem why = {""};
        struct store *s = NULL;
        struct store_options o = {.url = cases[i].url};
        assert_int_equal(store_open(&o, &s, &why), ERR_CONFIG);
        assert_null(s);
        assert_non_null(strstr(why.text, cases[i].want));
        assert_null(strstr(why.text, "secret"));
    }
    (void)p;
}

static void another_store_is_refused_and_left_as_it_is(void **state)
{
    struct place *p = *state;
    struct problem why = {""};
    static const char *const migrations[] = {"CREATE TABLE t(a)", NULL};
    struct sqlite_schema ledger = {"newswire-ledger", migrations};
    struct sqlite *db;
    store_close(&p->store);
    unlink(p->path);
    assert_int_equal(sqlite_open(p->path, &ledger, true, &db, &why), OK);
    sqlite_close(&db);
    struct store_options o = {.url = p->url};
    assert_int_equal(store_open(&o, &p->store, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "newswire-ledger"));
    assert_int_equal(sqlite_open(p->path, &ledger, false, &db, &why), OK);
    sqlite_close(&db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sequences_are_without_a_gap_and_survive),
        TEST(what_was_stored_is_read_back_whole),
        TEST(the_same_revision_is_known),
        TEST(twice_in_one_commit_is_once),
        TEST(a_newer_revision_is_published_and_takes_the_place),
        TEST(an_older_revision_is_recorded_but_does_not_overwrite),
        TEST(previous_is_the_last_of_the_label),
        TEST(an_id_is_found_in_its_newest_revision),
        TEST(ranges_by_sequence_label_and_number),
        TEST(a_range_stops_before_too_many_bytes_but_gives_one),
        TEST(news_is_forgotten_but_not_that_it_was_known),
        TEST(what_is_too_large_is_refused_and_the_rest_committed),
        TEST(a_new_epoch_is_asked_for_and_keeps_the_news),
        TEST(a_reader_sees_each_commit),
        TEST(a_full_disk_changes_nothing_and_passes),
        TEST(what_was_acknowledged_survives_a_kill_right_after_it),
        TEST(urls_that_are_no_store_are_refused_with_the_mend),
        TEST(another_store_is_refused_and_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
