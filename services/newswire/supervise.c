// SPDX-License-Identifier: MIT
#include "services/newswire/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/backoff.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/run.h"
#include "common/text.h"
#include "services/newswire/child_line.h"

enum {
    CHILDREN_MAX = 64,
    LINE_BYTES = 4000, // with its name, a line stays below PIPE_BUF
    LOOK_MS = 100,
    IMPATIENT_MS = 1000, // timeout(1) and others send a signal twice in a row
    HEALTHY_MS = 10000,  // who lived so long is not in a row of deaths
    READY_PAUSE_MOST_MS = 1000
};

struct child {
    struct supervisor *supervisor;
    struct supervised what;
    pid_t pid;  // -1: not running
    int output; // our end of its standard error; -1: closed
    bool ready; // since its last start
    int deaths; // in a row
    int64_t started_ms;
    struct timer *restart;
    char line[LINE_BYTES]; // begun, not ended
    size_t n;
    char words[512]; // the last line that was none of the log
};

struct supervisor {
    struct loop *loop;
    int keep;
    struct supervisor_handlers handlers;
    void *arg;
    struct child *children[CHILDREN_MAX];
    size_t n;
    struct timer *look; // at health files, while not all are ready
    bool was_ready;     // all of them, once
    bool draining;
    int64_t drain_ms; // since when
    int stage;        // being drained
    struct timer *deadline;
    int status;
    char words[512];
};

int64_t supervisor_pause_ms(int deaths, bool was_ready)
{
    int64_t ms = backoff_ms(deaths);
    // Who comes up well each time is killed from outside: there is no hope in waiting long.
    return was_ready && ms > READY_PAUSE_MOST_MS ? READY_PAUSE_MOST_MS : ms;
}

// What they write.

static void put_line(struct child *c, const char *line, size_t n)
{
    struct buf out = buf_new(2 * LINE_BYTES);
    if (child_line(c->what.name, line, n, &out))
        log_write(buf_str(&out), out.size);
    else if (n > 0) {
        log_warn("output", "from=%s text=%.*s", c->what.name, (int)n, line);
        snprintf(c->words, sizeof c->words, "%.*s", (int)n, line);
        c->words[text_clean(c->words, strlen(c->words))] = '\0';
    }
    buf_free(&out);
}

static void put_lines(struct child *c)
{
    char *from = c->line, *end;
    while ((end = memchr(from, '\n', c->n - (size_t)(from - c->line))) != NULL) {
        put_line(c, from, (size_t)(end - from));
        from = end + 1;
    }
    c->n -= (size_t)(from - c->line);
    memmove(c->line, from, c->n);
    if (c->n == sizeof c->line) {
        put_line(c, c->line, c->n);
        c->n = 0;
    }
}

static void close_output(struct child *c)
{
    if (c->output < 0)
        return;
    loop_fd(c->supervisor->loop, c->output, 0, NULL, NULL);
    close(c->output);
    c->output = -1;
    if (c->n > 0)
        put_line(c, c->line, c->n);
    c->n = 0;
}

static void on_output(void *arg, int fd, unsigned events)
{
    struct child *c = arg;
    (void)events;
    ssize_t n = read(fd, c->line + c->n, sizeof c->line - c->n);
    if (n > 0) {
        c->n += (size_t)n;
        put_lines(c);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_output(c);
}

static void read_rest(struct child *c)
{
    for (ssize_t n; c->output >= 0;) {
        n = read(c->output, c->line + c->n, sizeof c->line - c->n);
        if (n <= 0)
            break;
        c->n += (size_t)n;
        put_lines(c);
    }
    close_output(c);
}

// Starting.

static void start_failed(struct child *c, const char *why)
{
    c->deaths++;
    int64_t pause = supervisor_pause_ms(c->deaths, false);
    log_error("not-started", "name=%s why=%s retry_ms=%" PRId64, c->what.name, why, pause);
    timer_set(c->restart, pause, false);
}

static void child_start(struct child *c)
{
    struct supervisor *s = c->supervisor;
    struct problem why;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        start_failed(c, strerror(errno));
        return;
    }
    struct run_options o = {
        .argv = c->what.argv, .keep = s->keep, .error = ends[1], .own_group = true};
    if (c->what.health_file)
        unlink(c->what.health_file); // its predecessor's
    c->words[0] = '\0';
    enum err e = run_start(&o, &c->pid, &why);
    close(ends[1]);
    if (e != OK) {
        close(ends[0]);
        c->pid = -1;
        start_failed(c, why.text);
        return;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    c->output = ends[0];
    c->ready = false;
    c->started_ms = clock_monotonic_ms();
    loop_fd(s->loop, c->output, LOOP_READ, on_output, c);
    timer_set(s->look, LOOK_MS, true);
}

static void on_restart(void *arg, struct timer *t)
{
    (void)t;
    child_start(arg);
}

static bool says_ready(const char *path)
{
    char word[6] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, word, sizeof word - 1);
    close(fd);
    return n == 5 && memcmp(word, "ready", 5) == 0;
}

