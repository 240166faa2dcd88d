// SPDX-License-Identifier: MIT
// The bounds of every message, found by walking the descriptors: the table below says what the
// comments in proto/newswire/v1 say, and everything that it does not name has the standard bounds.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/run.h"
#include "common/socket.h"
#include "common/wire.h"

enum { STRING_MAX = 2048, REPEATED_MAX = 1000, TYPES_MAX = 64, PACKED_MAX = 40 << 20 };

static const struct {
    const char *field;
    size_t max;
} stated[] = {
    {"Announcement.id", 32},
    {"Announcement.standfirst", 8192},
    {"Announcement.text", 524288},
    {"Announcement.content_hash", 32},
    {"Announcement.attachments", 50},
    {"Evidence.text", 256},
    {"Label.name", 64},
    {"Label.detail", 64},
    {"Label.evidence", 32},
    {"Classification.labels", 32},
    {"Classification.primary", 64},
    {"Classification.model_hash", 16},
    {"Classification.themes", 32},
    {"Classification.entities", 64},
    {"ControlReply.sources", 200},
    {"ControlReply.near", 10},
    {"Visit.redirects", 21},
    {"Key.store", 32},
    {"Key.id", 32},
    {"Heartbeat.held", 65536},
    {"SourceOptions.headers", 20},
    {"ExtractTask.body", 8388608},
    {"ExtractResult.entries", 50000},
    {"ExtractResult.compressed", 9437184},
    {"ExtractResult.date_from", 64},
};

static size_t want_max(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *f)
{
    char name[100];
    snprintf(name, sizeof name, "%s.%s", type->short_name, f->name);
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++)
        if (strcmp(stated[i].field, name) == 0)
            return stated[i].max;
    return f->label == PROTOBUF_C_LABEL_REPEATED ? REPEATED_MAX : STRING_MAX;
}

// Every message type that can be reached.

struct types {
    const ProtobufCMessageDescriptor *all[TYPES_MAX];
    size_t n;
};

static void collect(struct types *t, const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->all[i] == type)
            return;
    assert_true(t->n < TYPES_MAX);
    t->all[t->n++] = type;
    for (unsigned f = 0; f < type->n_fields; f++)
        if (type->fields[f].type == PROTOBUF_C_TYPE_MESSAGE)
            collect(t, type->fields[f].descriptor);
}

static struct types every_type(void)
{
    struct types t = {0};
    collect(&t, &newswire__v1__envelope__descriptor);
    collect(&t, &newswire__v1__extract_task__descriptor);
    collect(&t, &newswire__v1__extract_result__descriptor);
    collect(&t, &newswire__v1__head__descriptor);
    return t;
}

// Messages with one field of a given size.

static ProtobufCMessage *message_new(struct arena *a, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *m = arena_alloc(a, type->sizeof_message);
    type->message_init(m);
    return m;
}

static char *letters(struct arena *a, size_t n)
{
    char *s = arena_alloc(a, n + 1);
    memset(s, 'a', n);
    s[n] = '\0';
    return s;
}

static void fill_repeated(struct arena *a, const ProtobufCFieldDescriptor *f, char *at, size_t n)
{
    void **items = arena_alloc(a, n * sizeof *items + 1);
    for (size_t i = 0; i < n; i++)
        if (f->type == PROTOBUF_C_TYPE_STRING)
            items[i] = (void *)(uintptr_t) "";
        else if (f->type == PROTOBUF_C_TYPE_MESSAGE)
            items[i] = message_new(a, f->descriptor);
        else
            items[i] = (void *)(uintptr_t)i; // numbers of 64 bits
    memcpy(at, &items, sizeof items);
}

// False for a field that has no size.
static bool fill(struct arena *a, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t n)
{
    char *at = (char *)m + f->offset;
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        memcpy((char *)m + f->quantifier_offset, &n, sizeof n);
        fill_repeated(a, f, at, n);
    } else if (f->type == PROTOBUF_C_TYPE_STRING) {
        char *s = letters(a, n);
        memcpy(at, &s, sizeof s);
    } else if (f->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData bytes = {n, (uint8_t *)letters(a, n)};
        memcpy(at, &bytes, sizeof bytes);
    } else {
        return false;
    }
    if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        memcpy((char *)m + f->quantifier_offset, &f->id, sizeof f->id);
    return true;
}

