// SPDX-License-Identifier: MIT
// Counters of a process, by name: set them up once, bump them anywhere on the loop's thread. Names
// are in Prometheus's form: fetcher_pages_fetched_total.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The counter of that name, made at 0 when first asked for; lives as long as the process.
uint64_t *metric(const char *name);

// Visits all of them in order of name.
void metrics_each(void (*fn)(void *arg, const char *name, uint64_t value), void *arg);
