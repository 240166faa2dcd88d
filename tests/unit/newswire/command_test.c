// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "services/newswire/commands.h"
#include "services/newswire/stack.h"

#include "fake_stack.h"
#include "tests/unit/folder.h"

// The fetcher as it would answer: one source, polled at the third look.
struct fetcher {
    Newswire__V1__ControlRequest__BodyCase asked; // the last request's kind
    char url[256];                                // and URL
    uint32_t gap_ms, newest, left_out;
    bool gap, all;
    int looks;
    const char *refusal, *trouble;
    Newswire__V1__Source source;
    Newswire__V1__Source *sources[1];
    Newswire__V1__ControlReply reply;
};

static void note_add(struct fetcher *f, const Newswire__V1__AddSource *add)
{
    snprintf(f->url, sizeof f->url, "%s", add->url);
    f->gap = add->gap != NULL;
    f->gap_ms = add->gap ? add->gap->ms : 0;
    f->all = add->backfill && add->backfill->all;
    f->newest = add->backfill ? add->backfill->newest : 0;
    f->source.kind = add->kind;
    f->source.every_s = add->every_s;
}

static void fill_source(struct fetcher *f)
{
    f->source.url = f->url;
    f->source.number = 1;
    f->sources[0] = &f->source;
    f->reply.n_sources = 1;
    f->reply.sources = f->sources;
    if (f->looks++ < 2)
        return;
    if (f->trouble) {
        f->source.failures = 1;
        f->source.trouble = (char *)f->trouble;
        return;
    }
    f->source.polled_ms = 1795057445678;
    f->source.found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED;
    f->source.entries = 40;
    f->source.pending = 38;
    f->source.published = 2;
    f->source.left_out = f->left_out;
    f->source.title = (char *)"国资委要闻";
}

static void answer(void *arg, const pb_envelope *request, pb_envelope *reply)
{
    struct fetcher *f = arg;
    const Newswire__V1__ControlRequest *r = request->control_request;
    f->asked = r->body_case;
    f->reply = (Newswire__V1__ControlReply)NEWSWIRE__V1__CONTROL_REPLY__INIT;
    if (f->refusal)
        f->reply.error = (char *)f->refusal;
    else if (r->body_case == NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD)
        note_add(f, r->add);
    else if (r->body_case == NEWSWIRE__V1__CONTROL_REQUEST__BODY_REMOVE)
        snprintf(f->url, sizeof f->url, "%s", r->remove->url);
    if (!f->refusal && r->body_case <= NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST)
        fill_source(f);
    f->reply.affected = 1;
    reply->body_case = NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REPLY;
    reply->control_reply = &f->reply;
}

// The sink on the same endpoint: it knows one announcement, and how it is doing.
static void answer_both(void *arg, const pb_envelope *request, pb_envelope *reply)
{
    static Newswire__V1__Found found = NEWSWIRE__V1__FOUND__INIT;
    static Newswire__V1__SinkStatus status = NEWSWIRE__V1__SINK_STATUS__INIT;
    static Newswire__V1__FetcherStatus fetcher = NEWSWIRE__V1__FETCHER_STATUS__INIT;
    static Newswire__V1__Event event = NEWSWIRE__V1__EVENT__INIT, *events[] = {&event};
    static Newswire__V1__Page page = NEWSWIRE__V1__PAGE__INIT;
    static pb_news news = NEWSWIRE__V1__CLASSIFIED_NEWS__INIT;
    static pb_announcement announcement = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    static pb_classification classification = NEWSWIRE__V1__CLASSIFICATION__INIT;
    struct fetcher *f = arg;
    switch (request->body_case) {
    case NEWSWIRE__V1__ENVELOPE__BODY_LOOKUP:
        announcement.title = (char *)"国企改革会议召开";
        news.announcement = &announcement;
        news.classification = f->looks ? &classification : NULL;
        found.news = &news;
        reply->body_case = NEWSWIRE__V1__ENVELOPE__BODY_FOUND;
        reply->found = &found;
        return;
    case NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS_REQUEST:
        status.trouble = (char *)(f->trouble ? f->trouble : "");
        reply->body_case = NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS;
        reply->sink_status = &status;
        return;
    default:
        answer(arg, request, reply);
        f->reply.id = (char *)"00ff";
        f->reply.page = &page;
        page.state = NEWSWIRE__V1__PAGE__STATE__DONE;
        f->reply.n_events = 1;
        f->reply.events = events;
        event.name = (char *)"seen";
        f->reply.status = &fetcher;
    }
}

