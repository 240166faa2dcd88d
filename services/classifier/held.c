// SPDX-License-Identifier: MIT
#include "services/classifier/held.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

uint64_t held_tag(const pb_key *key)
{
    crypto_generichash_state state;
    uint64_t tag;
    crypto_generichash_init(&state, NULL, 0, sizeof tag);
    crypto_generichash_update(&state, (const uint8_t *)key->store, strlen(key->store));
    crypto_generichash_update(&state, (const uint8_t *)&key->epoch, sizeof key->epoch);
    crypto_generichash_update(&state, (const uint8_t *)&key->sequence, sizeof key->sequence);
    crypto_generichash_final(&state, (uint8_t *)&tag, sizeof tag);
    return tag;
}

void held_assign(struct held *h, struct link *link)
{
    if (h->link) {
        h->link->held--;
        h->link->held_bytes -= h->size;
    }
    h->link = link;
    if (link) {
        link->held++;
        link->held_bytes += h->size;
    }
}

struct held *held_new(uint64_t tag, size_t size, struct link *link, pb_envelope **data)
{
    struct held *h = mem_alloc(sizeof *h);
    h->tag = tag;
    h->size = size;
    held_assign(h, link);
    h->data = *data;
    *data = NULL;
    return h;
}

void held_free(struct held *h)
{
    held_assign(h, NULL);
    wire_envelope_free(&h->data);
    if (h->labels)
        wire_free(&h->labels->base);
    free(h);
}

struct list {
    struct held **all;
    size_t n;
};

static void add(void *arg, uint64_t tag, void *value)
{
    struct list *list = arg;
    (void)tag;
    list->all[list->n++] = value;
}

struct held **held_all(const struct map *held, size_t *n)
{
    struct list list = {mem_alloc(map_size(held) * sizeof(struct held *)), 0};
    map_each(held, add, &list);
    *n = list.n;
    return list.all;
}
