// SPDX-License-Identifier: MIT
#include "services/sink/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "services/sink/similar.h"

enum { LOAD_BYTES = 16 << 20 };

struct duplicates {
    int64_t look_back_ms, loading_since_ms;
    struct similar *similar;
};

struct duplicates *duplicates_new(int64_t look_back_ms)
{
    struct duplicates *d = mem_alloc(sizeof *d);
    d->look_back_ms = look_back_ms;
    if (look_back_ms)
        d->similar = similar_new(DUPLICATES_MAX);
    return d;
}

void duplicates_free(struct duplicates **d)
{
    if (!*d)
        return;
    similar_free(&(*d)->similar);
    free(*d);
    *d = NULL;
}

void duplicates_find(struct duplicates *d, const pb_announcement *a, int64_t now_ms, char out[33])
{
    out[0] = '\0';
    if (!d->similar)
        return;
    struct fingerprint print = similar_fingerprint(a->title, a->text);
    const char *first = similar_find(d->similar, &print, now_ms - d->look_back_ms);
    if (!first)
        similar_add(d->similar, &print, a->id, now_ms);
    else if (strcmp(first, a->id) != 0 && strlen(first) < 33) // not an earlier revision of its own
        memcpy(out, first, strlen(first) + 1);
}

static void load_row(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                     size_t size)
{
    struct duplicates *d = arg;
    ProtobufCMessage *m;
    struct problem why;
    (void)sequence, (void)label;
    if (wire_unpack(&newswire__v1__classified_news__descriptor, packed, size, &m, &why))
        return; // then nothing is found to resemble it
    const pb_news *news = (const pb_news *)m;
    if (news->announcement && !*news->duplicate_of && news->committed_ms >= d->loading_since_ms) {
        struct fingerprint print =
            similar_fingerprint(news->announcement->title, news->announcement->text);
        similar_add(d->similar, &print, news->announcement->id, news->committed_ms);
    }
    wire_free(m);
}

enum err duplicates_load(struct duplicates *d, struct store *store, int64_t now_ms,
                         struct problem *why)
{
    uint64_t head = store_state(store)->head;
    struct store_extent extent = {.through = head > DUPLICATES_MAX ? head - DUPLICATES_MAX : 0};
    enum err e = OK;
    d->loading_since_ms = now_ms - d->look_back_ms;
    while (!e && d->similar && extent.through < head) {
        struct store_range range = {
            .after = extent.through, .limit = STORE_READ_MAX, .bytes = LOAD_BYTES};
        e = store_read(store, &range, load_row, d, &extent, why);
    }
    return e;
}
