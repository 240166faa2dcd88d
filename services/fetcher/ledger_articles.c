// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "services/fetcher/ledger_parts.h"

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

// Chooses the id of an entry that has none yet: that of the canonical page, unless another entry
// has it with other content (then the pages lie, and each keeps its own).
static enum err identity_choose(struct ledger *l, const char *id, const char *canonical,
                                const char *hash, struct identity *i, bool *duplicate)
{
    char canonical_id[URL_ID_SIZE];
    snprintf(i->announcement, sizeof i->announcement, "%s", id);
    if (!*canonical)
        return OK;
    url_id(canonical, canonical_id);
    struct query *q = ledger_query(l, ENTRY_CLAIMED);
    query_text(q, 1, canonical_id);
    query_text(q, 2, id);
    enum err e = query_step(q);
    if (e && e != ERR_NOTFOUND)
        return e;
    if (e == OK) {
        *duplicate = strcmp(query_get_text(q, 0), hash) == 0;
        query_reset(q);
    }
    if (e == ERR_NOTFOUND || *duplicate)
        snprintf(i->announcement, sizeof i->announcement, "%s", canonical_id);
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
    const pb_announcement *a = u->announcement;
    char detail[300];
    bool otherwise = *a->charset_declared && strcmp(a->charset_declared, a->charset_used) != 0;
    snprintf(detail, sizeof detail, "revision %" PRIu64 ", %zu bytes of text, %s%s%s%s%s",
             a->revision, strlen(a->text), a->charset_used, a->charset_guessed ? " (guessed)" : "",
             otherwise ? ", declared as " : "", otherwise ? a->charset_declared : "",
             a->from_feed ? ", from the feed" : "");
    static const char *const names[] = {"queued", "unchanged", "duplicate"};
    return ledger_tell(l, u->id, now_ms, names[outcome], detail);
}

enum err ledger_article(struct ledger *l, const struct understood *u, int64_t now_ms,
                        enum article *out)
{
    pb_announcement *a = u->announcement;
    struct identity i;
    char hash[33];
    bool duplicate = false;
    enum err e = identity_read(l, u->id, &i);
    if (e)
        return e;
    content_hash(a, hash);
    if (!*i.announcement)
        e = identity_choose(l, u->id, u->canonical, hash, &i, &duplicate);
    if (e)
        return e;
    enum article outcome = duplicate                                             ? ARTICLE_DUPLICATE
                           : i.revision > 0 && strcmp(hash, i.content_hash) == 0 ? ARTICLE_UNCHANGED
                                                                                 : ARTICLE_QUEUED;
    if (outcome == ARTICLE_QUEUED)
        i.revision =
            i.revision + 1 > (uint64_t)a->fetched_ms ? i.revision + 1 : (uint64_t)a->fetched_ms;
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
