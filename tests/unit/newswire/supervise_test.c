// SPDX-License-Identifier: MIT
// Supervision of real processes: this program, started with a word, is the child.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "services/newswire/child_line.h"
#include "services/newswire/data_dir.h"
#include "services/newswire/supervise.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { GIVE_UP_MS = 30000, DRAIN_MS = 20000 };

// The child: "NAME DIR": appends its name to DIR/order when it starts and when it is told to end.

static char note_path[200];

// In one write: another child's does not come between.
static void note(const char *text)
{
    int fd = open(note_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    ssize_t n = write(fd, text, strlen(text));
    (void)n;
    close(fd);
}

static char going[32];

static void on_term(int signo)
{
    (void)signo;
    note(going);
    _exit(0);
}

static int child(const char *name, const char *dir)
{
    char health[220], died[220], coming[32];
    snprintf(coming, sizeof coming, "+%s", name);
    snprintf(going, sizeof going, "-%s", name);
    snprintf(note_path, sizeof note_path, "%s/order", dir);
    snprintf(health, sizeof health, "%s/%s", dir, name);
    signal(SIGTERM, on_term);
    note(coming);
    if (strcmp(name, "wrong") == 0) {
        fprintf(stderr, "newswire-x: port 1 is taken: choose another\n");
        return 78;
    }
    snprintf(died, sizeof died, "%s/died", dir);
    if (strcmp(name, "weak") == 0 && open(died, O_CREAT | O_EXCL, 0600) >= 0)
        raise(SIGKILL); // the first time
    FILE *f = fopen(health, "w");
    fputs("ready\n", f);
    fclose(f);
    for (;;)
        pause();
}

// The test.

struct run {
    struct loop *loop;
    struct supervisor *supervisor;
    struct timer *give_up;
    char dir[FOLDER_SIZE], health[8][100];
    char *argv[8][5];
    int n, ready, status;
    bool ended, drain_when_ready;
    char words[512];
};

static void on_ready(void *arg)
{
    struct run *r = arg;
    r->ready++;
    if (r->drain_when_ready)
        supervisor_drain(r->supervisor, DRAIN_MS);
}

static void on_ended(void *arg, int status, const char *words)
{
    struct run *r = arg;
    r->ended = true;
    r->status = status;
    snprintf(r->words, sizeof r->words, "%s", words);
    loop_stop(r->loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct run *)arg)->loop, 1);
}

static struct run *run_new(void)
{
    static const struct supervisor_handlers handlers = {on_ready, on_ended};
    struct run *r = mem_alloc(sizeof *r);
    folder_make(r->dir);
    r->loop = loop_new();
    r->give_up = timer_new(r->loop, on_give_up, r);
    r->supervisor = supervisor_new(r->loop, -1, &handlers, r);
    r->drain_when_ready = true;
    return r;
}

static void run_add(struct run *r, const char *name, int stage)
{
    char **argv = r->argv[r->n];
    argv[0] = "/proc/self/exe";
    argv[1] = "child";
    argv[2] = (char *)(uintptr_t)name;
    argv[3] = r->dir;
    snprintf(r->health[r->n], sizeof r->health[0], "%s/%s", r->dir, name);
    struct supervised what = {name, argv, r->health[r->n], stage};
    r->n++;
    supervisor_add(r->supervisor, &what);
}

static void run_loop(struct run *r)
{
    timer_set(r->give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(r->loop), 0);
}

static void run_free(struct run *r, char order[256])
{
    char path[200];
    snprintf(path, sizeof path, "%s/order", r->dir);
    FILE *f = fopen(path, "r");
    order[fread(order, 1, 255, f)] = '\0';
    fclose(f);
    folder_remove(r->dir);
    supervisor_free(&r->supervisor);
    timer_free(&r->give_up);
    loop_free(&r->loop);
    free(r);
}

static void stages_end_one_after_the_other(void **state)
{
    (void)state;
    char order[256];
    struct run *r = run_new();
    run_add(r, "last", 2);
    run_add(r, "middle", 1);
    run_add(r, "first", 0);
    run_loop(r);
    assert_int_equal(r->ready, 1);
    assert_int_equal(r->status, 0);
    run_free(r, order);
    assert_non_null(strstr(order, "-first-middle-last"));
}

