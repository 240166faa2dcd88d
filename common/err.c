// SPDX-License-Identifier: MIT
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/text.h"

int problem_write(struct problem *why, const char *format, ...)
{
    if (why) {
        va_list args;
        va_start(args, format);
        vsnprintf(why->text, sizeof why->text, format, args);
        va_end(args);
        // What it quotes may be of any bytes, and the end may be half a character.
        why->text[text_clean(why->text, strlen(why->text))] = '\0';
    }
    return 0;
}

const char *err_name(enum err code)
{
    static const char *const names[] = {
        "ok",   "malformed input",    "limit reached",      "not found", "exists already",
        "busy", "input/output error", "configuration error"};
    return (unsigned)code < sizeof names / sizeof *names ? names[code] : "unknown error";
}

void panic_at(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: newswire has a bug, please report it: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

void fatal(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EX_CONFIG);
}
