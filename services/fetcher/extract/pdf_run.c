// SPDX-License-Identifier: MIT
// Runs pdftotext. The document goes in by a pipe and the text comes out by another, so that nothing
// is written to disk and no name reaches a command line.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "services/fetcher/extract/pdf.h"

enum { NOT_INSTALLED = 127, CHUNK = 64 << 10, MS = 1000 };

struct child {
    pid_t pid;
    int in, out; // its standard input and output; -1: closed
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// In the child: bounded in time, memory and files, and gone with its parent.
static void become_pdftotext(int in, int out)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlim_t mb = 1 << 20, memory = PDF_MEMORY_MAX_MB * mb;
    setrlimit(RLIMIT_CPU, &(struct rlimit){PDF_SECONDS_MAX, PDF_SECONDS_MAX});
    setrlimit(RLIMIT_AS, &(struct rlimit){memory, memory});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){64 * mb, 64 * mb}); // its copy of what it reads
    signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(null, STDERR_FILENO) >= 0)
        execlp("pdftotext", "pdftotext", "-q", "-enc", "UTF-8", "-", "-", (char *)NULL);
    _exit(NOT_INSTALLED);
}

static enum err start(struct child *c, struct problem *why)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    *c = (struct child){-1, -1, -1};
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
        c->pid = fork();
    if (c->pid == 0)
        become_pdftotext(in[0], out[1]);
    close_end(&in[0]);
    close_end(&out[1]);
    c->in = in[1];
    c->out = out[0];
    if (c->pid > 0) {
        fcntl(c->in, F_SETFL, O_NONBLOCK);
        return OK;
    }
    close_end(&c->in);
    close_end(&c->out);
    return problem_set(why, ERR_IO, "pdftotext cannot be started: %s", strerror(errno));
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * MS + t.tv_nsec / 1000000;
}

// Writes what the child takes now; closes its input at the end, or when it wants no more.
static void feed(struct child *c, const uint8_t *bytes, size_t size, size_t *done)
{
    ssize_t n = write(c->in, bytes + *done, size - *done);
    if (n > 0)
        *done += (size_t)n;
    if (*done == size || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_end(&c->in);
}

// Both pipes at once, until the text ends, a bound is reached or the time is over.
static enum err talk(struct child *c, const uint8_t *bytes, size_t size, struct buf *out,
                     struct problem *why)
{
    int64_t deadline = now_ms() + (int64_t)PDF_SECONDS_MAX * MS;
    size_t done = 0;
    char chunk[CHUNK];
    size_t room = out->size + PDF_TEXT_MAX;
    if (size == 0)
        close_end(&c->in);
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd fds[] = {{c->out, POLLIN, 0}, {c->in, POLLOUT, 0}};
        if (left <= 0)
            return problem_set(why, ERR_LIMIT, "the PDF took more than %d s", PDF_SECONDS_MAX);
        if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
            return problem_set(why, ERR_IO, "pdftotext: %s", strerror(errno));
        if (fds[1].revents)
            feed(c, bytes, size, &done);
        if (!fds[0].revents)
            continue;
        ssize_t n = read(c->out, chunk, sizeof chunk);
        if (n == 0)
            return OK;
        if (n > 0 && (out->size + (size_t)n > room || buf_add(out, chunk, (size_t)n) != OK))
            return problem_set(why, ERR_LIMIT, "the PDF holds more than %d MB of text",
                               PDF_TEXT_MAX >> 20);
    }
}

enum err pdf_to_text(const uint8_t *bytes, size_t size, struct buf *out, struct problem *why)
{
    struct child c;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    enum err e = start(&c, why);
    if (e)
        return e;
    sigaction(SIGPIPE, &ignore, &before); // a child that stops reading is told by write()
    e = talk(&c, bytes, size, out, why);
    sigaction(SIGPIPE, &before, NULL);
    close_end(&c.in);
    close_end(&c.out);
    if (e)
        kill(c.pid, SIGKILL);
    int status = 0;
    while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (e)
        return e;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
        return problem_set(why, ERR_IO, "pdftotext is not installed: install poppler-utils");
    if (WIFSIGNALED(status))
        return problem_set(why, ERR_LIMIT, "reading the PDF was ended by signal %d",
                           WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return problem_set(why, ERR_INPUT, "no PDF, or one that is damaged or encrypted");
    return OK;
}
