// SPDX-License-Identifier: MIT
#include "common/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static enum err read_all(FILE *f, const char *name, struct buf *out, struct problem *why)
{
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        if (buf_add(out, chunk, n) != OK)
            return problem_set(why, ERR_LIMIT, "%s: larger than %zu bytes", name, out->max);
    return ferror(f) ? problem_set(why, ERR_IO, "%s: %s", name, strerror(errno)) : OK;
}

enum err file_read(const char *path, struct buf *out, struct problem *why)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rbe");
    if (!f) {
        enum err e = errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
        return problem_set(why, e, "%s: %s", path, strerror(errno));
    }
    enum err e = read_all(f, standard ? "standard input" : path, out, why);
    if (!standard)
        fclose(f);
    return e;
}
