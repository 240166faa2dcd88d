// SPDX-License-Identifier: MIT
// Commands that tell the fetcher to do one thing to each URL given: remove, pause, resume, refresh.
#pragma once

#include "services/newswire/stack.h"

struct verb {
    const char *usage;
    const char *done; // "removed", for a person
    bool all;         // without any URL it concerns everything
    // Makes the request for a URL, "" for everything; what it points to must stay until it was
    // sent.
    void (*request)(char *url, Newswire__V1__ControlRequest *out);
};

// The whole command. Returns the exit status.
int verb_run(const struct verb *v, int argc, char **argv);
