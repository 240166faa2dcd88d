// SPDX-License-Identifier: MIT
#include "services/sink/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/subscriber.h"

enum { BEACON_MS = 1000, READ_BYTES = 16 << 20 };

struct publisher {
    struct loop *loop;
    struct socket *pub;
    struct store *store;
    struct timer *beacon;
    uint64_t last; // newest sequence that was published
    struct buf head;
    uint64_t *published, *failed;
};

static void send_row(void *arg, uint64_t sequence, const char *label, const uint8_t *packed,
                     size_t size)
{
    struct publisher *p = arg;
    char topic[128];
    snprintf(topic, sizeof topic, TOPIC_NEWS ".%s", label);
    // PUB never refuses for a slow subscriber: it drops, and the sequence tells.
    if (socket_send(p->pub, NULL, topic, packed, size))
        ++*p->failed;
    else
        ++*p->published;
    p->last = sequence;
}

void publisher_committed(struct publisher *p)
{
    struct store_extent extent;
    struct problem why;
    for (;;) {
        struct store_range range = {.after = p->last, .limit = STORE_READ_MAX, .bytes = READ_BYTES};
        if (store_read(p->store, &range, send_row, p, &extent, &why)) {
            // Tried again at the next commit or beacon; subscribers are not told of it before.
            log_error("not-published", "after=%" PRIu64 " why=%s", p->last, why.text);
            return;
        }
        if (extent.through >= extent.head)
            return;
        p->last = extent.through;
    }
}

static void pack_head(struct publisher *p, const struct store_state *state)
{
    Newswire__V1__Head head = NEWSWIRE__V1__HEAD__INIT;
    Newswire__V1__LabelHead *items = mem_alloc(sizeof *items * (state->n_labels + 1));
    Newswire__V1__LabelHead **labels = mem_alloc(sizeof *labels * (state->n_labels + 1));
    for (size_t i = 0; i < state->n_labels; i++) {
        newswire__v1__label_head__init(&items[i]);
        items[i].label = (char *)state->labels[i].name;
        items[i].sequence = state->labels[i].sequence;
        labels[i] = &items[i];
    }
    head.epoch = state->epoch;
    head.sequence = state->head;
    head.labels = labels;
    head.n_labels = state->n_labels;
    buf_clear(&p->head);
    if (wire_pack(&head.base, &p->head))
        panic("a beacon does not fit into a message");
    free(labels);
    free(items);
}

static void on_beacon(void *arg, struct timer *t)
{
    struct publisher *p = arg;
    (void)t;
    const struct store_state *state = store_state(p->store);
    if (state->head > p->last)
        publisher_committed(p);
    pack_head(p, state);
    if (socket_send(p->pub, NULL, TOPIC_HEAD, p->head.data, p->head.size))
        ++*p->failed;
}

struct publisher *publisher_new(struct loop *l, struct socket **pub, struct store *store)
{
    struct publisher *p = mem_alloc(sizeof *p);
    p->loop = l;
    p->pub = *pub;
    *pub = NULL;
    p->store = store;
    p->last = store_state(store)->head;
    p->head = buf_new(MESSAGE_MAX);
    p->published = metric("sink_published_total");
    p->failed = metric("sink_publish_failures_total");
    p->beacon = timer_new(l, on_beacon, p);
    timer_set(p->beacon, BEACON_MS, true);
    return p;
}

void publisher_free(struct publisher **publisher)
{
    struct publisher *p = *publisher;
    if (!p)
        return;
    timer_free(&p->beacon);
    socket_free(&p->pub);
    buf_free(&p->head);
    free(p);
    *publisher = NULL;
}
