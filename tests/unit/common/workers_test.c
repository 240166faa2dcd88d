// SPDX-License-Identifier: MIT
// The pool with real processes: this program, started with --worker, does what each task says.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/run.h"
#include "common/workers.h"
#include "tests/unit/folder.h"

enum { ANSWER_MAX = 1 << 20, TASK_MAX = 4 << 20, GIVE_UP_MS = 60000 };

#define MIB ((size_t)1 << 20)

// In the worker.

static void eat(size_t megabytes)
{
    for (size_t i = 0; i < megabytes; i++)
        memset(mem_alloc(MIB), 1, MIB);
}

static void obey(void *arg, const uint8_t *task, size_t size, struct buf *answer)
{
    (void)arg;
    char order[64] = "";
    memcpy(order, task, size < sizeof order - 1 ? size : sizeof order - 1);
    signal(SIGSEGV, SIG_DFL); // a sanitizer has its own idea of it
    if (strcmp(order, "crash") == 0)
        raise(SIGSEGV);
    else if (strcmp(order, "exit") == 0)
        _exit(3);
    else if (strcmp(order, "stall") == 0)
        for (;;)
            pause();
    else if (strcmp(order, "eat") == 0)
        eat(512);
    else if (strcmp(order, "shout") == 0)
        while (buf_puts(answer, order) == OK)
            continue;
    else if (strncmp(order, "crash-once ", 11) == 0 && unlink(order + 11) == 0)
        raise(SIGSEGV);
    else if (strcmp(order, "descriptors") == 0)
        for (int fd = 3; fd < 256; fd++)
            buf_printf(answer, "%s", fcntl(fd, F_GETFD) >= 0 ? "1" : "");
    else if (strcmp(order, "pid") == 0)
        buf_printf(answer, "%d", (int)getpid());
    else
        buf_add(answer, task, size);
}

// What a page that took its worker over might say instead.
static int rogue(int fd, const char *kind)
{
    static const uint8_t ready[4] = {0}, begun[4] = {0xff, 0xff, 0xff, 0xff},
                         long_answer[4] = {0x7f, 0xff, 0xff, 0xff};
    uint8_t chunk[1024];
    if (strcmp(kind, "never ready") == 0)
        return write(fd, begun, 4) == 4 ? pause() : 1;
    bool said = write(fd, ready, 4) == 4;
    if (strcmp(kind, "answers unasked") == 0)
        said = said && write(fd, ready, 4) == 4;
    else if (read(fd, chunk, sizeof chunk) > 0 && write(fd, begun, 4) == 4)
        said = write(fd, strcmp(kind, "begins twice") == 0 ? begun : long_answer, 4) == 4;
    return said ? pause() : 1;
}

static int worker(int argc, char **argv)
{
    int fd = atoi(argv[argc - 1]);
    if (strcmp(argv[2], "broken") == 0)
        return 1;
    if (strcmp(argv[2], "good") != 0)
        return rogue(fd, argv[2]);
    return worker_serve(fd, TASK_MAX, ANSWER_MAX, obey, NULL);
}

// In the test.

struct answer {
    enum work_outcome outcome;
    size_t size;
    char text[256];
    int order; // the how-many-th it was, from 1; 0: none yet
};

struct pool {
    struct loop *loop;
    struct workers *workers;
    struct timer *give_up;
    struct answer answers[512]; // by tag
    int n, want;
};

static void on_answer(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                      size_t size)
{
    struct pool *p = arg;
    struct answer *a = &p->answers[tag];
    assert_int_equal(a->order, 0);
    a->outcome = outcome;
    a->size = size;
    memcpy(a->text, bytes, size < sizeof a->text - 1 ? size : sizeof a->text - 1);
    a->order = ++p->n;
    if (p->n == p->want)
        loop_stop(p->loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct pool *)arg)->loop, 1);
}

