// SPDX-License-Identifier: MIT
#include "common/subscription.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/subscriber.h"

enum {
    HELD_MAX = 4096,
    HELD_BYTES_MAX = 8 << 20,
    CHUNK_NEWS = 1000,
    RETRY_MS = 2000,
    RETRY_MAX_MS = 16000
};

// News from the topic that is ahead of what was delivered, in order of sequence. It waits for a
// chunk to fill the gap before it, so that a busy topic is not replayed for ever.
struct held {
    pb_news *news[HELD_MAX];
    size_t sizes[HELD_MAX];
    size_t first, n, bytes;
};

struct subscription {
    enum subscribe_from from;
    uint32_t newest;
    char **labels;
    size_t n_labels;
    char prefix[128];

    uint64_t epoch;   // 0: not known
    uint64_t through; // see the header's invariant
    uint64_t target;  // something wanted may be up to here
    uint64_t head;
    bool placed;  // `through` means something; not so before the first answer for NOW and NEWEST
    bool trusted; // the sink of this epoch has once been as far as `through`
    bool heard;   // the sink said something
    bool doubt;   // the topic does not fit what we know: replay, which is in step with us, decides

    bool asked; // and the answer is awaited
    bool rest;  // the answer led nowhere: do not ask again at once
    int64_t asked_at, retry_ms;

    pb_envelope *chunk; // being delivered
    size_t chunk_at;
    struct held held;
    pb_news *lent; // given out by the last subscription_next()

    bool resync, lost; // to be told
    uint64_t old_epoch, lost_after, lost_oldest;
};

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void news_free(pb_news **news)
{
    if (*news)
        wire_free(&(*news)->base);
    *news = NULL;
}

static pb_news *held_first(struct held *h)
{
    return h->n ? h->news[h->first] : NULL;
}

static pb_news *held_shift(struct held *h)
{
    pb_news *news = held_first(h);
    if (!news)
        return NULL;
    h->bytes -= h->sizes[h->first];
    h->first = (h->first + 1) % HELD_MAX;
    h->n--;
    return news;
}

// Takes *news if there is room and it comes after those held.
static void held_push(struct held *h, pb_news **news, size_t size)
{
    if (h->n == HELD_MAX || h->bytes + size > HELD_BYTES_MAX)
        return;
    if (h->n && h->news[(h->first + h->n - 1) % HELD_MAX]->sequence >= (*news)->sequence)
        return;
    size_t at = (h->first + h->n++) % HELD_MAX;
    h->news[at] = *news;
    h->sizes[at] = size;
    h->bytes += size;
    *news = NULL;
}

static void held_drop_through(struct held *h, uint64_t sequence)
{
    while (h->n && held_first(h)->sequence <= sequence) {
        pb_news *known = held_shift(h);
        news_free(&known);
    }
}

struct subscription *subscription_new(const struct subscription_start *start)
{
    struct subscription *s = mem_alloc(sizeof *s);
    s->from = start->from;
    s->newest = start->newest >= 1 && start->newest <= CHUNK_NEWS ? start->newest : CHUNK_NEWS;
    s->retry_ms = RETRY_MS;
    s->n_labels = start->n_labels;
    s->labels = mem_alloc((start->n_labels + 1) * sizeof *s->labels);
    for (size_t i = 0; i < start->n_labels; i++)
        s->labels[i] = mem_strdup(start->labels[i]);
    if (start->n_labels == 1)
        snprintf(s->prefix, sizeof s->prefix, TOPIC_NEWS ".%s", start->labels[0]);
    else
        snprintf(s->prefix, sizeof s->prefix, TOPIC_NEWS);
    s->placed = start->from == SUBSCRIBE_BEGINNING || start->from == SUBSCRIBE_AFTER;
    if (start->from == SUBSCRIBE_AFTER) {
        s->epoch = start->epoch;
        s->through = start->after;
        s->trusted = start->epoch != 0;
    }
    return s;
}

void subscription_free(struct subscription **subscription)
{
    struct subscription *s = *subscription;
    if (!s)
        return;
    for (size_t i = 0; i < s->n_labels; i++)
        free(s->labels[i]);
    free(s->labels);
    held_drop_through(&s->held, UINT64_MAX);
    news_free(&s->lent);
    wire_envelope_free(&s->chunk);
    free(s);
    *subscription = NULL;
}

const char *subscription_prefix(const struct subscription *s)
{
    return s->prefix;
}

