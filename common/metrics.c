// SPDX-License-Identifier: MIT
#include "common/metrics.h"

#include <string.h>

#include "common/mem.h"

struct counter {
    char *name;
    uint64_t value;
};

static struct counter **counters; // in order of name; each stays where it is
static size_t counter_n, counter_cap;

// Where `name` is or belongs.
static size_t position(const char *name)
{
    size_t low = 0, high = counter_n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(counters[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t *metric(const char *name)
{
    size_t at = position(name);
    if (at < counter_n && strcmp(counters[at]->name, name) == 0)
        return &counters[at]->value;
    mem_reserve((void **)&counters, &counter_cap, counter_n + 1, sizeof(struct counter *));
    memmove(counters + at + 1, counters + at, (counter_n - at) * sizeof(struct counter *));
    counters[at] = mem_alloc(sizeof **counters);
    counters[at]->name = mem_strdup(name);
    counter_n++;
    return &counters[at]->value;
}

void metrics_each(void (*fn)(void *arg, const char *name, uint64_t value), void *arg)
{
    for (size_t i = 0; i < counter_n; i++)
        fn(arg, counters[i]->name, counters[i]->value);
}
