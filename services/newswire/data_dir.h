// SPDX-License-Identifier: MIT
// The data directory of `newswire up`: made if need be, and held by one stack at a time.
#pragma once

#include "common/err.h"

// Makes DIR and DIR/run (mode 0750; DIR's parent must exist) and locks DIR/lock. The lock is gone
// when every process that holds *lock has ended: let children inherit it, and a new stack does not
// start among the remains of an old one. Waits for it for up to 3 s. ERR_CONFIG, and *why says what
// is wrong and what to do.
enum err data_dir_open(const char *dir, int *lock, struct problem *why) MUST_CHECK;
