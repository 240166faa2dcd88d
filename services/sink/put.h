// SPDX-License-Identifier: MIT
// What the sink demands of a PUT, beyond what every message must be. Pure.
#pragma once

#include "common/wire.h"

// OK, or ERR_INPUT and a sentence for the dead letter that becomes of it.
enum err put_check(const Newswire__V1__Put *put, struct problem *why) MUST_CHECK;

// The key of a PUT that cannot be unpacked, read from its bytes, so that it can be refused by name
// and is not sent for ever. For the caller to free with wire_free(). ERR_INPUT: there is none.
enum err put_key(const uint8_t *bytes, size_t size, pb_key **out) MUST_CHECK;
