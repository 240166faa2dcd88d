// SPDX-License-Identifier: MIT
// newswire health: what a container's health check asks.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/loop.h"
#include "common/text.h"
#include "services/newswire/commands.h"
#include "services/newswire/options.h"
#include "services/newswire/when.h"

enum { STALE_MS = 10000 }; // a service rewrites its file every second

static const struct setting table[] = {{0}};

static const char usage[] = "Usage: newswire health FILE\n"
                            "Reads the file that a service keeps with --health-file and tells "
                            "whether the service is well: 0\n"
                            "if it is ready; 1 if it waits for something, or has not written for "
                            "10 seconds. Prints its line.\n"
                            "\n"
                            "  newswire health /run/newswire/fetcher\n"
                            "  newswire health /run/newswire/sink || echo '未就绪'\n";

// Reads the file's line and when it was written. ERR_IO.
static enum err read_health(const char *path, char *line, size_t size, int64_t *written_ms,
                            struct problem *why)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (!f || fstat(fileno(f), &st) != 0 || !fgets(line, (int)size, f)) {
        const char *reason = !f || ferror(f) ? strerror(errno) : "empty";
        problem_set(why, ERR_IO, "%s: %s: is the service running, with --health-file %s?", path,
                    reason, path);
        if (f)
            fclose(f);
        return ERR_IO;
    }
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    line[text_clean(line, strlen(line))] = '\0';
    *written_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return OK;
}

int cmd_health(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, NULL, 1};
    char nothing, line[512] = "", span[WHEN_SIZE];
    int64_t written_ms = 0;
    struct problem why = {""};
    int first;
    if (!options_read(&source, argc, argv, &nothing, &first))
        return CMD_WRONG;
    if (argc - first != 1)
        return options_wrong(argv[0], "give one file");
    if (read_health(argv[first], line, sizeof line, &written_ms, &why) != OK)
        return options_failed(argv[0], "%s", why.text);
    int64_t age_ms = clock_utc_ms() - written_ms;
    when_span(age_ms, span);
    if (age_ms > STALE_MS)
        return options_failed(argv[0], "%s was written %s ago: the service hangs or has ended",
                              argv[first], span);
    puts(line);
    return strncmp(line, "ready", 5) == 0 ? CMD_DONE : CMD_FAILED;
}