struct subscription_position subscription_position(const struct subscription *s)
{
    return (struct subscription_position){
        .epoch = s->epoch,
        .through = s->through,
        .head = s->head,
        .caught_up = s->heard && s->placed && !s->chunk && s->through >= s->target,
    };
}

static bool is_wanted(const struct subscription *s, const pb_news *news)
{
    if (s->n_labels == 0)
        return true;
    if (!news->classification)
        return false;
    for (size_t i = 0; i < s->n_labels; i++)
        if (strcmp(s->labels[i], news->classification->primary) == 0)
            return true;
    return false;
}

// True if nothing that is wanted lies between what was delivered and this.
static bool follows(const struct subscription *s, const pb_news *news)
{
    if (news->sequence == s->through + 1)
        return true;
    return s->n_labels == 1 && news->previous <= s->through;
}

static void advance(struct subscription *s, uint64_t sequence)
{
    if (sequence > s->through) {
        s->through = sequence;
        s->trusted = true;
    }
}

static void place(struct subscription *s, uint64_t sequence)
{
    s->placed = true;
    s->through = sequence;
}

static void begin_anew(struct subscription *s, uint64_t epoch)
{
    // A caller who got nothing yet has nothing to forget.
    if (!s->resync && (s->through > 0 || s->trusted)) {
        s->resync = true;
        s->old_epoch = s->epoch;
    }
    s->epoch = epoch;
    s->through = s->target = s->head = 0;
    s->trusted = s->lost = false;
    held_drop_through(&s->held, UINT64_MAX);
}

// A message of the topic: true if it may be used. Of another epoch it may be left over from before
// a restart, so it only makes us ask.
static bool is_of_epoch(struct subscription *s, uint64_t epoch)
{
    s->heard = true;
    if (s->epoch == 0)
        s->epoch = epoch;
    if (s->epoch != epoch)
        s->doubt = true;
    return s->epoch == epoch;
}

void subscription_news(struct subscription *s, pb_news **news, size_t size)
{
    uint64_t sequence = (*news)->sequence;
    if (!is_of_epoch(s, (*news)->epoch) || sequence == 0)
        goto out;
    s->head = max(s->head, sequence);
    // The prefix of one label is also that of every longer label.
    if (s->n_labels == 1 && !is_wanted(s, *news))
        goto out;
    if (!s->placed && s->from == SUBSCRIBE_NOW)
        place(s, sequence - 1);
    s->target = max(s->target, sequence);
    if (!s->placed || sequence > s->through)
        held_push(&s->held, news, size);
out:
    news_free(news);
}

// Newest sequence that may be wanted, as the beacon has it.
static uint64_t wanted_head(const struct subscription *s, const Newswire__V1__Head *head)
{
    if (s->n_labels != 1)
        return head->sequence;
    for (size_t i = 0; i < head->n_labels; i++)
        if (strcmp(head->labels[i]->label, s->labels[0]) == 0)
            return head->labels[i]->sequence;
    return 0;
}

void subscription_head(struct subscription *s, const Newswire__V1__Head *head)
{
    if (!is_of_epoch(s, head->epoch))
        return;
    if (!s->placed && s->from == SUBSCRIBE_NOW)
        place(s, head->sequence);
    uint64_t wanted = wanted_head(s, head);
    s->head = max(s->head, head->sequence);
    s->target = max(s->target, wanted);
    // Behind us: left over from before a chunk, or the store is an older one. Replay knows.
    if (s->trusted && head->sequence < s->through)
        s->doubt = true;
    // With one label: what lies between its newest and the newest of all is not wanted.
    if (s->placed && wanted <= s->through && s->target <= s->through)
        advance(s, head->sequence);
}

static void answered(struct subscription *s)
{
    s->rest = s->doubt; // if it changes nothing, the next question has time
    s->asked = s->doubt = false;
    s->heard = true;
}

static void take_chunk(struct subscription *s, pb_envelope **e)
{
    const Newswire__V1__Chunk *chunk = (*e)->chunk;
    if (!s->placed)
        place(s, s->from == SUBSCRIBE_NEWEST ? chunk->after : chunk->head);
    s->head = max(s->head, chunk->head);
    s->target = max(s->target, chunk->head);
    if (chunk->after > s->through)
        return; // an answer to a question from before a new beginning
    s->chunk = *e;
    s->chunk_at = 0;
    *e = NULL;
}

static void take_truncated(struct subscription *s, uint64_t oldest)
{
    if (oldest <= s->through + 1)
        return;
    if (s->through > 0 && !s->lost) {
        s->lost = true;
        s->lost_after = s->through;
    }
    s->lost_oldest = oldest;
    s->placed = true;
    advance(s, oldest - 1);
}

