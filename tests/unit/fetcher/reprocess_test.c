// SPDX-License-Identifier: MIT
// Kept pages go through a worker process, which is this program started with --worker, and what
// reads otherwise now is published.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/fetcher/control_place.h"

enum { GIVE_UP_MS = 60000 };

static const int64_t then = 1700000000000;
static const char *const links[] = {"http://news.example.com/要闻/1.html",
                                    "http://news.example.com/news/2.html"};
static const char html[] =
    "<html lang=zh><meta charset=utf-8><title>国务院国资委召开会议</title><article>"
    "<h1>国务院国资委召开会议</h1><p>会议研究部署了中央企业负责人下一阶段的重点工作，"
    "要求各企业认真贯彻落实党中央、国务院的决策部署。</p><p>会议强调，要坚持稳中求进，"
    "推动高质量发展，确保完成全年目标任务。</p></article></html>";

typedef Newswire__V1__ReprocessProgress pb_progress;

// A page that was read once, when nothing but its title was understood.
static void publish(struct control_place *p, const char *url)
{
    struct ledger *l = p->place->ledger;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    char id[URL_ID_SIZE];
    enum seen seen;
    enum article outcome;
    id_of(url, id);
    struct sighting s = {.id = id, .url = url, .host = "news.example.com:80"};
    assert_int_equal(ledger_entry_see(l, 1, &s, then, &seen), OK);
    a.title = (char *)"国务院国资委召开会议";
    a.fetched_ms = then;
    struct understood u = {
        .id = id, .announcement = &a, .canonical = "", .etag = "", .last_modified = ""};
    assert_int_equal(ledger_article(l, &u, then, &outcome), OK);
    assert_int_equal(outcome, ARTICLE_QUEUED);
    assert_int_equal(ledger_flush(l), OK);
}

static void keep(struct control_place *p, const char *url)
{
    char id[URL_ID_SIZE];
    struct buf packed = buf_new(1 << 16);
    struct packer *packer = packer_new();
    id_of(url, id);
    assert_int_equal(pages_compress(packer, (const uint8_t *)html, sizeof html - 1, &packed), OK);
    const struct page_copy copy = {.id = id,
                                   .fetched_ms = then,
                                   .url = url,
                                   .content_type = "text/html",
                                   .compressed = packed.data,
                                   .size = packed.size};
    assert_int_equal(pages_put(p->control.tools.pages, &copy), OK);
    assert_int_equal(pages_flush(p->control.tools.pages), OK);
    buf_free(&packed);
    packer_free(&packer);
}

struct job {
    struct control_place *place;
    Newswire__V1__Reprocess q;
    pb_progress progress;
    struct problem why;
    enum err error;
};

static struct job job_of(struct control_place *p, uint64_t number)
{
    struct job j = {.place = p, .q = NEWSWIRE__V1__REPROCESS__INIT};
    j.q.job = number;
    return j;
}

static void ask(struct job *j)
{
    j->error = reprocess_ask(j->place->control.tools.reprocess, &j->q, &j->progress, &j->why);
}

static void on_look(void *arg, struct timer *t)
{
    struct job *j = arg;
    (void)t;
    ask(j);
    if (j->error || j->progress.done)
        loop_stop(j->place->control.loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(arg, 1);
}

// Asks until the job is done.
static void run(struct job *j)
{
    struct loop *l = j->place->control.loop;
    struct timer *look = timer_new(l, on_look, j), *give_up = timer_new(l, on_give_up, l);
    timer_set(look, 5, true);
    timer_set(give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(l), 0);
    timer_free(&look);
    timer_free(&give_up);
    if (j->error)
        fail_msg("%s", j->why.text);
}

static void what_is_read_otherwise_now_is_published_once(void **state)
{
    struct control_place *p = *state;
    publish(p, links[0]), publish(p, links[1]);
    keep(p, links[0]); // the other one is kept no more
    struct job first = job_of(p, 1), second = job_of(p, 2);
    run(&first);
    assert_int_equal(first.progress.changed, 1);
    assert_int_equal(first.progress.gone, 1);
    assert_true(first.progress.through >= first.progress.of);
    assert_false(ledger_dirty(p->place->ledger));
    assert_int_equal(counts(p->place->ledger).outbox, 3);
    run(&second);
    assert_int_equal(second.progress.changed, 0);
    assert_int_equal(second.progress.unchanged, 1);
    assert_int_equal(counts(p->place->ledger).outbox, 3);
}

static void of_one_url_only_its_page_is_read(void **state)
{
    struct control_place *p = *state;
    publish(p, links[0]), publish(p, links[1]);
    keep(p, links[0]), keep(p, links[1]);
    struct job j = job_of(p, 1);
    j.q.url = (char *)(uintptr_t)links[1];
    run(&j);
    assert_int_equal(j.progress.changed, 1);
    assert_int_equal(counts(p->place->ledger).outbox, 3);
}

static void what_cannot_be_begun_says_why(void **state)
{
    struct control_place *p = *state;
    publish(p, links[0]);
    static const struct {
        uint64_t job;
        const char *url, *source, *want;
    } cases[] = {{0, "", "", "no job number"},
                 {1, "要闻", "", "is not a URL"},
                 {1, "http://news.example.com/3", "", "no page http://news.example.com/3"},
                 {1, "", "http://news.example.com/feed", "no source http://news"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct job j = job_of(p, cases[i].job);
        j.q.url = (char *)(uintptr_t)cases[i].url;
        j.q.source = (char *)(uintptr_t)cases[i].source;
        ask(&j);
        assert_int_equal(j.error, ERR_NOTFOUND);
        if (!strstr(j.why.text, cases[i].want))
            fail_msg("\"%s\" without \"%s\"", j.why.text, cases[i].want);
    }
}

static void one_job_is_under_way_at_a_time(void **state)
{
    struct control_place *p = *state;
    publish(p, links[0]);
    struct job one = job_of(p, 1), two = job_of(p, 2);
    ask(&one);
    assert_int_equal(one.error, OK);
    assert_false(one.progress.done);
    ask(&two);
    assert_int_equal(two.error, ERR_BUSY);
    run(&one);
    run(&two);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, control_place_set_up, control_place_tear_down)

int main(int argc, char **argv)
{
    if (argc > 1)
        return control_place_worker((int)strtol(argv[argc - 1], NULL, 10));
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_otherwise_now_is_published_once),
        TEST(of_one_url_only_its_page_is_read),
        TEST(what_cannot_be_begun_says_why),
        TEST(one_job_is_under_way_at_a_time),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
