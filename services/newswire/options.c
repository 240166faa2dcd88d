// SPDX-License-Identifier: MIT
#include "services/newswire/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "services/newswire/commands.h"

bool options_read(const struct settings_source *s, int argc, char **argv, void *into, int *first)
{
    struct problem why = {""};
    if (settings_read(s, argc, argv, into, first, &why) == OK)
        return true;
    options_wrong(argv[0], "%s", why.text);
    return false;
}

int options_wrong(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "newswire %s: ", command);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n(newswire help %s shows what it takes)\n", command);
    va_end(args);
    return CMD_WRONG;
}

int options_failed(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "newswire %s: ", command);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CMD_FAILED;
}

int options_failed_at(const char *command, const char *what, const char *reason)
{
    return strstr(reason, what) ? options_failed(command, "%s", reason)
                                : options_failed(command, "%s: %s", what, reason);
}
