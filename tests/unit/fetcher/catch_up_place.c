// SPDX-License-Identifier: MIT
#include "tests/unit/fetcher/catch_up_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/mem.h"

struct found *found_new(Newswire__V1__SourceKind kind, int first, int last)
{
    struct found *f = mem_alloc(sizeof *f);
    newswire__v1__extract_result__init(&f->result);
    f->result.found = kind;
    f->result.entries = f->all;
    for (int n = last; n >= first; n--) { // the newest first
        size_t i = f->result.n_entries++;
        newswire__v1__entry__init(&f->entries[i]);
        snprintf(f->links[i], 60, "http://news.example.com/%d", n);
        f->entries[i].link = f->links[i];
        f->entries[i].at_ms = now + n * HOUR_MS;
        f->all[i] = &f->entries[i];
    }
    return f;
}

const char *ask(struct place *p, uint64_t source, int hour, const char *from,
                const pb_result *result)
{
    static char asked[200];
    static int bodies;
    char body[20];
    snprintf(body, sizeof body, "%d", ++bodies); // each differs from the one before
    struct record r = {.backfill = 50};
    assert_int_equal(record_source(&r, p->ledger, source), OK);
    snprintf(asked, sizeof asked, "%s", record_url(&r));
    struct http_response response = {.status = result ? 200 : 404,
                                     .problem = "",
                                     .url = from ? from : asked,
                                     .content_type = "",
                                     .etag = "",
                                     .last_modified = "",
                                     .cache_control = "",
                                     .expires = "",
                                     .date = "",
                                     .retry_after = "",
                                     .body = (const uint8_t *)body,
                                     .size = strlen(body)};
    if (record_response(&r, p->ledger, &response, now + hour * HOUR_MS) == RECORD_READ)
        record_understood(&r, p->ledger, result);
    record_clear(&r);
    return asked;
}
