// SPDX-License-Identifier: MIT
#include "common/map.h"

#include <stdlib.h>

#include "common/mem.h"

struct slot {
    uint64_t key;
    void *value; // NULL: free
};

struct map {
    struct slot *slots;
    size_t cap, size; // cap is a power of two, at most 3/4 full
};

// Finalizer of SplitMix64 (Steele, Lea, Flood 2014): sequences become well spread.
static size_t hash(uint64_t k)
{
    k = (k ^ (k >> 30)) * 0xBF58476D1CE4E5B9u;
    k = (k ^ (k >> 27)) * 0x94D049BB133111EBu;
    return (size_t)(k ^ (k >> 31));
}

static struct slot *find(const struct map *m, uint64_t key)
{
    for (size_t i = hash(key) & (m->cap - 1);; i = (i + 1) & (m->cap - 1))
        if (!m->slots[i].value || m->slots[i].key == key)
            return &m->slots[i];
}

struct map *map_new(void)
{
    struct map *m = mem_alloc(sizeof *m);
    m->cap = 64;
    m->slots = mem_alloc(m->cap * sizeof *m->slots);
    return m;
}

void map_free(struct map **m)
{
    if (!*m)
        return;
    free((*m)->slots);
    free(*m);
    *m = NULL;
}

void *map_get(const struct map *m, uint64_t key)
{
    return find(m, key)->value;
}

static void grow(struct map *m)
{
    struct slot *old = m->slots;
    size_t n = m->cap;
    m->cap *= 2;
    m->slots = mem_alloc(m->cap * sizeof *m->slots);
    for (size_t i = 0; i < n; i++)
        if (old[i].value)
            *find(m, old[i].key) = old[i];
    free(old);
}

void map_set(struct map *m, uint64_t key, void *value)
{
    if ((m->size + 1) * 4 > m->cap * 3)
        grow(m);
    struct slot *s = find(m, key);
    if (!s->value)
        m->size++;
    *s = (struct slot){key, value};
}

void *map_remove(struct map *m, uint64_t key)
{
    struct slot *s = find(m, key);
    void *value = s->value;
    if (!value)
        return NULL;
    m->size--;
    // Close the hole: move back what would not be found past it (Knuth, TAOCP 6.4, algorithm R).
    size_t hole = (size_t)(s - m->slots), mask = m->cap - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t home = hash(m->slots[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
    return value;
}

size_t map_size(const struct map *m)
{
    return m->size;
}

void map_each(const struct map *m, void (*fn)(void *arg, uint64_t key, void *value), void *arg)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].value)
            fn(arg, m->slots[i].key, m->slots[i].value);
}
