// SPDX-License-Identifier: MIT
// What the fetcher answers to the newswire command, on a ledger in a folder of the test's own. This
// program, started with --worker, is the fetcher's worker: it has nothing to do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/fetcher/control_parts.h"
#include "tests/unit/folder.h"

#define FEED "http://news.example.com/feed"
#define PAGE "http://news.example.com/要闻/1.html"

static char *worker_argv[] = {(char[]){"/proc/self/exe"}, (char[]){"--worker"}, NULL};

struct place {
    char folder[FOLDER_SIZE];
    struct guard *guard;
    struct http *http;
    struct control control;
};

static void nothing(void *arg)
{
    (void)arg;
}

static int set_up(void **state)
{
    struct place *p = mem_alloc(sizeof *p);
    struct problem why = {""};
    struct control_tools *t = &p->control.tools;
    char url[64];
    folder_make(p->folder);
    snprintf(url, sizeof url, "sqlite:%s/fetcher.db", p->folder);
    if (ledger_open(url, &t->ledger, &why) || guard_new(NULL, 0, &p->guard, &why))
        fail_msg("%s", why.text);
    p->control.loop = loop_new();
    p->control.arena = arena_new(4096);
    struct http_options http = {.user_agent = "test",
                                .guard = p->guard,
                                .proxy = "",
                                .connect_ms = 1000,
                                .total_ms = 1000,
                                .body_max = 1024};
    struct fetch_options fetch = {.at_once = 1, .workers = 1, .worker_deadline_ms = 1000};
    fetch.worker_argv = worker_argv;
    p->http = http_new(p->control.loop, &http);
    t->flush = flush_new(p->control.loop, t->ledger, nothing, NULL);
    t->fetch = fetch_new(p->control.loop, t->ledger, t->flush, p->http, &fetch);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    fetch_free(&p->control.tools.fetch);
    flush_free(&p->control.tools.flush);
    http_free(&p->http);
    guard_free(&p->guard);
    ledger_close(&p->control.tools.ledger);
    arena_free(&p->control.arena);
    loop_free(&p->control.loop);
    folder_remove(p->folder);
    free(p);
    return 0;
}

static pb_reply add(struct place *p, const char *url)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    Newswire__V1__AddSource a = NEWSWIRE__V1__ADD_SOURCE__INIT;
    Newswire__V1__Backfill backfill = NEWSWIRE__V1__BACKFILL__INIT;
    Newswire__V1__Gap gap = NEWSWIRE__V1__GAP__INIT;
    backfill.newest = 5;
    gap.ms = 500;
    a.url = (char *)(uintptr_t)url;
    a.backfill = &backfill;
    a.gap = &gap;
    a.paused = true;
    control_add(&p->control, &a, &reply);
    return reply;
}

static pb_reply why(struct place *p, const char *url)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    arena_reset(p->control.arena);
    control_why(&p->control, url, &reply);
    return reply;
}

static void see(struct place *p, const char *url, enum entry_state state)
{
    char id[URL_ID_SIZE], absolute[URL_MAX + 1];
    enum seen seen;
    assert_int_equal(url_resolve("", url, absolute), OK);
    assert_int_equal(control_entry_id(url, id), OK);
    struct sighting s = {.id = id, .url = absolute, .host = "news.example.com:80", .state = state};
    assert_int_equal(ledger_entry_see(p->control.tools.ledger, 1, &s, 1000, &seen), OK);
}

static void a_source_is_listed_as_it_was_added(void **state)
{
    struct place *p = *state;
    pb_reply reply = add(p, FEED);
    assert_string_equal(reply.error, "");
    assert_int_equal(reply.n_sources, 1);
    assert_int_equal(reply.sources[0]->backfill->newest, 5);
    assert_int_equal(reply.sources[0]->gap->ms, 500);
    assert_true(reply.sources[0]->paused);
    reply = add(p, FEED);
    assert_non_null(strstr(reply.error, "a source already"));
    reply = add(p, "ftp://news.example.com/要闻");
    assert_non_null(strstr(reply.error, "not a URL that is fetched"));
}

static void a_page_that_was_left_out_is_told_with_its_source(void **state)
{
    struct place *p = *state;
    add(p, FEED);
    see(p, PAGE, ENTRY_BASELINE);
    pb_reply reply = why(p, PAGE);
    assert_int_equal(reply.n_sources, 0);
    assert_int_equal(reply.page->state, NEWSWIRE__V1__PAGE__STATE__BASELINE);
    assert_string_equal(reply.page->source->url, FEED);
    assert_int_equal(reply.page->source->backfill->newest, 5);
    assert_null(reply.page->delivery);
}

