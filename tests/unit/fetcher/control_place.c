// SPDX-License-Identifier: MIT
#include "tests/unit/fetcher/control_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/workers.h"
#include "services/fetcher/understand.h"

enum { MINUTE_MS = 60000 };

static void nothing(void *arg)
{
    (void)arg;
}

static void start(struct control_place *p)
{
    static char *argv[] = {"/proc/self/exe", "--worker", NULL};
    struct control *c = &p->control;
    struct control_tools *t = &c->tools;
    struct problem why = {""};
    char path[80], endpoint[80];
    snprintf(path, sizeof path, "%s/pages.db", p->place->folder);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/work", p->place->folder);
    const struct http_options http = {.user_agent = "test",
                                      .guard = p->guard,
                                      .proxy = "",
                                      .connect_ms = MINUTE_MS,
                                      .total_ms = MINUTE_MS,
                                      .body_max = 1024};
    const struct fetch_options fetch = {
        .at_once = 1, .workers = 1, .worker_deadline_ms = MINUTE_MS, .worker_argv = argv};
    p->http = http_new(c->loop, &http);
    t->flush = flush_new(c->loop, t->ledger, nothing, NULL);
    t->fetch = fetch_new(c->loop, t->ledger, t->flush, p->http, &fetch);
    if (pages_open(path, &t->pages, &why) ||
        work_new(c->loop, p->sockets, endpoint, t->ledger, t->flush, &t->work, &why))
        fail_msg("%s", why.text);
    t->reprocess = reprocess_new(c->loop, t->ledger, t->flush, t->pages, t->fetch);
}

int control_place_set_up(void **state)
{
    struct control_place *p = mem_alloc(sizeof *p);
    struct problem why = {""};
    place_set_up((void **)&p->place);
    if (guard_new(NULL, 0, &p->guard, &why))
        fail_msg("%s", why.text);
    p->sockets = socket_context_new();
    p->control.loop = loop_new();
    p->control.arena = arena_new(4096);
    p->control.tools.ledger = p->place->ledger;
    p->control.tools.store_url = p->place->url;
    start(p);
    *state = p;
    return 0;
}

int control_place_tear_down(void **state)
{
    struct control_place *p = *state;
    struct control_tools *t = &p->control.tools;
    reprocess_free(&t->reprocess);
    work_free(&t->work);
    fetch_free(&t->fetch);
    pages_close(&t->pages);
    flush_free(&t->flush);
    http_free(&p->http);
    guard_free(&p->guard);
    arena_free(&p->control.arena);
    loop_free(&p->control.loop);
    socket_context_free(&p->sockets);
    place_tear_down((void **)&p->place);
    free(p);
    return 0;
}

static void on_task(void *arg, const uint8_t *bytes, size_t size, struct buf *answer)
{
    ProtobufCMessage *task;
    struct problem why;
    if (wire_unpack(&newswire__v1__extract_task__descriptor, bytes, size, &task, &why))
        panic("%s", why.text);
    understand_run(arg, (Newswire__V1__ExtractTask *)task, answer);
    wire_free(task);
}

int control_place_worker(int fd)
{
    struct understand *u = understand_new();
    int status = worker_serve(fd, FETCH_TASK_MAX, FETCH_ANSWER_MAX, on_task, u);
    understand_free(&u);
    return status;
}

pb_reply ask_control(struct control_place *p, const pb_request *q)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    arena_reset(p->control.arena);
    control_answer(&p->control, q, &reply);
    return reply;
}
