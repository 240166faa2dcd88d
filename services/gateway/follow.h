// SPDX-License-Identifier: MIT
// Follows the sink as any subscriber does, and keeps its newest announcements.
#pragma once

#include "common/loop.h"
#include "common/socket.h"
#include "services/gateway/newest.h"

struct follow;

enum err follow_new(struct loop *l, struct socket_context *z, const char *topic, const char *replay,
                    struct follow **out, struct problem *why) MUST_CHECK;
void follow_free(struct follow **f);

const struct newest *follow_newest(const struct follow *f);
uint64_t follow_head(const struct follow *f); // newest sequence of the sink; 0: not known

// True while the sink speaks; if not, *why is a sentence saying since when it is silent.
bool follow_is_live(const struct follow *f, struct problem *why);
