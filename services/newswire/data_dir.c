// SPDX-License-Identifier: MIT
#include "services/newswire/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 60, LOCK_PAUSE_MS = 50 };

static enum err make_dir(const char *path, struct problem *why)
{
    struct stat st;
    if (mkdir(path, 0750) == 0)
        return OK;
    int error = errno;
    if (error == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return OK;
    if (error == EEXIST)
        return problem_set(why, ERR_CONFIG, "%s is not a directory: give another with --data",
                           path);
    if (error == ENOENT)
        return problem_set(why, ERR_CONFIG,
                           "%s cannot be made, because the directory it is in does not exist: make "
                           "that first, or give another with --data",
                           path);
    return problem_set(why, ERR_CONFIG, "%s cannot be made: %s", path, strerror(error));
}

static enum err taken(int fd, const char *dir, struct problem *why)
{
    char pid[32] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    return problem_set(why, ERR_CONFIG,
                       "%s is in use by another stack (process %s): end that one, or give another "
                       "directory with --data",
                       dir, pid[0] ? pid : "unknown");
}

static bool lock_soon(int fd)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    return false;
}

enum err data_dir_open(const char *dir, int *lock, struct problem *why)
{
    char path[PATH_MAX], pid[32];
    if (snprintf(path, sizeof path, "%s/run", dir) >= (int)sizeof path)
        return problem_set(why, ERR_CONFIG, "the name of the data directory is too long");
    enum err e = make_dir(dir, why);
    if (e == OK)
        e = make_dir(path, why);
    if (e != OK)
        return e;
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return problem_set(why, ERR_CONFIG, "%s cannot be written: %s: is %s yours?", path,
                           strerror(errno), dir);
    if (!lock_soon(fd)) {
        e = taken(fd, dir, why);
        close(fd);
        return e;
    }
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n) {
        e = problem_set(why, ERR_CONFIG, "%s cannot be written: %s", path, strerror(errno));
        close(fd);
        return e;
    }
    *lock = fd;
    return OK;
}
