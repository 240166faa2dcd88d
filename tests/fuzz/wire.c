// SPDX-License-Identifier: MIT
// Whatever bytes come from a socket: they are refused, or they are a message that is within its
// bounds and packs again to one that says the same. The sink's own reading of what cannot be
// unpacked, and the subscriber, get them too.
#include <stdlib.h>
#include <string.h>

#include "common/socket.h"
#include "common/subscription.h"
#include "common/wire.h"
#include "services/sink/put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(const uint8_t *data, size_t size)
{
    pb_key *key;
    if (put_key(data, size, &key) == OK)
        wire_free(&key->base);
}

static void check_put(const pb_envelope *e)
{
    struct problem why;
    if (e->body_case == NEWSWIRE__V1__ENVELOPE__BODY_PUT && put_check(e->put, &why) == OK &&
        !(e->put->key && e->put->announcement && e->put->classification))
        abort();
}

// Packed and unpacked again, it packs to the same bytes.
static void check_round_trip(const pb_envelope *e)
{
    struct buf first = buf_new(16 << 20), second = buf_new(16 << 20);
    struct problem why;
    pb_envelope *again;
    if (wire_pack(&e->base, &first))
        abort();
    // Packing may write a number in more bytes than it came in, and so exceed a message.
    if (wire_envelope(first.data, first.size, &again, &why) == OK) {
        if (wire_pack(&again->base, &second) || first.size != second.size ||
            memcmp(first.data, second.data, first.size) != 0)
            abort();
        wire_envelope_free(&again);
    } else if (first.size <= MESSAGE_MAX) {
        abort();
    }
    buf_free(&first);
    buf_free(&second);
}

// A subscriber that is told this by its sink delivers in order and comes to rest.
static void check_subscription(pb_envelope **e)
{
    struct subscription *s = subscription_new(&(struct subscription_start){0});
    struct subscription_action a;
    uint64_t last = 0;
    subscription_next(s, 0, &a);
    subscription_answer(s, e);
    for (int i = 0; i < 3000; i++) {
        subscription_next(s, 0, &a);
        if (a.act == SUBSCRIPTION_WAIT)
            break;
        if (a.act == SUBSCRIPTION_DELIVER && a.news->sequence <= last)
            abort();
        if (a.act == SUBSCRIPTION_DELIVER)
            last = a.news->sequence;
        if (i == 2999)
            abort();
    }
    subscription_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem why;
    pb_envelope *e;
    check_key(data, size);
    if (wire_envelope(data, size, &e, &why))
        return 0;
    check_put(e);
    check_round_trip(e);
    check_subscription(&e);
    return 0;
}
