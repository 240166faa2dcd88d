// SPDX-License-Identifier: MIT
// A ledger in a folder of the test's own.
#pragma once

#include "services/fetcher/ledger.h"
#include "tests/unit/folder.h"

struct place {
    char folder[FOLDER_SIZE], url[64]; // the ledger's
    struct ledger *ledger;
};

// Around a test: *state is a place.
int place_set_up(void **state);
int place_tear_down(void **state);

// Opens the ledger that was closed; place_reopen() closes it first: what was not flushed is lost.
struct ledger *place_ledger(const struct place *p);
void place_reopen(struct place *p);

void id_of(const char *url, char id[URL_ID_SIZE]);
struct ledger_counts counts(struct ledger *l);