static enum err received(const ProtobufCMessage *m, struct problem *why)
{
    struct buf bytes = buf_new(PACKED_MAX);
    ProtobufCMessage *out = NULL;
    assert_int_equal(wire_pack(m, &bytes), OK);
    enum err e = wire_unpack(m->descriptor, bytes.data, bytes.size, &out, why);
    assert_true((e == OK) == (out != NULL));
    assert_true((e == OK) == (wire_check(m, NULL) == OK));
    wire_free(out);
    buf_free(&bytes);
    return e;
}

static void check_bound(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *f)
{
    struct arena *a = arena_new(1 << 20);
    ProtobufCMessage *m = message_new(a, type);
    size_t max = want_max(type, f);
    struct problem why = {""};
    char name[100];
    snprintf(name, sizeof name, "%s.%s", type->short_name, f->name);
    if (fill(a, m, f, max)) {
        if (received(m, &why))
            fail_msg("%s of %zu: %s", name, max, why.text);
        fill(a, m, f, max + 1);
        if (received(m, &why) != ERR_LIMIT)
            fail_msg("%s of %zu is let in", name, max + 1);
        if (!strstr(why.text, name))
            fail_msg("%s is not named: %s", name, why.text);
    }
    arena_free(&a);
}

static void every_field_is_let_in_at_its_bound_and_refused_beyond(void **state)
{
    (void)state;
    struct types t = every_type();
    assert_true(t.n >= 45);
    for (size_t i = 0; i < t.n; i++)
        for (unsigned f = 0; f < t.all[i]->n_fields; f++)
            check_bound(t.all[i], &t.all[i]->fields[f]);
}

static void every_stated_bound_is_of_a_field_that_exists(void **state)
{
    (void)state;
    struct types t = every_type();
    for (size_t s = 0; s < sizeof stated / sizeof *stated; s++) {
        char type[50], field[50];
        assert_int_equal(sscanf(stated[s].field, "%49[^.].%49s", type, field), 2);
        bool found = false;
        for (size_t i = 0; i < t.n; i++)
            found |= strcmp(t.all[i]->short_name, type) == 0 &&
                     protobuf_c_message_descriptor_get_field_by_name(t.all[i], field);
        if (!found)
            fail_msg("%s", stated[s].field);
    }
}

static void items_of_lists_are_bounded_too(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    struct problem why;
    char *themes[] = {letters(a, STRING_MAX)};
    pb_classification c = NEWSWIRE__V1__CLASSIFICATION__INIT;
    c.themes = themes;
    c.n_themes = 1;
    assert_int_equal(received(&c.base, &why), OK);
    themes[0] = letters(a, STRING_MAX + 1);
    assert_int_equal(received(&c.base, &why), ERR_LIMIT);
    arena_free(&a);
}

// Strings.

static const char *const clean[] = {
    "",
    "x",
    "国务院国资委",
    "Results: €5 bn\tup\n",
    "\xF4\x8F\xBF\xBD",
    "\xF0\xA0\x80\x80",
    "e\xCC\x81",
    "\xE2\x80\xA8", // a line separator
};

static const char *const unclean[] = {
    "\x01",
    "a\x0B",
    "\r",
    "\x1B[31m",
    "\x7F",
    "\xC2\x80",
    "\xC2\x9F", // controls
    "\xE2\x80\xAE",
    "\xE2\x80\xAA",
    "\xE2\x81\xA6",
    "\xE2\x81\xA9", // directions
    "\xEF\xBB\xBF",
    "\xEF\xBF\xBE",
    "\xEF\xBF\xBF", // marks
    "\x80",
    "\xBF",
    "\xC0\x80",
    "\xC1\xBF",
    "\xE0\x80\x80",
    "\xE0\x9F\xBF", // overlong
    "\xF0\x80\x80\x80",
    "\xF0\x8F\xBF\xBF",
    "\xED\xA0\x80",
    "\xED\xBF\xBF", // surrogates
    "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80",
    "\xFF",
    "\xFE", // beyond
    "\xC3",
    "a\xE4\xB8",
    "\xF0\x9F\x92",
    "\xE4\xB8\xAD\xE6\x96",     // cut
    "\xB9\xFA\xCE\xF1\xD4\xBA", // GBK
    "aaaaaaa\001aaaaaaaa",
    "aaaaaaaaaaaaaaa\xFF",
    "\xE4\xB8\xAD\xE6\x96\x87\xE4\xB8\x01",
};

