// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "services/newswire/story.h"
#include "services/newswire/story_facts.h"

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
    Newswire__V1__Robots robots;
    Newswire__V1__Hop hop;
    Newswire__V1__Hop *hops[1];
    Newswire__V1__Visit visit;
    Newswire__V1__Reading reading;
    Newswire__V1__Event events[3];
    Newswire__V1__Event *event_list[3];
    Newswire__V1__Backfill backfill;
    Newswire__V1__Source source;
    Newswire__V1__Source *sources[1];
    Newswire__V1__Delivery delivery;
    Newswire__V1__Page page;
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

static void fill_visit(struct example *x)
{
    x->robots = (Newswire__V1__Robots)NEWSWIRE__V1__ROBOTS__INIT;
    x->robots.verdict = NEWSWIRE__V1__ROBOTS__VERDICT__ALLOWED;
    x->robots.url = (char *)"https://xn--fsqu00a.xn--fiqs8s/robots.txt";
    x->robots.rule = (char *)"Allow: /1";
    x->robots.line = 3;
    x->robots.status = 200;
    x->hop = (Newswire__V1__Hop)NEWSWIRE__V1__HOP__INIT;
    x->hop.status = 301;
    x->hop.url = (char *)"https://xn--fsqu00a.xn--fiqs8s/%E8%A6%81%E9%97%BB/1.html";
    x->hops[0] = &x->hop;
    x->visit = (Newswire__V1__Visit)NEWSWIRE__V1__VISIT__INIT;
    x->visit.at_ms = then_ms + 1000;
    x->visit.robots = &x->robots;
    x->visit.n_redirects = 1;
    x->visit.redirects = x->hops;
    x->visit.status = 200;
    x->visit.elapsed_ms = 34;
    x->visit.size = 5345;
    x->visit.content_type = (char *)"text/html";
}

static void fill_reading(struct example *x)
{
    x->reading = (Newswire__V1__Reading)NEWSWIRE__V1__READING__INIT;
    x->reading.title = (char *)"国企改革会议召开";
    x->reading.characters = 152;
    x->reading.language = (char *)"zh-Hans";
    x->reading.published_ms = then_ms - 11045678;
    x->reading.published_precision = NEWSWIRE__V1__PRECISION__PRECISION_DAY;
    x->reading.date_from = (char *)"meta element";
    x->reading.charset_declared = (char *)"utf-8";
    x->reading.charset_used = (char *)"gb18030";
    x->reading.charset_guessed = 1;
    x->reading.replacements = 2;
    x->reading.revision = 7;
    x->reading.outbox = 5;
}

static void fill_events(struct example *x)
{
    for (size_t i = 0; i < COUNT(x->events); i++) {
        x->events[i] = (Newswire__V1__Event)NEWSWIRE__V1__EVENT__INIT;
        x->event_list[i] = &x->events[i];
        x->events[i].at_ms = then_ms + (i > 0) * 1000;
    }
    x->events[0].name = (char *)"seen";
    x->events[0].detail = (char *)"https://xn--fsqu00a.xn--fiqs8s/feed.xml";
    x->events[1].name = (char *)"fetched";
    x->events[1].visit = &x->visit;
    x->events[2].name = (char *)"queued";
    x->events[2].reading = &x->reading;
    x->reply.n_events = COUNT(x->events);
    x->reply.events = x->event_list;
}

static void fill_page(struct example *x)
{
    x->source.url = (char *)"https://xn--fsqu00a.xn--fiqs8s/feed.xml";
    x->source.next_poll_ms = then_ms + 600000;
    x->sources[0] = &x->source;
    x->page.state = NEWSWIRE__V1__PAGE__STATE__DONE;
    x->page.source = &x->source;
    x->page.seen_ms = then_ms;
    x->page.etag = (char *)"\"v1\"";
    x->page.title = (char *)"会议";
    x->page.kept_ms = then_ms + 1000;
    x->reply.page = &x->page;
    x->reply.id = (char *)"00ff";
}

