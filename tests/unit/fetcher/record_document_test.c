// SPDX-License-Identifier: MIT
// Pages that are no more than the wrapper of a PDF document, on a ledger in a folder of the test's
// own: what comes of the document, and what where it does not come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fetcher/record_place.h"

#define DOCUMENT "http://files.example.com/1.pdf"

static char *mutable(const char *s)
{
    return (char *)(uintptr_t)s;
}

static struct http_response answer_of(int status, const char *url)
{
    struct http_response r = answer(status, url, "<p>");
    r.etag = "\"1\"";
    return r;
}

// The last row of the outbox, to be freed; NULL: none.
static void keep_row(void *arg, const struct outbox_row *row)
{
    ProtobufCMessage **m = arg;
    struct problem why;
    if (*m)
        wire_free(*m);
    if (wire_unpack(&newswire__v1__announcement__descriptor, row->payload, row->size, m, &why))
        fail_msg("%s", why.text);
}

static pb_announcement *published(struct place *p)
{
    ProtobufCMessage *m = NULL;
    assert_int_equal(ledger_flush(p->ledger), OK);
    assert_int_equal(ledger_outbox_read(p->ledger, 0, 40, keep_row, &m), OK);
    return (pb_announcement *)m;
}

// A source, and a page that it lists without a word.
static uint64_t add_page(struct place *p, char id[URL_ID_SIZE])
{
    struct sighting seen = {.id = id, .url = PAGE, .host = "news.example.com:80"};
    enum seen outcome;
    id_of(PAGE, id);
    uint64_t number = add_source(p, FEED, BACKFILL_ALL);
    assert_int_equal(ledger_entry_see(p->ledger, number, &seen, now, &outcome), OK);
    return number;
}

// What a worker says of the wrapper; `text` are its own words.
static pb_result *wrapper(const char *text, const char *document)
{
    pb_result r = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    struct buf packed = buf_new(1 << 20);
    ProtobufCMessage *m;
    struct problem why;
    r.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    r.announcement = &a;
    r.document = mutable(document);
    a.title = mutable("关于分红的公告");
    a.text = mutable(text);
    a.published_ms = now - HOUR_MS;
    a.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_MINUTE;
    if (wire_pack(&r.base, &packed))
        fail_msg("not packed");
    if (wire_unpack(&newswire__v1__extract_result__descriptor, packed.data, packed.size, &m, &why))
        fail_msg("%s", why.text);
    buf_free(&packed);
    return (pb_result *)m;
}

// Goes as far as the request for the document.
static void begin(struct place *p, const char *id, const char *text, struct record *r)
{
    pb_result *page = wrapper(text, DOCUMENT);
    struct http_response response = answer_of(200, PAGE);
    *r = (struct record){.backfill = 50};
    assert_int_equal(record_entry(r, p->ledger, id), OK);
    assert_int_equal(record_response(r, p->ledger, &response, now), RECORD_READ);
    assert_true(record_document(r, &page));
    assert_null(page);
}

static void understand(struct place *p, struct record *r, const char *text, uint32_t replacements,
                       const char *problem)
{
    pb_result document = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    struct http_response response = answer_of(200, DOCUMENT);
    assert_int_equal(record_document_response(r, p->ledger, &response, now), RECORD_READ);
    document.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    document.problem = mutable(problem);
    document.announcement = text ? &a : NULL;
    a.title = mutable("Notice");
    a.text = mutable(text ? text : "");
    a.language = mutable("en");
    a.published_ms = now;
    a.replacements = replacements;
    record_document_understood(r, p->ledger, &document);
}

static enum entry_state state_of(struct place *p, const char *id, char etag[20])
{
    struct entry *e;
    assert_int_equal(ledger_entry_get(p->ledger, id, &e), OK);
    enum entry_state state = e->state;
    snprintf(etag, 20, "%s", e->etag);
    entry_free(&e);
    return state;
}

static void the_documents_text_goes_out_under_the_pages_title_and_date(void **state)
{
    struct place *p = *state;
    struct record r;
    char id[URL_ID_SIZE], etag[20];
    add_page(p, id);
    begin(p, id, "附件：分红公告.pdf", &r);
    assert_string_equal(record_url(&r), DOCUMENT);
    assert_string_equal(record_request(&r).url, DOCUMENT);
    assert_string_equal(record_request(&r).etag, "");
    understand(p, &r, "The harbour pays four pence a share.", 0, "");
    assert_false(r.failed);
    record_clear(&r);
    pb_announcement *a = published(p);
    assert_string_equal(a->title, "关于分红的公告");
    assert_string_equal(a->text, "The harbour pays four pence a share.");
    assert_string_equal(a->language, "en");
    assert_string_equal(a->url, PAGE);
    assert_true(a->published_ms == now - HOUR_MS);
    assert_int_equal(state_of(p, id, etag), ENTRY_DONE);
    assert_string_equal(etag, "\"1\"");
    wire_free(&a->base);
}

