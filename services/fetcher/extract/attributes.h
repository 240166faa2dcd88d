// SPDX-License-Identifier: MIT
// What an element's attributes say of it: its words, whether it is hidden, its role.
#pragma once

#include "services/fetcher/extract/html.h"
#include "services/fetcher/extract/words.h"

// One look at each attribute; adds to *set.
void attributes_read(const struct html *h, const struct html_node *node, struct word_memo *memo,
                     struct word_set *set);
