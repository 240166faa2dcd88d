// SPDX-License-Identifier: MIT
// Whose REPLAY is next: first come, first served, one question a subscriber (a newer one takes the
// place of the older), as long as the rate allows. Pure: `now` is given, in milliseconds.
#pragma once

#include <stdbool.h>

#include "common/socket.h"
#include "common/wire.h"

enum { TURNS_MAX = 4096 };

struct turns;

struct turns *turns_new(int64_t bytes_a_second);
void turns_free(struct turns **t);

// Takes *e, a REPLAY. ERR_LIMIT: too many are waiting; it is dropped and its sender asks again.
enum err turns_add(struct turns *t, const struct route *from, pb_envelope **e);

// The next one, for the caller to free. ERR_NOTFOUND: nobody waits. ERR_BUSY: the rate is used up,
// *wait_ms says for how long.
enum err turns_next(struct turns *t, int64_t now, struct route *from, pb_envelope **e,
                    int64_t *wait_ms) MUST_CHECK;

// Charges the answer.
void turns_spent(struct turns *t, size_t bytes);

size_t turns_waiting(const struct turns *t);
