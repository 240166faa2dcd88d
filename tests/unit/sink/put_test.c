// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services/sink/put.h"
#include "tests/unit/sink/sink_news.h"

struct given {
    struct sample sample;
    pb_key key;
    Newswire__V1__Put put;
};

static void give(struct given *g)
{
    sample_fill(&g->sample, 7, 3, "soe-policy");
    newswire__v1__key__init(&g->key);
    newswire__v1__put__init(&g->put);
    g->key.id = g->sample.id;
    g->key.revision = 3;
    g->put.key = &g->key;
    g->put.announcement = &g->sample.announcement;
    g->put.classification = &g->sample.classification;
}

static void want_refused(const struct given *g, const char *want)
{
    struct problem why;
    assert_int_equal(put_check(&g->put, &why), ERR_INPUT);
    if (!strstr(why.text, want))
        fail_msg("\"%s\" does not say \"%s\"", why.text, want);
}

static void a_whole_put_is_accepted(void **state)
{
    (void)state;
    struct given g;
    struct problem why;
    give(&g);
    assert_int_equal(put_check(&g.put, &why), OK);
}

static void each_part_must_be_there(void **state)
{
    (void)state;
    struct given g;
    give(&g);
    g.put.key = NULL;
    want_refused(&g, "key");
    give(&g);
    g.put.announcement = NULL;
    want_refused(&g, "announcement");
    give(&g);
    g.put.classification = NULL;
    want_refused(&g, "classification");
}

static void an_id_is_32_lower_case_hex_digits(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "abc", "ABCDEF0123456789ABCDEF0123456789",
                                      "0123456789abcdef0123456789abcde集",
                                      "0123456789abcdef0123456789abcdefa"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct given g;
        give(&g);
        g.key.id = g.sample.announcement.id = (char *)bad[i];
        want_refused(&g, "id");
    }
}

static void a_revision_is_positive_and_fits_into_a_store(void **state)
{
    (void)state;
    static const uint64_t bad[] = {0, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct given g;
        give(&g);
        g.key.revision = g.sample.announcement.revision = bad[i];
        want_refused(&g, "revision");
    }
}

static void the_key_is_of_the_announcement(void **state)
{
    (void)state;
    struct given g;
    give(&g);
    g.key.revision = 4;
    want_refused(&g, "another");
    give(&g);
    g.key.id = "00000000000000000000000000000000";
    want_refused(&g, "another");
}

static void the_primary_label_is_among_the_labels(void **state)
{
    (void)state;
    struct given g;
    give(&g);
    g.sample.classification.primary = "other";
    want_refused(&g, "not among");
    give(&g);
    g.sample.classification.n_labels = 0;
    want_refused(&g, "not among");
}

static void a_label_can_be_part_of_a_topic(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "SOE", "国企", "a.b", "a b", "a/b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct given g;
        give(&g);
        g.sample.label.name = g.sample.classification.primary = (char *)bad[i];
        want_refused(&g, "a-z");
    }
}

static struct buf pack_put(const struct given *g)
{
    struct buf bytes = buf_new(1 << 20);
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_PUT;
    e.put = (Newswire__V1__Put *)&g->put;
    assert_int_equal(wire_pack(&e.base, &bytes), OK);
    return bytes;
}

static void the_key_is_read_from_what_cannot_be_unpacked(void **state)
{
    (void)state;
    struct given g;
    give(&g);
    g.sample.announcement.title = "bell \a"; // wire_envelope() refuses control characters
    struct buf bytes = pack_put(&g);
    pb_envelope *e;
    struct problem why;
    assert_int_equal(wire_envelope(bytes.data, bytes.size, &e, &why), ERR_INPUT);
    pb_key *key;
    assert_int_equal(put_key(bytes.data, bytes.size, &key), OK);
    assert_string_equal(key->id, g.sample.id);
    assert_int_equal(key->revision, 3);
    wire_free(&key->base);
    buf_free(&bytes);
}

static void bytes_cut_anywhere_give_a_key_or_none_and_no_fault(void **state)
{
    (void)state;
    struct given g;
    give(&g);
    struct buf bytes = pack_put(&g);
    for (size_t n = 0; n < bytes.size; n++) {
        uint8_t *exact = malloc(n ? n : 1); // so that a sanitizer sees a read past the end
        memcpy(exact, bytes.data, n);
        pb_key *key = NULL;
        // The outer length promises more than is there.
        assert_int_equal(put_key(exact, n, &key), ERR_INPUT);
        free(exact);
    }
    buf_free(&bytes);
}

static void what_is_no_put_has_no_key(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"", 0},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11}, // a tag without an end
        {"\x4a\xff\xff\xff\xff\x7f", 6},                      // longer than there is
        {"\x4a\x02\x0a\x05", 4},                              // key longer than the put
        {"\x48\x01", 2},                                      // field 9 as a number
        {"\x4b\x4c", 2},                                      // a group
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pb_key *key = NULL;
        assert_int_equal(put_key((const uint8_t *)cases[i].bytes, cases[i].size, &key), ERR_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_put_is_accepted),
        cmocka_unit_test(each_part_must_be_there),
        cmocka_unit_test(an_id_is_32_lower_case_hex_digits),
        cmocka_unit_test(a_revision_is_positive_and_fits_into_a_store),
        cmocka_unit_test(the_key_is_of_the_announcement),
        cmocka_unit_test(the_primary_label_is_among_the_labels),
        cmocka_unit_test(a_label_can_be_part_of_a_topic),
        cmocka_unit_test(the_key_is_read_from_what_cannot_be_unpacked),
        cmocka_unit_test(bytes_cut_anywhere_give_a_key_or_none_and_no_fault),
        cmocka_unit_test(what_is_no_put_has_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
