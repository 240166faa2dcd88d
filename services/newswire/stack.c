// SPDX-License-Identifier: MIT
#include "services/newswire/stack.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/setting_value.h"

enum { ENDPOINT_BYTES = 300 };

#define AT(member) offsetof(struct stack_settings, member)

const struct setting stack_settings_table[] = {
    {"json", SETTING_BOOL, AT(json), NULL, 0, 0, "JSON Lines: one object a line"},
    {"port-base", SETTING_NUMBER, AT(service.port_base), "5550", 1, 65530,
     "first port of the stack; endpoints not given follow from it"},
    {"control", SETTING_ENDPOINT, AT(service.control), NULL, 0, 0, "the fetcher (base)"},
    {"topic", SETTING_ENDPOINT, AT(service.topic), NULL, 0, 0, "the sink's topic (base + 3)"},
    {"replay", SETTING_ENDPOINT, AT(service.replay), NULL, 0, 0, "the sink's answers (base + 4)"},
    // Of the services alone, but section `common` of a settings file may hold them.
    {"log-level", SETTING_STRING, AT(service.log_level), NULL, 0, 0, ""},
    {"health-file", SETTING_STRING, AT(service.health_file), NULL, 0, 0, ""},
    {"work", SETTING_ENDPOINT, AT(service.work), NULL, 0, 0, ""},
    {"ingest", SETTING_ENDPOINT, AT(service.ingest), NULL, 0, 0, ""},
    {"drain", SETTING_DURATION, AT(service.drain_ms), NULL, 0, 0, ""},
    {0}};

struct stack {
    const struct stack_settings *settings;
    struct socket_context *context;
    bool silent; // somebody did not answer: the others are not waited for as long again
};

const char *stack_reachable(const char *endpoint)
{
    static const char *const anywhere[] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        size_t n = strlen(anywhere[i]);
        if (strncmp(endpoint, anywhere[i], n) != 0)
            continue;
        char local[ENDPOINT_BYTES];
        int size = snprintf(local, sizeof local, "tcp://127.0.0.1:%s", endpoint + n);
        return size < ENDPOINT_BYTES ? setting_keep(local, (size_t)size) : endpoint;
    }
    return endpoint;
}

struct stack *stack_open(struct stack_settings *s)
{
    service_endpoints(&s->service);
    s->service.control = stack_reachable(s->service.control);
    s->service.topic = stack_reachable(s->service.topic);
    s->service.replay = stack_reachable(s->service.replay);
    struct stack *stack = mem_alloc(sizeof *stack);
    stack->settings = s;
    stack->context = socket_context_new();
    return stack;
}

void stack_close(struct stack **stack)
{
    if (!*stack)
        return;
    socket_context_free(&(*stack)->context);
    free(*stack);
    *stack = NULL;
}

const char *stack_endpoint(const struct stack *stack, enum stack_part part)
{
    const struct service_settings *s = &stack->settings->service;
    return part == STACK_FETCHER ? s->control : s->replay;
}

static enum err nobody(const struct stack *stack, enum stack_part part, struct problem *why)
{
    return problem_set(why, ERR_BUSY,
                       "no %s answers at %s: start a stack with `newswire up --data DIR`, or say "
                       "where one is with --port-base or --%s",
                       part == STACK_FETCHER ? "fetcher" : "sink", stack_endpoint(stack, part),
                       part == STACK_FETCHER ? "control" : "replay");
}

// Waits until something may have happened on the socket, at most until the deadline. False: that is
// over. The descriptor of a ZeroMQ socket tells of changes only, so the caller tries first, then
// waits.
static bool wait_until(struct socket *s, int64_t deadline)
{
    int64_t left = deadline - clock_monotonic_ms();
    if (left <= 0)
        return false;
    struct pollfd p = {.fd = socket_fd(s), .events = POLLIN};
    poll(&p, 1, (int)left);
    return true;
}

static enum err exchange(struct socket *s, const pb_envelope *request, int64_t deadline,
                         pb_envelope **reply, struct problem *why)
{
    enum err e;
    while ((e = wire_send(s, NULL, request)) == ERR_BUSY && wait_until(s, deadline))
        ;
    if (e) {
        problem_set(why, e, "the request cannot be sent: %s", err_name(e));
        return e;
    }
    const uint8_t *bytes;
    size_t size;
    while ((e = socket_receive(s, NULL, NULL, &bytes, &size)) == ERR_NOTFOUND)
        if (!wait_until(s, deadline))
            return ERR_BUSY;
    if (e) {
        problem_set(why, e, "the reply is no newswire message");
        return e;
    }
    return wire_envelope(bytes, size, reply, why);
}

enum err stack_ask(struct stack *stack, enum stack_part part, const pb_envelope *request,
                   Newswire__V1__Envelope__BodyCase want, pb_envelope **reply, struct problem *why)
{
    const char *endpoint = stack_endpoint(stack, part);
    struct socket *s = socket_new(stack->context, SOCKET_DEALER, 10);
    pb_envelope *got = NULL;
    struct problem wrong = {""};
    enum err e = socket_connect(s, endpoint, why);
    if (e)
        goto out;
    int64_t wait = stack->silent ? STACK_AGAIN_MS : STACK_DEADLINE_MS;
    e = exchange(s, request, clock_monotonic_ms() + wait, &got, &wrong);
    stack->silent |= e == ERR_BUSY;
    if (e == ERR_BUSY)
        nobody(stack, part, why);
    else if (e)
        problem_set(why, e, "%s: %s", endpoint, wrong.text);
    if (e)
        goto out;
    if (got->body_case == want) {
        *reply = got;
        got = NULL;
        goto out;
    }
    e = ERR_INPUT;
    problem_set(why, e, "%s answers, but not as a %s does: is that the right port?", endpoint,
                part == STACK_FETCHER ? "fetcher" : "sink");
out:
    wire_envelope_free(&got);
    socket_free(&s);
    return e;
}

enum err stack_control(struct stack *stack, const Newswire__V1__ControlRequest *request,
                       pb_envelope **reply, struct problem *why)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT, *got = NULL;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REQUEST;
    e.control_request = (Newswire__V1__ControlRequest *)request;
    enum err err =
        stack_ask(stack, STACK_FETCHER, &e, NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REPLY, &got, why);
    if (err)
        return err;
    if (*got->control_reply->error) {
        problem_set(why, ERR_NOTFOUND, "%s", got->control_reply->error);
        wire_envelope_free(&got);
        return ERR_NOTFOUND;
    }
    *reply = got;
    return OK;
}

enum err stack_sources(struct stack *stack, const char *url,
                       void (*fn)(void *arg, const Newswire__V1__Source *s), void *arg,
                       struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__ListSources list = NEWSWIRE__V1__LIST_SOURCES__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST;
    request.list = &list;
    list.url = (char *)url;
    for (bool more = true; more;) {
        pb_envelope *reply = NULL;
        enum err e = stack_control(stack, &request, &reply, why);
        if (e)
            return e;
        const Newswire__V1__ControlReply *r = reply->control_reply;
        for (size_t i = 0; i < r->n_sources; i++)
            fn(arg, r->sources[i]);
        uint64_t last = r->n_sources ? r->sources[r->n_sources - 1]->number : 0;
        more = r->more && last > list.after; // a fetcher that gets nowhere is not asked for ever
        list.after = last;
        wire_envelope_free(&reply);
    }
    return OK;
}
