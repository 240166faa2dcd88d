// SPDX-License-Identifier: MIT
// What every command does with its command line: read the options, complain in one voice.
#pragma once

#include <stdbool.h>

#include "common/settings.h"

// Reads the options by s->table and s->shared into `into`. False: they were not understood, the
// reason is on standard error, and the command ends with CMD_WRONG.
bool options_read(const struct settings_source *s, int argc, char **argv, void *into, int *first);

// Says what is wrong with a command line, and which help to read. Returns CMD_WRONG.
int options_wrong(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

// Says why a command could not do what it was asked to. Returns CMD_FAILED.
int options_failed(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

// The same about one of several things, which is named unless the reason names it.
int options_failed_at(const char *command, const char *what, const char *reason);
