// SPDX-License-Identifier: MIT
// What is opened, what is refused, and that what is refused stays byte for byte as it was.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buf.h"
#include "common/mem.h"
#include "common/sqlite.h"
#include "tests/unit/folder.h"

enum { NOBODY = 65534 };

static const char *const one[] = {"CREATE TABLE a(x INTEGER);", NULL};
static const char *const two[] = {"CREATE TABLE a(x INTEGER);", "ALTER TABLE a ADD y TEXT;", NULL};
static const char *const bad[] = {"CREATE TABLE a(x INTEGER);", "CREATE TABLE b(x); BROKEN;", NULL};

static const struct sqlite_schema schema_one = {"newswire-test", one};
static const struct sqlite_schema schema_two = {"newswire-test", two};
static const struct sqlite_schema schema_bad = {"newswire-test", bad};
static const struct sqlite_schema schema_other = {"newswire-other", one};

struct place {
    char folder[FOLDER_SIZE], path[96];
};

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    folder_make(p->folder);
    snprintf(p->path, sizeof p->path, "%s/store.db", p->folder);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    folder_remove(p->folder);
    free(p);
    return 0;
}

static struct sqlite *opened(const struct place *p, const struct sqlite_schema *schema)
{
    struct sqlite *s = NULL;
    struct problem why = {""};
    if (sqlite_open(p->path, schema, true, &s, &why))
        fail_msg("%s", why.text);
    return s;
}

static int64_t number(struct sqlite *s, const char *sql)
{
    struct query *q = query_new(s, sql);
    assert_int_equal(query_step(q), OK);
    int64_t n = query_get_int(q, 0);
    query_free(&q);
    return n;
}

static void run_sql(struct sqlite *s, const char *sql)
{
    if (sqlite_exec(s, sql))
        fail_msg("%s: %s", sql, sqlite_message(s));
}

static struct buf contents(const char *path)
{
    struct buf b = buf_new(16 << 20);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;) {
        char byte = (char)c;
        buf_add(&b, &byte, 1);
    }
    fclose(f);
    return b;
}

// Refused with a sentence that says so, and the file is as before.
static void assert_refused(const struct place *p, const struct sqlite_schema *schema,
                           const char *says)
{
    struct buf before = contents(p->path);
    struct sqlite *s = NULL;
    struct problem why = {""};
    assert_int_equal(sqlite_open(p->path, schema, true, &s, &why), ERR_CONFIG);
    assert_null(s);
    if (!strstr(why.text, says) || !strstr(why.text, p->path) || strchr(why.text, '\n'))
        fail_msg("%s", why.text);
    struct buf after = contents(p->path);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(buf_str(&before), buf_str(&after), before.size);
    buf_free(&before), buf_free(&after);
}

static void write_file(const struct place *p, const char *bytes, size_t n)
{
    FILE *f = fopen(p->path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

// Opening.

static void a_store_is_made_durable_and_found_again(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    assert_int_equal(number(s, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(number(s, "PRAGMA synchronous"), 2); // FULL
    run_sql(s, "INSERT INTO a VALUES (42)");
    sqlite_close(&s);
    assert_null(s);
    sqlite_close(&s);
    s = opened(p, &schema_one);
    assert_int_equal(number(s, "SELECT x FROM a"), 42);
    sqlite_close(&s);
}

static void an_older_store_is_brought_forward_with_its_content(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    run_sql(s, "INSERT INTO a VALUES (42)");
    sqlite_close(&s);
    s = opened(p, &schema_two);
    assert_int_equal(number(s, "PRAGMA user_version"), 2);
    assert_int_equal(number(s, "SELECT x FROM a WHERE y IS NULL"), 42);
    sqlite_close(&s);
}

static void a_migration_that_fails_leaves_the_older_store(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    sqlite_close(&s);
    assert_refused(p, &schema_bad, "migration to version 2 failed");
    s = opened(p, &schema_one);
    assert_int_equal(number(s, "SELECT count(*) FROM sqlite_master WHERE name = 'b'"), 0);
    sqlite_close(&s);
}

static void a_newer_store_is_refused(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_two);
    sqlite_close(&s);
    assert_refused(p, &schema_one, "newer newswire");
}

static void a_store_of_another_kind_is_refused(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    sqlite_close(&s);
    assert_refused(p, &schema_other, "is a newswire-test, not a newswire-other");
}

static void another_programs_database_is_refused(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL", "TRUNCATE"};
    struct place *p = *state;
    for (size_t i = 0; i < 3; i++) {
        char sql[200];
        struct sqlite *s = opened(p, &schema_one); // made theirs below
        run_sql(s, "DROP TABLE newswire_kind; PRAGMA user_version = 77;");
        snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s; CREATE TABLE theirs(x)", modes[i]);
        run_sql(s, sql);
        sqlite_close(&s);
        assert_refused(p, &schema_one, "another program's database");
        assert_int_equal(unlink(p->path), 0);
    }
}

static void what_is_no_database_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"keys and values, not a database; but long enough to be one by its size, if it were. It "
         "goes on for a hundred bytes or more.",
         120},
        {"SQLite format 3", 16}, // and nothing else
        {"short", 5},
        {"公告", 6},
    };
    struct place *p = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(p, cases[i].bytes, cases[i].n);
        assert_refused(p, &schema_one, "choose another path");
    }
}