static void a_page_to_be_fetched_is_told_with_what_it_waits_for(void **state)
{
    struct place *p = *state;
    add(p, FEED);
    see(p, PAGE, ENTRY_PENDING);
    pb_reply reply = why(p, PAGE);
    assert_int_equal(reply.page->waiting->stage, NEWSWIRE__V1__WAITING__STAGE__TURN);
    assert_string_equal(reply.page->waiting->host, "news.example.com:80");
    char id[URL_ID_SIZE];
    assert_int_equal(control_entry_id(PAGE, id), OK);
    int64_t now = clock_utc_ms();
    assert_int_equal(ledger_entry_failed(p->control.tools.ledger, id, "HTTP 503", now + 60000, now),
                     OK);
    reply = why(p, PAGE);
    assert_int_equal(reply.page->waiting->stage, NEWSWIRE__V1__WAITING__STAGE__LATER);
    assert_int_equal(reply.page->next_try_ms, now + 60000);
    assert_int_equal(ledger_entry_failed(p->control.tools.ledger, id, "HTTP 410", 0, now), OK);
    reply = why(p, PAGE);
    assert_null(reply.page->waiting);
}

static pb_reply add_again(struct place *p, uint32_t newest, const char *selector)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    Newswire__V1__AddSource a = NEWSWIRE__V1__ADD_SOURCE__INIT;
    Newswire__V1__Backfill backfill = NEWSWIRE__V1__BACKFILL__INIT;
    arena_reset(p->control.arena);
    backfill.newest = newest;
    a.url = (char *)(uintptr_t)FEED;
    a.backfill = &backfill;
    a.selector = (char *)(uintptr_t)selector;
    a.take_left_out = true;
    control_add(&p->control, &a, &reply);
    return reply;
}

static void of_a_known_source_the_newest_that_were_left_out_are_taken(void **state)
{
    struct place *p = *state;
    add(p, FEED);
    see(p, "http://news.example.com/要闻/1.html", ENTRY_BASELINE);
    see(p, "http://news.example.com/要闻/2.html", ENTRY_BASELINE);
    see(p, "http://news.example.com/news/3.html", ENTRY_BASELINE);
    pb_reply reply = add_again(p, 2, "ul li a");
    assert_non_null(strstr(reply.error, "nothing beside"));
    reply = add_again(p, 2, "");
    assert_string_equal(reply.error, "");
    assert_true(reply.known);
    assert_int_equal(reply.affected, 2);
    assert_int_equal(reply.sources[0]->pending, 2);
    assert_int_equal(reply.sources[0]->left_out, 1);
    reply = why(p, "http://news.example.com/要闻/1.html");
    assert_int_equal(reply.page->state, NEWSWIRE__V1__PAGE__STATE__BASELINE);
    reply = add_again(p, 5, "");
    assert_int_equal(reply.affected, 1);
    reply = add_again(p, 5, "");
    assert_int_equal(reply.affected, 0);
}

static void of_a_feed_without_pages_what_it_says_is_published_after_all(void **state)
{
    struct place *p = *state;
    pb_announcement hint = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    enum seen seen;
    add(p, FEED);
    hint.title = (char *)"国资委召开会议";
    hint.text = (char *)"会议部署安全生产工作。";
    struct sighting s = {.id = "00112233445566778899aabbccddeeff",
                         .url = "",
                         .host = "",
                         .state = ENTRY_BASELINE,
                         .hint = &hint};
    assert_int_equal(ledger_entry_see(p->control.tools.ledger, 1, &s, 1000, &seen), OK);
    pb_reply reply = add_again(p, 1, "");
    assert_int_equal(reply.affected, 1);
    assert_int_equal(reply.sources[0]->published, 1);
    assert_int_equal(reply.sources[0]->left_out, 0);
}

static void what_was_told_with_facts_comes_back_with_them(void **state)
{
    struct place *p = *state;
    char id[URL_ID_SIZE];
    Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT;
    Newswire__V1__Reading reading = NEWSWIRE__V1__READING__INIT;
    add(p, FEED);
    see(p, PAGE, ENTRY_DONE);
    assert_int_equal(control_entry_id(PAGE, id), OK);
    event.at_ms = 2000;
    event.name = (char *)"queued";
    event.reading = &reading;
    reading.title = (char *)"国企改革";
    assert_int_equal(ledger_tell_event(p->control.tools.ledger, id, &event), OK);
    pb_reply reply = why(p, PAGE);
    assert_int_equal(reply.n_events, 1);
    assert_string_equal(reply.events[0]->reading->title, "国企改革");
    assert_null(reply.events[0]->visit);
}

static void known_urls_like_an_unknown_one_are_named(void **state)
{
    struct place *p = *state;
    add(p, FEED);
    see(p, PAGE, ENTRY_PENDING);
    pb_reply reply = why(p, "https://www.news.example.com/要闻/2.html");
    assert_null(reply.page);
    assert_int_equal(reply.n_near, 2);
    assert_string_equal(reply.near[0], FEED);
    assert_non_null(strstr(reply.near[1], "/1.html"));
    reply = why(p, "要闻");
    assert_non_null(strstr(reply.error, "is not a URL"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return pause();
    const struct CMUnitTest tests[] = {
        TEST(a_source_is_listed_as_it_was_added),
        TEST(a_page_that_was_left_out_is_told_with_its_source),
        TEST(a_page_to_be_fetched_is_told_with_what_it_waits_for),
        TEST(of_a_known_source_the_newest_that_were_left_out_are_taken),
        TEST(of_a_feed_without_pages_what_it_says_is_published_after_all),
        TEST(what_was_told_with_facts_comes_back_with_them),
        TEST(known_urls_like_an_unknown_one_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