static void fill_news(struct example *x)
{
    x->announcement.title = (char *)"国企改革会议召开";
    x->announcement.canonical_url = (char *)"https://xn--fsqu00a.xn--fiqs8s/1.html";
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

static void example_fill(struct example *x)
{
    *x = (struct example){.backfill = NEWSWIRE__V1__BACKFILL__INIT,
                          .source = NEWSWIRE__V1__SOURCE__INIT,
                          .delivery = NEWSWIRE__V1__DELIVERY__INIT,
                          .page = NEWSWIRE__V1__PAGE__INIT,
                          .reply = NEWSWIRE__V1__CONTROL_REPLY__INIT,
                          .announcement = NEWSWIRE__V1__ANNOUNCEMENT__INIT,
                          .evidence = NEWSWIRE__V1__EVIDENCE__INIT,
                          .evidence_list = {&x->evidence},
                          .label = NEWSWIRE__V1__LABEL__INIT,
                          .labels = {&x->label},
                          .themes = {(char *)"green", (char *)"reform"},
                          .classification = NEWSWIRE__V1__CLASSIFICATION__INIT,
                          .news = NEWSWIRE__V1__CLASSIFIED_NEWS__INIT};
    fill_visit(x);
    fill_reading(x);
    fill_events(x);
    fill_page(x);
    fill_news(x);
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
    assert_story(
        &(struct story){"https://例子.中国/1.html?from=feed", &x.reply, &x.news, ""},
        "国企改革会议召开\n"
        "https://例子.中国/1.html?from=feed\n"
        "also known as https://例子.中国/1.html\n"
        "published as number 41\n"
        "\n"
        "found        2026-11-19 11:04:05 +08:00 on https://例子.中国/feed.xml\n"
        "robots.txt   allowed by \"Allow: /1\", line 3 of https://例子.中国/robots.txt\n"
        "redirects    301 to https://例子.中国/要闻/1.html\n"
        "answer       HTTP 200 in 34 ms, 5345 bytes, text/html, 2026-11-19 11:04:06 +08:00\n"
        "validators   ETag \"v1\"\n"
        "title        国企改革会议召开\n"
        "text         152 characters, zh-Hans\n"
        "date         2026-11-19, from: meta element\n"
        "encoding     read as gb18030 (guessed), declared as utf-8, 2 characters unreadable\n"
        "labels       soe-policy 97 %\n"
        "store        number 41, committed 2026-11-19 11:04:07 +08:00\n"
        "next         again if its source lists it changed; that is asked 2026-11-19 11:14:05 "
        "+08:00\n"
        "kept         the page as it came, 2026-11-19 11:04:06 +08:00; `newswire reprocess` reads "
        "it again\n"
        "\n"
        "when                        what\n"
        "2026-11-19 11:04:05 +08:00  seen       https://例子.中国/feed.xml\n"
        "2026-11-19 11:04:06 +08:00  fetched    HTTP 200 in 34 ms, 5345 bytes, text/html\n"
        "2026-11-19 11:04:06 +08:00  queued     152 characters, zh-Hans, read as gb18030 "
        "(guessed), revision 7\n"
        "2026-11-19 11:04:07 +08:00  committed  number 41 of the store\n"
        "\n"
        "soe-policy (reform), 97 %, what headline and first paragraphs are about\n"
        "     +2.2  国企改革\n"
        "\n"
        "themes: green, reform\n"
        "model 0123456789abcdef\n"
        "id 00ff, revision 7\n");
}

static void assert_summary(const struct story *s, const char *want)
{
    struct buf out = buf_new(4096);
    story_summary(s, &out);
    assert_string_equal(buf_str(&out), want);
    buf_free(&out);
}

static void where_a_page_stands_is_one_sentence(void **state)
{
    (void)state;
    static const struct {
        Newswire__V1__Page__State state;
        const char *trouble;
        bool refused, in_store;
        const char *want;
    } rows[] = {
        {NEWSWIRE__V1__PAGE__STATE__WAITING, "", false, false, "waiting to be fetched"},
        {NEWSWIRE__V1__PAGE__STATE__WAITING, "HTTP 404, 未找到", false, true,
         "waiting to be fetched; the last try failed: HTTP 404, 未找到; number 41 has what the "
         "feed says of it"},
        {NEWSWIRE__V1__PAGE__STATE__GIVEN_UP, "HTTP 410, gone for good", false, false,
         "given up: HTTP 410, gone for good; `newswire refresh` of this URL tries it once more"},
        {NEWSWIRE__V1__PAGE__STATE__GIVEN_UP, "robots.txt of the site forbids it", true, false,
         "refused by robots.txt: robots.txt of the site forbids it; `newswire refresh` of this URL "
         "tries it once more"},
        {NEWSWIRE__V1__PAGE__STATE__BASELINE, "", false, false,
         "left out: it was there when its source was added, and not published because of "
         "--backfill 20; `newswire refresh` of this URL fetches it"},
        {NEWSWIRE__V1__PAGE__STATE__DONE, "", false, true, "published as number 41"},
    };
    struct example x;
    example_fill(&x);
    x.backfill.newest = 20;
    x.source.backfill = &x.backfill;
    x.announcement.from_feed = true;
    for (size_t i = 0; i < COUNT(rows); i++) {
        x.page.state = rows[i].state;
        x.page.trouble = (char *)rows[i].trouble;
        x.visit.status = rows[i].refused ? 0 : 404;
        x.robots.verdict = rows[i].refused ? NEWSWIRE__V1__ROBOTS__VERDICT__FORBIDDEN
                                           : NEWSWIRE__V1__ROBOTS__VERDICT__ALLOWED;
        assert_summary(
            &(struct story){"https://a/", &x.reply, rows[i].in_store ? &x.news : NULL, ""},
            rows[i].want);
    }
}

static void what_a_page_waits_for_is_told(void **state)
{
    (void)state;
    enum { LATER, TURN, ROBOTS, ANSWER, READER };
    static const struct {
        int stage;
        const char *host;
        uint64_t before;
        int64_t paused_ms, resting_ms;
        uint32_t attempts;
        const char *want;
    } rows[] = {
        {LATER, "a:80", 0, 0, 0, 2, "waiting to be tried again: until 2026-11-19 11:04:05 +08:00"},
        {TURN, "news.example:443", 0, 0, 0, 0,
         "waiting to be fetched: for its turn at news.example"},
        {TURN, "127.0.0.2:8931", 1, 0, then_ms, 0,
         "waiting to be fetched: for its turn at 127.0.0.2:8931, 1 request before it, the next "
         "request there goes out at 2026-11-19 11:04:05 +08:00"},
        {TURN, "xn--efv.cn:80", 12, then_ms, then_ms, 1,
         "waiting to be tried again: for its turn at xn--efv.cn, 12 requests before it, the host "
         "asked to be left alone until 2026-11-19 11:04:05 +08:00"},
        {ROBOTS, "a:80", 3, 0, 0, 0,
         "waiting to be fetched: for robots.txt of a, which is being asked for, 3 requests before "
         "it"},
        {ANSWER, "a:80", 0, 0, 0, 0, "waiting to be fetched: for the answer of a"},
        {READER, "a:80", 0, 0, 0, 0, "waiting to be fetched: for a worker to read it"},
    };
    struct example x;
    Newswire__V1__Waiting waiting = NEWSWIRE__V1__WAITING__INIT;
    example_fill(&x);
    x.page.state = NEWSWIRE__V1__PAGE__STATE__WAITING;
    x.page.trouble = (char *)"";
    x.page.next_try_ms = then_ms;
    x.page.waiting = &waiting;
    for (size_t i = 0; i < COUNT(rows); i++) {
        waiting.stage = (Newswire__V1__Waiting__Stage)rows[i].stage;
        waiting.host = (char *)rows[i].host;
        waiting.before = rows[i].before;
        waiting.paused_ms = rows[i].paused_ms;
        waiting.resting_ms = rows[i].resting_ms;
        x.page.attempts = rows[i].attempts;
        assert_summary(&(struct story){"https://a/", &x.reply, NULL, ""}, rows[i].want);
    }
}

static void what_became_of_the_delivery_is_told(void **state)
{
    (void)state;
    static const struct {
        bool leased;
        uint32_t deliveries, poisons;
        bool probation;
        int64_t next_ms, dead_ms;
        const char *reason, *want;
    } rows[] = {
        {true, 1, 0, false, 0, 0, "", "read, and with a classifier now"},
        {false, 1, 0, false, 0, 0, "", "read, and waiting for a classifier"},
        {false, 2, 2, false, 0, 0, "崩溃",
         "read, and waiting for a classifier; 2 died of it (崩溃)"},
        {false, 20, 0, true, 1795057445678, 0, "",
         "on probation: delivered 20 times in vain, now alone and rarely; next 2026-11-19 11:04:05 "
         "+08:00"},
        {false, 3, 3, false, 0, 1, "signal 11",
         "given up as poison: classifiers died of it 3 times (signal 11); `newswire dead retry "
         "00ff` sends it once more"},
    };
    struct example x;
    example_fill(&x);
    x.page.delivery = &x.delivery;
    for (size_t i = 0; i < COUNT(rows); i++) {
        x.delivery.leased = rows[i].leased;
        x.delivery.deliveries = rows[i].deliveries;
        x.delivery.poisons = rows[i].poisons;
        x.delivery.probation = rows[i].probation;
        x.delivery.next_ms = rows[i].next_ms;
        x.delivery.dead_ms = rows[i].dead_ms;
        x.delivery.reason = (char *)rows[i].reason;
        assert_summary(&(struct story){"https://a/", &x.reply, NULL, ""}, rows[i].want);
    }
}

// What the line about robots.txt says.
static void who_allowed_or_refused_a_page_is_told(void **state)
{
    (void)state;
    enum { NO, YES, FORBIDDEN, LATER, DELAYED };
    static const struct {
        int verdict;
        const char *rule;
        uint32_t line, status;
        const char *problem, *want;
    } rows[] = {
        {NO, "", 0, 0, "", "not asked: a source is fetched as the user said"},
        {YES, "Allow: /要闻", 3, 200, "",
         "allowed by \"Allow: /要闻\", line 3 of http://a/robots.txt"},
        {YES, "", 0, 200, "", "allowed: no rule forbids it in http://a/robots.txt"},
        {YES, "", 0, 404, "", "allowed, there is none: HTTP 404 from http://a/robots.txt"},
        {YES, "", 0, 0, "larger", "allowed, it cannot be read (larger): http://a/robots.txt"},
        {FORBIDDEN, "Disallow: /", 2, 200, "",
         "forbidden by \"Disallow: /\", line 2 of http://a/robots.txt"},
        {DELAYED, "", 0, 200, "",
         "http://a/robots.txt, crawl delay 60 s in place of the 86400 s that it states\n"},
        {LATER, "", 0, 503, "",
         "unknown, so nothing is fetched for now: HTTP 503 from http://a/robots.txt"},
        {LATER, "", 0, 0, "timed out",
         "unreachable, so nothing is fetched for now (timed out): http://a/robots.txt"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct example x;
        struct buf out = buf_new(4096);
        example_fill(&x);
        x.robots.verdict =
            (Newswire__V1__Robots__Verdict)(rows[i].verdict == DELAYED ? YES : rows[i].verdict);
        x.robots.delay_s = rows[i].verdict == DELAYED ? 60 : 0;
        x.robots.delay_stated_s = rows[i].verdict == DELAYED ? 86400 : 0;
        x.robots.rule = (char *)rows[i].rule;
        x.robots.line = rows[i].line;
        x.robots.status = rows[i].status;
        x.robots.problem = (char *)rows[i].problem;
        x.robots.url = (char *)"http://a/robots.txt";
        story_facts(&(struct story){"https://a/", &x.reply, NULL, ""}, &out);
        if (!strstr(buf_str(&out), rows[i].want))
            fail_msg("\"%s\" is not in:\n%s", rows[i].want, buf_str(&out));
        buf_free(&out);
    }
}

static void a_url_that_is_not_known_is_told_with_its_neighbours(void **state)
{
    (void)state;
    Newswire__V1__ControlReply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    char *near[] = {(char *)"https://xn--fsqu00a.xn--fiqs8s/2.html"};
    reply.near = near;
    reply.n_near = 1;
    const struct story s = {"https://例子.中国/1.html", &reply, NULL, ""};
    assert_false(story_known(&s));
    assert_story(&s, "https://例子.中国/1.html\n"
                     "not known: it is no source, and no source has listed it\n"
                     "\n"
                     "Known ones that are spelled like it:\n"
                     "    https://例子.中国/2.html\n"
                     "\n"
                     "`newswire add` watches it, `newswire sources` lists what is watched.\n");
}

static void the_story_of_a_source_says_how_it_does(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    x.source.polled_ms = then_ms;
    x.source.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    x.source.entries = x.source.published = 40;
    x.source.title = (char *)"国资委要闻";
    x.source.poll_url = (char *)"https://xn--fsqu00a.xn--fiqs8s/feed.xml";
    x.source.url = (char *)"https://xn--fsqu00a.xn--fiqs8s/";
    x.source.visit = &x.visit;
    x.source.last_modified = (char *)"Fri, 20 Nov 2026 02:00:00 GMT";
    x.robots.verdict = NEWSWIRE__V1__ROBOTS__VERDICT__NOT_ASKED;
    x.visit.n_redirects = 0;
    x.reply.n_sources = 1;
    x.reply.sources = x.sources;
    x.reply.page = NULL;
    x.reply.n_events = 1;
    x.reply.id = (char *)"";
    assert_story(&(struct story){"https://例子.中国/", &x.reply, NULL, ""},
                 "https://例子.中国/\n"
                 "a source, 国资委要闻: feed, 40 entries, 40 published\n"
                 "\n"
                 "asks         https://例子.中国/feed.xml, the feed that it announces\n"
                 "robots.txt   not asked: a source is fetched as the user said\n"
                 "answer       HTTP 200 in 34 ms, 5345 bytes, text/html, 2026-11-19 11:04:06 "
                 "+08:00\n"
                 "validators   Last-Modified Fri, 20 Nov 2026 02:00:00 GMT\n"
                 "next poll    2026-11-19 11:14:05 +08:00\n"
                 "\n"
                 "when                        what\n"
                 "2026-11-19 11:04:05 +08:00  seen  https://例子.中国/feed.xml\n");
}

static void a_story_in_json_has_all_of_it(void **state)
{
    (void)state;
    struct example x;
    example_fill(&x);
    json_t *s = story_json(&(struct story){"http://a/", &x.reply, &x.news, ""});
    assert_int_equal(json_array_size(json_object_get(s, "events")), 3);
    assert_true(json_is_true(json_object_get(s, "known")));
    assert_string_equal(json_string_value(json_object_get(s, "summary")), "published as number 41");
    json_t *visit = json_object_get(s, "visit"), *reading = json_object_get(s, "reading");
    json_t *hop = json_array_get(json_object_get(visit, "redirects"), 0);
    assert_int_equal(json_integer_value(json_object_get(hop, "status")), 301);
    assert_int_equal(json_integer_value(json_object_get(reading, "characters")), 152);
    assert_string_equal(json_string_value(json_object_get(reading, "date_from")), "meta element");
    json_t *news = json_object_get(s, "news");
    assert_int_equal(json_integer_value(json_object_get(news, "sequence")), 41);
    json_t *announcement = json_object_get(news, "announcement");
    assert_string_equal(json_string_value(json_object_get(announcement, "title")),
                        "国企改革会议召开");
    json_decref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_is_read_from_top_to_bottom),
        cmocka_unit_test(where_a_page_stands_is_one_sentence),
        cmocka_unit_test(what_a_page_waits_for_is_told),
        cmocka_unit_test(what_became_of_the_delivery_is_told),
        cmocka_unit_test(who_allowed_or_refused_a_page_is_told),
        cmocka_unit_test(a_url_that_is_not_known_is_told_with_its_neighbours),
        cmocka_unit_test(the_story_of_a_source_says_how_it_does),
        cmocka_unit_test(a_story_in_json_has_all_of_it),
    };
    return cmocka_run_group_tests(tests, use_shanghai, NULL);
}
