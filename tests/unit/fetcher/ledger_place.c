// SPDX-License-Identifier: MIT
#include "tests/unit/fetcher/ledger_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

uint64_t add_source(struct ledger *l, const char *url)
{
    struct source s = {.url = (char *)(uintptr_t)url, .gap_ms = -1, .next_poll_ms = 5};
    uint64_t number = 0;
    assert_int_equal(ledger_source_add(l, &s, &number), OK);
    return number;
}

enum seen see(struct ledger *l, uint64_t source, const char *url, const char *hint)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum seen seen;
    id_of(url, id);
    a.title = (char *)(uintptr_t)hint;
    struct sighting s = {id, url, "example.com:80", ENTRY_PENDING, hint ? &a : NULL};
    assert_int_equal(ledger_entry_see(l, source, &s, 10, &seen), OK);
    return seen;
}

enum article article(struct ledger *l, const char *url, const char *canonical, const char *text,
                     int64_t fetched_ms)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum article outcome;
    id_of(url, id);
    a.title = "国务院国资委发布公告";
    a.text = (char *)(uintptr_t)text;
    a.fetched_ms = fetched_ms;
    struct understood u = {
        .id = id, .announcement = &a, .canonical = canonical, .etag = "e", .last_modified = "m"};
    assert_int_equal(ledger_article(l, &u, fetched_ms, &outcome), OK);
    return outcome;
}

void see_and_read(struct ledger *l, uint64_t source, const char *url, const char *canonical,
                  const char *text, int64_t fetched_ms, enum article want)
{
    see(l, source, url, NULL);
    assert_int_equal(article(l, url, canonical, text, fetched_ms), want);
}

static void keep_row(void *arg, const struct outbox_row *row)
{
    struct rows *r = arg;
    assert_true(r->n < 64);
    r->sequence[r->n] = row->sequence;
    r->revision[r->n] = row->revision;
    snprintf(r->id[r->n++], URL_ID_SIZE, "%s", row->id);
}

struct rows outbox(struct ledger *l)
{
    struct rows r = {0};
    assert_int_equal(ledger_outbox_read(l, 0, 64, keep_row, &r), OK);
    return r;
}

struct rows flushed_outbox(struct ledger *l)
{
    assert_int_equal(ledger_flush(l), OK);
    return outbox(l);
}

void queue_one(struct ledger *l, int n)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    snprintf(id, sizeof id, "%032d", n);
    a.id = id;
    a.revision = 7;
    a.title = "A company announces its results";
    assert_int_equal(ledger_outbox_add(l, &a), OK);
}
