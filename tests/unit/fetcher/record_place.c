// SPDX-License-Identifier: MIT
#include "tests/unit/fetcher/record_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

uint64_t add_source(struct place *p, const char *url, int64_t backfill)
{
    struct source s = {
        .url = (char *)(uintptr_t)url, .gap_ms = -1, .backfill = backfill, .added_ms = now};
    uint64_t number = 0;
    assert_int_equal(ledger_source_add(p->ledger, &s, &number), OK);
    return number;
}

struct http_response answer(int status, const char *url, const char *body)
{
    return (struct http_response){.status = status,
                                  .problem = "",
                                  .url = url,
                                  .content_type = "text/html",
                                  .etag = "",
                                  .last_modified = "",
                                  .cache_control = "",
                                  .expires = "",
                                  .date = "",
                                  .retry_after = "",
                                  .body = (const uint8_t *)body,
                                  .size = strlen(body)};
}

static void keep_row(void *arg, const struct outbox_row *row)
{
    struct rows *r = arg;
    ProtobufCMessage *m;
    struct problem why;
    assert_true(r->n < 40);
    if (wire_unpack(&newswire__v1__announcement__descriptor, row->payload, row->size, &m, &why))
        fail_msg("%s", why.text);
    snprintf(r->id[r->n], URL_ID_SIZE, "%s", row->id);
    snprintf(r->url[r->n], 100, "%s", ((pb_announcement *)m)->canonical_url);
    snprintf(r->title[r->n++], 100, "%s", ((pb_announcement *)m)->title);
    wire_free(m);
}

struct rows outbox(struct place *p)
{
    struct rows r = {0};
    assert_int_equal(ledger_flush(p->ledger), OK);
    assert_int_equal(ledger_outbox_read(p->ledger, 0, 40, keep_row, &r), OK);
    return r;
}

void feed_add(struct feed *f, const char *link, const char *title, int64_t at_ms)
{
    size_t n = f->result.n_entries++;
    newswire__v1__entry__init(&f->entries[n]);
    newswire__v1__announcement__init(&f->hints[n]);
    f->all[n] = &f->entries[n];
    f->hints[n].title = (char *)(uintptr_t)title;
    f->hints[n].published_ms = at_ms;
    f->entries[n].link = (char *)(uintptr_t)link;
    f->entries[n].at_ms = at_ms;
    f->entries[n].hint = &f->hints[n];
}

void feed_init(struct feed *f)
{
    newswire__v1__extract_result__init(&f->result);
    f->result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    f->result.entries = f->all;
}

void begin_poll(struct place *p, uint64_t source, struct record *r)
{
    static int polls; // each body differs from the one before
    char body[20];
    snprintf(body, sizeof body, "%d", ++polls);
    *r = (struct record){.backfill = 50};
    assert_int_equal(record_source(r, p->ledger, source), OK);
    struct http_response response = answer(200, FEED, body);
    assert_int_equal(record_response(r, p->ledger, &response, now), RECORD_READ);
}

void poll_source(struct place *p, uint64_t source, const pb_result *result)
{
    struct record r;
    begin_poll(p, source, &r);
    record_understood(&r, p->ledger, result);
    record_clear(&r);
}

void begin_page(struct place *p, const char *url, struct record *r)
{
    char id[URL_ID_SIZE];
    id_of(url, id);
    *r = (struct record){.backfill = 50};
    assert_int_equal(record_entry(r, p->ledger, id), OK);
}

void see_page(struct place *p, uint64_t source, const char *url)
{
    struct feed f = {0};
    feed_init(&f);
    feed_add(&f, url, "国务院国资委公告", now);
    poll_source(p, source, &f.result);
}

void fail_page(struct place *p, const char *url, int status)
{
    struct record r;
    begin_page(p, url, &r);
    struct http_response response = answer(status, url, "");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_clear(&r);
}

void read_page_from(struct place *p, const char *link, const char *url, pb_announcement *a)
{
    struct record r;
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    begin_page(p, link, &r);
    struct http_response response = answer(200, url, "<p>");
    assert_int_equal(record_response(&r, p->ledger, &response, now), RECORD_READ);
    result.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    result.announcement = a;
    record_understood(&r, p->ledger, &result);
    record_clear(&r);
}

void read_page(struct place *p, const char *url, pb_announcement *a)
{
    read_page_from(p, url, url, a);
}

void read_text(struct place *p, const char *url, const char *text)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "Board approves dividend";
    a.text = (char *)(uintptr_t)text;
    read_page(p, url, &a);
}

struct source *source_of(struct place *p, uint64_t number)
{
    struct source *s;
    assert_int_equal(ledger_source_get(p->ledger, number, &s), OK);
    return s;
}

struct entry *entry_of(struct place *p, const char *url)
{
    struct entry *e;
    char id[URL_ID_SIZE];
    id_of(url, id);
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    return e;
}

struct wanted_event {
    const char *name, *words;
    bool found;
};

static void look_for(void *arg, const Newswire__V1__Event *e)
{
    struct wanted_event *w = arg;
    w->found |= strcmp(e->name, w->name) == 0 && strstr(e->detail, w->words);
}

bool told(struct place *p, const char *subject, const char *name, const char *words)
{
    struct wanted_event w = {name, words, false};
    assert_int_equal(ledger_story(p->ledger, subject, look_for, &w), OK);
    return w.found;
}
