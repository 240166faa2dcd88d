// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/newswire/report.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const int64_t then_ms = 1795057445678; // 2026-11-19T03:04:05.678Z

static void status_tells_what_needs_attention(void **state)
{
    (void)state;
    static char *alarms[] = {(char *)"the disk is 99 % full", (char *)"2 dead letters"};
    static const struct {
        size_t n_alarms;
        const char *trouble, *want;
    } rows[] = {
        {0, "", ""},
        {1, "", "the disk is 99 % full\n"},
        {2, "磁盘已满", "the disk is 99 % full\n2 dead letters\n磁盘已满\n"},
        {0, "disk full", "disk full\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Newswire__V1__FetcherStatus f = NEWSWIRE__V1__FETCHER_STATUS__INIT;
        Newswire__V1__SinkStatus s = NEWSWIRE__V1__SINK_STATUS__INIT;
        f.n_alarms = rows[i].n_alarms;
        f.alarms = alarms;
        s.trouble = (char *)rows[i].trouble;
        struct buf out = buf_new(4096);
        size_t n = report_attention(&(struct report){.fetcher = &f, .sink = &s}, &out);
        assert_string_equal(buf_str(&out), rows[i].want);
        assert_int_equal(n, rows[i].n_alarms + (*rows[i].trouble != '\0'));
        buf_free(&out);
    }
}

static void a_service_that_does_not_answer_needs_attention(void **state)
{
    (void)state;
    Newswire__V1__SinkStatus s = NEWSWIRE__V1__SINK_STATUS__INIT;
    const struct report r = {
        "tcp://127.0.0.1:5550", "tcp://127.0.0.1:5554", NULL, &s, "nobody", "", then_ms};
    struct buf out = buf_new(4096);
    report_write(&r, false, &out);
    assert_string_equal(buf_str(&out), "needs attention\n"
                                       "nobody\n"
                                       "\n"
                                       "fetcher tcp://127.0.0.1:5550 does not answer\n"
                                       "sink tcp://127.0.0.1:5554\n"
                                       "    store      \n"
                                       "    news       0\n");
    buf_free(&out);
}

static void status_in_json_counts_by_name(void **state)
{
    (void)state;
    Newswire__V1__FetcherStatus f = NEWSWIRE__V1__FETCHER_STATUS__INIT;
    Newswire__V1__SinkStatus s = NEWSWIRE__V1__SINK_STATUS__INIT;
    Newswire__V1__LabelCount count = NEWSWIRE__V1__LABEL_COUNT__INIT, *counts[] = {&count};
    count.label = (char *)"soe-policy";
    count.count = 12;
    s.n_labels = 1;
    s.labels = counts;
    static char *alarms[] = {(char *)"1 dead letter"};
    f.n_alarms = 1;
    f.alarms = alarms;
    json_t *o = report_json(&(struct report){.fetcher = &f, .sink = &s});
    assert_true(json_is_false(json_object_get(o, "ok")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(o, "attention"), 0)),
                        "1 dead letter");
    json_t *labels = json_object_get(json_object_get(o, "sink"), "labels");
    assert_int_equal(json_integer_value(json_object_get(labels, "soe-policy")), 12);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_tells_what_needs_attention),
        cmocka_unit_test(a_service_that_does_not_answer_needs_attention),
        cmocka_unit_test(status_in_json_counts_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
