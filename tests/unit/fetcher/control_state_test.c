// SPDX-License-Identifier: MIT
// What the control socket says of the fetcher's state and of dead letters, and what it does to
// sources.
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

#define FEED    "http://news.example.com/要闻.xml"
#define BODY(b) NEWSWIRE__V1__CONTROL_REQUEST__BODY_##b

static pb_reply ask(struct control_place *p, int body, void *content)
{
    pb_request q = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    q.body_case = (Newswire__V1__ControlRequest__BodyCase)body;
    q.add = content; // all bodies are pointers in one union
    return ask_control(p, &q);
}

static pb_reply status(struct control_place *p)
{
    Newswire__V1__StatusRequest q = NEWSWIRE__V1__STATUS_REQUEST__INIT;
    return ask(p, BODY(STATUS), &q);
}

static pb_reply dead(struct control_place *p, Newswire__V1__DeadRequest__Verb verb, const char *id)
{
    Newswire__V1__DeadRequest q = NEWSWIRE__V1__DEAD_REQUEST__INIT;
    q.verb = verb;
    q.id = (char *)(uintptr_t)id;
    return ask(p, BODY(DEAD), &q);
}

static void add_source(struct control_place *p)
{
    Newswire__V1__AddSource a = NEWSWIRE__V1__ADD_SOURCE__INIT;
    a.url = (char *)FEED;
    a.paused = true;
    assert_string_equal(ask(p, BODY(ADD), &a).error, "");
}

static void keep_sequence(void *arg, const struct outbox_row *row)
{
    *(uint64_t *)arg = row->sequence;
}

// An announcement that the classifiers refused three times.
static void bury(struct control_place *p, const char *id)
{
    struct ledger *l = p->control.tools.ledger;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    uint64_t sequence = 0;
    bool gone = false;
    a.id = (char *)(uintptr_t)id;
    a.title = (char *)"国务院国资委公告";
    assert_int_equal(ledger_outbox_add(l, &a), OK);
    assert_int_equal(ledger_flush(l), OK);
    assert_int_equal(ledger_outbox_read(l, 0, 10, keep_sequence, &sequence), OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ledger_outbox_poison(l, sequence, "it crashes", 5, &gone), OK);
    assert_true(gone);
    assert_int_equal(ledger_flush(l), OK);
}

static bool alarmed(const pb_reply *reply, const char *words)
{
    for (size_t i = 0; i < reply->status->n_alarms; i++)
        if (strstr(reply->status->alarms[i], words))
            return true;
    return false;
}

static void all_well_is_said_in_numbers_and_without_alarms(void **state)
{
    struct control_place *p = *state;
    add_source(p);
    pb_reply reply = status(p);
    assert_int_equal(reply.status->sources, 1);
    assert_int_equal(reply.status->outbox, 0);
    assert_int_equal(reply.status->in_flight, 0);
    assert_string_equal(reply.status->store, p->place->url);
    assert_int_equal(reply.status->n_alarms, 0);
}

static void what_needs_a_person_is_an_alarm(void **state)
{
    struct control_place *p = *state;
    struct ledger *l = p->control.tools.ledger;
    pb_announcement a = NEWSWIRE__V1__ANNOUNCEMENT__INIT;
    bury(p, "00000000000000000000000000000001");
    a.id = (char *)"00000000000000000000000000000002";
    assert_int_equal(ledger_outbox_add(l, &a), OK);
    assert_int_equal(ledger_flush(l), OK);
    pb_reply reply = status(p);
    assert_int_equal(reply.status->dead, 1);
    assert_true(alarmed(&reply, "dead letters: 1"));
    assert_true(alarmed(&reply, "no classifier is connected"));
    assert_false(alarmed(&reply, "sources in trouble"));
}

static void dead_letters_are_listed_brought_back_and_dropped(void **state)
{
    static const char id[] = "00000000000000000000000000000001";
    struct control_place *p = *state;
    bury(p, id);
    pb_reply reply = dead(p, NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST, "");
    assert_int_equal(reply.n_dead, 1);
    assert_string_equal(reply.dead[0]->id, id);
    assert_string_equal(reply.dead[0]->title, "国务院国资委公告");
    assert_string_equal(reply.dead[0]->reason, "it crashes");
    reply = dead(p, NEWSWIRE__V1__DEAD_REQUEST__VERB__DROP, "ffffffffffffffffffffffffffffffff");
    assert_non_null(strstr(reply.error, "no dead letter ffffffff"));
    reply = dead(p, NEWSWIRE__V1__DEAD_REQUEST__VERB__RETRY, "");
    assert_int_equal(reply.affected, 1);
    assert_int_equal(counts(p->place->ledger).dead, 0);
    assert_int_equal(counts(p->place->ledger).outbox, 1);
    uint64_t sequence;
    bool gone;
    assert_int_equal(ledger_outbox_read(p->place->ledger, 0, 10, keep_sequence, &sequence), OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ledger_outbox_poison(p->place->ledger, sequence, "it crashes", 6, &gone),
                         OK);
    reply = dead(p, NEWSWIRE__V1__DEAD_REQUEST__VERB__DROP, id);
    assert_int_equal(reply.affected, 1);
    assert_int_equal(dead(p, NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST, "").n_dead, 0);
    assert_false(ledger_dirty(p->place->ledger)); // durable before the reply
}

static void a_source_is_resumed_listed_and_removed(void **state)
{
    struct control_place *p = *state;
    Newswire__V1__PauseSource pause = NEWSWIRE__V1__PAUSE_SOURCE__INIT;
    Newswire__V1__ListSources list = NEWSWIRE__V1__LIST_SOURCES__INIT;
    Newswire__V1__RemoveSource remove = NEWSWIRE__V1__REMOVE_SOURCE__INIT;
    add_source(p);
    pause.url = list.url = remove.url = (char *)FEED;
    assert_true(ask(p, BODY(LIST), &list).sources[0]->paused);
    assert_int_equal(ask(p, BODY(PAUSE), &pause).affected, 1);
    list.url = (char *)"";
    pb_reply reply = ask(p, BODY(LIST), &list);
    assert_int_equal(reply.n_sources, 1);
    assert_false(reply.sources[0]->paused);
    assert_int_equal(ask(p, BODY(REMOVE), &remove).affected, 1);
    assert_int_equal(ask(p, BODY(LIST), &list).n_sources, 0);
    assert_non_null(strstr(ask(p, BODY(REMOVE), &remove).error, "no source http://news"));
    pause.url = (char *)"要闻";
    assert_non_null(strstr(ask(p, BODY(PAUSE), &pause).error, "is not a URL"));
    assert_false(ledger_dirty(p->place->ledger));
}

static void what_a_later_version_asks_is_refused_in_a_sentence(void **state)
{
    struct control_place *p = *state;
    assert_non_null(strstr(ask(p, 99, NULL).error, "update the fetcher"));
    assert_non_null(
        strstr(dead(p, (Newswire__V1__DeadRequest__Verb)99, "").error, "update the fetcher"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, control_place_set_up, control_place_tear_down)

int main(int argc, char **argv)
{
    if (argc > 1)
        return control_place_worker((int)strtol(argv[argc - 1], NULL, 10));
    const struct CMUnitTest tests[] = {
        TEST(all_well_is_said_in_numbers_and_without_alarms),
        TEST(what_needs_a_person_is_an_alarm),
        TEST(dead_letters_are_listed_brought_back_and_dropped),
        TEST(a_source_is_resumed_listed_and_removed),
        TEST(what_a_later_version_asks_is_refused_in_a_sentence),
    };
    log_open("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
