// SPDX-License-Identifier: MIT
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "services/fetcher/ledger_parts.h"
#include "services/fetcher/visit.h"

static void content_hash(const pb_announcement *a, char out[33])
{
    crypto_generichash_state state;
    uint8_t hash[16];
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    const char *const parts[] = {a->title, a->standfirst, a->text};
    for (int i = 0; i < 3; i++) // with the NUL, so that nothing moves between the parts
        crypto_generichash_update(&state, (const uint8_t *)parts[i], strlen(parts[i]) + 1);
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(out, 33, hash, sizeof hash);
}

// What an entry is published under, what was published last.
struct identity {
    char announcement[URL_ID_SIZE];
    uint64_t revision;
    char content_hash[33];
};

static enum err identity_read(struct ledger *l, const char *id, struct identity *out)
{
    struct query *q = ledger_query(l, ENTRY_IDENTITY);
    query_text(q, 1, id);
    enum err e = query_step(q);
    if (e)
        return e;
    snprintf(out->announcement, sizeof out->announcement, "%s", query_get_text(q, 0));
    out->revision = (uint64_t)query_get_int(q, 1);
    snprintf(out->content_hash, sizeof out->content_hash, "%s", query_get_text(q, 2));
    query_reset(q);
    return OK;
}

// What another entry published last under an announcement's id.
struct other {
    bool there;
    uint64_t revision;
    char content_hash[33];
};

static enum err other_read(struct ledger *l, const char *announcement, const char *id,
                           struct other *out)
{
    *out = (struct other){0};
    struct query *q = ledger_query(l, ENTRY_OTHER);
    query_text(q, 1, announcement);
    query_text(q, 2, id);
    enum err e;
    while ((e = query_step(q)) == OK) {
        uint64_t revision = (uint64_t)query_get_int(q, 0);
        if (out->there && revision <= out->revision)
            continue;
        out->there = true;
        out->revision = revision;
        snprintf(out->content_hash, sizeof out->content_hash, "%s", query_get_text(q, 1));
    }
    return e == ERR_NOTFOUND ? OK : e;
}

// Chooses the id of an entry that has none yet: that of the canonical page, or else its own. One
// that another entry has with other content is passed over, for the pages lie and neither may
// overwrite the other; if that is so even of its own, a hash of its own is left.
static enum err identity_choose(struct ledger *l, const struct understood *u, const char *hash,
                                struct identity *i, struct other *other)
{
    char ids[3][URL_ID_SIZE];
    snprintf(ids[0], URL_ID_SIZE, "%s", u->id);
    if (*u->canonical)
        url_id(u->canonical, ids[0]);
    snprintf(ids[1], URL_ID_SIZE, "%s", u->id);
    url_id(u->id, ids[2]);
    for (int n = 0; n < 3; n++) {
        enum err e = other_read(l, ids[n], u->id, other);
        if (e)
            return e;
        memcpy(i->announcement, ids[n], URL_ID_SIZE);
        if (!other->there || strcmp(other->content_hash, hash) == 0)
            break;
    }
    return OK;
}

static enum err entry_understood(struct ledger *l, const struct understood *u,
                                 const struct identity *i)
{
    struct query *q;
    enum err e = ledger_change(l, ENTRY_UNDERSTOOD, &q);
    if (e)
        return e;
    query_text(q, 1, u->id);
    query_text(q, 2, i->announcement);
    query_int(q, 3, (int64_t)i->revision);
    query_text(q, 4, i->content_hash);
    query_text(q, 5, u->etag);
    query_text(q, 6, u->last_modified);
    query_text(q, 7, u->trouble ? u->trouble : "");
    query_int(q, 8, u->trouble ? ENTRY_PENDING : ENTRY_DONE);
    query_int(q, 9, u->again_ms);
    return query_run(q);
}

static enum err tell_article(struct ledger *l, const struct understood *u, enum article outcome,
                             int64_t now_ms)
{
    static const char *const names[] = {"queued", "unchanged", "duplicate"};
    Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
    pb_reading reading;
    visit_reading(u->announcement, u->date_from ? u->date_from : "",
                  outcome == ARTICLE_QUEUED ? l->added : 0, &reading);
    event.at_ms = now_ms;
    event.name = (char *)names[outcome];
    event.reading = &reading;
    return ledger_tell_event(l, u->id, &event);
}

static enum article compare(const struct identity *i, const struct other *other, const char *hash,
                            bool otherwise)
{
    if (strcmp(hash, i->content_hash) == 0 && !otherwise)
        return ARTICLE_UNCHANGED;
    bool newer = other->there && other->revision > i->revision;
    return newer && strcmp(hash, other->content_hash) == 0 ? ARTICLE_DUPLICATE : ARTICLE_QUEUED;
}

static uint64_t next_revision(const struct identity *i, const struct other *other,
                              int64_t fetched_ms)
{
    uint64_t last = i->revision > other->revision ? i->revision : other->revision;
    return last + 1 > (uint64_t)fetched_ms ? last + 1 : (uint64_t)fetched_ms;
}

enum err ledger_article(struct ledger *l, const struct understood *u, int64_t now_ms,
                        enum article *out)
{
    pb_announcement *a = u->announcement;
    struct identity i;
    struct other other;
    char hash[33];
    enum err e = identity_read(l, u->id, &i);
    if (e)
        return e;
    content_hash(a, hash);
    if (*i.announcement)
        e = other_read(l, i.announcement, u->id, &other);
    else
        e = identity_choose(l, u, hash, &i, &other);
    if (e)
        return e;
    enum article outcome = compare(&i, &other, hash, u->otherwise);
    if (outcome == ARTICLE_QUEUED)
        i.revision = next_revision(&i, &other, a->fetched_ms);
    snprintf(i.content_hash, sizeof i.content_hash, "%s", hash);
    // Borrowed strings: the message is packed or thrown away before they go.
    char canonical_id[URL_ID_SIZE] = "";
    char *own_url = a->canonical_url;
    if (*u->canonical)
        url_id(u->canonical, canonical_id);
    if (strcmp(canonical_id, i.announcement) == 0)
        a->canonical_url = (char *)u->canonical;
    a->id = i.announcement;
    a->revision = i.revision;
    a->content_hash = hash;
    if (outcome == ARTICLE_QUEUED)
        e = ledger_outbox_add(l, a);
    if (!e)
        e = entry_understood(l, u, &i);
    if (!e)
        e = tell_article(l, u, outcome, now_ms);
    a->id = a->content_hash = (char *)protobuf_c_empty_string;
    a->canonical_url = own_url;
    if (!e)
        *out = outcome;
    return e;
}
