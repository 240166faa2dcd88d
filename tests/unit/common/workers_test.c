// SPDX-License-Identifier: MIT
// The pool with real processes: this program, started with --worker, does what each task says.
// Only a pool of the kind "hasty" has a deadline that a busy machine might miss.
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

enum { ANSWER_MAX = 1 << 20, TASK_MAX = 4 << 20, GIVEN = 3 << 20, GIVE_UP_MS = 60000 };

#define MIB ((size_t)1 << 20)

// In the worker.

static void eat(size_t megabytes)
{
    for (size_t i = 0; i < megabytes; i++)
        memset(mem_alloc(MIB), 1, MIB);
}

static uint8_t nth_given(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

// How many of the bytes are what GIVEN of them are to be.
static size_t right_bytes(const struct buf *given)
{
    size_t n = 0;
    for (size_t i = 0; i < given->size; i++)
        n += given->data[i] == nth_given(i);
    return n;
}

static void obey(void *arg, const uint8_t *task, size_t size, struct buf *answer)
{
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
    else if (strcmp(order, "given") == 0)
        buf_printf(answer, "%zu of %zu", right_bytes(arg), ((const struct buf *)arg)->size);
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
    if (strcmp(kind, "ready unread") == 0)
        return write(fd, ready, 4) == 4 ? pause() : 1;
    if (strcmp(kind, "never ready") == 0)
        return write(fd, begun, 4) == 4 ? pause() : 1;
    bool said = write(fd, ready, 4) == 4;
    if (strcmp(kind, "answers unasked") == 0)
        said = said && write(fd, ready, 4) == 4;
    else if (read(fd, chunk, sizeof chunk) > 0 && write(fd, begun, 4) == 4)
        said = write(fd, strcmp(kind, "begins twice") == 0 ? begun : long_answer, 4) == 4;
    return said ? pause() : 1;
}

// Reads what the pool gave it; "given PATH" dies before that if it is the first to find the file.
static int given_worker(int fd, const char *kind)
{
    struct buf given = buf_new(GIVEN);
    if (strncmp(kind, "given ", 6) == 0 && unlink(kind + 6) == 0)
        return 3;
    if (worker_given(fd, &given))
        return 4;
    int status = worker_serve(fd, TASK_MAX, ANSWER_MAX, obey, &given);
    buf_free(&given);
    return status;
}

static int worker(int argc, char **argv)
{
    int fd = atoi(argv[argc - 1]);
    if (strncmp(argv[2], "given", 5) == 0)
        return given_worker(fd, argv[2]);
    if (strcmp(argv[2], "broken") == 0)
        return 1;
    if (strcmp(argv[2], "good") != 0 && strcmp(argv[2], "hasty") != 0)
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

static struct pool *pool_given(int processes, int depth, const char *kind, const void *given,
                               size_t given_size)
{
    char *argv[] = {"/proc/self/exe", "--worker", (char *)(uintptr_t)kind, NULL};
    struct workers_options o = {.name = "test",
                                .processes = processes,
                                .depth = depth,
                                .memory = 256 * MIB,
                                .deadline_ms = strcmp(kind, "hasty") ? GIVE_UP_MS : 300,
                                .answer_max = ANSWER_MAX,
                                .argv = argv,
                                .given = given,
                                .given_size = given_size};
    struct pool *p = mem_alloc(sizeof *p);
    p->loop = loop_new();
    p->workers = workers_new(p->loop, &o, on_answer, p);
    p->give_up = timer_new(p->loop, on_give_up, p);
    return p;
}

static struct pool *pool_new(int processes, int depth, const char *kind)
{
    return pool_given(processes, depth, kind, NULL, 0);
}

// Gives more than a socket holds.
static struct pool *pool_of_given(int processes, int depth, const char *kind)
{
    uint8_t *given = mem_alloc(GIVEN);
    for (size_t i = 0; i < GIVEN; i++)
        given[i] = nth_given(i);
    struct pool *p = pool_given(processes, depth, kind, given, GIVEN);
    memset(given, 0, GIVEN); // the pool has a copy
    free(given);
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
        const char *kind, *order, *want;
    } rows[] = {
        {"good", "crash", "3 workers died on it; the last one was killed by signal 11"},
        {"good", "exit", "3 workers died on it; the last one exited with status 3"},
        {"hasty", "stall", "3 workers died on it; the last one was not done after 300 ms"},
        {"good", "shout", "3 workers died on it; the last one exited with status 65"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pool *p = pool_new(1, 4, rows[i].kind);
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
        {"ready unread", NULL},
        {"begins twice", "3 workers died on it; the last one answered what it was not asked"},
        {"too long", "3 workers died on it; the last one answered with 2147483647 bytes (the "
                     "limit is 1048576)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool unread = strcmp(rows[i].kind, "ready unread") == 0;
        struct pool *p = (unread ? pool_of_given : pool_new)(1, 2, rows[i].kind);
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

static void assert_given(const struct pool *p, uint64_t tag)
{
    char want[64];
    snprintf(want, sizeof want, "%d of %d", GIVEN, GIVEN);
    assert_int_equal(p->answers[tag].outcome, WORK_DONE);
    assert_string_equal(p->answers[tag].text, want);
}

static void each_new_worker_gets_what_is_given_before_any_task(void **state)
{
    (void)state;
    struct pool *p = pool_of_given(2, 4, "given");
    uint64_t tag = 0;
    for (int round = 0; round < 3; round++) {
        uint64_t first = tag;
        while (tag < first + 6)
            submit(p, tag++, "given");
        if (round < 2)
            submit(p, tag++, "crash"); // kills three workers
        run_until(p, (int)tag);
        for (uint64_t t = first; t < first + 6; t++)
            assert_given(p, t);
    }
    assert_int_equal(workers_deaths(p->workers), 6);
    pool_free(p);
}

static void a_worker_that_dies_before_it_reads_what_is_given_is_replaced(void **state)
{
    (void)state;
    char kind[64] = "given /tmp/newswire-workers-test-XXXXXX";
    close(mkstemp(kind + 6));
    struct pool *p = pool_of_given(1, 4, kind);
    submit(p, 0, "given");
    run_until(p, 1);
    assert_given(p, 0);
    assert_int_equal(workers_deaths(p->workers), 1);
    pool_free(p);
}

static void nothing_may_be_given_and_that_is_given(void **state)
{
    (void)state;
    struct pool *p = pool_given(1, 4, "given", "", 0);
    submit(p, 0, "given");
    run_until(p, 1);
    assert_string_equal(p->answers[0].text, "0 of 0");
    pool_free(p);
}

static void what_is_given_beyond_what_a_worker_takes_is_its_death(void **state)
{
    (void)state;
    uint8_t *given = mem_alloc(GIVEN + 1);
    struct pool *p = pool_given(1, 4, "given", given, GIVEN + 1);
    submit(p, 0, "given");
    timer_set(p->give_up, 250, false);
    assert_int_equal(loop_run(p->loop), 1);
    assert_true(workers_deaths(p->workers) >= 1);
    assert_int_equal(p->n, 0);
    free(given);
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
        cmocka_unit_test(each_new_worker_gets_what_is_given_before_any_task),
        cmocka_unit_test(a_worker_that_dies_before_it_reads_what_is_given_is_replaced),
        cmocka_unit_test(nothing_may_be_given_and_that_is_given),
        cmocka_unit_test(what_is_given_beyond_what_a_worker_takes_is_its_death),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