void subscription_answer(struct subscription *s, pb_envelope **e)
{
    bool is_chunk = (*e)->body_case == NEWSWIRE__V1__ENVELOPE__BODY_CHUNK;
    bool is_truncated = (*e)->body_case == NEWSWIRE__V1__ENVELOPE__BODY_TRUNCATED;
    if ((!is_chunk && !is_truncated) || !s->asked || s->chunk) {
        wire_envelope_free(e);
        return;
    }
    uint64_t epoch = is_chunk ? (*e)->chunk->epoch : (*e)->truncated->epoch;
    bool older = is_chunk && s->trusted && (*e)->chunk->head < (*e)->chunk->after;
    answered(s);
    if (s->epoch == 0)
        s->epoch = epoch;
    if (s->epoch != epoch || older) {
        begin_anew(s, epoch);
        s->rest = false;
    }
    if (is_truncated)
        take_truncated(s, (*e)->truncated->oldest);
    else
        take_chunk(s, e);
    wire_envelope_free(e);
}

// Next one of the chunk, or NULL and the chunk is done.
static const pb_news *next_of_chunk(struct subscription *s)
{
    const Newswire__V1__Chunk *chunk = s->chunk->chunk;
    while (s->chunk_at < chunk->n_news) {
        const pb_news *news = chunk->news[s->chunk_at++];
        if (news->sequence <= s->through || !is_wanted(s, news))
            continue;
        advance(s, news->sequence);
        return news;
    }
    advance(s, chunk->through);
    s->rest = s->rest || s->through == chunk->after;
    wire_envelope_free(&s->chunk);
    return NULL;
}

// Next one of those held that follows without a gap, or NULL.
static const pb_news *next_of_held(struct subscription *s)
{
    for (;;) {
        held_drop_through(&s->held, s->through);
        pb_news *first = held_first(&s->held);
        if (!first || !follows(s, first))
            return NULL;
        s->lent = held_shift(&s->held);
        advance(s, first->sequence);
        if (is_wanted(s, first))
            return first;
        news_free(&s->lent);
    }
}

static bool must_ask(const struct subscription *s)
{
    if (!s->placed)
        return s->from == SUBSCRIBE_NEWEST;
    return s->doubt || s->through < s->target || (!s->heard && s->from != SUBSCRIBE_NOW);
}

static void ask(const struct subscription *s, struct subscription_action *out)
{
    out->act = SUBSCRIPTION_ASK;
    newswire__v1__replay__init(&out->replay);
    out->replay.newest = !s->placed;
    out->replay.limit = s->placed ? CHUNK_NEWS : s->newest;
    out->replay.after = s->through;
    out->replay.labels = s->labels;
    out->replay.n_labels = s->n_labels;
}

// True when it is time to ask. Unanswered, it is asked again after 2, 4, 8, 16, 16, … seconds.
static bool is_time(struct subscription *s, int64_t now)
{
    bool due = !s->asked && !s->rest;
    if (s->asked && now >= s->asked_at + s->retry_ms) {
        s->retry_ms = s->retry_ms < RETRY_MAX_MS ? s->retry_ms * 2 : RETRY_MAX_MS;
        s->asked_at = now;
        return true;
    }
    if (!s->asked) {
        s->asked = true; // resting: as if asked now
        s->asked_at = now;
        s->retry_ms = RETRY_MS;
        s->rest = false;
    }
    return due;
}

void subscription_next(struct subscription *s, int64_t now, struct subscription_action *out)
{
    *out = (struct subscription_action){.act = SUBSCRIPTION_WAIT, .wake_ms = INT64_MAX};
    news_free(&s->lent);
    if (s->resync) {
        s->resync = false;
        out->act = SUBSCRIPTION_RESYNC;
        out->old_epoch = s->old_epoch;
        out->epoch = s->epoch;
        s->old_epoch = 0;
        return;
    }
    if (s->lost) {
        s->lost = false;
        out->act = SUBSCRIPTION_LOST;
        out->after = s->lost_after;
        out->oldest = s->lost_oldest;
        return;
    }
    if (s->chunk)
        out->news = next_of_chunk(s);
    if (!out->news && s->placed)
        out->news = next_of_held(s);
    if (out->news)
        out->act = SUBSCRIPTION_DELIVER;
    else if (!must_ask(s))
        s->rest = false;
    else if (is_time(s, now))
        ask(s, out);
    else
        out->wake_ms = s->asked_at + s->retry_ms;
}
