// SPDX-License-Identifier: MIT
#include "services/sink/sink.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "services/sink/intake.h"
#include "services/sink/publish.h"
#include "services/sink/replay.h"
#include "services/sink/store.h"

// Messages queued a peer. Ingest: more than any classifier's window. Topic: what a subscriber may
// be behind before it is served by replay. Replay: a subscriber asks for one chunk at a time.
enum { INGEST_HWM = 4096, TOPIC_HWM = 2000, REPLAY_HWM = 4 };

#define AT(member) offsetof(struct sink_settings, member)

const struct setting sink_settings_table[] = {
    {"sink-store", SETTING_STRING, AT(store), "sqlite:sink.db", 0, 0, "the store: sqlite:PATH"},
    {"keep", SETTING_DURATION, AT(keep_ms), NULL, 0, 0,
     "how long news is kept and replayed, 90d say; 0: for ever"},
    {"replay-rate", SETTING_SIZE, AT(replay_bytes), "64M", 1 << 20, 0,
     "bytes a second given to subscribers that catch up, together"},
    {"duplicates", SETTING_DURATION, AT(duplicates_ms), "7d", 0, 0,
     "how far back the same story is looked for; 0: not at all"},
    {"new-epoch", SETTING_BOOL, AT(new_epoch), NULL, 0, 0,
     "the store was restored from a backup: every subscriber begins anew"},
    {0},
};

struct sink {
    struct socket *ingest, *topic, *answers; // until they are handed over
    struct store *store, *reader;
    struct duplicates *duplicates;
    struct publisher *publisher;
    struct intake *intake;
    struct replay *replay;
    char trouble[256];
};

static void on_trouble(void *arg, const char *sentence)
{
    struct sink *s = arg;
    if (strncmp(s->trouble, sentence, sizeof s->trouble - 1) == 0)
        return;
    snprintf(s->trouble, sizeof s->trouble, "%s", sentence);
    replay_trouble(s->replay, sentence);
}

static enum err bind_all(struct sink *s, struct socket_context *z, const struct service_settings *o,
                         struct problem *why)
{
    s->ingest = socket_new(z, SOCKET_ROUTER, INGEST_HWM);
    s->topic = socket_new(z, SOCKET_PUB, TOPIC_HWM);
    s->answers = socket_new(z, SOCKET_ROUTER, REPLAY_HWM);
    enum err e = socket_bind(s->ingest, o->ingest, why);
    if (!e)
        e = socket_bind(s->topic, o->topic, why);
    return e ? e : socket_bind(s->answers, o->replay, why);
}

static enum err open_store(struct sink *s, const struct sink_settings *o, struct problem *why)
{
    struct store_options writer = {.url = o->store, .new_epoch = o->new_epoch};
    struct store_options reader = {.url = o->store, .reader = true};
    enum err e = store_open(&writer, &s->store, why);
    if (!e)
        e = store_open(&reader, &s->reader, why);
    s->duplicates = duplicates_new(o->duplicates_ms);
    return e ? e : duplicates_load(s->duplicates, s->store, clock_utc_ms(), why);
}

static void start_parts(struct sink *s, struct loop *l, const struct sink_settings *o)
{
    s->publisher = publisher_new(l, &s->topic, s->store);
    s->replay = replay_start(
        &s->answers, &s->reader,
        &(struct replay_options){.bytes_a_second = o->replay_bytes, .store_name = o->store});
    s->intake = intake_new(l, &s->ingest,
                           &(struct intake_options){.store = s->store,
                                                    .publisher = s->publisher,
                                                    .duplicates = s->duplicates,
                                                    .keep_ms = o->keep_ms,
                                                    .trouble = on_trouble,
                                                    .arg = s});
}

enum err sink_start(struct loop *l, struct socket_context *z, const void *settings, void **state,
                    struct problem *why)
{
    const struct sink_settings *o = settings;
    struct sink *s = mem_alloc(sizeof *s);
    *state = s;
    enum err e = bind_all(s, z, &o->service, why);
    if (!e)
        e = open_store(s, o, why);
    if (e) {
        sink_stop(state);
        return e;
    }
    start_parts(s, l, o);
    const struct store_state *at = store_state(s->store);
    log_info("store-open", "store=%s epoch=%" PRIu64 " head=%" PRIu64 " announcements=%" PRIu64,
             o->store, at->epoch, at->head, at->announcements);
    return OK;
}

bool sink_health(void *state, char *line, size_t size)
{
    const struct sink *s = state;
    const struct store_state *at = store_state(s->store);
    struct replay_counts replay = replay_counts(s->replay);
    snprintf(line, size,
             "epoch=%" PRIu64 " head=%" PRIu64 " announcements=%" PRIu64 " waiting=%zu"
             " replayed=%" PRIu64 " catching_up=%" PRIu64 "%s%s",
             at->epoch, at->head, at->announcements, intake_waiting(s->intake), replay.chunks,
             replay.waiting, *s->trouble ? " trouble: " : "", s->trouble);
    return !*s->trouble;
}

bool sink_drain(void *state)
{
    struct sink *s = state;
    return intake_drain(s->intake);
}

void sink_stop(void **state)
{
    struct sink *s = *state;
    if (!s)
        return;
    intake_free(&s->intake);
    replay_stop(&s->replay);
    publisher_free(&s->publisher);
    duplicates_free(&s->duplicates);
    socket_free(&s->ingest);
    socket_free(&s->topic);
    socket_free(&s->answers);
    store_close(&s->reader);
    store_close(&s->store);
    free(s);
    *state = NULL;
}
