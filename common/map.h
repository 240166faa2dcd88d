// SPDX-License-Identifier: MIT
// A hash map from 64-bit numbers to pointers it does not own. Open addressing, grows, never
// shrinks.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map;

struct map *map_new(void);
void map_free(struct map **m);
void *map_get(const struct map *m, uint64_t key);       // NULL if absent
void map_set(struct map *m, uint64_t key, void *value); // value not NULL
void *map_remove(struct map *m, uint64_t key);          // what was there, or NULL
size_t map_size(const struct map *m);

// Visits everything, in no order; `fn` must not change the map.
void map_each(const struct map *m, void (*fn)(void *arg, uint64_t key, void *value), void *arg);
