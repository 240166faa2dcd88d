// SPDX-License-Identifier: MIT
// The values of settings.h: text in, checked value out.
#pragma once

#include "common/settings.h"

// Parses the text as the setting's type and stores it at its place in `into`. ERR_INPUT, and *why
// says what is wrong with the value ("\"2 parsecs\" is not a duration: …"). Strings are copied and
// live as long as the process. A list is split at its commas.
enum err setting_store(const struct setting *s, const char *text, void *into,
                       struct problem *why) MUST_CHECK;

// Appends these to a list.
enum err setting_append(const struct setting *s, const char *const *items, size_t n, void *into,
                        struct problem *why) MUST_CHECK;
void setting_clear_list(const struct setting *s, void *into);

// A copy that lives as long as the process.
const char *setting_keep(const char *text, size_t n);

// What --help calls a value of this type: "DURATION".
const char *setting_type_name(enum setting_type type);