static void a_child_that_dies_is_replaced(void **state)
{
    (void)state;
    char order[256];
    struct run *r = run_new();
    run_add(r, "weak", 0);
    run_loop(r);
    assert_true(r->ended);
    run_free(r, order);
    assert_string_equal(order, "+weak+weak-weak");
}

static void a_child_that_cannot_do_its_work_ends_all_with_its_words(void **state)
{
    (void)state;
    char order[256];
    struct run *r = run_new();
    run_add(r, "well", 1);
    run_add(r, "wrong", 0);
    run_loop(r);
    assert_int_equal(r->ready, 0);
    assert_int_equal(r->status, 78);
    assert_string_equal(r->words, "newswire-x: port 1 is taken: choose another");
    run_free(r, order);
    assert_non_null(strstr(order, "+wrong"));
}

static void pauses_grow_and_are_short_for_who_comes_up_well(void **state)
{
    (void)state;
    static const struct {
        int deaths;
        int64_t want, want_if_ready;
    } rows[] = {{1, 0, 0},       {2, 100, 100},   {3, 200, 200},    {5, 800, 800},
                {6, 1600, 1000}, {8, 6400, 1000}, {9, 10000, 1000}, {100, 10000, 1000}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(supervisor_pause_ms(rows[i].deaths, false), rows[i].want);
        assert_int_equal(supervisor_pause_ms(rows[i].deaths, true), rows[i].want_if_ready);
    }
}

static void lines_of_the_log_carry_the_childs_name(void **state)
{
    (void)state;
    static const struct {
        const char *line, *want; // NULL: not a line of the log
    } rows[] = {
        {"2026-11-21T03:04:05.678Z info classifier started pid=1",
         "2026-11-21T03:04:05.678Z info classifier-2 started pid=1\n"},
        {"2026-11-21T03:04:05.678Z warn sink 满 v=\"磁盘 已满\"",
         "2026-11-21T03:04:05.678Z warn classifier-2 满 v=\"磁盘 已满\"\n"},
        {"2026-11-21T03:04:05.678Z info classifier", NULL},
        {"2026-11-21T03:04:05.678Z loud classifier started", NULL},
        {"2026-11-21T03:04:05.678Z info classifier a\x1b[31m", NULL},
        {"2026-11-21 03:04:05.678Z info classifier started", NULL},
        {"newswire-sink: port 5553 is taken", NULL},
        {"2026-11-21T03:04:05.678Z ", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = buf_new(4096);
        bool is_log = child_line("classifier-2", rows[i].line, strlen(rows[i].line), &out);
        assert_int_equal(is_log, rows[i].want != NULL);
        assert_string_equal(buf_str(&out), rows[i].want ? rows[i].want : "");
        buf_free(&out);
    }
}

static void a_data_directory_is_made_and_held_by_one(void **state)
{
    (void)state;
    char parent[FOLDER_SIZE], dir[100], sub[120], want[300];
    struct problem why;
    int lock = -1, second = -1;
    struct stat st;
    folder_make(parent);
    snprintf(dir, sizeof dir, "%s/新闻", parent);
    snprintf(sub, sizeof sub, "%s/none/none", parent);
    assert_int_equal(data_dir_open(sub, &lock, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "the directory it is in does not exist"));
    assert_int_equal(data_dir_open(dir, &lock, &why), OK);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(data_dir_open(dir, &second, &why), ERR_CONFIG);
    snprintf(want, sizeof want, "%s is in use by another stack (process %d)", dir, (int)getpid());
    assert_memory_equal(why.text, want, strlen(want));
    close(lock);
    assert_int_equal(data_dir_open(dir, &second, &why), OK);
    close(second);
    snprintf(sub, sizeof sub, "%s/lock", dir);
    assert_int_equal(data_dir_open(sub, &second, &why), ERR_CONFIG);
    assert_non_null(strstr(why.text, "is not a directory"));
    folder_remove(parent);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "child") == 0)
        return child(argv[2], argv[3]);
    umask(027);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_end_one_after_the_other),
        cmocka_unit_test(a_child_that_dies_is_replaced),
        cmocka_unit_test(a_child_that_cannot_do_its_work_ends_all_with_its_words),
        cmocka_unit_test(pauses_grow_and_are_short_for_who_comes_up_well),
        cmocka_unit_test(lines_of_the_log_carry_the_childs_name),
        cmocka_unit_test(a_data_directory_is_made_and_held_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
