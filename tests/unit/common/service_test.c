// SPDX-License-Identifier: MIT
// The skeleton with a service that does nothing: this program, started as "service", is it.
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/service.h"
#include "common/workers.h"
#include "tests/unit/folder.h"

// The service.

struct idle_settings {
    struct service_settings base;
    bool refuse, linger;
    const char *word;
};

static const struct setting idle_table[] = {
    {"refuse", SETTING_BOOL, offsetof(struct idle_settings, refuse), NULL, 0, 0, "do not start"},
    {"linger", SETTING_BOOL, offsetof(struct idle_settings, linger), NULL, 0, 0, "never be done"},
    {"word", SETTING_STRING, offsetof(struct idle_settings, word), "none", 0, 0, "for the worker"},
    {0},
};

struct idle {
    const struct idle_settings *settings;
    struct workers *workers;
    char word[64]; // what the worker answered
    bool draining;
};

static void on_word(void *arg, uint64_t tag, enum work_outcome outcome, const uint8_t *bytes,
                    size_t size)
{
    struct idle *i = arg;
    (void)tag, (void)outcome;
    snprintf(i->word, sizeof i->word, "%.*s", (int)size, (const char *)bytes);
}

static enum err idle_start(struct loop *l, struct socket_context *z, const void *settings,
                           void **state, struct problem *why)
{
    const struct idle_settings *s = settings;
    (void)z;
    if (s->refuse)
        return problem_set(why, ERR_CONFIG, "no room here: choose another");
    struct idle *i = mem_alloc(sizeof *i);
    struct workers_options o = {.name = "idle",
                                .processes = 1,
                                .depth = 1,
                                .deadline_ms = 10000,
                                .answer_max = 100,
                                .argv = service_worker_argv()};
    i->settings = s;
    i->workers = workers_new(l, &o, on_word, i);
    workers_submit(i->workers, 1, "", 0);
    *state = i;
    return OK;
}

static bool idle_health(void *state, char *line, size_t size)
{
    struct idle *i = state;
    snprintf(line, size, "word=%s work=%s", i->word, i->settings->base.work);
    return i->word[0] != '\0';
}

static bool idle_drain(void *state)
{
    return !((struct idle *)state)->settings->linger;
}

static void idle_stop(void **state)
{
    struct idle *i = *state;
    workers_free(&i->workers);
    free(i);
    *state = NULL;
}

static void say_word(void *arg, const uint8_t *task, size_t size, struct buf *answer)
{
    const struct idle_settings *s = arg;
    (void)task, (void)size;
    buf_puts(answer, s->word);
}

static int idle_worker(int fd, const void *settings)
{
    return worker_serve(fd, 100, 100, say_word, (void *)(uintptr_t)settings);
}

static const struct service idle = {.name = "sink",
                                    .usage = "Does nothing.",
                                    .settings = idle_table,
                                    .settings_size = sizeof(struct idle_settings),
                                    .start = idle_start,
                                    .health = idle_health,
                                    .drain = idle_drain,
                                    .stop = idle_stop,
                                    .worker = idle_worker};

// The test.

struct process {
    pid_t pid;
    int output; // its standard error
    char dir[FOLDER_SIZE], health[80];
};

static struct process start(const char *const *flags)
{
    struct process p = {0};
    int pipe_fds[2];
    char *argv[12] = {"newswire-sink", "service", "--health-file", p.health};
    for (int n = 4; *flags; flags++)
        argv[n++] = (char *)(uintptr_t)*flags;
    folder_make(p.dir);
    snprintf(p.health, sizeof p.health, "%s/health", p.dir);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    p.pid = fork();
    if (p.pid == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(pipe_fds[1]);
    p.output = pipe_fds[0];
    return p;
}

// Reads the health file until it starts with what is wanted.
static void await_health(const struct process *p, const char *want, char got[256])
{
    for (int i = 0; i < 6000; i++) {
        FILE *f = fopen(p->health, "r");
        memset(got, 0, 256);
        if (f) {
            size_t n = fread(got, 1, 255, f);
            (void)n;
            fclose(f);
        }
        if (strncmp(got, want, strlen(want)) == 0)
            return;
        usleep(10000); // a file that is renamed into place gives no event that is simpler
    }
    fail_msg("health file says \"%s\"", got);
}

// Waits for its end; the last line that it wrote is in `line`.
static int finish(struct process *p, char line[600])
{
    int status;
    FILE *f = fdopen(p->output, "r");
    line[0] = '\0';
    while (fgets(line, 600, f))
        continue;
    fclose(f);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    assert_true(WIFEXITED(status));
    errno = 0;
    assert_int_equal(rmdir(p->dir), 0); // the health file is gone
    return WEXITSTATUS(status);
}

static void a_service_tells_its_health_and_drains_on_sigterm(void **state)
{
    (void)state;
    char health[256], line[600];
    struct process p = start((const char *[]){"--word", "hello", "--port-base=7000", NULL});
    await_health(&p, "ready ", health);
    assert_string_equal(health, "ready word=hello work=tcp://127.0.0.1:7001\n");
    kill(p.pid, SIGHUP); // no hook: ignored
    kill(p.pid, SIGTERM);
    assert_int_equal(finish(&p, line), 0);
    assert_non_null(strstr(line, " info sink stopped"));
}

static void a_service_that_is_never_done_ends_at_the_deadline(void **state)
{
    (void)state;
    char health[256], line[600];
    struct process p = start((const char *[]){"--linger", "--drain=30ms", NULL});
    await_health(&p, "ready ", health);
    kill(p.pid, SIGINT);
    assert_int_equal(finish(&p, line), 0);
}

static void what_it_cannot_start_with_is_said_in_one_line_with_status_78(void **state)
{
    (void)state;
    static const struct {
        const char *flag, *want;
    } rows[] = {
        {"--refuse", "newswire-sink: no room here: choose another\n"},
        {"--port-base=0", "newswire-sink: --port-base: 0 is too small: at least 1\n"},
        {"--log-level=loud",
         "newswire-sink: log-level: \"loud\" is not debug, info, warn or error\n"},
        {"stray", "newswire-sink: stray: no such argument; settings are flags (see --help)\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[600];
        struct process p = start((const char *[]){rows[i].flag, NULL});
        assert_int_equal(finish(&p, line), 78);
        assert_string_equal(line, rows[i].want);
    }
}

static void endpoints_that_are_given_stay(void **state)
{
    (void)state;
    struct service_settings s = {.port_base = 6000, .topic = "ipc:///tmp/x", .work = ""};
    service_endpoints(&s);
    assert_string_equal(s.control, "tcp://127.0.0.1:6000");
    assert_string_equal(s.work, "tcp://127.0.0.1:6001");
    assert_string_equal(s.topic, "ipc:///tmp/x");
    assert_string_equal(s.replay, "tcp://127.0.0.1:6004");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "service") == 0)
        return service_main(&idle, argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "--worker") == 0)
        return service_main(&idle, argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_tells_its_health_and_drains_on_sigterm),
        cmocka_unit_test(a_service_that_is_never_done_ends_at_the_deadline),
        cmocka_unit_test(what_it_cannot_start_with_is_said_in_one_line_with_status_78),
        cmocka_unit_test(endpoints_that_are_given_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
