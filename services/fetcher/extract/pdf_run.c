// SPDX-License-Identifier: MIT
// Runs pdftotext. The document goes in by a pipe, the text and the complaints come out by two
// others, so that nothing is written to disk and no name reaches a command line.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "services/fetcher/extract/pdf.h"
#include "services/fetcher/extract/pdf_jail.h"

enum { NOT_INSTALLED = 127, NO_LIMITS = 126, CHUNK = 64 << 10, MS = 1000, COMPLAINT_MAX = 8 << 10 };

struct child {
    pid_t pid;
    int in, out, complaints; // its standard input, output and error; -1: closed
};

// What it is given, and what it may take.
struct work {
    const uint8_t *bytes;
    size_t size;
    int seconds;
    int64_t deadline; // by the monotonic clock
    struct buf *out, *complaints;
};

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_all(struct child *c)
{
    close_end(&c->in);
    close_end(&c->out);
    close_end(&c->complaints);
}

static void become_pdftotext(pid_t parent, int seconds, int in, int out, int complaints)
{
    signal(SIGPIPE, SIG_DFL);
    if (!pdf_jail(parent, seconds))
        _exit(NO_LIMITS);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(complaints, STDERR_FILENO) >= 0)
        execlp("pdftotext", "pdftotext", "-layout", "-enc", "UTF-8", "-", "-", (char *)NULL);
    _exit(NOT_INSTALLED);
}

static enum err start(struct child *c, int seconds, struct problem *why)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, complaints[2] = {-1, -1};
    pid_t parent = getpid();
    *c = (struct child){-1, -1, -1, -1};
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 &&
        pipe2(complaints, O_CLOEXEC) == 0)
        c->pid = fork();
    if (c->pid == 0)
        become_pdftotext(parent, seconds, in[0], out[1], complaints[1]);
    int error = errno;
    close_end(&in[0]);
    close_end(&out[1]);
    close_end(&complaints[1]);
    c->in = in[1];
    c->out = out[0];
    c->complaints = complaints[0];
    if (c->pid > 0 && fcntl(c->in, F_SETFL, O_NONBLOCK) == 0)
        return OK;
    close_all(c);
    return problem_set(why, ERR_IO, "pdftotext cannot be started: %s", strerror(error));
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

// Takes what there is into `out`, as far as there is room; closes the pipe at its end.
static void take(int *fd, struct buf *out, size_t max)
{
    char chunk[CHUNK];
    ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n == 0 || (n < 0 && errno != EINTR))
        close_end(fd);
    size_t room = max > out->size ? max - out->size : 0;
    if (n > 0)
        (void)buf_add(out, chunk, (size_t)n < room ? (size_t)n : room); // the rest is not wanted
}

static enum err too_slow(int seconds, struct problem *why)
{
    return problem_set(why, ERR_LIMIT, "the PDF took more than %d s", seconds);
}

// All pipes at once, until both outputs end, the text is enough, or the time is over.
static enum err talk(struct child *c, const struct work *work, struct problem *why)
{
    size_t done = 0, max = work->out->size + PDF_TEXT_MAX;
    if (work->size == 0)
        close_end(&c->in);
    while ((c->out >= 0 || c->complaints >= 0) && work->out->size < max) {
        int64_t left = work->deadline - now_ms();
        struct pollfd fds[] = {
            {c->out, POLLIN, 0}, {c->in, POLLOUT, 0}, {c->complaints, POLLIN, 0}};
        if (left <= 0)
            return too_slow(work->seconds, why);
        if (poll(fds, 3, (int)left) < 0 && errno != EINTR)
            return problem_set(why, ERR_IO, "pdftotext: %s", strerror(errno));
        if (fds[1].revents)
            feed(c, work->bytes, work->size, &done);
        if (fds[2].revents)
            take(&c->complaints, work->complaints, COMPLAINT_MAX);
        if (fds[0].revents)
            take(&c->out, work->out, max);
    }
    return OK;
}

// It has closed its outputs: it is about to end, or pretends to be.
static enum err await_end(const struct child *c, const struct work *work, struct problem *why)
{
    int fd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    struct pollfd ended = {fd, POLLIN, 0};
    int ready = 0;
    for (int64_t left; fd >= 0 && ready <= 0 && (left = work->deadline - now_ms()) > 0;)
        ready = poll(&ended, 1, (int)left);
    if (fd >= 0)
        close(fd);
    return ready > 0 ? OK : too_slow(work->seconds, why);
}

static bool says(const struct buf *complaints, const char *what)
{
    return strstr(buf_str(complaints), what) != NULL;
}

// What its ending means.
static enum err verdict(int status, const struct work *work, bool text, struct problem *why)
{
    const struct buf *complaints = work->complaints;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    if (code == NOT_INSTALLED)
        return problem_set(why, ERR_IO, "pdftotext is not installed: install poppler-utils");
    if (code == NO_LIMITS)
        return problem_set(why, ERR_IO, "pdftotext cannot be put under limits");
    if (says(complaints, "Out of memory") || says(complaints, "bad_alloc"))
        return problem_set(why, ERR_LIMIT, "the PDF took more than %d MB", PDF_MEMORY_MAX_MB);
    if (WIFSIGNALED(status))
        return problem_set(why, ERR_LIMIT, "reading the PDF was ended by signal %d",
                           WTERMSIG(status));
    if (says(complaints, "Incorrect password"))
        return problem_set(why, ERR_INPUT, "the PDF is encrypted: it wants a password");
    if (code != 0)
        return problem_set(why, ERR_INPUT, "no PDF, or one that is damaged");
    if (!text && says(complaints, "Missing language pack"))
        return problem_set(why, ERR_IO,
                           "the PDF needs encodings that are not installed: install poppler-data");
    return OK;
}

// More than the form feeds of pages without any.
static bool has_text(const struct buf *out, size_t from)
{
    for (size_t i = from; i < out->size; i++)
        if (out->data[i] > ' ')
            return true;
    return false;
}

enum err pdf_to_text(const uint8_t *bytes, size_t size, int seconds, struct buf *out,
                     struct problem *why)
{
    struct child c;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct buf complaints = buf_new(COMPLAINT_MAX);
    const struct work work = {.bytes = bytes,
                              .size = size,
                              .seconds = seconds,
                              .deadline = now_ms() + (int64_t)seconds * MS,
                              .out = out,
                              .complaints = &complaints};
    size_t from = out->size;
    int status = 0;
    enum err e = start(&c, seconds, why);
    if (e)
        return e;
    sigaction(SIGPIPE, &ignore, &before); // a child that stops reading is told by write()
    e = talk(&c, &work, why);
    sigaction(SIGPIPE, &before, NULL);
    bool enough = !e && (c.out >= 0 || c.complaints >= 0);
    close_all(&c);
    if (!e && !enough)
        e = await_end(&c, &work, why);
    if (e || enough)
        kill(c.pid, SIGKILL);
    while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!e && !enough)
        e = verdict(status, &work, has_text(out, from), why);
    buf_free(&complaints);
    return e;
}

enum err pdf_document(const struct page_source *source, const struct pdf_hint *hint,
                      struct pdf *out, struct buf *explain, struct problem *why)
{
    struct buf text = buf_new(PDF_TEXT_MAX);
    enum err e = pdf_to_text(source->bytes, source->size, PDF_SECONDS_MAX, &text, why);
    if (!e)
        pdf_read(buf_str(&text), text.size, hint, source->now_ms, out, explain);
    buf_free(&text);
    return e;
}