static void a_damaged_store_is_refused(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    sqlite_close(&s);
    FILE *f = fopen(p->path, "r+");
    fseek(f, 100, SEEK_SET); // the first page, behind the header
    for (int i = 0; i < 3000; i++)
        fputc(0xA5, f);
    fclose(f);
    assert_refused(p, &schema_one, p->path);
}

static void an_empty_file_becomes_a_store(void **state)
{
    struct place *p = *state;
    write_file(p, "", 0);
    struct sqlite *s = opened(p, &schema_one);
    assert_int_equal(number(s, "SELECT count(*) FROM a"), 0);
    sqlite_close(&s);
}

static void what_is_no_file_is_refused(void **state)
{
    struct place *p = *state;
    char missing[128], file_as_folder[128];
    snprintf(missing, sizeof missing, "%s/nowhere/store.db", p->folder);
    snprintf(file_as_folder, sizeof file_as_folder, "%s/store.db", p->path);
    write_file(p, "x", 1);
    const struct {
        const char *path;
        bool create;
        const char *says;
    } cases[] = {
        {p->folder, true, "not a file"},       {"/dev/null", true, "not a file"},
        {":memory:", true, "no file"},         {"", true, "no file"},
        {missing, true, "folder that exists"}, {file_as_folder, true, "Not a directory"},
        {missing, false, "No such file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sqlite *s = NULL;
        struct problem why = {""};
        assert_int_equal(sqlite_open(cases[i].path, &schema_one, cases[i].create, &s, &why),
                         ERR_CONFIG);
        if (!strstr(why.text, cases[i].says))
            fail_msg("%s: %s", cases[i].path, why.text);
    }
}

static void a_store_that_must_exist_is_not_made(void **state)
{
    struct place *p = *state;
    struct sqlite *s = NULL;
    struct problem why;
    assert_int_equal(sqlite_open(p->path, &schema_one, false, &s, &why), ERR_CONFIG);
    assert_int_equal(access(p->path, F_OK), -1);
}

static void a_store_is_open_in_one_process(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    assert_refused(p, &schema_one, "in use by another process");
    sqlite_close(&s);
    s = opened(p, &schema_one); // free again
    sqlite_close(&s);
}

// Runs in a child that is nobody, for whom file permissions count.
static void assert_refused_to_nobody(struct place *p, const char *says)
{
    pid_t child = fork();
    if (child == 0) {
        struct sqlite *s = NULL;
        struct problem why = {""};
        if (geteuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
            _exit(2);
        if (sqlite_open(p->path, &schema_one, true, &s, &why) != ERR_CONFIG)
            _exit(3);
        _exit(strstr(why.text, says) ? 0 : 4);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void what_this_user_may_not_write_is_refused(void **state)
{
    struct place *p = *state;
    char lock[128];
    snprintf(lock, sizeof lock, "%s.lock", p->path);
    struct sqlite *s = opened(p, &schema_one);
    sqlite_close(&s);
    assert_int_equal(chmod(p->folder, 0755), 0);
    assert_int_equal(chmod(lock, 0444), 0);
    assert_int_equal(chmod(p->path, 0444), 0);
    struct buf before = contents(p->path);
    assert_refused_to_nobody(p, "this user may write");
    assert_int_equal(chmod(lock, 0666), 0); // the lock may be had, the store not
    assert_refused_to_nobody(p, "readonly");
    struct buf after = contents(p->path);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.data, after.data, before.size);
    buf_free(&before), buf_free(&after);
}

// Transactions.

static void a_kill_leaves_what_was_committed_and_only_that(void **state)
{
    struct place *p = *state;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct sqlite *s = opened(p, &schema_one);
        bool done = sqlite_begin(s) == OK && sqlite_exec(s, "INSERT INTO a VALUES (1)") == OK &&
                    sqlite_commit(s) == OK && sqlite_begin(s) == OK &&
                    sqlite_exec(s, "INSERT INTO a VALUES (2)") == OK;
        if (!done || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct sqlite *s = opened(p, &schema_one);
    assert_int_equal(number(s, "SELECT sum(x) FROM a"), 1);
    sqlite_close(&s);
}

static void a_rollback_undoes_and_may_be_asked_at_any_time(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    sqlite_rollback(s);
    assert_int_equal(sqlite_begin(s), OK);
    run_sql(s, "INSERT INTO a VALUES (1)");
    sqlite_rollback(s);
    sqlite_rollback(s);
    assert_int_equal(number(s, "SELECT count(*) FROM a"), 0);
    sqlite_close(&s);
}

// A file size limit stands in for a full disk: both fail the write.
static void a_full_disk_is_known_as_such_and_passes(void **state)
{
    struct place *p = *state;
    pid_t child = fork();
    if (child == 0) {
        struct sqlite *s = opened(p, &schema_one);
        struct rlimit was, limit;
        signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &was);
        limit = was;
        limit.rlim_cur = 64 << 10;
        setrlimit(RLIMIT_FSIZE, &limit);
        enum err e = sqlite_begin(s);
        for (int i = 0; !e && i < 200; i++)
            e = sqlite_exec(s, "INSERT INTO a VALUES (zeroblob(4000))");
        if (!e)
            e = sqlite_commit(s);
        bool full = e && sqlite_full(s);
        sqlite_rollback(s);
        setrlimit(RLIMIT_FSIZE, &was);
        bool works = sqlite_exec(s, "INSERT INTO a VALUES (7)") == OK &&
                     number(s, "SELECT count(*) FROM a") == 1;
        sqlite_close(&s);
        _exit(full && works ? 0 : full ? 1 : 2);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_reader_sees_what_is_committed_and_writes_nothing(void **state)
{
    struct place *p = *state;
    struct problem why;
    struct sqlite *s = opened(p, &schema_one), *reader;
    run_sql(s, "INSERT INTO a VALUES (1)");
    assert_int_equal(sqlite_open_reader(p->path, &reader, &why), OK);
    assert_int_equal(sqlite_begin(s), OK);
    run_sql(s, "INSERT INTO a VALUES (2)");
    assert_int_equal(number(reader, "SELECT count(*) FROM a"), 1);
    assert_int_equal(sqlite_commit(s), OK);
    assert_int_equal(number(reader, "SELECT count(*) FROM a"), 2);
    assert_int_equal(sqlite_exec(reader, "DELETE FROM a"), ERR_IO);
    sqlite_close(&reader);
    sqlite_close(&s);
}

// Queries.

static void values_come_back_as_they_went_in(void **state)
{
    struct place *p = *state;
    struct sqlite *s = opened(p, &schema_one);
    run_sql(s, "CREATE TABLE v(i INTEGER, r REAL, t TEXT, b BLOB)");
    struct query *q = query_new(s, "INSERT INTO v VALUES (?, ?, ?, ?)");
    query_int(q, 1, INT64_MIN);
    query_real(q, 2, 0.1);
    query_text(q, 3, "'); DROP TABLE v; -- 公告");
    query_bytes(q, 4, "a\0b", 3);
    assert_int_equal(query_run(q), OK);
    query_int(q, 1, INT64_MAX);
    query_real(q, 2, -1e300);
    query_text(q, 3, NULL);
    query_bytes(q, 4, NULL, 0);
    assert_int_equal(query_run(q), OK);
    assert_int_equal(sqlite_changes(s), 1);
    assert_int_equal(sqlite_last_row(s), 2);
    query_free(&q);
    q = query_new(s, "SELECT i, r, t, b FROM v ORDER BY rowid");
    for (int round = 0; round < 2; round++) { // it resets itself at its end
        size_t size;
        assert_int_equal(query_step(q), OK);
        assert_true(query_get_int(q, 0) == INT64_MIN);
        assert_string_equal(query_get_text(q, 2), "'); DROP TABLE v; -- 公告");
        assert_memory_equal(query_get_bytes(q, 3, &size), "a\0b", 3);
        assert_int_equal(size, 3);
        assert_int_equal(query_step(q), OK);
        assert_true(query_get_int(q, 0) == INT64_MAX);
        assert_string_equal(query_get_text(q, 2), "");
        assert_non_null(query_get_bytes(q, 3, &size));
        assert_int_equal(size, 0);
        assert_int_equal(query_step(q), ERR_NOTFOUND);
    }
    query_free(&q);
    sqlite_close(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_is_made_durable_and_found_again),
        TEST(an_older_store_is_brought_forward_with_its_content),
        TEST(a_migration_that_fails_leaves_the_older_store),
        TEST(a_newer_store_is_refused),
        TEST(a_store_of_another_kind_is_refused),
        TEST(another_programs_database_is_refused),
        TEST(what_is_no_database_is_refused),
        TEST(a_damaged_store_is_refused),
        TEST(an_empty_file_becomes_a_store),
        TEST(what_is_no_file_is_refused),
        TEST(a_store_that_must_exist_is_not_made),
        TEST(a_store_is_open_in_one_process),
        TEST(what_this_user_may_not_write_is_refused),
        TEST(a_kill_leaves_what_was_committed_and_only_that),
        TEST(a_rollback_undoes_and_may_be_asked_at_any_time),
        TEST(a_full_disk_is_known_as_such_and_passes),
        TEST(a_reader_sees_what_is_committed_and_writes_nothing),
        TEST(values_come_back_as_they_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
