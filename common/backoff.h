// SPDX-License-Identifier: MIT
// How long to wait before what failed is tried again. Pure.
#pragma once

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MOST_MS = 10000 };

// Milliseconds to wait after so many failures in a row: 0 after the first, then 100 ms doubling to
// 10 s.
int64_t backoff_ms(int failures);
