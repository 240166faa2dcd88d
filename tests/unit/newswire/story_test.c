// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "services/newswire/report.h"
#include "services/newswire/story.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const int64_t then_ms = 1795057445678; // 2026-11-19T03:04:05.678Z

static int use_shanghai(void **state)
{
    (void)state;
    setenv("TZ", "CST-8", 1);
    tzset();
    return 0;
}

// One announcement that went all the way.
struct example {
    Newswire__V1__Event events[2];
    Newswire__V1__Event *event_list[2];
    Newswire__V1__ControlReply reply;
    pb_announcement announcement;
    Newswire__V1__Evidence evidence;
    Newswire__V1__Evidence *evidence_list[1];
    Newswire__V1__Label label;
    Newswire__V1__Label *labels[1];
    char *themes[2];
    pb_classification classification;
    pb_news news;
};

static void example_fill(struct example *x)
{
    *x = (struct example){{NEWSWIRE__V1__EVENT__INIT, NEWSWIRE__V1__EVENT__INIT},
                          {&x->events[0], &x->events[1]},
                          NEWSWIRE__V1__CONTROL_REPLY__INIT,
                          NEWSWIRE__V1__ANNOUNCEMENT__INIT,
                          NEWSWIRE__V1__EVIDENCE__INIT,
                          {&x->evidence},
                          NEWSWIRE__V1__LABEL__INIT,
                          {&x->label},
                          {(char *)"green", (char *)"reform"},
                          NEWSWIRE__V1__CLASSIFICATION__INIT,
                          NEWSWIRE__V1__CLASSIFIED_NEWS__INIT};
    x->events[0].at_ms = then_ms;
    x->events[0].name = (char *)"seen";
    x->events[0].detail = (char *)"on https://例子.中国/要闻.xml";
    x->events[1].at_ms = then_ms + 1000;
    x->events[1].name = (char *)"extracted";
    x->reply.n_events = 2;
    x->reply.events = x->event_list;
    x->reply.id = (char *)"00ff";
    x->announcement.title = (char *)"国企改革会议召开";
    x->announcement.canonical_url = (char *)"https://例子.中国/1.html";
    x->announcement.language = (char *)"zh-Hans";
    x->announcement.charset_used = (char *)"gb18030";
    x->announcement.charset_guessed = 1;
    x->announcement.published_ms = then_ms - 11045678;
    x->announcement.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    x->announcement.revision = 7;
    x->evidence.text = (char *)"国企改革";
    x->evidence.weight = 2.25f;
    x->label.name = (char *)"soe-policy";
    x->label.detail = (char *)"reform";
    x->label.score = 0.97f;
    x->label.n_evidence = 1;
    x->label.evidence = x->evidence_list;
    x->classification.n_labels = 1;
    x->classification.labels = x->labels;
    x->classification.primary = (char *)"soe-policy";
    x->classification.n_themes = 2;
    x->classification.themes = x->themes;
    x->classification.model_hash = (char *)"0123456789abcdef";
    x->news.sequence = 41;
    x->news.committed_ms = then_ms + 2000;
    x->news.announcement = &x->announcement;
    x->news.classification = &x->classification;
}

static void assert_story(const struct story *s, const char *want)
{
    struct buf out = buf_new(65536);
    story_write(s, false, &out);
    assert_string_equal(buf_str(&out), want);
    buf_free(&out);
}

static void a_story_is_read_from_top_to_bottom(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    assert_story(&(struct story){"https://例子.中国/1.html?from=feed", &x.reply, &x.news, ""},
                 "国企改革会议召开\n"
                 "https://例子.中国/1.html?from=feed\n"
                 "also known as https://例子.中国/1.html\n"
                 "published 2026-11-19, zh-Hans, read as gb18030 (guessed)\n"
                 "\n"
                 "when                        what\n"
                 "2026-11-19 11:04:05 +08:00  seen       on https://例子.中国/要闻.xml\n"
                 "2026-11-19 11:04:06 +08:00  extracted\n"
                 "2026-11-19 11:04:07 +08:00  committed  number 41 of the store\n"
                 "\n"
                 "soe-policy (reform), 97 %, what headline and first paragraphs are about\n"
                 "     +2.2  国企改革\n"
                 "\n"
                 "themes: green, reform\n"
                 "model 0123456789abcdef\n"
                 "id 00ff, revision 7\n");
}

static void a_story_may_end_before_the_store(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    x.reply.n_events = 1;
    static const char head[] = "https://例子.中国/1.html\n\n"
                               "when                        what\n"
                               "2026-11-19 11:04:05 +08:00  seen  on https://例子.中国/要闻.xml\n";
    static const struct {
        const char *id, *trouble, *want;
    } rows[] = {
        {"00ff", "", "\nThe store does not have it yet.\nid 00ff\n"},
        {"00ff", "no sink", "\nWhat the store has of it is not known: no sink\nid 00ff\n"},
        {"", "", "\nIt was not published yet.\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[1024];
        x.reply.id = (char *)rows[i].id;
        snprintf(want, sizeof want, "%s%s", head, rows[i].want);
        assert_story(&(struct story){"https://例子.中国/1.html", &x.reply, NULL, rows[i].trouble},
                     want);
    }
}

static void the_story_of_a_source_says_how_it_does(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    Newswire__V1__Source source = NEWSWIRE__V1__SOURCE__INIT, *sources[] = {&source};
    source.polled_ms = then_ms;
    source.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    source.entries = source.published = 40;
    source.title = (char *)"国资委要闻";
    x.reply.n_sources = 1;
    x.reply.sources = sources;
    x.reply.n_events = 1;
    x.reply.id = (char *)"";
    assert_story(&(struct story){"https://例子.中国/要闻.xml", &x.reply, NULL, ""},
                 "https://例子.中国/要闻.xml\n"
                 "a source, 国资委要闻: feed, 40 entries, 40 published\n"
                 "\n"
                 "when                        what\n"
                 "2026-11-19 11:04:05 +08:00  seen  on https://例子.中国/要闻.xml\n");
}

static void a_story_in_json_has_all_of_it(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    json_t *s = story_json(&(struct story){"http://a/", &x.reply, &x.news, ""});
    assert_int_equal(json_array_size(json_object_get(s, "events")), 2);
    json_t *news = json_object_get(s, "news");
    assert_int_equal(json_integer_value(json_object_get(news, "sequence")), 41);
    json_t *announcement = json_object_get(news, "announcement");
    assert_string_equal(json_string_value(json_object_get(announcement, "title")),
                        "国企改革会议召开");
    json_decref(s);
}

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
        cmocka_unit_test(a_story_is_read_from_top_to_bottom),
        cmocka_unit_test(a_story_may_end_before_the_store),
        cmocka_unit_test(the_story_of_a_source_says_how_it_does),
        cmocka_unit_test(a_story_in_json_has_all_of_it),
        cmocka_unit_test(status_tells_what_needs_attention),
        cmocka_unit_test(a_service_that_does_not_answer_needs_attention),
        cmocka_unit_test(status_in_json_counts_by_name),
    };
    return cmocka_run_group_tests(tests, use_shanghai, NULL);
}
