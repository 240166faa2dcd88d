// SPDX-License-Identifier: MIT
// A YAML document read against a table of what may stand where. The first mistake is kept, with its
// line, and everything read after it is empty, so that callers check once at the end. libyaml is
// fenced here.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct yaml;
struct yaml_node;

// NULL and *why if the bytes are not one YAML document.
struct yaml *yaml_open(const char *name, const char *bytes, size_t n, struct problem *why);
void yaml_close(struct yaml **y);

const struct yaml_node *yaml_root(struct yaml *y);

// Notes a mistake at a node, unless one is noted already.
void yaml_wrong(struct yaml *y, const struct yaml_node *at, const char *format, ...)
    PRINTF_LIKE(3, 4);
enum err yaml_result(const struct yaml *y, struct problem *why); // OK or ERR_CONFIG

unsigned yaml_line(const struct yaml_node *node); // from 1

// A mapping's values in the order of `keys` (NULL-terminated); NULL where a key is absent. Other
// keys and repeated ones are mistakes. `what` names the mapping in the message.
void yaml_mapping(struct yaml *y, const struct yaml_node *node, const char *what,
                  const char *const *keys, const struct yaml_node **values);

// A list's length and items; an absent node is an empty list, and so is a mistake.
size_t yaml_length(struct yaml *y, const struct yaml_node *node, const char *what);
const struct yaml_node *yaml_item(struct yaml *y, const struct yaml_node *list, size_t i);

// A scalar's text, borrowed, without NUL inside; "" and a mistake if it is none or empty.
const char *yaml_text(struct yaml *y, const struct yaml_node *node, const char *what);
double yaml_number(struct yaml *y, const struct yaml_node *node, const char *what, double low,
                   double high);
