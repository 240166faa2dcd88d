// SPDX-License-Identifier: MIT
// Which rules of a taxonomy a text fulfils, and where: words found become matches once their
// context (place, near, unless, part_of, negation) agrees. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "services/classifier/label/taxonomy.h"
#include "services/classifier/label/terms.h"

// The parts of a text that count differently.
enum zone { ZONE_TITLE, ZONE_LEAD, ZONE_BODY, N_ZONES };

struct zones {
    size_t title, lead; // where the title and the first paragraphs end, in bytes
};

struct match {
    uint32_t rule, start, end; // bytes of the normalised text
    enum zone zone;
};

struct matches {
    struct match *all; // by growing end
    size_t n, cap;
};

void match_rules(const struct taxonomy *t, const struct hits *hits, const struct zones *zones,
                 struct matches *into);
