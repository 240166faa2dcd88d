// SPDX-License-Identifier: MIT
// Which processes `newswire up` runs, and with which command lines. Pure.
#pragma once

#include <limits.h>

#include "common/mem.h"
#include "common/service.h"
#include "services/newswire/supervise.h"

enum { UP_DEMO_PORT = 9, UP_CHILDREN_MAX = 40 };

struct up {
    struct service_settings service; // with all endpoints
    const char *data, *http, *gap, *config;
    struct setting_list allow_private, allowed_hosts;
    int64_t classifiers;
    bool demo;
};

struct up_plan {
    const struct up *settings;
    struct arena *arena; // what the children's command lines live in
    char bin[PATH_MAX];  // the folder that our programs are in
    struct supervised children[UP_CHILDREN_MAX];
    size_t n;
};

// Fills in the children, in the order in which they are to be started.
void up_plan(struct up_plan *p);

// The command line by which the child would only check its settings (common/service.h).
char **up_plan_check(const struct up_plan *p, size_t child);
