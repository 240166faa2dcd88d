// SPDX-License-Identifier: MIT
#include "common/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0 // sanitizers reserve terabytes of address space
#endif

bool run_limits_memory(void)
{
    return !SANITIZED;
}

// From here to exec() only calls that are safe after fork() in a process with threads.

static void say(const char *s)
{
    ssize_t written = write(STDERR_FILENO, s, strlen(s));
    (void)written;
}

static void set_signals(bool deaf)
{
    sigset_t none;
    struct sigaction normal = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};
    for (int signo = 1; signo <= SIGRTMAX; signo++)
        sigaction(signo, &normal, NULL); // fails for the few that cannot be set
    if (deaf) {
        sigaction(SIGINT, &ignore, NULL);
        sigaction(SIGTERM, &ignore, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_descriptors(const struct run_options *o)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(o->error >= 0 ? o->error : STDERR_FILENO, STDOUT_FILENO);
    dup2(STDOUT_FILENO, STDERR_FILENO);
    unsigned from = STDERR_FILENO + 1;
    if (o->keep >= 0) {
        fcntl(o->keep, F_SETFD, 0);
        if ((unsigned)o->keep > from)
            close_range(from, (unsigned)o->keep - 1, 0);
        from = (unsigned)o->keep + 1;
    }
    // Where the kernel is too old for it, everything of ours is close-on-exec nevertheless.
    close_range(from, ~0u, 0);
}

static void set_limits(const struct run_options *o)
{
    struct rlimit memory = {(rlim_t)o->memory, (rlim_t)o->memory}, core = {0, 0};
    if (o->memory > 0 && !SANITIZED)
        setrlimit(RLIMIT_AS, &memory);
    if (o->deaf)
        setrlimit(RLIMIT_CORE, &core); // a worker's death is an everyday event
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static NO_RETURN void become(const struct run_options *o, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the kernel knew of our wish
        _exit(0);
    if (o->own_group)
        setpgid(0, 0);
    set_signals(o->deaf);
    set_descriptors(o);
    set_limits(o);
    execv(o->argv[0], o->argv);
    say("cannot run ");
    say(o->argv[0]);
    say(": ");
    say(errno == ENOENT   ? "no such file\n"
        : errno == EACCES ? "not executable\n"
                          : "exec failed\n");
    _exit(RUN_NO_PROGRAM);
}

enum err run_start(const struct run_options *o, pid_t *out, struct problem *why)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return problem_set(why, ERR_IO, "cannot start %s: %s", o->argv[0], strerror(errno));
    if (pid == 0)
        become(o, parent);
    *out = pid;
    return OK;
}

struct problem run_ending(int status)
{
    struct problem text;
    if (WIFSIGNALED(status))
        problem_set(&text, OK, "was killed by signal %d (%s)", WTERMSIG(status),
                    sigdescr_np(WTERMSIG(status)) ? sigdescr_np(WTERMSIG(status)) : "unknown");
    else
        problem_set(&text, OK, "exited with status %d", WEXITSTATUS(status));
    return text;
}
