// SPDX-License-Identifier: MIT
// PUT in; PUTACK out, after the commit and never before it. What arrives close together is
// committed together: 500 announcements, 16 MiB, 20 ms after the first or 2 ms after the last,
// whichever is first.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "services/sink/duplicates.h"
#include "services/sink/publish.h"
#include "services/sink/store.h"

struct intake;

// Called after every attempt to commit: "" if all is well, else why nothing can be stored.
typedef void intake_trouble(void *arg, const char *sentence);

struct intake_options {
    struct store *store;           // borrowed
    struct publisher *publisher;   // borrowed
    struct duplicates *duplicates; // borrowed
    int64_t keep_ms;               // how long news is kept; 0: for ever
    intake_trouble *trouble;
    void *arg;
};

// Takes the bound ROUTER socket.
struct intake *intake_new(struct loop *l, struct socket **router, const struct intake_options *o);
void intake_free(struct intake **i);

// Stops taking in and commits what is there. True: nothing is waiting any more.
bool intake_drain(struct intake *i);
size_t intake_waiting(const struct intake *i);