static enum err with_title(const char *title, struct problem *why)
{
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = (char *)(uintptr_t)title;
    return received(&a.base, why);
}

static void only_clean_utf_8_is_let_in(void **state)
{
    (void)state;
    struct problem why;
    for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
        assert_int_equal(with_title(clean[i], &why), OK);
    for (size_t i = 0; i < sizeof unclean / sizeof *unclean; i++) {
        if (with_title(unclean[i], &why) != ERR_INPUT)
            fail_msg("number %zu is let in", i);
        assert_non_null(strstr(why.text, "Announcement.title"));
    }
}

static void an_unclean_string_is_found_however_deep_it_lies(void **state)
{
    (void)state;
    struct problem why;
    Newswire__V1__Attachment attachment = NEWSWIRE__V1__ATTACHMENT__INIT;
    Newswire__V1__Attachment *attachments[] = {&attachment};
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    pb_news news = NEWSWIRE__V1__CLASSIFIED_NEWS__INIT;
    pb_news *all[] = {&news};
    Newswire__V1__Chunk chunk = NEWSWIRE__V1__CHUNK__INIT;
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    a.attachments = attachments;
    a.n_attachments = 1;
    news.announcement = &a;
    chunk.news = all;
    chunk.n_news = 1;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CHUNK;
    e.chunk = &chunk;
    assert_int_equal(received(&e.base, &why), OK);
    attachment.title = "\x1B";
    assert_int_equal(received(&e.base, &why), ERR_INPUT);
    assert_non_null(strstr(why.text, "Attachment.title"));
}

static void what_stands_behind_a_nul_is_not_seen(void **state)
{
    static const uint8_t bytes[] = {6 << 3 | 2, 4, 'a', 0, 0xFF, 'b'}; // title
    (void)state;
    ProtobufCMessage *m;
    struct problem why;
    assert_int_equal(
        wire_unpack(&newswire__v1__announcement__descriptor, bytes, sizeof bytes, &m, &why), OK);
    assert_string_equal(((pb_announcement *)m)->title, "a");
    wire_free(m);
}

static void a_number_that_is_none_is_refused(void **state)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    struct problem why;
    Newswire__V1__Label label = NEWSWIRE__V1__LABEL__INIT;
    for (size_t i = 0; i < 3; i++) {
        label.score = values[i];
        assert_int_equal(received(&label.base, &why), ERR_INPUT);
        assert_non_null(strstr(why.text, "Label.score"));
    }
    label.score = -0.5f;
    assert_int_equal(received(&label.base, &why), OK);
}

// Envelopes.

static void an_envelope_has_a_body_that_is_known(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum err want;
    } cases[] = {
        {"", 0, ERR_INPUT},                         // none
        {"\xF2\x7F\x00", 3, ERR_INPUT},             // of a newer version
        {"\x0A\x05\x08", 3, ERR_INPUT},             // cut
        {"\x0A\xFF\xFF\xFF\xFF\x0F", 6, ERR_INPUT}, // longer than there are bytes
        {"\x08\x01", 2, ERR_INPUT},                 // of another type
        {"\x0B\x0C", 2, ERR_INPUT},                 // a group
        {"\x00", 1, ERR_INPUT},
        {"\x0A\x02\x08\x07", 4, OK},                 // hello{session 7}
        {"\x0A\x02\x08\x07\x3A\x00", 6, OK},         // hello, then reset: the last one counts
        {"\x0A\x02\x08\x07\x0A\x02\x10\x09", 8, OK}, // two halves of one
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pb_envelope *e = NULL;
        struct problem why = {""};
        enum err got = wire_envelope((const uint8_t *)cases[i].bytes, cases[i].size, &e, &why);
        if (got != cases[i].want)
            fail_msg("number %zu: %s %s", i, err_name(got), why.text);
        assert_true((got == OK) == (e != NULL));
        wire_envelope_free(&e);
        assert_null(e);
    }
}

static void an_envelope_of_more_than_a_mebibyte_is_not_looked_at(void **state)
{
    (void)state;
    uint8_t *bytes = mem_alloc(MESSAGE_MAX + 1);
    pb_envelope *e = NULL;
    struct problem why;
    assert_int_equal(wire_envelope(bytes, MESSAGE_MAX + 1, &e, &why), ERR_LIMIT);
    free(bytes);
}