static void where_the_document_cannot_be_had_the_pages_words_go_out(void **state)
{
    struct place *p = *state;
    struct record r;
    char id[URL_ID_SIZE], etag[20];
    struct http_response missing = answer_of(404, DOCUMENT);
    add_page(p, id);
    begin(p, id, "公告的全文请见附后。", &r);
    assert_int_equal(record_document_response(&r, p->ledger, &missing, now), RECORD_DONE);
    assert_true(r.failed);
    record_clear(&r);
    pb_announcement *a = published(p);
    assert_string_equal(a->text, "公告的全文请见附后。");
    // It is asked for again later, without a validator that would hide it.
    assert_int_equal(state_of(p, id, etag), ENTRY_PENDING);
    assert_string_equal(etag, "");
    begin(p, id, "公告的全文请见附后。", &r);
    understand(p, &r, "公司决定分红。", 0, "");
    record_clear(&r);
    wire_free(&a->base);
    a = published(p);
    assert_string_equal(a->text, "公司决定分红。");
    assert_int_equal(state_of(p, id, etag), ENTRY_DONE);
    wire_free(&a->base);
}

static void what_cannot_be_read_is_asked_for_once_more(void **state)
{
    static const struct {
        const char *text, *problem;
        uint32_t replacements;
    } cases[] = {{NULL, "no PDF, or one that is damaged", 0},
                 {NULL, "", 0},
                 {"", "a PDF without text: scanned?", 0},
                 {"\xEF\xBF\xBD\xEF\xBF\xBD", "", 9}};
    struct place *p = *state;
    char id[URL_ID_SIZE], etag[20];
    add_page(p, id);
    for (size_t i = 0; i < sizeof cases / sizeof *cases * 2; i++) {
        struct record r;
        if (i > 0)
            assert_int_equal(ledger_entry_retry(p->ledger, id, now), OK);
        begin(p, id, "公告的全文请见附后。", &r);
        understand(p, &r, cases[i / 2].text, cases[i / 2].replacements, cases[i / 2].problem);
        assert_true(r.failed);
        record_clear(&r);
        assert_int_equal(state_of(p, id, etag), i % 2 ? ENTRY_DONE : ENTRY_PENDING);
        pb_announcement *a = published(p);
        assert_string_equal(a->text, "公告的全文请见附后。");
        wire_free(&a->base);
    }
}

static void where_neither_has_a_text_the_page_fails(void **state)
{
    struct place *p = *state;
    struct record r;
    char id[URL_ID_SIZE], etag[20];
    add_page(p, id);
    for (int i = 0; i < 2; i++) {
        begin(p, id, "", &r);
        record_document_failed(&r, p->ledger, "robots.txt forbids it", true);
        assert_true(r.failed);
        record_clear(&r);
        assert_int_equal(state_of(p, id, etag), i ? ENTRY_FAILED : ENTRY_PENDING);
    }
    assert_null(published(p));
}

static void a_document_whose_source_was_removed_meanwhile_is_dropped(void **state)
{
    struct place *p = *state;
    struct record r;
    char id[URL_ID_SIZE];
    struct http_response response = answer_of(200, DOCUMENT);
    uint64_t source = add_page(p, id);
    begin(p, id, "公告的全文请见附后。", &r);
    assert_int_equal(ledger_source_remove(p->ledger, source), OK);
    assert_int_equal(record_document_response(&r, p->ledger, &response, now), RECORD_DONE);
    record_document_failed(&r, p->ledger, "too late", true);
    record_clear(&r);
    assert_null(published(p));
}

static void only_a_document_that_can_be_asked_for_is(void **state)
{
    static const char *const not [] = {"", "ftp://files.example.com/1.pdf", "javascript:x"};
    (void)state;
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
        struct record r = {.backfill = 50};
        pb_result *page = wrapper("", not [i]);
        assert_false(record_document(&r, &page));
        assert_non_null(page);
        wire_free(&page->base);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_documents_text_goes_out_under_the_pages_title_and_date),
        TEST(where_the_document_cannot_be_had_the_pages_words_go_out),
        TEST(what_cannot_be_read_is_asked_for_once_more),
        TEST(where_neither_has_a_text_the_page_fails),
        TEST(a_document_whose_source_was_removed_meanwhile_is_dropped),
        TEST(only_a_document_that_can_be_asked_for_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
