// SPDX-License-Identifier: MIT
// Settings of a program: one YAML file, environment variables, flags; the later wins. A table says
// what there is; everything else follows from it: the flag --allow-private, the environment
// variable NEWSWIRE_ALLOW_PRIVATE and the YAML key allow_private belong to the name
// "allow-private". The YAML file has one section a program (fetcher, classifier, sink, gateway,
// newswire) and `common` for names that several have. A section for another program is skipped, an
// unknown one refused, and so is every unknown name or value out of bounds, with file, line and the
// mend. Read before anything else is opened.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum setting_type {
    SETTING_STRING,   // const char *
    SETTING_ENDPOINT, // const char *: tcp://HOST:PORT or ipc://PATH; HOST may be a name, * or [v6]
    SETTING_NUMBER,   // int64_t
    SETTING_DURATION, // int64_t milliseconds: 500ms, 30s, 10m, 2h, 1d
    SETTING_SIZE,     // int64_t bytes: 4096, 64k, 8M, 1G
    SETTING_BOOL,     // bool: true false yes no on off; the bare flag is true
    SETTING_LIST      // struct setting_list: comma-separated, a YAML sequence, or the flag repeated
};

struct setting_list {
    const char *const *items;
    size_t n;
};

struct setting {
    const char *name; // "allow-private"
    enum setting_type type;
    size_t offset;        // where in the program's settings struct
    const char *standard; // value where nothing is given, in the same notation; NULL: "", 0, false
    int64_t least, most;  // bounds of numbers; most 0: none
    const char *help;     // half a line; "" hides it from --help
};

struct settings_source {
    const char *program;          // section and --help
    const char *usage;            // text before the list of settings in --help, with examples
    const struct setting *table;  // ends with a NULL name
    const struct setting *shared; // the names of section `common` that this program has, or NULL
    size_t size;                  // of the struct that the offsets are in
};

// Fills `into` (of s->size bytes). --help and --version print and exit 0. Positional arguments are
// left in argv[*first..argc). A setting "config" in the table gets the file's path. Strings live as
// long as the process. *why: one line, ready to print.
enum err settings_read(const struct settings_source *s, int argc, char **argv, void *into,
                       int *first, struct problem *why) MUST_CHECK;

// Parsers for the notations above, for use elsewhere. ERR_INPUT.
enum err settings_duration(const char *text, int64_t *ms) MUST_CHECK;
enum err settings_size(const char *text, int64_t *bytes) MUST_CHECK;