// One mebibyte of "field `field`, empty".
static enum err flood(const ProtobufCMessageDescriptor *type, unsigned field)
{
    uint8_t *bytes = mem_alloc(MESSAGE_MAX);
    for (size_t i = 0; i + 1 < MESSAGE_MAX; i += 2)
        bytes[i] = (uint8_t)(field << 3 | 2);
    ProtobufCMessage *m = NULL;
    struct problem why;
    enum err e = wire_unpack(type, bytes, MESSAGE_MAX, &m, &why);
    wire_free(m);
    free(bytes);
    return e;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void a_flood_of_empty_parts_is_refused_in_little_memory(void **state)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        unsigned field;
    } cases[] = {
        {&newswire__v1__chunk__descriptor, 2},
        {&newswire__v1__put_ack__descriptor, 1},
        {&newswire__v1__control_reply__descriptor, 2},
        {&newswire__v1__replay__descriptor, 2},
        {&newswire__v1__extract_result__descriptor, 6},
        {&newswire__v1__classification__descriptor, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t child = fork();
        if (child == 0) {
            long before = peak_kib();
            bool refused = flood(cases[i].type, cases[i].field) != OK;
            if (!run_limits_memory())
                before = peak_kib(); // the sanitizer's own memory counts as well
            _exit(refused && peak_kib() - before < 48 << 10 ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (status != 0)
            fail_msg("%s: status %d", cases[i].type->short_name, status);
    }
}

static void unknown_fields_are_dropped(void **state)
{
    static const uint8_t bytes[] = {6 << 3 | 2, 1, 'a', 0xFA, 0x7F, 2, 'x', 'y'};
    (void)state;
    ProtobufCMessage *m;
    struct problem why;
    struct buf again = buf_new(100);
    assert_int_equal(
        wire_unpack(&newswire__v1__announcement__descriptor, bytes, sizeof bytes, &m, &why), OK);
    assert_int_equal(wire_pack(m, &again), OK);
    assert_int_equal(again.size, 3);
    buf_free(&again);
    wire_free(m);
}

static void data_is_packed_as_the_library_packs_it(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 127, 128, 16383, 16384, 500000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arena *arena = arena_new(1 << 20);
        struct buf payload = buf_new(MESSAGE_MAX), got = buf_new(MESSAGE_MAX),
                   want = buf_new(MESSAGE_MAX);
        pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
        pb_key key = NEWSWIRE__V1__KEY__INIT;
        Newswire__V1__Data data = NEWSWIRE__V1__DATA__INIT;
        pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
        a.text = letters(arena, sizes[i]);
        key.store = "0123456789abcdef0123456789abcdef";
        key.sequence = sizes[i];
        data.key = &key;
        data.announcement = &a;
        e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_DATA;
        e.data = &data;
        assert_int_equal(wire_pack(&a.base, &payload), OK);
        assert_int_equal(wire_pack_data(&key, payload.data, payload.size, &got), OK);
        assert_int_equal(wire_pack(&e.base, &want), OK);
        assert_int_equal(got.size, want.size);
        assert_memory_equal(got.data, want.data, want.size);
        buf_free(&payload), buf_free(&got), buf_free(&want);
        arena_free(&arena);
    }
}

static void a_message_that_does_not_fit_is_not_packed(void **state)
{
    (void)state;
    struct buf small = buf_new(10);
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    a.title = "十一个字节以上";
    assert_int_equal(wire_pack(&a.base, &small), ERR_LIMIT);
    assert_int_equal(small.size, 0);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_let_in_at_its_bound_and_refused_beyond),
        cmocka_unit_test(every_stated_bound_is_of_a_field_that_exists),
        cmocka_unit_test(items_of_lists_are_bounded_too),
        cmocka_unit_test(only_clean_utf_8_is_let_in),
        cmocka_unit_test(an_unclean_string_is_found_however_deep_it_lies),
        cmocka_unit_test(what_stands_behind_a_nul_is_not_seen),
        cmocka_unit_test(a_number_that_is_none_is_refused),
        cmocka_unit_test(an_envelope_has_a_body_that_is_known),
        cmocka_unit_test(an_envelope_of_more_than_a_mebibyte_is_not_looked_at),
        cmocka_unit_test(a_flood_of_empty_parts_is_refused_in_little_memory),
        cmocka_unit_test(unknown_fields_are_dropped),
        cmocka_unit_test(data_is_packed_as_the_library_packs_it),
        cmocka_unit_test(a_message_that_does_not_fit_is_not_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
