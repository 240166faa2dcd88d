// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "newswire/v1/delivery.pb-c.h"
#include "services/newswire/jsonl.h"

static void assert_json(const ProtobufCMessage *m, const char *want)
{
    json_t *value = jsonl_message(m);
    char *got = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(got, want);
    free(got);
    json_decref(value);
}

static void the_time_of_an_event_is_named_at(void **state)
{
    (void)state;
    Newswire__V1__Event e = NEWSWIRE__V1__EVENT__INIT;
    e.at_ms = 1795057445678;
    e.name = (char *)"queued";
    e.detail = (char *)"472 bytes of text";
    assert_json(&e.base, "{\"at\":\"2026-11-19T03:04:05.678Z\",\"name\":\"queued\","
                         "\"detail\":\"472 bytes of text\",\"visit\":null,\"reading\":null}");
}

static void a_source_names_its_kinds_and_times(void **state)
{
    (void)state;
    Newswire__V1__Source s = NEWSWIRE__V1__SOURCE__INIT;
    s.number = 7;
    s.url = (char *)"https://www.example.gov.cn/要闻.xml";
    s.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    s.paused = 1;
    s.title = (char *)"国资委要闻";
    s.added_ms = 1795057445678;
    s.entries = 40;
    assert_json(&s.base,
                "{\"number\":7,\"url\":\"https://www.example.gov.cn/要闻.xml\",\"kind\":\"auto\","
                "\"found\":\"feed\",\"paused\":true,\"every_s\":0,\"title\":\"国资委要闻\","
                "\"added_at\":\"2026-11-19T03:04:05.678Z\",\"polled_at\":null,"
                "\"next_poll_at\":null,\"failures\":0,\"trouble\":\"\",\"entries\":40,"
                "\"published\":0,\"pending\":0,\"failed\":0,"
                "\"selector\":\"\",\"options\":null,\"left_out\":0,\"backfill\":null,\"gap\":null,"
                "\"poll_url\":\"\",\"etag\":\"\",\"last_modified\":\"\",\"visit\":null}");
}

static void lists_hold_objects_and_words(void **state)
{
    (void)state;
    Newswire__V1__Label label = NEWSWIRE__V1__LABEL__INIT;
    Newswire__V1__Label *labels[] = {&label, &label};
    char *themes[] = {(char *)"green"};
    Newswire__V1__Classification c = NEWSWIRE__V1__CLASSIFICATION__INIT;
    label.name = (char *)"soe-policy";
    label.score = 0.97f;
    c.n_labels = 2;
    c.labels = labels;
    c.n_themes = 1;
    c.themes = themes;
    const char *one = "{\"name\":\"soe-policy\",\"detail\":\"\",\"score\":0.97,\"evidence\":[]}";
    char want[512];
    snprintf(want, sizeof want,
             "{\"labels\":[%s,%s],\"primary\":\"\",\"model_hash\":\"\",\"themes\":[\"green\"],"
             "\"entities\":[],\"uncertain\":false}",
             one, one);
    assert_json(&c.base, want);
}

static void of_a_choice_only_what_was_chosen_is_there(void **state)
{
    (void)state;
    Newswire__V1__Lookup lookup = NEWSWIRE__V1__LOOKUP__INIT;
    Newswire__V1__Envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_LOOKUP;
    e.lookup = &lookup;
    lookup.id = (char *)"00ff";
    assert_json(&e.base, "{\"lookup\":{\"id\":\"00ff\"}}");
}

static void what_is_absent_is_null(void **state)
{
    (void)state;
    Newswire__V1__Found found = NEWSWIRE__V1__FOUND__INIT;
    assert_json(&found.base, "{\"news\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_of_an_event_is_named_at),
        cmocka_unit_test(a_source_names_its_kinds_and_times),
        cmocka_unit_test(lists_hold_objects_and_words),
        cmocka_unit_test(of_a_choice_only_what_was_chosen_is_there),
        cmocka_unit_test(what_is_absent_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
