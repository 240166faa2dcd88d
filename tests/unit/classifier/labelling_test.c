// SPDX-License-Identifier: MIT
// Labelling with real processes: this program, started with --worker, answers each task with what
// it was given at its start, and its process id.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "services/classifier/labelling.h"

enum { BYTES_MAX = 1000, GIVE_UP_MS = 30000 };

// In the worker.

static void answer_given(void *arg, const uint8_t *task, size_t size, struct buf *answer)
{
    const struct buf *given = arg;
    char path[BYTES_MAX];
    snprintf(path, sizeof path, "%.*s", (int)size, (const char *)task);
    while (*path && access(path, F_OK) != 0)
        usleep(1000); // the test makes the file
    buf_printf(answer, "%s %d", buf_str(given), (int)getpid());
}

static int worker(int fd)
{
    struct buf given = buf_new(BYTES_MAX);
    if (worker_given(fd, &given))
        return 1;
    int status = worker_serve(fd, BYTES_MAX, BYTES_MAX, answer_given, &given);
    buf_free(&given);
    return status;
}

// In the test.

struct place {
    struct loop *loop;
    struct timer *give_up;
    struct labelling *labelling;
    char go[64];           // a file that a task may wait for
    uint64_t tag, awaited; // the last one, and the one whose answer is waited for
    char answers[8][BYTES_MAX];
    char text[BYTES_MAX]; // the newest answer's first word
    int pid;              // and its process
};

static void on_answer(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                      size_t size)
{
    struct place *p = arg;
    char answer[BYTES_MAX + 1];
    assert_int_equal(outcome, WORK_DONE);
    snprintf(answer, sizeof answer, "%.*s", (int)size, (const char *)bytes);
    assert_int_equal(sscanf(answer, "%999s %d", p->text, &p->pid), 2);
    if (tag < 8)
        snprintf(p->answers[tag], sizeof p->answers[tag], "%s", p->text);
    if (tag == p->awaited)
        loop_stop(p->loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct place *)arg)->loop, 1);
}

static struct buf bytes_of(const char *text)
{
    struct buf b = buf_new(BYTES_MAX);
    assert_int_equal(buf_puts(&b, text), OK);
    return b;
}

static int set_up(void **state)
{
    static char *argv[] = {"/proc/self/exe", "--worker", NULL};
    struct workers_options o = {.name = "test",
                                .processes = 2,
                                .depth = 4,
                                .deadline_ms = GIVE_UP_MS,
                                .answer_max = BYTES_MAX,
                                .argv = argv};
    struct place *p = mem_alloc(sizeof *p);
    snprintf(p->go, sizeof p->go, "/tmp/newswire-labelling-test-%d", (int)getpid());
    p->loop = loop_new();
    p->give_up = timer_new(p->loop, on_give_up, p);
    struct buf first = bytes_of("第一");
    p->labelling = labelling_new(p->loop, &o, &first, on_answer, p);
    buf_free(&first);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    labelling_free(&p->labelling);
    timer_free(&p->give_up);
    loop_free(&p->loop);
    unlink(p->go);
    free(p);
    return 0;
}

static uint64_t submit(struct place *p, const char *task)
{
    labelling_submit(p->labelling, ++p->tag, task, strlen(task));
    return p->tag;
}

static void await(struct place *p, uint64_t tag)
{
    p->awaited = tag;
    timer_set(p->give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(p->loop), 0);
    timer_stop(p->give_up);
}

static void renew(struct place *p, const char *text)
{
    struct buf given = bytes_of(text);
    labelling_renew(p->labelling, &given);
    assert_int_equal(given.size, 0); // it was taken
}

// Until the old ones of the renewal before are gone, a renewal waits.
static void until_answered(struct place *p, const char *text, const char *never)
{
    int64_t end = loop_now(p->loop) + GIVE_UP_MS;
    while (strcmp(p->text, text) != 0 && loop_now(p->loop) < end) {
        await(p, submit(p, ""));
        assert_string_not_equal(p->text, never);
    }
    assert_string_equal(p->text, text);
}

static void workers_label_by_what_was_given_last_also_after_their_death(void **state)
{
    struct place *p = *state;
    static const char *const given[] = {"第一", "second", "第三"};
    for (size_t i = 0; i < 3; i++) {
        if (i > 0)
            renew(p, given[i]);
        until_answered(p, given[i], "");
        for (int deaths = 0; deaths < 4; deaths++) {
            kill(p->pid, SIGKILL);
            await(p, submit(p, ""));
            assert_string_equal(p->text, given[i]);
        }
    }
}

static void the_old_ones_finish_what_they_have(void **state)
{
    struct place *p = *state;
    uint64_t old = submit(p, p->go);
    renew(p, "second");
    uint64_t fresh = submit(p, "");
    await(p, fresh);
    assert_string_equal(p->answers[fresh], "second");
    assert_string_equal(p->answers[old], "");
    fclose(fopen(p->go, "w"));
    await(p, old);
    assert_string_equal(p->answers[old], "第一");
}

static void of_renewals_that_wait_the_last_one_counts(void **state)
{
    struct place *p = *state;
    uint64_t old = submit(p, p->go);
    renew(p, "second");
    renew(p, "第三");
    renew(p, "fourth");
    await(p, submit(p, ""));
    assert_string_equal(p->text, "second");
    fclose(fopen(p->go, "w"));
    await(p, old);
    until_answered(p, "fourth", "第三");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--worker") == 0)
        return worker((int)strtol(argv[argc - 1], NULL, 10));
    const struct CMUnitTest tests[] = {
        TEST(workers_label_by_what_was_given_last_also_after_their_death),
        TEST(the_old_ones_finish_what_they_have),
        TEST(of_renewals_that_wait_the_last_one_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