static struct outcome got;

// Runs a command against this fetcher.
static void run_with(fake_answer *fn, struct fetcher *f, int (*command)(int, char **),
                     const char *const *words)
{
    const char *arguments[16] = {NULL};
    f->source = (Newswire__V1__Source)NEWSWIRE__V1__SOURCE__INIT;
    struct fake_stack *s = fake_stack_new(fn, f);
    size_t n = 0;
    for (; words[n]; n++)
        arguments[n] = words[n];
    arguments[n++] = "--control";
    arguments[n++] = fake_stack_endpoint(s);
    arguments[n++] = "--replay";
    arguments[n] = fake_stack_endpoint(s);
    command_run(command, arguments, &got);
    fake_stack_free(&s);
}

static void run(struct fetcher *f, int (*command)(int, char **), const char *const *words)
{
    run_with(answer, f, command, words);
}

static void add_waits_for_the_first_poll_and_says_what_was_found(void **state)
{
    (void)state;
    struct fetcher f = {.looks = 0};
    run(&f, cmd_add, (const char *[]){"add", "https://例子.中国/要闻.xml", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_string_equal(got.out,
                        "https://例子.中国/要闻.xml: feed, 40 entries, 2 published, 38 to fetch\n");
    assert_string_equal(got.err, "");
    assert_int_equal(f.asked, NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST);
}

static void add_says_what_of_a_source_is_left_out(void **state)
{
    (void)state;
    struct fetcher f = {.left_out = 30};
    run(&f, cmd_add, (const char *[]){"add", "http://国资.example/要闻.xml", NULL});
    assert_string_equal(
        got.out,
        "http://国资.example/要闻.xml: feed, 40 entries, 2 published, 38 to fetch, 30 left "
        "out\n"
        "    Published: the newest 10 of 40, the rest is known now; --backfill all takes "
        "them.\n");
}

static void add_sends_what_was_asked_for(void **state)
{
    (void)state;
    struct fetcher f = {.looks = 0};
    run(&f, cmd_add,
        (const char *[]){"add", "http://example.com/", "--kind", "list", "--every", "30m",
                         "--backfill", "20", "--gap", "0s", "--no-wait", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_string_equal(got.out, "http://example.com/: not asked yet\n");
    assert_int_equal(f.source.kind, NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST);
    assert_int_equal(f.source.every_s, 1800);
    assert_true(f.gap);
    assert_int_equal(f.gap_ms, 0);
    assert_false(f.all);
    assert_int_equal(f.newest, 20);
}

static void add_says_what_is_wrong_with_a_source(void **state)
{
    (void)state;
    struct fetcher f = {.trouble = "the host has no address: 找不到.example"};
    run(&f, cmd_add, (const char *[]){"add", "http://找不到.example/", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_string_equal(
        got.out, "http://找不到.example/: the host has no address: 找不到.example\n"
                 "    It is kept and will be asked again; `newswire why http://找不到.example/` "
                 "tells more.\n");
}

static void a_refusal_is_told_in_the_fetchers_words(void **state)
{
    (void)state;
    static const struct {
        int (*command)(int, char **);
        const char *name;
    } rows[] = {{cmd_add, "add"},       {cmd_remove, "remove"},   {cmd_pause, "pause"},
                {cmd_resume, "resume"}, {cmd_refresh, "refresh"}, {cmd_why, "why"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetcher f = {.refusal = "网址 is not an http or https URL"};
        run(&f, rows[i].command, (const char *[]){rows[i].name, "网址", NULL});
        assert_int_equal(got.status, CMD_FAILED);
        assert_non_null(strstr(got.err, "网址 is not an http or https URL\n"));
        assert_string_equal(got.out, "");
    }
}

static void wrong_words_are_refused_before_anybody_is_asked(void **state)
{
    (void)state;
    static const struct {
        int (*command)(int, char **);
        const char *words[6];
        const char *want;
    } rows[] = {
        {cmd_add, {"add"}, "give the URL of a source"},
        {cmd_add, {"add", "http://a/", "--kind", "blog"}, "--kind blog: it is one of"},
        {cmd_add, {"add", "http://a/", "--backfill", "-1"}, "--backfill -1: it is"},
        {cmd_add, {"add", "http://a/", "--backfill", "全部"}, "--backfill 全部: it is"},
        {cmd_add, {"add", "http://a/", "--gap", "2"}, "--gap 2: write a time"},
        {cmd_remove, {"remove"}, "give the URL of a source"},
        {cmd_why, {"why", "http://a/", "http://b/"}, "give one URL"},
        {cmd_dead, {"dead"}, "say what to do"},
        {cmd_dead, {"dead", "drop"}, "give either an ID"},
        {cmd_dead, {"dead", "drop", "00ff", "--all"}, "give either an ID"},
        {cmd_dead, {"dead", "list", "x"}, "list takes nothing else"},
        {cmd_status, {"status", "now"}, "takes no arguments"},
        {cmd_import, {"import"}, "give one file"},
        {cmd_export, {"export", "file"}, "takes no arguments"},
        {cmd_sources, {"sources", "a", "b"}, "give one URL"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fetcher f = {.looks = 0};
        run(&f, rows[i].command, rows[i].words);
        assert_int_equal(got.status, CMD_WRONG);
        assert_non_null(strstr(got.err, rows[i].want));
        assert_non_null(strstr(got.err, "(newswire help "));
        assert_int_equal(f.asked, 0);
    }
}

static void remove_says_what_it_did(void **state)
{
    (void)state;
    struct fetcher f = {.looks = 0};
    run(&f, cmd_remove, (const char *[]){"remove", "https://例子.中国/要闻.xml", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_string_equal(got.out, "https://例子.中国/要闻.xml: removed\n");
    assert_int_equal(f.asked, NEWSWIRE__V1__CONTROL_REQUEST__BODY_REMOVE);
    run(&f, cmd_remove, (const char *[]){"remove", "http://a/", "--json", NULL});
    assert_string_equal(got.out, "{\"url\":\"http://a/\",\"done\":\"removed\",\"affected\":1}\n");
}

static void sources_are_one_json_object_a_line(void **state)
{
    (void)state;
    struct fetcher f = {.url = "http://a/", .looks = 2};
    run(&f, cmd_sources, (const char *[]){"sources", "--json", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_memory_equal(got.out, "{\"number\":1,\"url\":\"http://a/\",", 30);
    assert_non_null(strstr(got.out, "\"title\":\"国资委要闻\""));
    assert_ptr_equal(strchr(got.out, '\n'), got.out + strlen(got.out) - 1);
}

static void why_joins_what_fetcher_and_sink_know(void **state)
{
    (void)state;
    struct fetcher f = {.looks = 1};
    run_with(answer_both, &f, cmd_why, (const char *[]){"why", "https://例子.中国/1.html", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_memory_equal(got.out, "国企改革会议召开\nhttps://例子.中国/1.html\n", 51);
}

static void news_that_lacks_a_part_is_none(void **state)
{
    (void)state;
    struct fetcher f = {.looks = 0};
    run_with(answer_both, &f, cmd_why, (const char *[]){"why", "https://例子.中国/1.html", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_non_null(strstr(got.out, "read, but the store does not have it"));
}

static void status_is_zero_only_if_all_is_well(void **state)
{
    (void)state;
    struct fetcher f = {.trouble = NULL};
    run_with(answer_both, &f, cmd_status, (const char *[]){"status", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_memory_equal(got.out, "all is well\n", 12);
    f.trouble = "磁盘已满";
    run_with(answer_both, &f, cmd_status, (const char *[]){"status", "--json", NULL});
    assert_int_equal(got.status, CMD_FAILED);
    assert_memory_equal(got.out, "{\"ok\":false,\"attention\":[\"磁盘已满\"],", 41);
}

static void what_is_exported_is_imported(void **state)
{
    (void)state;
    struct fetcher f = {.url = "https://例子.中国/要闻.xml", .looks = 2};
    char folder[FOLDER_SIZE], path[64];
    folder_make(folder);
    snprintf(path, sizeof path, "%s/list", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    run(&f, cmd_export, (const char *[]){"export", NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_int_equal(write(fd, got.out, strlen(got.out)), strlen(got.out));
    close(fd);
    f.url[0] = '\0';
    run(&f, cmd_import, (const char *[]){"import", path, NULL});
    assert_int_equal(got.status, CMD_DONE);
    assert_string_equal(got.out, "1 added, 0 known already, 0 refused\n");
    assert_string_equal(f.url, "https://例子.中国/要闻.xml");
    folder_remove(folder);
}

static void health_follows_the_services_file(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t age_s;
        int want;
    } rows[] = {
        {"ready 源=3\n", 0, CMD_DONE},
        {"waiting for the sink\n", 0, CMD_FAILED},
        {"ready 源=3\n", 60, CMD_FAILED},
        {"", 0, CMD_FAILED},
    };
    char folder[FOLDER_SIZE], path[64];
    folder_make(folder);
    snprintf(path, sizeof path, "%s/health", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct timespec times[2] = {{.tv_sec = time(NULL) - rows[i].age_s}};
        times[1] = times[0];
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, rows[i].line, strlen(rows[i].line), 0), strlen(rows[i].line));
        assert_int_equal(futimens(fd, times), 0);
        command_run(cmd_health, (const char *[]){"health", path, NULL}, &got);
        assert_int_equal(got.status, rows[i].want);
    }
    close(fd);
    unlink(path);
    command_run(cmd_health, (const char *[]){"health", path, NULL}, &got);
    assert_int_equal(got.status, CMD_FAILED);
    assert_non_null(strstr(got.err, "is the service running"));
    folder_remove(folder);
}

static void an_endpoint_that_a_service_binds_is_reached_on_this_machine(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *want;
    } rows[] = {
        {"tcp://*:5550", "tcp://127.0.0.1:5550"},
        {"tcp://0.0.0.0:5550", "tcp://127.0.0.1:5550"},
        {"tcp://[::]:5550", "tcp://127.0.0.1:5550"},
        {"tcp://10.0.0.1:5550", "tcp://10.0.0.1:5550"},
        {"tcp://fetcher:5550", "tcp://fetcher:5550"},
        {"ipc:///run/新闻", "ipc:///run/新闻"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(stack_reachable(rows[i].endpoint), rows[i].want);
}

static void answer_with_a_heartbeat(void *arg, const pb_envelope *request, pb_envelope *reply)
{
    (void)request;
    reply->body_case = NEWSWIRE__V1__ENVELOPE__BODY_HEARTBEAT;
    reply->heartbeat = arg;
}

static void a_port_where_something_else_answers_is_told(void **state)
{
    (void)state;
    Newswire__V1__Heartbeat beat = NEWSWIRE__V1__HEARTBEAT__INIT;
    struct fake_stack *s = fake_stack_new(answer_with_a_heartbeat, &beat);
    command_run(cmd_sources, (const char *[]){"sources", "--control", fake_stack_endpoint(s), NULL},
                &got);
    assert_int_equal(got.status, CMD_FAILED);
    assert_non_null(strstr(got.err, fake_stack_endpoint(s)));
    assert_non_null(strstr(got.err, "is that the right port?"));
    fake_stack_free(&s);
}

static void silence(void *arg, const pb_envelope *request, pb_envelope *reply)
{
    (void)arg;
    (void)request;
    (void)reply;
}

static void where_nobody_answers_the_way_to_start_a_stack_is_told(void **state)
{
    (void)state;
    struct fake_stack *s = fake_stack_new(silence, NULL);
    command_run(cmd_sources, (const char *[]){"sources", "--control", fake_stack_endpoint(s), NULL},
                &got);
    assert_int_equal(got.status, CMD_FAILED);
    assert_non_null(strstr(got.err, fake_stack_endpoint(s)));
    assert_non_null(strstr(got.err, "`newswire up --data DIR`"));
    fake_stack_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_waits_for_the_first_poll_and_says_what_was_found),
        cmocka_unit_test(add_says_what_of_a_source_is_left_out),
        cmocka_unit_test(add_sends_what_was_asked_for),
        cmocka_unit_test(add_says_what_is_wrong_with_a_source),
        cmocka_unit_test(a_refusal_is_told_in_the_fetchers_words),
        cmocka_unit_test(wrong_words_are_refused_before_anybody_is_asked),
        cmocka_unit_test(remove_says_what_it_did),
        cmocka_unit_test(sources_are_one_json_object_a_line),
        cmocka_unit_test(why_joins_what_fetcher_and_sink_know),
        cmocka_unit_test(news_that_lacks_a_part_is_none),
        cmocka_unit_test(status_is_zero_only_if_all_is_well),
        cmocka_unit_test(what_is_exported_is_imported),
        cmocka_unit_test(health_follows_the_services_file),
        cmocka_unit_test(an_endpoint_that_a_service_binds_is_reached_on_this_machine),
        cmocka_unit_test(a_port_where_something_else_answers_is_told),
        cmocka_unit_test(where_nobody_answers_the_way_to_start_a_stack_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
