// SPDX-License-Identifier: MIT
#include "common/subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum { TOPIC_HWM = 10000, REPLAY_HWM = 100, MESSAGES_A_TURN = 100 };

struct subscriber {
    struct loop *loop;
    struct socket *topic, *replay;
    struct timer *wake;
    struct subscription *subscription;
    struct subscriber_handlers handlers;
    void *arg;
    int64_t heard_ms;
    bool paused;
};

static void tell_trouble(struct subscriber *s, const char *sentence)
{
    if (s->handlers.trouble)
        s->handlers.trouble(s->arg, sentence);
}

static void send_replay(struct subscriber *s, Newswire__V1__Replay *replay)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_REPLAY;
    e.replay = replay;
    // A full queue means that the sink is not there: the question is repeated when it is time.
    if (wire_send(s->replay, NULL, &e) == ERR_LIMIT)
        tell_trouble(s, "the list of labels is too long for a message");
}

// Carries out one action. False: there is nothing more to do now.
static bool act(struct subscriber *s, struct subscription_action *a)
{
    switch (a->act) {
    case SUBSCRIPTION_DELIVER:
        s->handlers.news(s->arg, a->news);
        return true;
    case SUBSCRIPTION_ASK:
        send_replay(s, &a->replay);
        return true;
    case SUBSCRIPTION_RESYNC:
        if (s->handlers.resync)
            s->handlers.resync(s->arg, a->old_epoch, a->epoch);
        return true;
    case SUBSCRIPTION_LOST:
        if (s->handlers.lost)
            s->handlers.lost(s->arg, a->after, a->oldest);
        return true;
    case SUBSCRIPTION_WAIT:
        break;
    }
    if (a->wake_ms != INT64_MAX)
        timer_set(s->wake, a->wake_ms - clock_monotonic_ms(), false);
    return false;
}

static void proceed(struct subscriber *s)
{
    struct subscription_action a;
    while (!s->paused) {
        subscription_next(s->subscription, clock_monotonic_ms(), &a);
        if (!act(s, &a))
            return;
    }
}

static void take_news(struct subscriber *s, const uint8_t *bytes, size_t size)
{
    struct problem why;
    ProtobufCMessage *m;
    if (wire_unpack(&newswire__v1__classified_news__descriptor, bytes, size, &m, &why)) {
        tell_trouble(s, why.text);
        return;
    }
    pb_news *news = (pb_news *)m;
    subscription_news(s->subscription, &news, size);
}

static void take_head(struct subscriber *s, const uint8_t *bytes, size_t size)
{
    struct problem why;
    ProtobufCMessage *m;
    if (wire_unpack(&newswire__v1__head__descriptor, bytes, size, &m, &why)) {
        tell_trouble(s, why.text);
        return;
    }
    subscription_head(s->subscription, (const Newswire__V1__Head *)m);
    wire_free(m);
}

static void on_topic(void *arg, struct socket *socket)
{
    struct subscriber *s = arg;
    const uint8_t *bytes;
    char topic[256];
    size_t size;
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        enum err e = socket_receive(socket, NULL, topic, &bytes, &size);
        if (e == ERR_NOTFOUND)
            break;
        s->heard_ms = clock_monotonic_ms();
        if (e)
            tell_trouble(s, "a message on the topic did not have two frames");
        else if (strcmp(topic, TOPIC_HEAD) == 0)
            take_head(s, bytes, size);
        else
            take_news(s, bytes, size);
    }
    proceed(s);
}

static void on_replay(void *arg, struct socket *socket)
{
    struct subscriber *s = arg;
    struct problem why;
    const uint8_t *bytes;
    size_t size;
    enum err e = socket_receive(socket, NULL, NULL, &bytes, &size);
    if (e == ERR_NOTFOUND)
        return;
    pb_envelope *envelope = NULL;
    if (e)
        tell_trouble(s, "an answer to REPLAY did not have one frame");
    else if (wire_envelope(bytes, size, &envelope, &why))
        tell_trouble(s, why.text);
    if (envelope)
        subscription_answer(s->subscription, &envelope);
    proceed(s);
}

static void on_wake(void *arg, struct timer *t)
{
    (void)t;
    proceed(arg);
}

static enum err connect_topic(struct subscriber *s, const char *endpoint, struct problem *why)
{
    // Subscribed before it is connected, and connected before anything is asked: what is published
    // while the question is under way is seen.
    enum err e = socket_subscribe(s->topic, subscription_prefix(s->subscription));
    if (!e)
        e = socket_subscribe(s->topic, TOPIC_HEAD);
    return e ? e : socket_connect(s->topic, endpoint, why);
}

enum err subscriber_new(struct loop *l, struct socket_context *z, const char *topic,
                        const char *replay, const struct subscription_start *start,
                        const struct subscriber_handlers *handlers, void *arg,
                        struct subscriber **out, struct problem *why)
{
    struct subscriber *s = mem_alloc(sizeof *s);
    s->loop = l;
    s->handlers = *handlers;
    s->arg = arg;
    s->subscription = subscription_new(start);
    s->topic = socket_new(z, SOCKET_SUB, TOPIC_HWM);
    s->replay = socket_new(z, SOCKET_DEALER, REPLAY_HWM);
    s->wake = timer_new(l, on_wake, s);
    enum err e = connect_topic(s, topic, why);
    if (!e)
        e = socket_connect(s->replay, replay, why);
    if (e) {
        subscriber_free(&s);
        return e;
    }
    loop_socket(l, s->topic, on_topic, s);
    loop_socket(l, s->replay, on_replay, s);
    timer_set(s->wake, 0, false);
    *out = s;
    return OK;
}

void subscriber_free(struct subscriber **subscriber)
{
    struct subscriber *s = *subscriber;
    if (!s)
        return;
    loop_socket(s->loop, s->topic, NULL, NULL);
    loop_socket(s->loop, s->replay, NULL, NULL);
    timer_free(&s->wake);
    socket_free(&s->topic);
    socket_free(&s->replay);
    subscription_free(&s->subscription);
    free(s);
    *subscriber = NULL;
}

struct subscription_position subscriber_position(const struct subscriber *s)
{
    return subscription_position(s->subscription);
}

int64_t subscriber_heard_ms(const struct subscriber *s)
{
    return s->heard_ms;
}

void subscriber_pause(struct subscriber *s, bool paused)
{
    s->paused = paused;
    if (!paused)
        timer_set(s->wake, 0, false);
}