static void on_look(void *arg, struct timer *t)
{
    struct supervisor *s = arg;
    bool all = true;
    for (size_t i = 0; i < s->n; i++) {
        struct child *c = s->children[i];
        if (!c->ready && c->pid > 0)
            c->ready = !c->what.health_file || says_ready(c->what.health_file);
        all = all && c->ready;
    }
    if (!all)
        return;
    timer_stop(t);
    if (!s->was_ready && !s->draining) {
        s->was_ready = true;
        s->handlers.ready(s->arg);
    }
}

// Ending.

static bool stage_has_ended(const struct supervisor *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->children[i]->pid > 0 && s->children[i]->what.stage <= s->stage)
            return false;
    return true;
}

static bool all_have_ended(const struct supervisor *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->children[i]->pid > 0)
            return false;
    return true;
}

static void signal_stage(struct supervisor *s, int signo)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->children[i]->pid > 0 && s->children[i]->what.stage <= s->stage)
            kill(s->children[i]->pid, signo);
}

static void drain_on(struct supervisor *s)
{
    if (all_have_ended(s)) {
        timer_stop(s->deadline);
        s->handlers.ended(s->arg, s->status, s->words);
        return;
    }
    while (stage_has_ended(s)) {
        s->stage++;
        signal_stage(s, SIGTERM);
    }
}

static void on_deadline(void *arg, struct timer *t)
{
    struct supervisor *s = arg;
    (void)t;
    for (size_t i = 0; i < s->n; i++)
        if (s->children[i]->pid > 0) {
            log_warn("killed", "name=%s why=%s", s->children[i]->what.name, "it did not end");
            kill(s->children[i]->pid, SIGKILL);
        }
}

void supervisor_drain(struct supervisor *s, int64_t ms)
{
    if (s->draining) {
        if (loop_now(s->loop) - s->drain_ms >= IMPATIENT_MS)
            on_deadline(s, s->deadline);
        return;
    }
    s->draining = true;
    s->drain_ms = loop_now(s->loop);
    for (size_t i = 0; i < s->n; i++)
        timer_stop(s->children[i]->restart);
    timer_stop(s->look);
    timer_set(s->deadline, ms, false);
    signal_stage(s, SIGTERM);
    drain_on(s);
}

static bool is_hopeless(int status)
{
    return WIFEXITED(status) &&
           (WEXITSTATUS(status) == EX_CONFIG || WEXITSTATUS(status) == RUN_NO_PROGRAM);
}

static void child_died(struct child *c, int status)
{
    struct supervisor *s = c->supervisor;
    bool healthy = clock_monotonic_ms() - c->started_ms >= HEALTHY_MS;
    read_rest(c);
    c->pid = -1;
    if (s->draining) {
        drain_on(s);
        return;
    }
    if (is_hopeless(status)) {
        s->status = EX_CONFIG;
        snprintf(s->words, sizeof s->words, "%s", c->words[0] ? c->words : run_ending(status).text);
        supervisor_drain(s, HEALTHY_MS);
        return;
    }
    c->deaths = healthy ? 1 : c->deaths + 1;
    int64_t pause = supervisor_pause_ms(c->deaths, c->ready);
    log_warn("child-died", "name=%s how=%s restart_ms=%" PRId64, c->what.name,
             run_ending(status).text, pause);
    c->ready = false;
    if (pause == 0)
        child_start(c);
    else
        timer_set(c->restart, pause, false);
}

static void on_child(void *arg, int signo)
{
    struct supervisor *s = arg;
    (void)signo; // one signal may stand for several deaths
    for (size_t i = 0; i < s->n; i++) {
        int status;
        struct child *c = s->children[i];
        if (c->pid > 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
            child_died(c, status);
    }
}

// The set.

struct supervisor *supervisor_new(struct loop *l, int keep, const struct supervisor_handlers *h,
                                  void *arg)
{
    struct supervisor *s = mem_alloc(sizeof *s);
    *s = (struct supervisor){.loop = l, .keep = keep, .handlers = *h, .arg = arg};
    s->look = timer_new(l, on_look, s);
    s->deadline = timer_new(l, on_deadline, s);
    loop_signal(l, SIGCHLD, on_child, s);
    return s;
}

void supervisor_add(struct supervisor *s, const struct supervised *what)
{
    if (s->n == CHILDREN_MAX)
        panic("more than %d children", CHILDREN_MAX);
    struct child *c = mem_alloc(sizeof *c);
    *c = (struct child){.supervisor = s, .what = *what, .pid = -1, .output = -1};
    c->restart = timer_new(s->loop, on_restart, c);
    s->children[s->n++] = c;
    child_start(c);
}

static void child_free(struct child *c)
{
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    close_output(c);
    timer_free(&c->restart);
    free(c);
}

void supervisor_free(struct supervisor **supervisor)
{
    struct supervisor *s = *supervisor;
    if (!s)
        return;
    loop_signal(s->loop, SIGCHLD, NULL, NULL);
    for (size_t i = 0; i < s->n; i++)
        child_free(s->children[i]);
    timer_free(&s->look);
    timer_free(&s->deadline);
    free(s);
    *supervisor = NULL;
}