static struct pool *pool_new(int processes, int depth, const char *kind)
{
    char *argv[] = {"/proc/self/exe", "--worker", (char *)(uintptr_t)kind, NULL};
    struct workers_options o = {.name = "test",
                                .processes = processes,
                                .depth = depth,
                                .memory = 256 * MIB,
                                .deadline_ms = 300,
                                .answer_max = ANSWER_MAX,
                                .argv = argv};
    struct pool *p = mem_alloc(sizeof *p);
    p->loop = loop_new();
    p->workers = workers_new(p->loop, &o, on_answer, p);
    p->give_up = timer_new(p->loop, on_give_up, p);
    return p;
}

static void pool_free(struct pool *p)
{
    workers_free(&p->workers);
    timer_free(&p->give_up);
    loop_free(&p->loop);
    free(p);
}

static void submit(struct pool *p, uint64_t tag, const char *order)
{
    workers_submit(p->workers, tag, order, strlen(order));
}

static void run_until(struct pool *p, int answers)
{
    p->want = answers;
    timer_set(p->give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(p->loop), 0);
}

static void answers_come_back_to_their_tasks(void **state)
{
    (void)state;
    struct pool *p = pool_new(2, 4, "good");
    for (uint64_t tag = 0; tag < 200; tag++) {
        char order[32];
        snprintf(order, sizeof order, "公告 %d", (int)tag);
        submit(p, tag, order);
    }
    assert_int_equal(workers_waiting(p->workers), 200);
    run_until(p, 200);
    for (uint64_t tag = 0; tag < 200; tag++) {
        char want[32];
        snprintf(want, sizeof want, "公告 %d", (int)tag);
        assert_string_equal(p->answers[tag].text, want);
    }
    assert_int_equal(workers_waiting(p->workers), 0);
    assert_int_equal(workers_deaths(p->workers), 0);
    pool_free(p);
}

static void large_and_empty_tasks_pass(void **state)
{
    (void)state;
    struct pool *p = pool_new(1, 4, "good");
    uint8_t *large = mem_alloc(ANSWER_MAX);
    memset(large, 'x', ANSWER_MAX);
    for (uint64_t tag = 0; tag < 6; tag++)
        workers_submit(p->workers, tag, large, tag % 2 ? ANSWER_MAX : 0);
    run_until(p, 6);
    for (uint64_t tag = 0; tag < 6; tag++)
        assert_int_equal(p->answers[tag].size, tag % 2 ? ANSWER_MAX : 0);
    free(large);
    pool_free(p);
}

