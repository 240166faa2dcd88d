// SPDX-License-Identifier: MIT
// Which addresses may be fetched from: public ones on ports 80 and 443, and whatever lies in the
// ranges that the user allowed, on any port. Asked for every connection, after the name was
// resolved, so that neither a redirect nor a name that changes its address gets around it. Pure.
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "common/err.h"

struct guard;

// `ranges`: CIDR notation, v4 or v6 ("10.0.0.0/8", "fd00::/8", "192.0.2.7"). ERR_INPUT names the
// bad one.
enum err guard_new(const char *const *ranges, size_t n, struct guard **out,
                   struct problem *why) MUST_CHECK;
void guard_free(struct guard **g);

// True if a connection to this address may be made. If not, *why is a sentence with the address and
// what would allow it.
bool guard_allows(const struct guard *g, const struct sockaddr *address, struct problem *why);