static void what_kills_three_workers_is_poison_and_nothing_else_is(void **state)
{
    (void)state;
    static const struct {
        const char *order, *want;
    } rows[] = {
        {"crash", "3 workers died on it; the last one was killed by signal 11"},
        {"exit", "3 workers died on it; the last one exited with status 3"},
        {"stall", "3 workers died on it; the last one was not done after 300 ms"},
        {"shout", "3 workers died on it; the last one exited with status 65"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *p = pool_new(1, 4, "good");
        submit(p, 0, "first");
        submit(p, 1, rows[i].order);
        for (uint64_t tag = 2; tag < 8; tag++)
            submit(p, tag, "later");
        run_until(p, 8);
        assert_int_equal(p->answers[1].outcome, WORK_POISON);
        p->answers[1].text[strlen(rows[i].want)] = '\0';
        assert_string_equal(p->answers[1].text, rows[i].want);
        for (uint64_t tag = 2; tag < 8; tag++)
            assert_int_equal(p->answers[tag].outcome, WORK_DONE);
        assert_int_equal(workers_deaths(p->workers), 3);
        pool_free(p);
    }
}

static void memory_beyond_the_limit_is_death(void **state)
{
    (void)state;
    if (!run_limits_memory())
        skip();
    struct pool *p = pool_new(1, 1, "good");
    submit(p, 0, "eat");
    run_until(p, 1);
    assert_int_equal(p->answers[0].outcome, WORK_POISON);
    pool_free(p);
}

static void a_task_that_crashes_once_is_answered_in_the_end(void **state)
{
    (void)state;
    char folder[FOLDER_SIZE], order[64];
    folder_make(folder);
    snprintf(order, sizeof order, "crash-once %s/mark", folder);
    close(open(strchr(order, '/'), O_CREAT | O_CLOEXEC, 0600));
    struct pool *p = pool_new(2, 4, "good");
    submit(p, 0, order);
    run_until(p, 1);
    assert_int_equal(p->answers[0].outcome, WORK_DONE);
    assert_int_equal(workers_deaths(p->workers), 1);
    pool_free(p);
    folder_remove(folder);
}

static void a_worker_killed_while_idle_is_replaced(void **state)
{
    (void)state;
    struct pool *p = pool_new(1, 1, "good");
    submit(p, 0, "pid");
    run_until(p, 1);
    kill(atoi(p->answers[0].text), SIGKILL);
    submit(p, 1, "pid");
    run_until(p, 2);
    assert_int_equal(p->answers[1].outcome, WORK_DONE);
    assert_string_not_equal(p->answers[0].text, p->answers[1].text);
    pool_free(p);
}

static void workers_that_die_at_the_start_are_not_started_in_a_frenzy(void **state)
{
    (void)state;
    struct pool *p = pool_new(1, 1, "broken");
    submit(p, 0, "never answered");
    timer_set(p->give_up, 1000, false);
    assert_int_equal(loop_run(p->loop), 1);
    // At once, after 100, 200, 400 ms and not later than that.
    assert_in_range(workers_deaths(p->workers), 1, 5);
    assert_int_equal(workers_waiting(p->workers), 1);
    pool_free(p);
}

static void a_worker_that_breaks_the_protocol_is_ended(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *want; // NULL: the task is not to blame
    } rows[] = {
        {"never ready", NULL},
        {"answers unasked", NULL},
        {"begins twice", "3 workers died on it; the last one answered what it was not asked"},
        {"too long", "3 workers died on it; the last one answered with 2147483647 bytes (the "
                     "limit is 1048576)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *p = pool_new(1, 2, rows[i].kind);
        submit(p, 0, "anything");
        p->want = 1;
        timer_set(p->give_up, rows[i].want ? GIVE_UP_MS : 250, false);
        assert_int_equal(loop_run(p->loop), rows[i].want ? 0 : 1);
        assert_true(workers_deaths(p->workers) >= 2);
        assert_string_equal(p->answers[0].text, rows[i].want ? rows[i].want : "");
        pool_free(p);
    }
}

static void a_worker_inherits_no_descriptor_but_its_own(void **state)
{
    (void)state;
    int leaks[16];
    for (size_t i = 0; i < 16; i++)
        leaks[i] = dup(STDERR_FILENO); // without close-on-exec
    struct pool *p = pool_new(2, 1, "good");
    submit(p, 0, "descriptors");
    run_until(p, 1);
    assert_string_equal(p->answers[0].text, "1");
    for (size_t i = 0; i < 16; i++)
        close(leaks[i]);
    pool_free(p);
}

int main(int argc, char **argv)
{
    if (argc > 3 && strcmp(argv[1], "--worker") == 0)
        return worker(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_back_to_their_tasks),
        cmocka_unit_test(large_and_empty_tasks_pass),
        cmocka_unit_test(what_kills_three_workers_is_poison_and_nothing_else_is),
        cmocka_unit_test(memory_beyond_the_limit_is_death),
        cmocka_unit_test(a_task_that_crashes_once_is_answered_in_the_end),
        cmocka_unit_test(a_worker_killed_while_idle_is_replaced),
        cmocka_unit_test(workers_that_die_at_the_start_are_not_started_in_a_frenzy),
        cmocka_unit_test(a_worker_that_breaks_the_protocol_is_ended),
        cmocka_unit_test(a_worker_inherits_no_descriptor_but_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
